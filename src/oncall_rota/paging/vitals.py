"""Whether what must go round does: threads say so themselves, and who is silent for too long is found by others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

AUDITS = 45.0  # seconds; it looks every ten, and a store may make it wait for some
LOOKS = 60.0  # seconds; who looks at files or heartbeats does so much more often


class Rehearsal(NamedTuple):
    """How the last page to nobody went. `why`: what its provider said, or what went wrong."""

    at: datetime
    well: bool
    why: str


class Vitals:
    """Of one process, from any thread. `rehearsal`: the last page to nobody; None: there was none yet.

    `clocks`: what is wrong with the time; empty: nothing.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._changing = threading.Lock()
        self._last: dict[str, tuple[float, float]] = {}  # by name: when it was heard, and within how many seconds it is
        self.rehearsal: Rehearsal | None = None
        self.clocks = ""

    def expect(self, name: str, within: float) -> None:
        """From now on it is to be heard every `within` seconds."""
        with self._changing:
            self._last[name] = (self._monotonic(), within)

    def beat(self, name: str) -> None:
        """It goes round; nothing when nobody expects it."""
        with self._changing:
            if name in self._last:
                self._last[name] = (self._monotonic(), self._last[name][1])

    def silent(self) -> dict[str, float]:
        """Who was not heard in time, and for how many seconds."""
        now = self._monotonic()
        with self._changing:
            return {name: now - at for name, (at, within) in sorted(self._last.items()) if now - at > within}
