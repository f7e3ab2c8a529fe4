"""From step to step: who is paged when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_phones import Field, person, rota, step, with_nobody


def test_the_first_step_pages_at_once_by_the_persons_own_rules(field: Field) -> None:
    """Push, two minutes later an SMS, four minutes later a call."""
    field.opens()
    alice = field.phone("alice")
    alice.expects_push("step 1")
    field.fast_forward("1m59s")
    field.expects_nothing()
    field.fast_forward("1s")
    alice.expects_sms()
    field.fast_forward("2m")
    alice.expects_call()


def test_the_second_step_begins_when_the_first_has_waited(field: Field) -> None:
    """The wait is elapsed from the step's start, and the first person's rules stop."""
    field.people["alice"] = person("alice", "0m push", "6m call")
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("bob").expects_push("step 2: not acknowledged in time")
    field.fast_forward("1m59s")
    field.expects_nothing()


def test_repeat_begins_the_list_again_with_the_rules_at_0m(field: Field) -> None:
    """Once more from step 1, with push first."""
    field.escalates(step(field.primary), repeat=1)
    field.opens()
    alice = field.phone("alice")
    for _ in range(2):
        alice.expects_push("step 1")
        field.fast_forward("4m59s")
        alice.expects_sms()
        alice.expects_call()
        field.fast_forward("1s")
    field.phone("olga").expects_push("last resort")


def test_after_the_policy_the_last_resort_is_told_until_somebody_answers(field: Field) -> None:
    """Every five minutes, and no more after an acknowledgement."""
    field.escalates(step(field.primary))
    field.people["alice"] = person("alice", "0m push")
    field.people["olga"] = person("olga", "0m push")
    field.opens()
    field.phone("alice").expects_push()
    for _ in range(5):
        field.fast_forward("5m")
        field.phone("olga").expects_push("last resort")
    field.phone("olga").acknowledges()
    field.fast_forward("29m")


def test_a_step_with_nobody_on_call_is_passed_at_once_recorded_and_said(field: Field) -> None:
    """F-21: a gap costs no second, and whoever is paged reads why."""
    field.escalates(step(with_nobody(field.primary, "2026-06-17 00:00", "2026-06-18 00:00")), step(field.secondary))
    field.opens()
    field.phone("bob").expects_push("nobody is on call in payments/primary")
    field.says("nobody", "step 1")


def test_a_hole_is_said_once_however_many_steps_it_is_in(field: Field) -> None:
    """Whoever is half asleep reads what matters, and reads it once."""
    hole = with_nobody(field.primary, "2026-06-17 00:00", "2026-06-18 00:00")
    field.escalates(step(hole), step(hole), step(field.secondary))
    field.opens()
    bob = field.phone("bob")
    bob.expects_push("step 3: opened")
    assert bob.last is not None
    assert bob.last.why.count("nobody is on call in payments/primary") == 1


def test_nobody_on_call_in_any_step_is_told_to_the_last_resort_at_once(field: Field) -> None:
    """Nobody is reached, so somebody else is, and repeat does not hold it up."""
    hole = with_nobody(field.primary, "2026-06-17 00:00", "2026-06-18 00:00")
    field.escalates(step(hole), step(hole), repeat=3)
    field.opens()
    field.phone("olga").expects_push("last resort: nobody was reached; nobody is on call in payments/primary")
    field.says("last-resort")


def test_a_copy_never_counts_as_reach(field: Field) -> None:
    """A shadow gets what it learns from, and the step is passed all the same."""
    shadow = rota("shadow", "erin", pages="copy")
    field.escalates(step(shadow), step(field.secondary))
    field.opens()
    field.phone("erin").expects_push()
    field.phone("bob").expects_push("step 2")


def test_a_copy_beside_somebody_gets_pages_and_no_notice(field: Field) -> None:
    """Erin sees what alice sees; she was not paged, so nobody tells her that it is done."""
    field.escalates(step([field.primary, rota("shadow", "erin", pages="copy")]))
    field.opens()
    field.phone("alice").expects_push()
    field.phone("erin").expects_push()
    field.fast_forward("2m")
    field.phone("alice").expects_sms()
    field.phone("erin").expects_sms()
    field.source_resolves()
    field.phone("alice").expects_notice("resolved by prod-am")
    assert field.phone("erin").notices == []


def test_nobody_to_get_a_copy_is_no_hole(field: Field) -> None:
    """Erin learns from next week on, and alice's page does not say that somebody is missing."""
    shadow = rota("shadow", "erin", "2026-06-22 09:00", pages="copy")
    field.escalates(step([field.primary, shadow]))
    field.opens()
    alice = field.phone("alice")
    alice.expects_push()
    assert alice.last is not None
    assert alice.last.why == "step 1: opened"


