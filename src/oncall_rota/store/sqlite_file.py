"""A SQLite file and its two connections: the one that writes and checkpoints, and the one that reads."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from oncall_rota.paging.ports.store import Reason, StoreFailed, StoreTooOld, Unstorable
from oncall_rota.store.migration import OLDEST_READER, pending
from oncall_rota.store.owner import writers_of
from oncall_rota.store.written import Row, Step

APPLICATION = 0x6F6E636C  # "oncl", in the file's header
PATIENCE = 5.0  # seconds that a commit waits for a lock of another program

# What a unit itself can be to blame for; all else is the store's failure.
_OF_THE_UNIT = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,  # a value of a type that has no place in a table
    UnicodeError,
    OverflowError,
)
_REASONS: dict[str, Reason] = {
    "SQLITE_FULL": "full",
    "SQLITE_READONLY": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
    "SQLITE_IOERR": "io",
    "SQLITE_CORRUPT": "corrupt",
    "SQLITE_NOTADB": "corrupt",
    "SQLITE_CANTOPEN": "gone",
    "SQLITE_ERROR": "corrupt",  # our statements are right, so its tables are not
}
_WORDS: dict[Reason, str] = {
    "full": "the disk is full",
    "read-only": "the file system is read-only",
    "locked": "another program has locked it",
    "io": "the disk reported an error",
    "corrupt": "it is damaged, or no store",
    "gone": "it cannot be opened",
}


def failure(path: Path, error: Exception) -> StoreFailed:
    """What a driver's error means."""
    if _is_closed(error):
        return StoreFailed("closed", f"the store {path} is closed")
    code = getattr(error, "sqlite_errorname", None) or ""
    io: Reason = "io"
    reason = next((reason for name, reason in _REASONS.items() if code.startswith(name)), io)
    words = _WORDS[reason]
    if reason == "locked":
        # The lock of a writer in WAL mode is on the index, not on the file.
        numbers = writers_of(path.with_name(path.name + "-shm")) or writers_of(path)
        words += f" (process {', '.join(map(str, numbers))})" if numbers else ""
    return StoreFailed(reason, f"cannot use the store {path}: {words} ({code}: {error})")


def _is_closed(error: Exception) -> bool:
    return isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)


class SqliteTransaction:
    """An open transaction; see `written.Transaction`."""

    __slots__ = ("_connection", "at")

    def __init__(self, connection: sqlite3.Connection, at: int) -> None:
        self._connection = connection
        self.at = at

    def run(self, steps: Sequence[Step]) -> list[int]:
        execute = self._connection.execute
        return [execute(text, parameters).rowcount for text, parameters in steps]

    def many(self, text: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(text, rows)

    def rows(self, text: str, parameters: Row) -> list[Row]:
        return self._connection.execute(text, parameters).fetchall()


class SqliteFile:
    """An open file, migrated. The caller holds its lock. Raises `StoreFailed`, `StoreTooOld`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = threading.Lock()
        if sqlite3.sqlite_version_info < (3, 37):
            raise StoreTooOld(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed")
        try:
            self._identity = _made(path)
            self.writer = connection(path)
            try:
                self._prepare()
                self._reader = connection(path)
                self._reader.execute("PRAGMA query_only = on")
                self._reader.execute("PRAGMA wal_autocheckpoint = 0")
            except BaseException:
                self.writer.close()
                raise
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, OSError):
                raise StoreFailed("gone", f"cannot open the store {path}: {error.strerror or error}") from error
            raise failure(path, error) from error

    def _prepare(self) -> None:
        run = self.writer.execute
        application = run("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION and run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise StoreFailed("corrupt", f"{self.path} is a SQLite file of another program")
        if run("PRAGMA journal_mode = wal").fetchone()[0] != "wal":
            raise StoreFailed("io", f"{self.path}: this file system cannot keep a write-ahead log")
        run("PRAGMA synchronous = full")  # a commit that returned survives a power cut
        run("PRAGMA secure_delete = on")  # what is forgotten is overwritten
        run("PRAGMA foreign_keys = on")
        run("PRAGMA journal_size_limit = 8388608")
        migrate(self.writer)

    @contextmanager
    def transaction(self, now: Callable[[], int]) -> Iterator[SqliteTransaction]:
        """A transaction of the writing connection. Raises `StoreFailed`, `Unstorable`. `now`: microseconds."""
        try:
            self._stands()
            self.writer.execute("BEGIN IMMEDIATE")
            yield SqliteTransaction(self.writer, now())
            self.writer.execute("COMMIT")
        except _OF_THE_UNIT as error:
            self._undo()
            if _is_closed(error):
                raise failure(self.path, error) from error
            raise Unstorable(f"the store does not take this: {error}") from error
        except sqlite3.Error as error:
            self._undo()
            raise failure(self.path, error) from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            if self.writer.in_transaction:
                self.writer.execute("ROLLBACK")

    def _stands(self) -> None:
        """A file that was deleted or replaced would be written on, and lost at the end of this process."""
        try:
            found = self.path.stat()
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            raise StoreFailed("gone", f"the store {self.path} was deleted or replaced", "put it back, or start again")

    def rows(self, text: str, parameters: Row = ()) -> list[Row]:
        """What a statement reads. Raises `StoreFailed`."""
        try:
            with self._reading:
                return self._reader.execute(text, parameters).fetchall()
        except UnicodeError:
            return []  # what is no text cannot have been stored
        except sqlite3.Error as error:
            raise failure(self.path, error) from error

    def checkpoint(self) -> None:
        """Bring the log into the file and empty it. Raises `StoreFailed`."""
        try:
            self.writer.execute("PRAGMA wal_checkpoint(truncate)").fetchall()
        except sqlite3.Error as error:
            raise failure(self.path, error) from error

    def close(self) -> None:
        """Close both connections; the log is brought into the file."""
        with self._reading:
            self._reader.close()
        self.writer.close()


def connection(path: Path) -> sqlite3.Connection:
    """A connection that leaves transactions to us, usable from any thread, one at a time."""
    made = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=256)
    made.execute("PRAGMA trusted_schema = off")
    return made


def _made(path: Path) -> tuple[int, int]:
    """Make the file when there is none; nobody but its owner may read it. SQLite gives its log the same mode."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(handle)
        if found.st_mode & 0o077:
            os.fchmod(handle, 0o600)
    finally:
        os.close(handle)
    folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems cannot
            os.fsync(folder)
    finally:
        os.close(folder)
    return found.st_dev, found.st_ino


def migrate(writer: sqlite3.Connection) -> None:
    """Bring a file to this program's schema, a transaction for each step."""
    present = int(writer.execute("PRAGMA user_version").fetchone()[0])
    oldest = 0
    if present:
        row = writer.execute("SELECT value FROM meta WHERE key = 'oldest_reader'").fetchone()
        oldest = int(row[0]) if row else 0
    for step in pending("sqlite", present, oldest):
        writer.execute("BEGIN IMMEDIATE")
        try:
            for text in step.statements:
                writer.execute(text)
            writer.execute(f"PRAGMA user_version = {step.number}")
            writer.execute(f"PRAGMA application_id = {APPLICATION}")
            if step.number in OLDEST_READER:
                put = "INSERT OR REPLACE INTO meta (key, value) VALUES ('oldest_reader', ?)"
                writer.execute(put, (str(OLDEST_READER[step.number]),))
            writer.execute("COMMIT")
        except BaseException:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            raise
