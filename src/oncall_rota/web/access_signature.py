"""Signatures that were taken, each once: whoever has heard a request cannot send it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.intake.credential import FRESH, Signature

MOST = 100_000  # signatures that are remembered; beyond that the oldest is forgotten


class Signed(NamedTuple):
    """What was read to see that it is signed."""

    body: bytes
    signature: Signature


class Signatures:
    """Those that one process has taken, as long as their timestamps are fresh; those without one are not counted.

    A sender that tries again within the second signs the same: `give_back` is for what was not taken after all. After a
    restart, and at a server beside this one, what was heard could be said once more while its timestamp is fresh.
    """

    def __init__(self) -> None:
        self._taken: dict[Signature, datetime] = {}

    def take(self, shown: Signature, now: datetime) -> bool:
        """Whether it comes for the first time."""
        if not shown.stamp:
            return True
        if shown in self._taken:
            return False
        self._taken[shown] = now
        while (oldest := next(iter(self._taken))) != shown and self._is_over(oldest, now):
            del self._taken[oldest]
        return True

    def _is_over(self, shown: Signature, now: datetime) -> bool:
        """Whether nobody needs to know of it: a timestamp may be as far ahead as it may be behind."""
        return len(self._taken) > MOST or now - self._taken[shown] > 2 * FRESH + timedelta(seconds=1)

    def give_back(self, shown: Signature) -> None:
        """What it was shown for did not happen."""
        self._taken.pop(shown, None)