def test_a_step_of_copies_alone_says_that_nobody_gets_them(field: Field) -> None:
    """It is passed at once, and whoever is paged reads why."""
    shadow = rota("shadow", "erin", "2026-06-22 09:00", pages="copy")
    field.escalates(step(shadow), step(field.secondary))
    field.opens()
    field.phone("bob").expects_push("nobody is on call in payments/shadow")


def test_who_is_on_call_is_asked_when_the_step_starts(field: Field) -> None:
    """The incident begins a minute before the handoff; the second step pages whoever is on by then."""
    field.until("2026-06-22 07:59")
    field.escalates(step(field.primary), step(field.primary))
    field.people["alice"] = person("alice", "0m push")
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("bob").expects_push("step 2")


def test_somebody_in_two_steps_begins_with_the_first_rule_again(field: Field) -> None:
    """The rules belong to the step."""
    field.escalates(step("grace"), step(["grace", "dave"]))
    field.opens()
    grace = field.phone("grace")
    grace.expects_push()
    field.fast_forward("4m59s")
    grace.expects_sms()
    grace.expects_call()
    field.fast_forward("1s")
    grace.expects_push("step 2")
    field.phone("dave").expects_push("step 2")


def test_somebody_in_two_targets_of_a_step_is_paged_once(field: Field) -> None:
    """As primary and by name: one push."""
    field.escalates(step([field.primary, "alice"]))
    field.opens()
    field.phone("alice").expects_push()


def test_round_robin_takes_the_next_target_at_each_incident(field: Field) -> None:
    """One of them, in turn."""
    field.escalates(step(["dave", "erin", "grace"], pick="round robin"))
    for turn, name in enumerate(["dave", "erin", "grace", "dave"]):
        field.opens(turn=turn)
        field.phone(name).expects_push()


def test_round_robin_passes_over_somebody_whom_no_channel_reaches(field: Field) -> None:
    """It is the next one's turn, at once; and the next one's again when the list repeats."""
    field.people["dave"] = person("dave", "0m push", without="push")
    field.escalates(step(["dave", "erin", "grace"], pick="round robin"), repeat=1)
    field.opens(turn=0)
    field.phone("erin").expects_push("no channel reaches dave")
    field.fast_forward("4m59s")
    field.phone("erin").expects_sms()
    field.phone("erin").expects_call()
    field.fast_forward("1s")
    field.phone("erin").expects_push()  # the turn is dave's, then erin's


def test_a_last_step_without_a_wait_ends_after_the_persons_rules(field: Field) -> None:
    """`- {notify: primary}` alone: all of alice's rules, five minutes more, then the last resort."""
    field.escalates(step(field.primary, wait=None))
    field.opens()
    field.fast_forward("8m59s")
    for channel in ("push", "sms", "call"):
        field.phone("alice").expects(channel)
    field.fast_forward("1s")
    field.phone("olga").expects_push("last resort: the policy has ended")


