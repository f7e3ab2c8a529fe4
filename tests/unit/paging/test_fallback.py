"""What a store with a memory beside it reads from which of the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.ports.row import Committed, Conflict, IncidentRow, NewPage, Outcome, Unit
from oncall_rota.paging.ports.store import LEASE
from oncall_rota.store.sqlite import SqliteStore

AT = datetime(2026, 6, 17, 12, tzinfo=UTC)
ROW = IncidentRow("i1", 0, "payments", None, "prod-am", "disk", "critical", "triggered", AT, AT, "{}")
PAGE = NewPage("i1-1", "i1", "alice", "sms", "alice/phone", "4f2a")


class Clock:
    """Stands still until it is told."""

    at = AT

    def now(self) -> datetime:
        return self.at


class Read:
    """A store that counts what is asked of it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self.store, name)


@pytest.fixture
def clock() -> Clock:
    """Both the store's and the wall's."""
    return Clock()


@pytest.fixture
def read(tmp_path: Path, clock: Clock) -> Iterator[Read]:
    """A new store in a file."""
    made = Read(SqliteStore(tmp_path / "oncall.db", clock))
    yield made
    made.store.close()


def kept(read: Read, clock: Clock, shared: bool) -> FallbackStore:
    """A memory beside it, and one incident with a claimed page."""
    made = FallbackStore(read, clock.now, shared)  # type: ignore[arg-type]
    (result,) = made.commit([Unit((ROW,), (PAGE,))])
    assert isinstance(result, Committed)
    read.asked.clear()
    return made


def test_before_a_send_the_file_is_not_asked_where_nobody_else_writes(read: Read, clock: Clock) -> None:
    """Whether the page is still ours, and somebody has to be told: memory has it from our own writing."""
    store = kept(read, clock, shared=False)
    assert store.holds("i1-1", 1)
    assert store.incident("i1") == read.store.incident("i1")
    assert not read.asked.keys() & {"holds", "incident"}
    assert not store.holds("i1-1", 2)
    clock.at += LEASE
    assert not store.holds("i1-1", 1)


def test_where_others_write_too_they_are_believed(read: Read, clock: Clock) -> None:
    """Somebody has acknowledged the incident at another server."""
    store, other = kept(read, clock, shared=True), read.store.peer("other")
    acknowledged = ROW._replace(version=1, status="acknowledged")
    other.commit([Unit((acknowledged,), outcomes=(Outcome("i1-1", 1, "cancelled"),))])
    assert not store.holds("i1-1", 1)
    incident = store.incident("i1")
    assert incident is not None
    assert incident.status == "acknowledged"


def test_a_page_of_a_closed_incident_is_looked_up_in_the_store(read: Read, clock: Clock) -> None:
    """The notice that it is over: what is closed is not in memory."""
    store = kept(read, clock, shared=False)
    over = ROW._replace(version=1, status="resolved", next_action_at=None)
    store.commit([Unit((over,), (PAGE._replace(id="i1-n1"),))])
    assert store.holds("i1-n1", 1)
    closed = store.incident("i1")
    assert closed is not None
    assert closed.status == "resolved"


def test_an_incident_that_is_not_as_it_is_remembered_is_read_again(read: Read, clock: Clock) -> None:
    """Whoever wrote it behind our back: the next decision is made on what is there, and is written."""
    store = kept(read, clock, shared=False)
    read.store.commit([Unit((ROW._replace(version=1, data='{"summary":"disk full"}'),))])
    remembered = store.incident("i1")
    assert remembered is not None
    assert remembered.version == 1
    assert isinstance(store.commit([Unit((remembered,))])[0], Conflict)
    fresh = store.incident("i1")
    assert fresh is not None
    assert fresh == read.store.incident("i1")
    assert isinstance(store.commit([Unit((fresh,))])[0], Committed)
