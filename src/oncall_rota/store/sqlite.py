"""The store in a SQLite file: the default, with one owner at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store import statement
from oncall_rota.store.moment import micros
from oncall_rota.store.owner import own
from oncall_rota.store.sql import SqlStore
from oncall_rota.store.sqlite_file import SqliteFile, SqliteTransaction
from oncall_rota.store.written import Row, Transaction
from oncall_rota.timeline.clock import Clock

_Value = TypeVar("_Value")


class SqliteStore(SqlStore):
    """Owns the file from when it is made until `close`; whoever had it before is dead, and its leases are over."""

    def __init__(self, path: Path, clock: Clock, name: str = "") -> None:
        super().__init__()
        self._clock = clock
        self._lock: int | None = own(path, name, clock.now())
        try:
            self._file = SqliteFile(path)
            try:
                with self._file.transaction(self._at) as transaction:
                    transaction.run([(statement.END_OTHERS, (transaction.at,))])
                    ahead = _last_at(path, transaction) - transaction.at
                    if ahead > 0:
                        transaction.run([(text, (ahead,)) for text in statement.EARLIER])
                    self._instance = _registered(transaction, name)
            except BaseException:
                self._file.close()
                raise
        except BaseException:
            os.close(self._lock)
            raise

    def peer(self, name: str = "") -> SqliteStore:
        """A second instance on the same file in this process, for a simulation of two servers.

        It has leases of its own, which run out by time alone unless it is closed.
        """
        made = SqliteStore.__new__(SqliteStore)
        SqlStore.__init__(made)
        made._clock, made._file, made._lock, made._writing = self._clock, self._file, None, self._writing
        with self._writing, self._file.transaction(self._at) as transaction:
            made._instance = _registered(transaction, name)
        return made

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def instance(self) -> int:
        return self._instance

    def now(self) -> datetime:
        return self._clock.now()

    def _at(self) -> int:
        return micros(self._clock.now())

    def _transact(self, work: Callable[[Transaction], _Value]) -> _Value:
        with self._writing, self._file.transaction(self._at) as transaction:
            ended = transaction.rows(statement.ENDED_AT, (self._instance,))
            if not ended or ended[0][0] is not None:
                # Only when somebody deleted the lock file: the newer owner stays, as its lock is the one in sight.
                raise StoreFailed("taken", f"another process took the store {self.path} over", "start again")
            return work(transaction)

    def _rows(self, text: str, parameters: Row = ()) -> list[Row]:
        return self._file.rows(text, parameters)

    def _swept(self) -> None:
        self._file.checkpoint()  # the log still has what was deleted

    def _damage(self) -> list[str]:
        found = [str(row[0]) for row in self._rows("PRAGMA integrity_check(20)")]
        names = {row[0] for row in self._rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
        missing = sorted({"audit_no_update", "audit_no_delete"} - names)
        return [line for line in found if line != "ok"] + [f"the trigger {name} is missing" for name in missing]

    def close(self) -> None:
        with self._writing:
            with suppress(StoreFailed), self._file.transaction(self._at) as transaction:
                transaction.run([(statement.END_INSTANCE, (transaction.at, self._instance))])
            if self._lock is not None:
                self._file.close()
                os.close(self._lock)  # last: nobody opens a file that is still being closed
                self._lock = None


def _registered(transaction: SqliteTransaction, name: str) -> int:
    return int(transaction.rows(statement.INSERT_INSTANCE, (name, transaction.at))[0][0])


def _last_at(path: Path, transaction: SqliteTransaction) -> int:
    """When the last decision was written; 0 when there is none. Raises `StoreFailed`.

    A disk that lies about what it has kept can leave half a row, which SQLite reads without a word.
    """
    last = transaction.rows(statement.LAST_AT, ())
    at = last[0][0] if last else 0
    if not isinstance(at, int):
        raise StoreFailed("corrupt", f"the store {path} is damaged: a row of the audit has no time")
    return at