def test_without_a_last_resort_the_end_is_said_loudly_and_again(field: Field) -> None:
    """Pain 12: nobody answered and nobody else is configured; it is never silent about that."""
    field.resort = None
    field.escalates(step(field.primary))
    field.opens()
    field.fast_forward("5m")
    for channel in ("push", "sms", "call"):
        field.phone("alice").expects(channel)
    field.alarms("there is no last resort")
    field.unread_notes.clear()
    field.fast_forward("1h")
    field.alarms("there is no last resort")


def test_a_gap_that_ends_is_noticed(field: Field) -> None:
    """Nobody on call and no last resort: whoever comes on call is paged, within five minutes."""
    field.resort = None
    field.escalates(step(with_nobody(field.primary, "2026-06-17 00:00", "2026-06-17 14:00")))
    field.opens()
    field.alarms("nobody was reached")
    field.until("2026-06-17 13:59")
    field.expects_nothing()
    field.fast_forward("1m")
    field.phone("alice").expects_push()


def test_a_last_resort_that_reaches_nobody_is_alarmed(field: Field) -> None:
    """The catch-all has a hole too: recorded and alarmed, and tried again."""
    hole = with_nobody(field.primary, "2026-06-17 00:00", "2026-06-17 12:30")
    field.last_resort("5m", hole)
    field.escalates(step(hole))
    field.opens()
    field.alarms("the last resort reaches nobody")
    field.says("nobody", "last resort")
    field.until("2026-06-17 12:30")
    field.phone("alice").expects_push("step 1")


def test_an_address_gets_the_last_resort_too(field: Field) -> None:
    """A mailing list is nobody's own."""
    field.last_resort("5m", "email:all@example.com")
    field.escalates(step(with_nobody(field.primary, "2026-06-17 00:00", "2026-06-18 00:00")))
    field.opens()
    field.phone("all@example.com").expects_email("last resort")


def test_a_page_to_a_person_runs_their_rules_and_then_the_last_resort(field: Field) -> None:
    """`oncall page dave`: no team's policy."""
    field.people["dave"] = person("dave", "0m push", "20m call")
    field.opens(person="dave")
    field.phone("dave").expects_push()
    field.fast_forward("20m")
    field.phone("dave").expects_call()
    field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")


def test_a_page_to_somebody_without_a_contact_goes_to_the_last_resort_at_once(field: Field) -> None:
    """Pain 11: no rule, no silence."""
    field.people["dave"] = person("dave")
    field.opens(person="dave")
    field.says("mute", "dave")
    field.phone("olga").expects_push("no channel reaches dave")


def test_a_person_whom_no_channel_reaches_does_not_hold_up_the_others(field: Field) -> None:
    """GR#1511: the on-call person had no rules, and the page waited."""
    field.people["alice"] = person("alice", "0m push", without="push")
    field.opens()
    field.phone("bob").expects_push("no channel reaches alice")
    field.says("mute", "alice")


def test_a_service_that_was_handed_over_pages_its_new_owner_and_then_the_team(field: Field) -> None:
    """From the day on: operations first, by its own escalation, and payments as the next step."""
    operations = rota("primary", "dave", team="operations")
    field.escalates(step(operations, "3m"), step("grace", "3m"), team="operations")
    field.hands_over("basket-export", operations, "2026-06-17 12:30")
    field.opens(service="basket-export")
    field.phone("alice").expects_push("step 1")
    field.source_resolves()
    field.until("2026-06-17 12:30")
    field.opens(service="basket-export")
    field.phone("dave").expects_push("step 1")
    field.fast_forward("3m")
    field.phone("dave").expects_sms()
    field.phone("grace").expects_push("step 2")
    field.fast_forward("3m")
    field.phone("grace").expects_sms()
    field.phone("alice").expects_push("step 3")


def test_a_handover_to_a_schedule_outside_that_teams_escalation_pages_it_first(field: Field) -> None:
    """`to: operations/batch`: the first line is that schedule, whatever operations escalates to otherwise."""
    batch = rota("batch", "erin", team="operations")
    field.escalates(step(rota("primary", "dave", team="operations")), team="operations")
    field.hands_over("basket-export", batch, "2026-06-17 00:00")
    field.opens(service="basket-export")
    field.phone("erin").expects_push("step 1")
    field.phone("erin").fails("refused")
    field.phone("erin").expects_sms()


