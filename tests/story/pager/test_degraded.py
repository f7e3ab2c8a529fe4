"""The disk is full, gone or locked: people are paged all the same, senders are told to try again, nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from night import Night

from oncall_rota.paging.ports.store import Reason, StoreFailed
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal

REASONS: tuple[Reason, ...] = ("full", "read-only", "locked", "io", "gone")


@pytest.mark.parametrize("reason", REASONS)
def test_a_new_signal_is_paged_although_its_sender_is_told_to_try_again(night: Night, reason: Reason) -> None:
    """503 for the monitor, a page for alice; and when the monitor comes again, no second page."""
    night.disk.broken = reason
    night.disk.unreadable = reason == "gone"
    assert isinstance(night.signal(), StoreFailed)
    assert night.channels_to("alice") == ["push"]
    assert isinstance(night.signal(), StoreFailed)
    assert night.channels_to("alice") == ["push"]


def test_an_open_incident_escalates_without_its_store(night: Night) -> None:
    """Alice was paged before the disk was full; her next rules and bob's step follow as ever."""
    night.signal()
    night.disk.broken = "full"
    night.passes("5m")
    assert night.channels_to("alice") == ["push", "sms", "call"]
    assert night.channels_to("bob") == ["push"]


def test_an_acknowledgement_holds_in_memory_and_says_so(night: Night) -> None:
    """Nobody is paged after it, and when the disk is back it is on disk."""
    opened = night.signal()
    night.disk.broken = "full"
    told = night.acknowledges("alice", opened.incident_id)
    assert isinstance(told, Acted)
    assert told.held
    night.passes("6m")
    assert night.channels_to("alice") == ["push"]
    night.disk.broken = None
    night.passes("3s")
    assert night.disk.incident(opened.incident_id).status == "acknowledged"
    kinds = [row.kind for row in night.disk.audit(opened.incident_id)]
    assert kinds.count("acknowledged") == 1


def test_everything_is_written_down_when_the_disk_is_back(night: Night) -> None:
    """The incident that was only in memory, its pages with what became of them, every decision; and it goes on."""
    night.disk.broken = "full"
    night.signal()
    night.passes("2m5s")
    assert night.channels_to("alice") == ["push", "sms"]
    night.disk.broken = None
    night.passes("5s")
    (row,) = night.disk.incidents()
    assert [(page.channel, page.state) for page in night.disk.pages(row.id)] == [("push", "sent"), ("sms", "sent")]
    assert [each.kind for each in night.disk.audit(row.id)][:3] == ["opened", "step", "paged"]
    assert night.disk.check() == ()
    merged = night.signal()
    assert merged == Accepted("merged", row.id)
    night.passes("3m")
    assert night.channels_to("alice") == ["push", "sms", "call"]
    assert night.channels_to("bob") == ["push"]


def test_nothing_is_sent_twice_when_the_disk_comes_back(night: Night) -> None:
    """However often the disk fails and comes back, each rule pages once."""
    night.signal()
    for _ in range(10):
        night.disk.broken = "locked"
        night.passes("10s")
        night.disk.broken = None
        night.passes("10s")
    night.passes("1m35s")
    assert night.channels_to("alice") == ["push", "sms", "call"]
    assert night.disk.check() == ()


def test_the_last_resort_is_told_at_once_and_once_an_hour(night: Night) -> None:
    """Whoever runs this has to know; every five minutes would be noise."""
    night.disk.broken = "full"
    night.passes("2h5m")
    told = [text for text in night.notices_to("olga") if "the store has failed" in text]
    assert len(told) == 3
    assert {each.message.code for each in night.sent if "the store has failed" in each.message.summary} == {""}
    assert len([text for text in night.alarms if "the store has failed" in text]) == 3
    night.disk.broken = None
    night.passes("5s")
    assert "the store works again" in night.alarms[-1]


def test_a_resolve_in_memory_ends_it(night: Night) -> None:
    """It is closed on disk when that is back, and the next signal of that key is a new incident."""
    opened = night.signal()
    night.disk.broken = "full"
    night.resolves("alice", opened.incident_id)
    night.disk.broken = None
    night.passes("5s")
    assert night.disk.incident(opened.incident_id).status == "resolved"
    again = night.signal()
    assert again.what == "opened"
    assert again.incident_id != opened.incident_id


def test_a_thousand_incidents_of_one_instant_are_all_looked_at_when_a_process_starts(night: Night) -> None:
    """They came in one batch, and were opened at the same microsecond; after an hour each is paged again."""
    signals = [Signal("prod-am", f"key{number}", "full", team="payments") for number in range(1100)]
    night.pager.take(signals)
    night.store.close()
    night.clock.at += timedelta(hours=1)
    night.starts()
    assert len({each.message.page_id.rpartition("-")[0] for each in night.sent}) == 1100
    night.disk.broken = "gone"
    night.disk.unreadable = True
    assert len(night.store.incidents(limit=2000)) == 1100


def test_a_process_that_ends_in_the_middle_writes_down_what_it_can(night: Night) -> None:
    """At the end the store is tried once more."""
    night.disk.broken = "full"
    night.signal()
    night.disk.broken = None
    night.store.close()
    night.starts()
    (row,) = night.disk.incidents()
    assert row.status == "triggered"
    assert night.channels_to("alice") == ["push"]
