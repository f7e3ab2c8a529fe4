"""Where stores live in these tests, and the words to fill them with: `opened`, `paged`, `noted`."""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from oncall_rota.paging.ports.row import AuditRow, IncidentRow, NewPage, Unit
from oncall_rota.paging.ports.store import Store
from oncall_rota.store import migrate, open_store
from oncall_rota.store.sqlite import SqliteStore

NIGHT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class FakeClock:
    """Time that passes when a test says so."""

    def __init__(self, at: datetime = NIGHT) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class Place(ABC):
    """A store's whereabouts: instances are opened on it, die, and time passes for all of them."""

    def __init__(self) -> None:
        self.stores: list[Store] = []

    def open(self, name: str = "server") -> Store:
        """One more instance."""
        store = self.opened(name)
        self.stores.append(store)
        return store

    @abstractmethod
    def opened(self, name: str) -> Store: ...

    @abstractmethod
    def let_pass(self, span: timedelta) -> None:
        """Leases run and things fall due, as after so much time."""

    @abstractmethod
    def kill(self, store: Store) -> None:
        """End an instance without a word to the database, as `kill -9` does."""

    @abstractmethod
    def raw(self, text: str) -> list[tuple[Any, ...]]:
        """What a person with a database shell does, in a session of their own."""

    def close(self) -> None:
        for store in reversed(self.stores):
            store.close()


class SqlitePlace(Place):
    """A file of its own, and a clock to turn. Further instances are peers in one process."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "oncall.db"
        self.clock = FakeClock()
        self.owner: SqliteStore | None = None

    def opened(self, name: str) -> Store:
        if self.owner is not None:
            return self.owner.peer(name)
        self.owner = SqliteStore(self.path, self.clock, name)
        return self.owner

    def let_pass(self, span: timedelta) -> None:
        self.clock.at += span

    def kill(self, store: Store) -> None:
        assert store is self.owner
        self.owner._file.close()
        assert self.owner._lock is not None
        os.close(self.owner._lock)
        self.stores.clear()
        self.owner = None

    def raw(self, text: str) -> list[tuple[Any, ...]]:
        shell = sqlite3.connect(self.path, isolation_level=None)
        try:
            return shell.execute(text).fetchall()
        finally:
            shell.close()


class PostgresqlPlace(Place):
    """A database of its own on a real server; time passes by moving all that is written back."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        migrate(url)

    def opened(self, name: str) -> Store:
        return open_store(self.url, name=name)

    def let_pass(self, span: timedelta) -> None:
        by = int(span / timedelta(microseconds=1))
        self.raw(f"UPDATE pages SET lease_until = lease_until - {by}, created_at = created_at - {by}")
        self.raw(f"UPDATE incidents SET next_action_at = next_action_at - {by}")
        self.raw(f"UPDATE budgets SET spent_until = spent_until - {by}")

    def kill(self, store: Any) -> None:
        for connection in (store._writer, store._reader):
            if connection is not None:
                connection.close()
        self.stores.remove(store)

    def raw(self, text: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as shell:
            done = shell.execute(text.encode())
            return done.fetchall() if done.description else []


def incident(name: str = "i1", **more: Any) -> IncidentRow:
    """An incident as it is first written."""
    at: datetime = more.pop("opened_at", NIGHT)
    new = IncidentRow(name, 0, "payments", None, "prod-am", f"key-{name}", "critical", "triggered", at, None, "{}")
    return new._replace(**more)


def page(name: str = "p1", about: str = "i1", **more: Any) -> NewPage:
    """A page to Bob by SMS."""
    return NewPage(name, about, "bob", "sms", "bob/phone", "4f2a")._replace(**more)


def note(about: str | None = "i1", **more: Any) -> AuditRow:
    """A decision."""
    return AuditRow(about, NIGHT, "pager", "paged", "step 1", "d1g35t")._replace(**more)


def signal(number: int | str) -> Unit:
    """What an accepted signal writes: incident, page, decision."""
    about = f"i{number}"
    return Unit((incident(about),), (page(f"p{number}", about),), audit=(note(about),))


Opener = Callable[[], Place]
