"""Restarts, outages, clocks that jump and clocks that change; hours in which a severity pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fake_phones import OFFICE, Field, at, person, rota, step

from oncall_rota.schedule.model import Window


class Holiday:
    """One day off."""

    def days(self, year: int) -> list[date]:
        """The days off of that year."""
        return [date(2026, 6, 18)] if year == 2026 else []


def test_a_restart_within_a_step_changes_nothing(field: Field) -> None:
    """Pain 31: the escalation goes on where it was, and no rule is skipped."""
    field.opens()
    field.phone("alice").expects_push()
    field.outage("1m")
    field.expects_nothing()
    field.fast_forward("1m")
    field.phone("alice").expects_sms()


def test_after_an_outage_only_the_present_step_pages(field: Field) -> None:
    """Step 2 was missed and is recorded as missed; step 3 pages, with its whole wait."""
    field.escalates(step(field.primary), step(field.secondary, "10m"), step("grace", "20m"))
    field.opens()
    field.phone("alice").expects_push()
    field.outage("16m")
    field.says("missed", "step 2")
    field.phone("grace").expects_push("step 3")
    assert field.incident.ends_at == at("2026-06-17 12:36")


def test_six_hours_off_page_the_present_and_not_the_past(field: Field) -> None:
    """F-31: one page, to whoever is on call now; the policy that nobody ran is begun again."""
    field.escalates(step(field.primary), step(field.secondary, "10m"), repeat=2)
    field.until("2026-06-22 06:00")
    field.opens()
    field.phone("alice").expects_push()
    field.outage("6h")
    field.says("missed", "step 2")
    field.phone("bob").expects_push("step 1")
    field.expects_nothing()


def test_two_rules_that_were_missed_are_one_page(field: Field) -> None:
    """Of several SMS that are overdue for one person, one."""
    field.people["alice"] = person("alice", "0m push", "1m sms", "2m sms call")
    field.opens()
    field.phone("alice").expects_push()
    field.outage("4m")
    field.phone("alice").expects_sms()
    field.phone("alice").expects_call()
    field.expects_nothing()


def test_a_policy_that_nobody_ran_has_all_its_rounds_before_it(field: Field) -> None:
    """The rounds that were missed are not counted: step 1, once more, and only then the last resort."""
    field.escalates(step(field.primary), repeat=1)
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens()
    alice = field.phone("alice")
    alice.expects_push()
    field.outage("6h")
    alice.expects_push("step 1")
    field.fast_forward("5m")
    alice.expects_push("step 1")
    field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")


def test_an_outage_over_a_handoff_pages_whoever_is_on_call_now(field: Field) -> None:
    """Within one long step: alice's call is overdue, and she is not on call any more."""
    field.escalates(step(field.primary, "3h"))
    field.until("2026-06-22 07:59")
    field.opens()
    field.phone("alice").expects_push()
    field.outage("30m")
    field.phone("bob").expects_push()
    field.says("handoff")


def test_an_outage_during_the_last_resort_tells_it_once(field: Field) -> None:
    """Not once for every five minutes that were missed."""
    field.escalates(step(field.primary))
    field.people["alice"] = person("alice", "0m push")
    field.people["olga"] = person("olga", "0m push")
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("olga").expects_push()
    field.outage("2h")
    field.phone("olga").expects_push()


def test_a_clock_put_back_never_makes_a_wait_longer(field: Field) -> None:
    """The remaining wait after a restart is at most the step's, and a rule's delay at most the rule's."""
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("1m")
    field.clock_goes_back("1d")
    field.says("clock")
    field.fast_forward("1m59s")
    field.expects_nothing()
    field.fast_forward("1s")
    field.phone("alice").expects_sms()
    field.fast_forward("3m")
    field.phone("alice").expects_call()
    field.phone("bob").expects_push("step 2")


def test_a_clock_put_back_does_not_prolong_an_acknowledgement(field: Field) -> None:
    """Thirty minutes are thirty minutes."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.clock_goes_back("1d")
    field.fast_forward("30m")
    field.phone("alice").expects_push()


def test_a_clock_change_during_an_incident_does_not_move_its_steps(field: Field) -> None:
    """F-12: London's clocks go back at 01:00 UTC; the delays are elapsed time, the person changes once, by the rota."""
    nights = rota("primary", "alice bob", starting="2026-10-24 01:30", every="day")
    field.now = at("2026-10-25 00:20")
    field.escalates(step(nights), step(nights), step(nights, "1h"), step(nights, "1h"))
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens()
    field.phone("alice").expects_push("step 1")
    field.fast_forward("5m")
    field.phone("alice").expects_push("step 2")
    field.fast_forward("5m")
    field.phone("bob").expects_push("step 3")  # 01:30 the first time
    field.fast_forward("1h")
    field.phone("bob").expects_push("step 4")  # 01:30 the second time: still bob


def test_a_handoff_in_the_hour_that_is_skipped(field: Field) -> None:
    """London's clocks go forward at 01:00 UTC; a handoff at 01:30 is right after the jump."""
    nights = rota("primary", "alice bob", starting="2026-03-28 01:30", every="day")
    field.now = at("2026-03-29 00:55")
    field.escalates(step(nights), step(nights))
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens()
    field.phone("alice").expects_push("step 1")
    field.fast_forward("5m")
    field.phone("bob").expects_push("step 2")


ZONES = (
    "Europe/London", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran",
    "Pacific/Apia", "Pacific/Chatham", "America/Santiago", "Africa/Cairo", "Africa/Juba", "Asia/Gaza",
    "America/Asuncion", "Antarctica/Troll", "Europe/Volgograd",
)  # fmt: skip


