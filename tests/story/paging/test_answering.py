"""What people do about a page: acknowledge, snooze, decline, hand on, resolve."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_phones import Field, person, step


def test_nobody_is_paged_after_an_acknowledgement(field: Field) -> None:
    """I3, GR#4760: no further rule, no further step."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.fast_forward("29m59s")
    field.expects_nothing()


def test_those_who_were_paged_are_told_and_calls_are_cancelled(field: Field) -> None:
    """A quiet notice to the others on acknowledgement, to all but the one who did it on resolution."""
    field.opens()
    field.fast_forward("5m")
    for channel in ("push", "sms", "call"):
        field.phone("alice").expects(channel)
    field.phone("bob").expects_push()
    field.phone("bob").acknowledges()
    assert field.cancelled() == 2  # bob's push, and alice's call of a minute ago, which may ring yet
    field.phone("alice").expects_notice("acknowledged by bob")
    assert field.phone("bob").notices == []
    field.phone("bob").resolves()
    field.phone("alice").expects_notice("resolved by bob")


def test_the_first_acknowledgement_wins(field: Field) -> None:
    """F-29: the other is told who has it."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.phone("bob").acknowledges()
    field.refuses("acknowledged by alice already")


def test_acknowledged_and_asleep_again(field: Field) -> None:
    """Pain 29: after the time-out whoever acknowledged and step 1 are paged at once, with the reason."""
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("4m59s")
    field.phone("alice").expects_sms()
    field.phone("alice").expects_call()
    field.fast_forward("1s")
    field.phone("bob").expects_push()
    field.phone("bob").acknowledges()
    field.fast_forward("30m")
    field.phone("alice").expects_push("bob acknowledged it, and it is still open")
    field.phone("bob").expects_push("bob acknowledged it, and it is still open")
    field.says("timeout", "bob")


def test_the_time_out_pages_somebody_once_who_is_also_step_1(field: Field) -> None:
    """Alice acknowledged and alice is on call: one push."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.fast_forward("30m")
    field.phone("alice").expects_push()


@pytest.mark.parametrize(("severity", "span"), [("critical", "30m"), ("error", "1h")])
def test_the_time_out_is_the_severitys(field: Field, severity: str, span: str) -> None:
    """Each severity has its own."""
    field.escalates(step(field.primary), severity="error", ack_timeout="1h")
    field.opens(severity=severity)
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.fast_forward(span)
    field.phone("alice").expects_push()


def test_without_a_time_out_an_acknowledged_incident_rests(field: Field) -> None:
    """GR#3111: acknowledged four months ago, and `ack_timeout: none`."""
    field.escalates(step(field.primary), ack_timeout=None)
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    assert field.waits_for() is None
    field.fast_forward("120d")


def test_an_acknowledged_incident_stays_with_its_acknowledger_over_a_handoff(field: Field) -> None:
    """Pain 35: bob comes on call and is not paged; it is alice's until its time is over, then it is both's."""
    field.until("2026-06-22 07:50")
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.until("2026-06-22 08:19")
    assert field.incident.acknowledged_by == "alice"
    field.fast_forward("1m")
    field.phone("bob").expects_push()
    field.phone("alice").expects_push()


def test_a_snooze_pages_again_when_it_is_over(field: Field) -> None:
    """Whoever snoozed, and step 1."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").snoozes("1h")
    field.fast_forward("59m59s")
    field.expects_nothing()
    field.fast_forward("1s")
    field.phone("alice").expects_push()


def test_a_snooze_into_the_past_is_refused(field: Field) -> None:
    """Nothing changes."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").snoozes("0m")
    field.refuses("that time is over")
    assert field.waits_for() is not None


def test_to_decline_is_to_escalate_now(field: Field) -> None:
    """The next step at once; its wait is whole."""
    field.opens()
    field.phone("alice").expects_push()
    field.fast_forward("1m")
    field.phone("alice").declines()
    field.phone("bob").expects_push("declined by alice")
    field.fast_forward("9m59s")
    field.phone("bob").expects_sms()
    field.phone("bob").expects_call()
    field.fast_forward("1s")
    field.phone("olga").expects_push()


