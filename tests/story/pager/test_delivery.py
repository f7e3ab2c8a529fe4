"""What becomes of one page: refused, delayed, unsure, left by a dead process, acknowledged meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_phones import person, step
from night import Night

from oncall_rota.paging.incident import Acknowledged, Declined, Reassigned, Snoozed
from oncall_rota.paging.job import Job
from oncall_rota.paging.model import Wishes
from oncall_rota.paging.pager import Hush
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.ports.store import LEASE
from oncall_rota.paging.request import Act, Request, Told
from oncall_rota.paging.signal import Accepted, Signal


def states(night: Night, incident_id: str) -> list[tuple[str, str]]:
    """The pages of an incident, and how far each has come."""
    return [(page.channel, page.state) for page in night.pages(incident_id)]


def test_a_signal_is_an_incident_and_a_page(night: Night) -> None:
    """Severity, team, summary, code and why stand in the page."""
    opened = night.signal()
    (sent,) = night.to("alice")
    assert (sent.channel, sent.message.severity, sent.message.team) == ("push", "critical", "payments")
    assert (sent.message.summary, sent.message.lines) == ("disk is full", ("step 1: opened",))
    assert states(night, opened.incident_id) == [("push", "sent")]
    assert [row.kind for row in night.store.audit(opened.incident_id)] == ["opened", "step", "paged"]


def test_signals_of_one_key_are_one_incident(night: Night) -> None:
    """Each of them is counted and written down; only the first pages."""
    opened = night.signal()
    assert [night.signal() for _ in range(3)] == [Accepted("merged", opened.incident_id)] * 3
    assert night.channels_to("alice") == ["push"]
    assert [row.kind for row in night.store.audit(opened.incident_id)].count("merged") == 3


def test_the_end_of_what_is_not_open_is_ignored_with_a_reason(night: Night) -> None:
    """A resolve that came first, or twice, pages nobody."""
    assert night.takes(Signal("prod-am", "disk", "over", "resolve")) == Accepted("ignored")
    opened = night.signal()
    assert night.takes(Signal("prod-am", "disk", "over", "resolve")).what == "resolved"
    assert night.takes(Signal("prod-am", "disk", "over", "resolve")).what == "ignored"
    assert night.row(opened.incident_id).status == "resolved"


def test_one_batch_may_open_close_and_open_again(night: Night) -> None:
    """A flapping monitor sends all three in one request."""
    fire = Signal("prod-am", "disk", "disk is full", team="payments")
    over = fire._replace(kind="resolve")
    turn = night.pager.take([fire, fire, over, fire, over])
    assert [reply.what for reply in turn.replies] == ["opened", "merged", "resolved", "opened", "resolved"]  # type: ignore[union-attr]
    assert len(night.store.incidents(("resolved",))) == 2


def test_keys_that_no_store_takes_are_told_apart_all_the_same(night: Night) -> None:
    """Line breaks, NUL, half a surrogate, a thousand characters: different keys stay different, equal ones equal."""
    keys = ["a\x00b", "a\nb", "a b", "\ud800", "\ud801", "k" * 1000, "k" * 1001, ""]
    opened = {night.signal(key).incident_id for key in keys}
    assert len(opened) == len(keys)
    assert {night.signal(key).incident_id for key in keys} == opened


def test_a_refused_page_is_followed_by_the_next_rule_at_once(night: Night) -> None:
    """4xx: this provider will never take it."""
    night.providers["push"].refuses.append(NotifierError("no such device", permanent=True, alarm="push: fix it"))
    opened = night.signal()
    assert night.channels_to("alice") == ["sms"]
    assert states(night, opened.incident_id) == [("push", "failed"), ("sms", "sent")]
    assert night.alarms == ["push: fix it"]


def test_a_provider_that_is_busy_is_asked_once_more(night: Night) -> None:
    """A second later; the page keeps its id."""
    night.providers["push"].refuses.append(NotifierError("503"))
    opened = night.signal()
    assert night.sent == []
    night.passes("3s")
    (sent,) = night.to("alice")
    assert sent.message.page_id == f"{opened.incident_id}-1"
    assert states(night, opened.incident_id) == [("push", "sent")]


def test_after_the_second_failure_comes_the_next_channel(night: Night) -> None:
    """Nobody waits for a provider that is down."""
    night.providers["push"].refuses += [NotifierError("503"), NotifierError("503")]
    opened = night.signal()
    night.passes("3s")
    assert night.channels_to("alice") == ["sms"]
    assert states(night, opened.incident_id) == [("push", "failed"), ("sms", "sent")]


def test_retry_after_is_honoured_and_the_next_rule_does_not_wait_for_it(night: Night) -> None:
    """429 with 40 seconds: push comes then, the SMS at once."""
    night.providers["push"].refuses.append(NotifierError("429", retry_after=timedelta(seconds=40)))
    night.signal()
    assert night.channels_to("alice") == ["sms"]
    night.passes("39s")
    assert night.channels_to("alice") == ["sms"]
    night.passes("2s")
    assert night.channels_to("alice") == ["sms", "push"]


def test_an_unsure_send_is_made_again_with_the_same_id(night: Night) -> None:
    """The reply was lost, and this provider cannot be asked: at most one copy."""
    night.providers["push"].refuses.append(NotifierError("no reply", unsure=True))
    opened = night.signal()
    assert [each.message.page_id for each in night.to("alice")] == [f"{opened.incident_id}-1"]
    assert states(night, opened.incident_id) == [("push", "sent")]


def test_a_page_that_a_dead_process_had_is_sent_by_the_next(night: Night) -> None:
    """Killed after the commit and before the send: claimed, never sent."""
    night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])  # its errands die with it
    night.store.close()
    night.starts()
    night.passes("1s")
    assert night.channels_to("alice") == ["push"]
    (page,) = night.pages(night.store.incidents()[0].id)
    assert (page.state, page.attempts, page.fence) == ("sent", 2, 2)


def test_a_page_that_nobody_needs_any_more_is_dropped(night: Night) -> None:
    """Killed before the send, acknowledged before the restart has sent it."""
    turn = night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])
    opened = turn.replies[0]
    assert isinstance(opened, Accepted)
    night.clock.at += LEASE * 2
    night.acknowledges("bob", opened.incident_id)
    night.passes("1m")
    assert night.to("alice") == []
    assert states(night, opened.incident_id)[0] == ("push", "cancelled")


def test_a_page_that_lay_too_long_gets_a_new_lease_before_it_is_sent(night: Night) -> None:
    """A queue of seconds: the send must be over before the lease is."""
    turn = night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])
    (job,) = turn.errands
    night.clock.at += timedelta(seconds=8)
    done = night.pager.run(job)
    assert done is not None
    assert night.sent == []
    night._perform(night.pager.take([done]))
    assert night.channels_to("alice") == ["push"]


def test_a_page_is_not_sent_more_than_a_second_after_the_acknowledgement(night: Night) -> None:
    """It was in the queue of a slow channel when bob took it."""
    turn = night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])
    (job,) = turn.errands
    assert isinstance(job, Job)
    night.acknowledges("bob", job.incident_id)
    night.clock.at += timedelta(seconds=2)
    night._perform(turn)
    assert night.to("alice") == []


@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_what_rings_is_stopped_even_when_its_receipt_and_the_acknowledgement_come_together(
    night: Night, acknowledged_first: bool
) -> None:
    """The provider has just taken it when bob does, and one batch has both."""
    turn = night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])
    (job,) = turn.errands
    assert isinstance(job, Job)
    done = night.pager.run(job)
    assert done is not None
    both: list[Request] = [done, Act(job.incident_id, Acknowledged("bob"), "bob")]
    turn = night.pager.take(both[::-1] if acknowledged_first else both)
    assert Hush("push", "push-1") in turn.errands


def test_a_busy_call_is_followed_by_the_next_rule(night: Night) -> None:
    """The provider's word comes later, and again, and too late."""
    opened = night.signal()
    page = f"{opened.incident_id}-1"
    night.takes(Told(page, "failed", "push-1", "busy"))
    assert night.channels_to("alice") == ["push", "sms"]
    night.takes(Told(page, "failed", "push-1", "busy"))
    night.takes(Told(page, "sent", "push-1"))
    assert night.channels_to("alice") == ["push", "sms"]
    assert states(night, opened.incident_id) == [("push", "failed"), ("sms", "sent")]


