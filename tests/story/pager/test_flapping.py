"""What is resolved and fires again, and again: one incident, kept open until it was calm."""

from __future__ import annotations

from typing import Any

import pytest
from night import Night

from oncall_rota.paging.flapping import AGAIN, REMEMBERED, Openings
from oncall_rota.paging.incident import Reassigned, Snoozed
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.timeline.duration import parse

FIRE = Signal("prod-am", "disk", "disk is full", team="payments")
OVER = FIRE._replace(kind="resolve")


def fires(night: Night) -> Any:
    """It is there."""
    return night.takes(FIRE)


def ends(night: Night) -> Any:
    """It is over, says the monitor."""
    return night.takes(OVER)


def flaps(night: Night, times: int, on: str = "1m", off: str = "1m") -> Any:
    """It is there for a minute and gone for one, so often; what the last signal that it is there became."""
    reply = None
    for _ in range(times):
        reply = fires(night)
        night.passes(on)
        ends(night)
        night.passes(off)
    return reply


def flapping(night: Night) -> str:
    """An incident that was found to flap, and is there just now."""
    flaps(night, AGAIN)
    opened = fires(night)
    assert opened.what == "opened"
    return str(opened.incident_id)


def test_four_times_are_four_incidents(night: Night) -> None:
    """Whatever is resolved and comes back may be something new."""
    assert flaps(night, AGAIN).what == "opened"
    assert len(night.store.incidents(("resolved",))) == AGAIN
    assert [sent.message.lines[0] for sent in night.to("alice")] == ["step 1: opened"] * AGAIN


def test_the_fifth_within_half_an_hour_says_so_and_stays_open(night: Night) -> None:
    """Its source cannot close it any more, and fires into it."""
    incident_id = flapping(night)
    assert night.to("alice")[-1].message.lines[0] == (
        "step 1: it flaps: resolved and fired again 4 times, so it is open until it was calm"
    )
    assert ends(night) == Accepted("kept", incident_id)
    assert ends(night) == Accepted("kept", incident_id)
    assert fires(night) == Accepted("merged", incident_id)
    assert night.row(incident_id).status == "triggered"
    kinds = [row.kind for row in night.store.audit(incident_id)]
    assert kinds == ["opened", "step", "paged", "calm", "merged", "flapping"]


def test_slower_than_that_is_not_flapping(night: Night) -> None:
    """Four times in forty minutes."""
    assert flaps(night, 6, "1m", "9m").what == "opened"
    assert night.store.incidents() == ()


def test_one_page_and_one_in_half_an_hour_to_whoever_has_taken_it(night: Night) -> None:
    """Thirty times an hour, for four hours."""
    incident_id = flapping(night)
    night.acknowledges("alice", incident_id)
    before = len(night.sent)
    for _ in range(4 * 30):
        if night.row(incident_id).status == "triggered":
            night.acknowledges("alice", incident_id)
        assert flaps(night, 1).incident_id == incident_id
    pages = [sent for sent in night.sent[before:] if sent.message.kind == "page"]
    assert 7 <= len(pages) <= 8
    assert (
        "alice acknowledged it, and it is still open: it flaps: resolved and fired again" in pages[-1].message.lines[0]
    )
    assert {sent.address for sent in pages} == {"alice/push"}


def test_a_team_without_a_timeout_is_asked_all_the_same(night: Night) -> None:
    """`ack_timeout: none` is for what was acknowledged once and stays."""
    night.field.escalates(*night.field.teams["payments"].severities["critical"].policy.steps, ack_timeout=None)  # type: ignore[union-attr]
    incident_id = flapping(night)
    night.acknowledges("alice", incident_id)
    before = len(night.to("alice"))
    night.passes("29m")
    assert len(night.to("alice")) == before
    night.passes("1m")
    assert len(night.to("alice")) == before + 1


def test_half_an_hour_of_calm_resolves_it(night: Night) -> None:
    """Whoever was paged is told; the next time is an incident like any other."""
    incident_id = flapping(night)
    ends(night)
    night.passes("29m59s")
    assert night.row(incident_id).status == "triggered"
    night.passes("2s")
    assert night.row(incident_id).status == "resolved"
    assert night.notices_to("alice")[-1].startswith("resolved: calm for 30 minutes")
    opened = fires(night)
    assert (opened.what, ends(night).what) == ("opened", "resolved")


def test_nobody_is_paged_while_it_is_calm_and_all_that_was_due_when_it_is_not(night: Night) -> None:
    """Nobody has taken it: it goes on where it would be by then."""
    incident_id = flapping(night)
    night.passes("1m")
    ends(night)
    sent = len(night.sent)
    night.passes("6m")
    assert len(night.sent) == sent
    fires(night)
    assert [(each.address, each.message.lines[0][:6]) for each in night.sent[sent:]] == [("bob/push", "step 2")]
    night.passes("2m")
    assert night.channels_to("bob") == ["push", "sms"]
    assert night.row(incident_id).status == "triggered"


def test_a_real_outage_after_the_flapping_escalates(night: Night) -> None:
    """It stays, and nobody answers: everybody hears of it as of any other."""
    flapping(night)
    night.passes("25m")
    assert night.channels_to("bob") == ["push", "sms", "call"]
    assert "olga/push" in {sent.address for sent in night.sent}


def test_a_person_closes_it_at_once(night: Night) -> None:
    """Only its source is not believed."""
    incident_id = flapping(night)
    night.resolves("alice", incident_id)
    assert night.row(incident_id).status == "resolved"


def test_what_people_do_while_it_is_calm_holds(night: Night) -> None:
    """Taken, given away, snoozed: and calm is still counted from when it began."""
    incident_id = flapping(night)
    ends(night)
    night.acknowledges("alice", incident_id)
    night.passes("5m")
    night.acts(incident_id, Reassigned("alice", "carol"), "alice")
    assert night.channels_to("carol") == ["push"]
    night.passes("5m")
    night.acts(incident_id, Snoozed("carol", night.clock.at + parse("2h")), "carol")
    night.passes("19m")
    assert night.row(incident_id).status == "acknowledged"
    night.passes("2m")
    assert night.row(incident_id).status == "resolved"


@pytest.mark.parametrize("later", ["5m", "3h"])
def test_it_is_remembered_over_a_restart(night: Night, later: str) -> None:
    """The store knows what was opened, and that it is calm."""
    flaps(night, AGAIN)
    night.store.close()
    night.starts()
    opened = fires(night)
    assert night.store.audit(opened.incident_id)[-2].cause.startswith("step 1: it flaps")
    ends(night)
    night.store.close()
    night.clock.at += parse(later)
    night.starts()
    assert night.row(opened.incident_id).status == ("triggered" if later == "5m" else "resolved")


def test_a_clock_put_back_makes_no_calm_longer(night: Night) -> None:
    """A restart an hour earlier than the end before it."""
    incident_id = flapping(night)
    ends(night)
    night.store.close()
    night.clock.at -= parse("1h")
    night.starts()
    night.passes("31m")
    assert night.row(incident_id).status == "resolved"


def test_what_is_kept_in_mind_is_bounded(night: Night) -> None:
    """A storm of new keys pushes out the oldest, and no key grows."""
    openings = Openings()
    at = night.clock.at
    for number in range(REMEMBERED + AGAIN):
        openings.add(("am", "flaps"), f"f{number}", at)
        openings.add(("am", f"key{number}"), f"i{number}", at)
    assert openings.flaps(("am", "flaps"), at) == AGAIN
    assert len(openings._opened) == REMEMBERED
    assert openings.flaps(("am", "flaps"), at + parse("30m")) == 0