def test_an_acknowledgement_can_be_taken_back(field: Field) -> None:
    """Acknowledged, and then it does not work out: the next step, even after the time-out's clock has run on."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.fast_forward("20m")
    field.phone("alice").declines()
    field.phone("bob").expects_push("declined by alice")


def test_nobody_declines_what_somebody_else_has(field: Field) -> None:
    """Bob's late reply does not take it from alice."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.phone("bob").declines()
    field.refuses("acknowledged by alice")
    assert field.incident.acknowledged_by == "alice"


def test_it_can_be_given_to_somebody(field: Field) -> None:
    """Their rules at once; when they do not answer either, the team's policy from its first step."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").gives_it_to("dave")
    field.phone("dave").expects_push("given by alice")
    field.fast_forward("8m59s")
    field.phone("dave").expects_sms()
    field.phone("dave").expects_call()
    field.fast_forward("1s")
    field.phone("alice").expects_push("step 1")


def test_given_to_somebody_whom_no_channel_reaches_it_comes_back_at_once(field: Field) -> None:
    """Never silent."""
    field.people["dave"] = person("dave")
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").gives_it_to("dave")
    field.phone("alice").expects_push("no channel reaches dave")


def test_a_page_to_a_person_can_be_given_on(field: Field) -> None:
    """It stays a person's page: the other's rules, then the last resort."""
    field.opens(person="dave")
    field.phone("dave").expects_push()
    field.phone("dave").gives_it_to("erin")
    field.phone("erin").expects_push()
    field.phone("erin").declines()
    field.phone("erin").expects_push("declined by erin")
    field.phone("erin").declines()
    field.phone("olga").expects_push("last resort")


def test_a_resolved_incident_is_over(field: Field) -> None:
    """Nothing pages, and nothing can be done about it."""
    field.opens()
    field.phone("alice").expects_push()
    field.source_resolves()
    field.phone("alice").expects_notice("resolved by prod-am")
    field.fast_forward("1d")
    field.phone("alice").acknowledges()
    field.refuses("resolved already")


def test_an_acknowledgement_during_a_hold_pages_nobody(field: Field) -> None:
    """Somebody saw it first."""
    field.opens(hold="5m")
    field.phone("alice").acknowledges()
    field.fast_forward("29m")
    field.expects_nothing()


def test_who_takes_it_again_does_not_wake_the_others_again(field: Field) -> None:
    """Snoozed by whoever has it: those who were told who has it need not hear of it twice."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").declines()
    field.phone("bob").expects_push()
    field.phone("bob").acknowledges()
    field.phone("alice").expects_notice("acknowledged by bob")
    field.phone("bob").snoozes("1h")
    assert field.phone("alice").notices == []
    assert field.waits_for() == timedelta(hours=1)


def test_somebody_else_who_snoozes_takes_it(field: Field) -> None:
    """And whoever had it is told."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").acknowledges()
    field.phone("bob").snoozes("2h")
    field.phone("alice").expects_notice("snoozed by bob until 2026-06-17T14:00:00Z")
    assert field.incident.acknowledged_by == "bob"


def test_who_declines_is_not_rung_any_longer(field: Field) -> None:
    """Their own pages are cancelled, and nobody else's."""
    field.people["carol"] = person("carol", "0m call")
    field.people["alice"] = person("alice", "0m push call")
    field.escalates(step([field.primary, "carol"]), step(field.secondary))
    field.opens()
    field.phone("alice").expects_push()
    field.phone("alice").expects_call()
    field.phone("carol").expects_call()
    field.phone("alice").declines()
    assert field.cancelled() == 2
    field.phone("bob").expects_push("declined by alice")


def test_to_give_it_to_oneself_is_to_take_it(field: Field) -> None:
    """Nobody is paged about what they have just said that they do."""
    field.opens()
    field.phone("alice").expects_push()
    field.phone("dave").gives_it_to("dave")
    assert field.incident.acknowledged_by == "dave"
    field.phone("alice").expects_notice("taken by dave")
    field.fast_forward("29m")
    field.expects_nothing()