def changes_of(zone: str) -> list[datetime]:
    """When a zone's clock changes, 2020 to 2037, to the minute."""
    info, found = ZoneInfo(zone), []
    hour = at("2020-01-01 00:00")
    while hour < at("2038-01-01 00:00"):
        later = hour + timedelta(hours=6)
        if hour.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            minutes = (hour + timedelta(minutes=minute) for minute in range(1, 361))
            before = hour.astimezone(info).utcoffset()
            found.append(next(each for each in minutes if each.astimezone(info).utcoffset() != before))
        hour = later
    return found


def turn_of(moment: datetime, zone: str, start: datetime) -> int:
    """The turn of a daily rota by the plain rule: whole days in the highest time that the clock has shown so far."""
    info = ZoneInfo(zone)
    shown = [(moment - timedelta(minutes=back)).astimezone(info).replace(tzinfo=None) for back in range(0, 26 * 60, 10)]
    return (max(shown) - start) // timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES)
def test_steps_keep_their_distance_over_every_clock_change(zone: str) -> None:
    """F-12: 2020 to 2037; each page at opening plus elapsed waits, to whoever the rota's local clock says."""
    start = datetime(2019, 12, 1, 1, 30)
    nights = rota("primary", "alice bob carol", starting=f"{start}", every="day", zone=zone)
    changes = changes_of(zone)
    assert changes
    for change_at in changes:
        field = Field()
        field.people = {name: person(name, "0m push") for name in field.people}
        field.escalates(*[step(nights, "20m") for _ in range(12)])
        field.now = change_at - timedelta(hours=2)
        field.opens()
        field.fast_forward("3h50m")
        for number in range(12):
            moment = change_at - timedelta(hours=2) + timedelta(minutes=20 * number)
            on = ("alice", "bob", "carol")[turn_of(moment, zone, start) % 3]
            field.phone(on).expects_push(f"step {number + 1}:")
            assert field.sent_at[number] == moment
        field.expects_nothing()


def test_a_low_severity_waits_for_the_morning_in_the_teams_zone(field: Field) -> None:
    """At 23:00 in London a warning waits until nine o'clock there, which is eight in UTC."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-17 22:00")
    field.opens(severity="warning")
    field.says("held", "2026-06-18T08:00:00Z")
    field.until("2026-06-18 07:59")
    field.expects_nothing()
    field.fast_forward("1m")
    field.phone("alice").expects_push("the wait is over")


def test_in_its_hours_a_low_severity_pages_at_once(field: Field) -> None:
    """Noon on a Wednesday."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.opens(severity="warning")
    field.phone("alice").expects_push("opened")


def test_a_low_severity_escalates_in_its_hours_only(field: Field) -> None:
    """Paged two minutes before the end of the day: the last resort hears of it in the morning."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.people["alice"] = person("alice", "0m push")
    field.until("2026-06-17 15:58")
    field.opens(severity="warning")
    field.phone("alice").expects_push()
    field.until("2026-06-18 07:59")
    field.expects_nothing()
    field.fast_forward("1m")
    field.phone("olga").expects_push("last resort")


def test_a_low_severity_acknowledged_at_night_times_out_in_the_morning(field: Field) -> None:
    """The time-out waits as the first page would."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-17 15:50")
    field.opens(severity="warning")
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.until("2026-06-18 07:59")
    field.expects_nothing()
    field.fast_forward("1m")
    field.phone("alice").expects_push()


@pytest.mark.parametrize("opened", ["2026-06-17 12:00", "2026-05-20 12:00"], ids=["tomorrow", "in a month"])
def test_hours_of_holidays_open_on_the_teams_holiday(field: Field, opened: str) -> None:
    """`when: holidays 09:00-17:00`: on the next one, however far, at nine o'clock in London."""
    hours = Window(holidays=((9 * 3600, 17 * 3600),))
    field.escalates(step(field.primary), severity="warning", hours=hours, holidays=Holiday())
    field.now = at(opened)
    field.opens(severity="warning")
    field.says("held", "2026-06-18T08:00:00Z")


def test_a_page_to_a_person_waits_for_no_hours(field: Field) -> None:
    """Whoever asks for somebody at night means now, whatever the severity."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-18 02:00")
    field.opens(severity="warning", person="dave")
    field.phone("dave").expects_push()


def test_hours_that_never_open_do_not_swallow_an_incident(field: Field) -> None:
    """A window without a minute in it pages at once."""
    field.escalates(step(field.primary), severity="warning", hours=Window())
    field.opens(severity="warning")
    field.phone("alice").expects_push()


def test_a_hold_that_ends_at_night_waits_for_the_morning(field: Field) -> None:
    """Both: the route's five minutes, and the severity's hours."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-17 15:57")
    field.opens(severity="warning", hold="5m")
    field.says("held", "2026-06-18T08:00:00Z")


def test_a_critical_incident_waits_for_nothing(field: Field) -> None:
    """At three in the morning too."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-18 02:00")
    field.opens()
    field.phone("alice").expects_push()


def test_a_severity_that_is_never_paged_is_recorded(field: Field) -> None:
    """`info: none`."""
    field.escalates(severity="info")
    field.opens(severity="info")
    field.says("recorded")
    assert field.waits_for() is None
    field.fast_forward("1d")


def test_an_unknown_severity_is_critical(field: Field) -> None:
    """What nobody has heard of is not a reason for silence."""
    field.escalates(step(field.primary), severity="warning", hours=OFFICE)
    field.until("2026-06-18 02:00")
    field.opens(severity="catastrophe")
    field.phone("alice").expects_push()
