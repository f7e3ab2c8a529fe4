"""When a folder is to be read: after a change, once it stays the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oncall_rota.config.footprint import Footprint, footprint
from oncall_rota.config.view import View

TRIES = 3  # at the start, when there is nothing yet to stay with


class Watch:
    """Looks at a folder, and reads it when two looks in a row saw the same, and a third one after the reading.

    So neither a half-written file nor the middle of a `git checkout` is taken for what is meant.
    """

    def __init__(self, folder: Path, read: Callable[[], View]) -> None:
        self._folder = folder
        self._read = read
        self._seen: Footprint | None = None
        self._taken: Footprint | None = None

    @property
    def settled(self) -> bool:
        """Whether what was read last is what the folder held when it was last looked at."""
        return self._taken is not None and self._seen == self._taken

    def look(self) -> View | None:
        """The folder, when it is to be read anew; None when it is as it was, or still changes."""
        if self._seen is None:
            return next((found for _ in range(TRIES) if (found := self._try(footprint(self._folder)))), None)
        now = footprint(self._folder)
        if now == self._taken or now != self._seen:
            self._seen = now
            return None
        return self._try(now)

    def _try(self, before: Footprint) -> View | None:
        found = self._read()
        self._seen = footprint(self._folder)
        if self._seen != before:
            return None
        self._taken = before
        return found