def test_a_signal_with_a_hold_pages_only_when_it_lasts(field: Field) -> None:
    """A route's `hold: 5m`: what is over by then pages nobody."""
    field.opens(hold="5m")
    field.says("held")
    field.fast_forward("4m")
    field.source_resolves()
    field.fast_forward("10m")
    field.expects_nothing()
    field.opens(hold="5m")
    field.fast_forward("5m")
    field.phone("alice").expects_push("the wait is over")


def test_round_robin_takes_another_in_each_round(field: Field) -> None:
    """Whoever slept through the first round is not all of the second."""
    field.escalates(step(["alice", "bob", "carol"], pick="round robin"), repeat=1)
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens(turn=2)
    field.phone("carol").expects_push()
    field.fast_forward("5m")
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")


def test_a_last_resort_in_a_hurry_is_told_once_a_minute(field: Field) -> None:
    """Whatever its `every` says: it must not become a storm of its own."""
    field.escalates(step(field.primary))
    field.last_resort("5s", "olga")
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    field.phone("olga").expects_push()
    field.fast_forward("59s")
    field.expects_nothing()
    field.fast_forward("1s")
    field.phone("olga").expects_push()


def test_without_a_last_resort_who_reached_nobody_looks_sooner_than_who_was_not_answered(field: Field) -> None:
    """Five minutes when nobody was on call, an hour when somebody has slept through it."""
    field.resort = None
    field.escalates(step(with_nobody(field.primary, "2026-06-17 12:00", "2026-06-17 13:00")))
    field.opens()
    field.alarms("there is no last resort")
    assert field.waits_for() == timedelta(minutes=5)
    field.escalates(step("alice"))
    field.people["alice"] = person("alice", "0m push")
    field.fast_forward("5m")
    field.phone("alice").expects_push()
    field.fast_forward("5m")
    assert field.waits_for() == timedelta(hours=1)


@pytest.mark.parametrize("order", ["primary first", "shadow first"])
def test_a_shadow_who_is_on_call_as_well_is_paged_for_real(field: Field, order: str) -> None:
    """In a schedule of copies and in another of the same step: that page counts, and keeps the last resort asleep."""
    shadow = rota("shadow", "alice", pages="copy")
    targets = [field.primary, shadow] if order == "primary first" else [shadow, field.primary]
    field.escalates(step(targets, "10m"))
    field.people["alice"] = person("alice", "0m push")
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("9m")
    field.expects_nothing()
    field.phone("alice").acknowledges()


def test_a_mail_to_a_list_is_nobody_who_was_reached(field: Field) -> None:
    """When the gap is over, whoever is on call then is paged: a list may have been read by nobody."""
    field.last_resort("5m", "email:all@example.com")
    field.escalates(step(with_nobody(field.primary, "2026-06-17 12:00", "2026-06-17 12:03")))
    field.opens()
    field.phone("all@example.com").expects_email("nobody is on call")
    field.fast_forward("5m")
    field.phone("alice").expects_push("step 1")


def test_a_handover_goes_by_the_new_owners_severity_and_repeats_as_often_as_they_do(field: Field) -> None:
    """Their errors go to carol, round twice; then the team that built it, in each round."""
    search = rota("primary", "carol", team="search")
    field.escalates(step(search), team="search")
    field.escalates(step("dave"), team="search", severity="error", repeat=1)
    field.escalates(step(field.primary), severity="error")
    field.hands_over("shop", search, "2026-06-01 00:00")
    field.people = {name: person(name, "0m push") for name in field.people}
    field.opens(severity="error", service="shop")
    for _ in range(2):
        for name in ("carol", "dave", "alice"):
            field.phone(name).expects_push()
            field.expects_nothing()
            field.fast_forward("5m")
    field.phone("olga").expects_push("last resort")
