"""Incidents, pages and their audit, kept: in a SQLite file of one owner, or in PostgreSQL for several machines.

`open_store` gives the one or the other; both keep the promises of `paging.ports.store`. Drivers are imported when a
store is opened.
"""

from __future__ import annotations

from pathlib import Path

from oncall_rota.errors import UsageError
from oncall_rota.paging.ports.store import Store
from oncall_rota.timeline.clock import Clock, SystemClock

SCHEMES = ("postgresql://", "postgres://")


def open_store(where: str, clock: Clock | None = None, name: str = "") -> Store:
    """The store at `where`: a file, made when there is none, or a URL of PostgreSQL.

    `clock`: the time of a file's leases and due times; PostgreSQL has its own. `name`: what this instance is called
    in messages to others. Raises `StoreHeld`, `StoreTooOld`, `StoreFailed`.
    """
    if where.startswith(SCHEMES):
        from oncall_rota.store.postgresql import PostgresqlStore

        return PostgresqlStore(where, name)
    from oncall_rota.store.sqlite import SqliteStore

    return SqliteStore(_file(where, ""), clock or SystemClock(), name)


def backup(where: str, target: Path) -> None:
    """Copy a store in a file, in use or not, to a new file that `restore` takes. Raises `UsageError`, `StoreFailed`."""
    from oncall_rota.store.sqlite_copy import backup as copy

    copy(_file(where, "pg_dump -Fc"), target)


def restore(saved: Path, where: str, clock: Clock | None = None) -> Path | None:
    """Make a copy the store at `where`; where the store of before lies now. Raises `UsageError`, `StoreFailed`."""
    from oncall_rota.store.sqlite_copy import restore as put_back

    return put_back(saved, _file(where, "pg_restore --no-owner --exit-on-error"), clock or SystemClock())


def _file(where: str, instead: str) -> Path:
    if where.startswith(SCHEMES):
        raise UsageError("this store is in PostgreSQL, which has tools of its own for it", f"{instead}, then check it")
    return Path(where.removeprefix("sqlite:///"))


def migrate(where: str) -> list[str]:
    """Bring the store at `where` to this program's schema; the names of the steps taken.

    A file needs no call: it migrates when it is opened.
    """
    if where.startswith(SCHEMES):
        from oncall_rota.store.postgresql import migrate as forward

        return forward(where)
    with open_store(where):
        return []
