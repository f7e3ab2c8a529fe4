"""Where a simulated store lives: a real file, and instances on it that end, or are killed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from oncall_rota.paging.steady import SteadyClock
from oncall_rota.store.sqlite import SqliteStore


class Place:
    """A store file, made from `template`. `shared`: two instances, as on a database server whose clock they share."""

    def __init__(
        self, path: Path, template: Path, wall: Callable[[], datetime], monotonic: Callable[[], float], shared: bool
    ) -> None:
        self.path = path
        self._wall = wall
        self._monotonic = monotonic
        self.shared = shared
        shutil.copy(template, path)
        self._reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file: SqliteStore | None = None  # has the file open while instances come and go
        self.clock = SteadyClock(wall, monotonic)
        if shared:
            self._file = self._opened("file")

    def _opened(self, name: str) -> SqliteStore:
        self.clock = SteadyClock(self._wall, self._monotonic)
        store = SqliteStore(self.path, self.clock, name)
        store._file.writer.execute("PRAGMA synchronous = off")  # power cuts are tested elsewhere
        return store

    def open(self, name: str) -> SqliteStore:
        """One more instance."""
        return self._file.peer(name) if self._file is not None else self._opened(name)

    def kill(self, store: SqliteStore) -> None:
        """End an instance without a word to the database, as `kill -9` does."""
        if store._lock is not None:
            store._file.close()
            os.close(store._lock)
            store._lock = None

    def ahead(self) -> timedelta:
        """By how much the store's clock is ahead of the wall."""
        return self.clock.ahead

    def now(self) -> datetime:
        """The store's time."""
        return self.clock.now()

    def rows(self, text: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What is in the tables, read past all production code."""
        return self._reader.execute(text, parameters).fetchall()

    def close(self) -> None:
        """End everything, and delete the file."""
        if self._file is not None:
            self.kill(self._file)
        self._reader.close()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink(missing_ok=True)
