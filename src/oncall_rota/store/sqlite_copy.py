"""A consistent copy of a SQLite store while it is in use, and the way back."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from oncall_rota.errors import OncallError
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store.migration import pending
from oncall_rota.store.moment import micros
from oncall_rota.store.owner import own
from oncall_rota.store.sqlite_file import APPLICATION, connection, failure
from oncall_rota.timeline.clock import Clock


def backup(path: Path, target: Path) -> None:
    """Copy the store at `path`, whether somebody owns it or not, into one new file of mode 0600.

    The copy is what was committed at one moment; writers are not held up. Raises `StoreFailed`, and `OncallError` when
    `target` exists or cannot be written; then there is no file of that name.
    """
    if not path.exists():
        raise StoreFailed("gone", f"there is no store {path}")
    temporary = _new(target)
    try:
        with closing(connection(path)) as source, closing(connection(temporary)) as copy:
            source.execute("PRAGMA wal_autocheckpoint = 0")  # the owner alone checkpoints
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = delete")  # one file, without a log beside it
        _verified(temporary)
        _settle(temporary, target)
    except sqlite3.Error as error:
        raise failure(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def restore(saved: Path, path: Path, clock: Clock) -> Path | None:
    """Make the copy `saved` the store at `path`; where the store of before lies now, if there was one.

    Refused (`StoreHeld`) while somebody owns the store. `get("restored_at")`, microseconds, then tells the pager that
    incidents may have been closed, and pages sent, that this store knows nothing of. Raises `StoreFailed`.
    """
    _verified(saved)
    lock = own(path, "oncall restore", clock.now())
    try:
        at = micros(clock.now())
        temporary = _new(path.with_name(f"{path.name}.{at}"))
        try:
            with closing(connection(saved)) as source, closing(connection(temporary)) as copy:
                source.backup(copy)
                put = "INSERT OR REPLACE INTO meta (key, value) VALUES ('restored_at', ?)"
                copy.execute(put, (str(at),))
                copy.execute("PRAGMA journal_mode = delete")
            aside = path.with_name(f"{path.name}.before-{at}") if path.exists() else None
            if aside is not None:
                # The log goes first: the new file must never meet the log of the old one.
                for suffix in ("-wal", "-shm", ""):
                    with suppress(FileNotFoundError):
                        path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
            _settle(temporary, path)
        finally:
            with suppress(OSError):
                temporary.unlink()
    except sqlite3.Error as error:
        raise failure(path, error) from error
    finally:
        os.close(lock)
    return aside


def _new(target: Path) -> Path:
    """An empty file beside `target`, readable by its owner alone."""
    if target.exists():
        raise OncallError(f"{target} exists already", "name another file")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise OncallError(f"cannot write {target}: {error.strerror or error}") from error
    return temporary


def _verified(saved: Path) -> None:
    """Raises `StoreFailed` unless the file is a whole store that this program knows."""
    if not saved.exists():
        raise StoreFailed("gone", f"there is no file {saved}")
    try:
        with closing(sqlite3.connect(f"{saved.resolve().as_uri()}?mode=ro", uri=True)) as source:
            if source.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                raise StoreFailed("corrupt", f"{saved} is not a store of oncall")
            wrong = source.execute("PRAGMA integrity_check(1)").fetchone()[0]
            oldest = source.execute("SELECT value FROM meta WHERE key = 'oldest_reader'").fetchone()
            schema = source.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise failure(saved, error) from error
    if wrong != "ok":
        raise StoreFailed("corrupt", f"{saved} is damaged: {wrong}")
    pending("sqlite", schema, int(oldest[0]) if oldest else 0)


def _settle(temporary: Path, target: Path) -> None:
    """Give a finished file its name; it is on disk then."""
    for name in (temporary, target.resolve().parent):
        handle = os.open(name, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        if name is temporary:
            os.replace(temporary, target)