def test_a_failure_told_after_the_delivery_is_nothing(night: Night) -> None:
    """Callbacks come in any order; what was delivered was delivered."""
    opened = night.signal()
    page = f"{opened.incident_id}-1"
    night.takes(Told(page, "delivered", "push-1"))
    night.takes(Told(page, "failed", "push-1", "late"))
    assert night.channels_to("alice") == ["push"]
    assert states(night, opened.incident_id) == [("push", "delivered")]


def test_the_others_are_told_quietly_who_took_it(night: Night) -> None:
    """Alice was paged, bob takes it; a notice is no page, and goes by a channel without a budget."""
    opened = night.signal()
    night.limits("push", 1, "1m")
    night.acknowledges("bob", opened.incident_id)
    assert night.notices_to("alice") == ["acknowledged by bob: disk is full"]
    assert night.sent[-1].channel == "sms"


def test_with_resolved_no_the_end_is_told_to_nobody(night: Night) -> None:
    """`notices: {resolved: no}`: who took it is told all the same."""
    night.resolved = False
    opened = night.signal()
    night.passes("5m")
    night.acknowledges("bob", opened.incident_id)
    assert night.notices_to("alice") == ["acknowledged by bob: disk is full"]
    night.resolves("bob", opened.incident_id)
    assert night.notices_to("alice") == ["acknowledged by bob: disk is full"]


