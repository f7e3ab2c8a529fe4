"""Busy, unanswered, refused: what a failed page makes of the rules and steps that follow."""

from __future__ import annotations

from fake_phones import Field, person, step


def test_busy_is_followed_by_the_next_rule_at_once(field: Field) -> None:
    """The SMS that was due in three minutes goes now, and what follows keeps its distance."""
    field.people["alice"] = person("alice", "0m call", "3m sms", "4m push")
    field.opens()
    alice = field.phone("alice")
    alice.expects_call()
    field.fast_forward("30s")
    alice.call_is_busy()
    alice.expects_sms("busy")
    field.fast_forward("59s")
    field.expects_nothing()
    field.fast_forward("1s")
    alice.expects_push()


def test_one_failing_channel_does_not_wait_for_the_other(field: Field) -> None:
    """Pain 33: push is down, mail is up; the next rule goes at once, and only once however many fail."""
    field.people["alice"] = person("alice", "0m push email", "2m sms", "4m call")
    field.opens()
    alice = field.phone("alice")
    alice.expects_push()
    alice.fails("refused")
    alice.expects_email()
    alice.expects_sms("refused")
    sms = alice.last
    field.expects_nothing()
    assert sms is not None
    field.fast_forward("1m59s")
    field.expects_nothing()
    field.fast_forward("1s")
    alice.expects_call()


def test_a_second_failure_of_the_same_rule_brings_nothing_more_forward(field: Field) -> None:
    """Both channels of the first rule fail a second apart: one SMS, no call yet."""
    field.people["alice"] = person("alice", "0m push email", "2m sms", "4m call")
    field.opens()
    alice = field.phone("alice")
    alice.expects_push()
    push = alice.last
    alice.expects_email()
    field.fast_forward("1s")
    alice.fails("refused")
    alice.expects_sms()
    alice.last = push
    alice.fails("refused")
    field.expects_nothing()


def test_a_receipt_that_comes_twice_says_nothing_new(field: Field) -> None:
    """F-16: callbacks are doubled."""
    field.people["alice"] = person("alice", "0m call", "2m sms", "4m push")
    field.opens()
    alice = field.phone("alice")
    alice.expects_call()
    alice.call_is_busy()
    alice.call_is_busy()
    alice.expects_sms()


def test_when_every_channel_fails_the_next_step_begins_at_once(field: Field) -> None:
    """F-22: no waiting for somebody who cannot be reached."""
    field.opens()
    field.phone("alice").everything_fails()
    field.phone("bob").expects_push("every page of the step failed")


def test_while_one_of_two_people_may_answer_the_step_goes_on(field: Field) -> None:
    """Alice's phone is off; dave's is not."""
    field.escalates(step([field.primary, "dave"]), step(field.secondary))
    field.opens()
    field.phone("alice").everything_fails()
    field.phone("dave").expects_push()
    field.fast_forward("4m59s")
    field.phone("dave").expects_sms()
    field.phone("dave").expects_call()
    field.fast_forward("1s")
    field.phone("bob").expects_push()


def test_when_everything_fails_the_last_resort_is_told_at_once(field: Field) -> None:
    """F-22: the provider of all phones is down; repeat does not send thrice what cannot arrive."""
    field.escalates(step(field.primary), step(field.secondary), repeat=3)
    field.opens()
    field.phone("alice").everything_fails()
    field.phone("bob").everything_fails()
    field.phone("olga").expects_push("last resort: nobody was reached")


def test_a_last_resort_that_fails_keeps_its_pace(field: Field) -> None:
    """A provider that refuses at once makes no loop; when it is back, whoever is on call is paged first."""
    field.people = {name: person(name, "0m push") for name in field.people}
    field.escalates(step(field.primary))
    field.opens()
    field.phone("alice").everything_fails()
    field.phone("olga").everything_fails()
    field.fast_forward("4m59s")
    field.expects_nothing()
    field.fast_forward("1s")
    field.phone("alice").expects_push("step 1")


def test_a_failure_after_the_acknowledgement_pages_nobody(field: Field) -> None:
    """I3: the call was busy because alice was answering the push."""
    field.people["alice"] = person("alice", "0m push call", "2m sms")
    field.opens()
    alice = field.phone("alice")
    alice.expects_push()
    alice.expects_call()
    alice.acknowledges()
    alice.call_is_busy()
    field.expects_nothing()


def test_a_late_failure_of_a_step_before_is_only_recorded(field: Field) -> None:
    """Alice's call ends unanswered when bob is being paged already."""
    field.opens()
    field.fast_forward("4m59s")
    alice = field.phone("alice")
    for channel in ("push", "sms", "call"):
        alice.expects(channel)
    field.fast_forward("1s")
    field.phone("bob").expects_push()
    alice.call_is_busy()
    field.says("failed", "busy")
    field.expects_nothing()


def test_a_copy_that_fails_changes_nothing(field: Field) -> None:
    """Nobody counts on a shadow."""
    from fake_phones import rota

    field.escalates(step([field.primary, rota("shadow", "erin", pages="copy")]))
    field.opens()
    field.phone("alice").expects_push()
    field.phone("erin").expects_push()
    field.phone("erin").fails("refused")
    field.expects_nothing()
