"""The store in PostgreSQL, for several servers at once: one database, its clock, its locks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from oncall_rota.paging.ports.store import StoreFailed, StoreTooOld, Unstorable
from oncall_rota.store import statement
from oncall_rota.store.migration import OLDEST_READER, pending
from oncall_rota.store.moment import instant
from oncall_rota.store.postgresql_server import (
    LOCKS,
    NOW,
    Buried,
    PostgresqlTransaction,
    connect,
    driver,
    errors,
    failure,
    missing,
    positional,
)
from oncall_rota.store.sql import SqlStore
from oncall_rota.store.written import Row, Transaction

if TYPE_CHECKING:
    import psycopg

_Value = TypeVar("_Value")
# The row is seen by others only after the lock is held, which a dead session lets go of.
_REGISTER = f"INSERT INTO instances (name, started_at) VALUES (%s, {NOW}) RETURNING id"
_LOCK = f"SELECT pg_advisory_lock({LOCKS}, %s::integer)"
_BURY = (
    "UPDATE instances SET ended_at = ? WHERE ended_at IS NULL AND id <> ?"
    f" AND pg_try_advisory_xact_lock({LOCKS}, id::integer)"
)
# LIMIT: each key by the index of open keys. Without it a plan made while there are few reads all that are open.
OPEN_BY_KEYS = (
    "SELECT found.* FROM unnest(%s::text[], %s::text[]) AS asked (source, key) CROSS JOIN LATERAL ("
    f"SELECT {statement.INCIDENT_COLUMNS} FROM incidents"
    f" WHERE source = asked.source AND key = asked.key AND status IN {statement.OPEN} LIMIT 1) AS found"
)
_HOLDS = statement.HOLDS.replace("lease_until > ?", f"lease_until > {NOW}")  # the time in the same journey
_ADOPT = "UPDATE pages SET owner = %s WHERE owner = %s AND lease_until IS NOT NULL"
_END = f"UPDATE instances SET ended_at = {NOW} WHERE id = %s AND ended_at IS NULL"
_TRIES = 3  # of a transaction that met another server's, or whose connection was found dead


class PostgresqlStore(SqlStore):
    """One of the servers on a database. Its writing session holds the lock that says that this instance lives.

    A lost connection is made again by the next call, as a new instance that takes the claims of the old one with it, as
    far as no other server was quicker.
    """

    locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, url: str, name: str = "") -> None:
        super().__init__()
        self._url = url
        self._name = name
        self._reading = threading.Lock()
        self._reader: psycopg.Connection | None = None
        self._closed = False
        self._instance = 0
        self._writer: psycopg.Connection | None = None
        with self._writing:
            self._write_on()

    @property
    def instance(self) -> int:
        return self._instance

    def now(self) -> datetime:
        return instant(self._rows(f"SELECT {NOW}")[0][0])

    def holds(self, page_id: str, fence: int) -> bool:
        return bool(self._rows(_HOLDS, (page_id, fence)))

    def _write_on(self) -> psycopg.Connection:
        """The writing connection, with this instance registered on it."""
        if self._closed:
            raise StoreFailed("closed", "the store is closed")
        if self._writer is not None and not self._writer.closed:
            return self._writer
        made = connect(self._url, self._name)
        try:
            fits(made)
            with made.transaction():
                row = made.execute(_REGISTER, (self._name,)).fetchone()
                assert row is not None
                made.execute(_LOCK, row)
                # What this process is sending stays its own, unless another server was quicker.
                made.execute(_ADOPT, (row[0], self._instance))
                made.execute(_END, (self._instance,))
        except BaseException as error:
            made.close()
            if isinstance(error, driver().Error):
                raise failure(error) from error
            raise
        self._instance, self._writer = int(row[0]), made
        return made

    def _transact(self, work: Callable[[Transaction], _Value]) -> _Value:
        with self._writing:
            for again in range(_TRIES - 1, -1, -1):
                writer = self._write_on()
                transaction = PostgresqlTransaction(writer, self._instance)
                try:
                    done = work(transaction)
                    transaction.commit()
                except errors() as error:
                    self._undo(writer)
                    lost = writer.closed and not transaction.ends
                    if not again or not (lost or isinstance(error, driver().errors.DeadlockDetected)):
                        raise failure(error) from error
                except Buried:
                    writer.close()  # the next try begins as a new instance
                except BaseException:
                    self._undo(writer)
                    raise
                else:
                    return done
        raise StoreFailed("taken", f"another server took this instance for dead, {_TRIES} times")

    def _undo(self, writer: psycopg.Connection) -> None:
        with suppress(driver().Error):
            if not writer.closed:
                writer.rollback()

    def _rows(self, text: str, parameters: Row = ()) -> list[Row]:
        def read(reader: psycopg.Connection) -> list[Row]:
            return reader.execute(positional(text), parameters or None).fetchall()

        try:
            return self._read(read)
        except Unstorable:
            return []  # what is no text cannot have been stored

    def _open_by_keys(self, origins: Sequence[tuple[str, str]]) -> list[Row]:
        sources, keys = ([origin[at] for origin in origins] for at in (0, 1))

        def read(reader: psycopg.Connection) -> list[Row]:
            return reader.execute(OPEN_BY_KEYS, (sources, keys)).fetchall()

        try:
            return self._read(read)
        except Unstorable:  # one of them is no text
            return super()._open_by_keys(origins)

    def _read(self, read: Callable[[psycopg.Connection], list[Row]]) -> list[Row]:
        """What somebody reads, once more on a new connection when the old one turns out to be dead.

        Raises `StoreFailed`, and `Unstorable` for a parameter that is no text.
        """
        for again in (True, False):
            try:
                with self._reading:
                    if self._closed:
                        raise StoreFailed("closed", "the store is closed")
                    if self._reader is None or self._reader.closed:
                        self._reader = connect(self._url, self._name)
                    return read(self._reader)
            except errors() as error:
                failed = failure(error)
                if isinstance(failed, Unstorable) or not again or self._reader is None or not self._reader.closed:
                    raise failed from error
        raise AssertionError("unreachable")

    def _bury(self, transaction: Transaction) -> None:
        transaction.run([(_BURY, (transaction.at, self._instance))])

    def _damage(self) -> list[str]:
        return [f"the {what} is missing" for what in missing(self._rows)]

    def close(self) -> None:
        with self._writing:
            if self._writer is not None and not self._writer.closed:
                with suppress(driver().Error):
                    self._writer.execute(_END, (self._instance,))
                self._writer.close()
            with self._reading:
                self._closed = True
                if self._reader is not None:
                    self._reader.close()


def schema(connection: psycopg.Connection) -> tuple[int, int]:
    """The number of the last migration, and of the oldest program's that reads it; (0, 0): an empty database."""
    row = connection.execute("SELECT to_regclass('meta')").fetchone()
    if row is None or row[0] is None:
        return 0, 0
    rows = connection.execute("SELECT key, value FROM meta WHERE key IN ('schema', 'oldest_reader')").fetchall()
    kept = {str(key): str(value) for key, value in rows}
    return int(kept.get("schema", 0)), int(kept.get("oldest_reader", 0))


def fits(connection: psycopg.Connection) -> None:
    """Raises `StoreTooOld` unless this program runs on the database's schema."""
    if pending("postgresql", *schema(connection)):
        raise StoreTooOld("the database does not have this program's tables yet", "run `oncall migrate` once")


def migrate(url: str) -> list[str]:
    """Bring the database to this program's schema; the names of the steps taken. Servers may be running."""
    done: list[str] = []
    try:
        with connect(url, "oncall migrate") as connection:
            connection.execute("SET lock_timeout = '60s'; SET statement_timeout = 0", prepare=False)
            while True:
                with connection.transaction():
                    connection.execute(f"SELECT pg_advisory_xact_lock({LOCKS}, 0)")
                    steps = pending("postgresql", *schema(connection))
                    if not steps:
                        break
                    for text in steps[0].statements:
                        connection.execute(text.encode())
                    put = positional(statement.PUT)
                    connection.execute(put, ("schema", str(steps[0].number)))
                    if steps[0].number in OLDEST_READER:
                        connection.execute(put, ("oldest_reader", str(OLDEST_READER[steps[0].number])))
                done.append(steps[0].name)
    except driver().Error as error:
        raise failure(error) from error
    return done