def test_notices_go_by_the_channel_that_somebody_wants_them_by(night: Night) -> None:
    """Alice's own wish before everybody's; who has no address there gets them by the next."""
    night.quiet = ("email", "push")
    night.field.people["alice"] = night.field.people["alice"]._replace(wishes=Wishes(("sms",)))
    night.field.people["carol"] = person("carol", "0m push", without="email")
    night.field.escalates(step([night.field.primary, "carol", "dave"]))
    night.resolves("erin", night.signal().incident_id)
    told = {each.address for each in night.sent if each.message.kind == "notice"}
    assert told == {"alice/sms", "carol/push", "dave/email"}


def test_declined_goes_on_with_the_next_step_now(night: Night) -> None:
    """Alice cannot."""
    opened = night.signal()
    night.acts(opened.incident_id, Declined("alice"), "alice")
    assert night.channels_to("bob") == ["push"]


def test_reassigned_pages_the_other(night: Night) -> None:
    """To carol, who is on no step."""
    opened = night.signal()
    night.acts(opened.incident_id, Reassigned("alice", "carol"), "alice")
    assert night.channels_to("carol") == ["push"]


def test_snoozed_comes_back(night: Night) -> None:
    """In an hour, to whoever is on call then and to the one who snoozed it."""
    opened = night.signal()
    night.acts(opened.incident_id, Snoozed("alice", night.clock.at + timedelta(hours=1)), "alice")
    night.passes("59m59s")
    assert night.channels_to("alice") == ["push"]
    night.passes("2s")
    assert night.channels_to("alice") == ["push", "push"]


def test_an_acknowledgement_survives_a_restart(night: Night) -> None:
    """And so does its time-out, thirty minutes after it and not after the restart."""
    opened = night.signal()
    night.acknowledges("alice", opened.incident_id)
    night.passes("20m")
    night.store.close()
    night.starts()
    night.passes("9m")
    assert night.channels_to("alice") == ["push"]
    night.passes("1m1s")
    assert night.channels_to("alice") == ["push", "push"]


def test_codes_are_the_same_on_every_channel_and_for_each_person_another(night: Night) -> None:
    """Whatever alice answers to, it is hers and this incident's."""
    first, second = night.signal("disk"), night.signal("memory")
    night.passes("5m")
    codes = {(each.address.partition("/")[0], each.message.summary, each.message.code) for each in night.sent}
    assert len(codes) == 4
    assert len({code for _, _, code in codes}) == 4
    assert first.incident_id != second.incident_id
