"""How well it was paged, measured from the records of real nights."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_phones import person, step
from night import Night

from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.request import Told
from oncall_rota.paging.saved import incident_of
from oncall_rota.paging.service_level import ServiceLevel, Spread, measured


def level(night: Night) -> ServiceLevel:
    """Of all that has happened."""
    store = night.store
    rows = store.incidents(("held", "triggered", "acknowledged", "resolved", "recorded"))
    stories = [Story(row, incident_of(row), store.pages(row.id), store.audit(row.id)) for row in rows]
    return measured(stories, night.clock.at)


def alice(night: Night, *rules: str) -> None:
    """She is the only one who is ever paged, by these rules."""
    night.field.people["alice"] = person("alice", *rules)
    night.field.escalates(step("alice", None))


def test_a_page_that_is_delivered(night: Night) -> None:
    """Tried at once, taken, and confirmed after seven seconds."""
    alice(night, "0m sms")
    found = night.signal()
    night.passes("7s")
    (page,) = night.pages(found.incident_id)
    night.takes(Told(page.id, "delivered", page.provider_id))
    night.resolves("alice", found.incident_id)
    known = level(night)
    assert (known.incidents, known.paged, known.reached, known.late) == (1, 1, 1, 0)
    assert (known.taken, known.delivered, known.failed, known.accepted) == (1, 1, 0, 1.0)
    assert known.first == Spread(1, 0.0, 0.0, 0.0, 0.0)
    assert known.settled == Spread(1, 7.0, 7.0, 7.0, 7.0)


def test_a_page_that_fails_has_settled_when_the_next_channel_is_asked(night: Night) -> None:
    """Half of the pages were taken, and everybody was reached all the same."""
    alice(night, "0m sms", "5m call")
    night.providers["sms"].refuses.append(NotifierError("no", permanent=True))
    night.signal()
    night.passes("10s")
    known = level(night)
    assert (known.taken, known.failed, known.accepted, known.reached) == (1, 1, 0.5, 1)


def test_what_never_leaves_is_late(night: Night) -> None:
    """Nobody is reached by any channel, there is no last resort, and nothing is tried."""
    alice(night)
    night.field.resort = None
    night.signal()
    night.passes("20s")
    assert level(night).late == 0
    night.passes("20s")
    known = level(night)
    assert (known.late, known.paged, known.accepted, known.first.number) == (1, 0, None, 0)


def test_what_is_made_to_wait_is_not_late(night: Night) -> None:
    """A route holds it back for five minutes."""
    alice(night, "0m sms")
    night.signal(hold=timedelta(minutes=5))
    night.passes("6m")
    known = level(night)
    assert (known.held, known.paged, known.late, known.first.number) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        ([], Spread(0, None, None, None, None)),
        ([3.0], Spread(1, 3.0, 3.0, 3.0, 3.0)),
        ([*map(float, range(1, 101))], Spread(100, 50.0, 90.0, 99.0, 100.0)),
        ([5.0, 1.0, 2.0], Spread(3, 2.0, 5.0, 5.0, 5.0)),
    ],
)
def test_a_spread_is_of_what_there_was(seconds: list[float], wanted: Spread) -> None:
    """By nearest rank: nothing in between is made up."""
    assert Spread.of(seconds) == wanted
