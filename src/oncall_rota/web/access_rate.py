"""How often something may be done, by whom: counted in memory, for one process."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

MOST = 10_000  # names that are counted; beyond that the oldest is forgotten


class Rate:
    """At most `most` times in any `span`, for each name."""

    def __init__(self, most: int, span: timedelta) -> None:
        self._most = most
        self._span = span
        self._done: dict[str, deque[datetime]] = {}

    def take(self, name: str, now: datetime) -> bool:
        """Whether it may be done once more now; then it counts."""
        done = self._done.pop(name, deque())
        while done and now - done[0] >= self._span:
            done.popleft()
        self._done[name] = done  # as the newest
        while len(self._done) > MOST:
            del self._done[next(iter(self._done))]
        if len(done) >= self._most:
            return False
        done.append(now)
        return True
