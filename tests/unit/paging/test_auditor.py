"""The auditor: whether the pager keeps its word, asked of the store and of the pager's own pulse."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from oncall_rota.paging.auditor import REMINDED, Auditor
from oncall_rota.paging.ports.store import StoreFailed

NIGHT = datetime(2026, 11, 21, 3, tzinfo=UTC)


class Watched:
    """A store and a crew, as far as the auditor looks."""

    def __init__(self) -> None:
        self.late: list[object] = []
        self.failed: StoreFailed | None = None
        self.seconds = 1000.0
        self.asked: list[timedelta] = []
        self.said: list[str] = []
        self.crew = SimpleNamespace(ticked=1000.0, died=threading.Event())
        store: Any = SimpleNamespace(now=lambda: NIGHT, due=self.due)
        crew: Any = self.crew
        self.auditor = Auditor(store, crew, self.said.append, lambda: self.seconds)

    def due(self, limit: int, late_by: timedelta) -> list[object]:
        if self.failed is not None:
            raise self.failed
        self.asked.append(late_by)
        return self.late[:limit]


def test_all_is_well() -> None:
    """Nothing is late, the pager ticks, and nothing is said."""
    watched = Watched()
    assert watched.auditor.look().well
    assert watched.asked == [timedelta(seconds=30)]
    assert watched.said == []


def test_an_incident_that_waits_for_what_was_due_is_said_and_said_again_after_a_while() -> None:
    """Not every ten seconds."""
    watched = Watched()
    watched.late = [object(), object()]
    found = watched.auditor.look()
    assert (found.late, found.well) == (2, False)
    watched.seconds += 10
    watched.crew.ticked = watched.seconds
    watched.auditor.look()
    assert watched.said == ["2 open incidents wait for what was due more than 30 s ago"]
    watched.seconds += REMINDED
    watched.crew.ticked = watched.seconds
    watched.auditor.look()
    assert len(watched.said) == 2


def test_a_store_that_cannot_be_read_is_said() -> None:
    """Then nobody knows whether anything is late."""
    watched = Watched()
    watched.failed = StoreFailed("gone", "the store is gone")
    assert not watched.auditor.look().well
    assert watched.said == ["the auditor cannot read the store: the store is gone"]
    assert not watched.crew.died.is_set()


def test_a_pager_that_is_stuck_ends_the_process() -> None:
    """What does not look at what is due for a minute never will."""
    watched = Watched()
    watched.seconds += 61
    found = watched.auditor.look()
    assert found.stuck == 61
    assert watched.said == ["the pager has not looked at what is due for 61 s"]
    assert watched.crew.died.is_set()
