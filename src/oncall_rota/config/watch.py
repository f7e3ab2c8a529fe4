"""When a folder is to be read: after a change, once it stays the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oncall_rota.config.edited import changed
from oncall_rota.config.footprint import Footprint, footprint
from oncall_rota.config.view import View

TRIES = 3  # at the start, when there is nothing yet to stay with
WHOLE = 30  # looks after which what was read in part is read whole
Again = Callable[[View, frozenset[str]], View | None]


class Watch:
    """Looks at a folder, and reads it when two looks in a row saw the same, and a third one after the reading.

    So neither a half-written file nor the middle of a `git checkout` is taken for what is meant. `again`: reads what
    was seen before with these files of it edited, when that is enough; the whole is read all the same a while later.
    """

    def __init__(self, folder: Path, read: Callable[[], View], again: Again = lambda *_: None) -> None:
        self._folder = folder
        self._read = read
        self._again = again
        self._seen: Footprint | None = None
        self._taken: Footprint | None = None
        self._last: View | None = None
        self._looks: int | None = None  # since it was read in part

    @property
    def settled(self) -> bool:
        """Whether what was read last is what the folder held when it was last looked at."""
        return self._taken is not None and self._seen == self._taken

    def replace(self, seen: View) -> None:
        """Go on from this view of the same files: what does not stand in them has changed."""
        self._last = seen

    def look(self) -> View | None:
        """The folder, when it is to be read anew; None when it is as it was, or still changes."""
        if self._seen is None:
            return next((found for _ in range(TRIES) if (found := self._try(footprint(self._folder)))), None)
        now = footprint(self._folder)
        if self._looks is not None:
            self._looks += 1
            if now == self._taken and self._looks >= WHOLE:
                return self._try(now)
        if now == self._taken or now != self._seen:
            self._seen = now
            return None
        return self._try(now)

    def _try(self, before: Footprint) -> View | None:
        found = None
        if self._last is not None and self._taken is not None:
            found = self._again(self._last, changed(self._taken, before))
        in_part = found is not None
        found = found if found is not None else self._read()
        self._seen = footprint(self._folder)
        if self._seen != before:
            return None
        self._taken, self._last, self._looks = before, found, 0 if in_part else None
        return found
