"""Simulated time: it jumps from event to event. True time is whole microseconds since the week began."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND


class Flow:
    """What will happen, in order of time; of two at one instant the one that was asked for first."""

    def __init__(self) -> None:
        self.at = 0
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    def call(self, after: int, do: Callable[[], None]) -> None:
        """Do something so many microseconds from now."""
        self._number += 1
        heapq.heappush(self._heap, (self.at + after, self._number, do))

    def step(self, until: int) -> bool:
        """Go to the next event and let it happen; False, at `until`, when there is none before."""
        if not self._heap or self._heap[0][0] >= until:
            self.at = until
            return False
        self.at, _, do = heapq.heappop(self._heap)
        do()
        return True


class Machine:
    """A machine's two clocks. `stepped`: by how much somebody has set the one on the wall, microseconds; the other one
    stands still while the machine sleeps.
    """

    def __init__(self, flow: Flow, start_at: datetime) -> None:
        self._flow = flow
        self._start_at = start_at
        self.stepped = 0
        self._slept = 0
        self._sleeps = (0, 0)  # from, until

    def true(self) -> datetime:
        """What time it is."""
        return self._start_at + timedelta(microseconds=self._flow.at)

    def wall(self) -> datetime:
        """What the machine thinks that it is."""
        return self._start_at + timedelta(microseconds=self._flow.at + self.stepped)

    def monotonic(self) -> float:
        """Seconds of the clock that nobody sets."""
        begins, ends = self._sleeps
        asleep = min(self._flow.at, ends) - begins if self._flow.at > begins else 0
        return (self._flow.at - self._slept - asleep) / SECOND

    def sleep(self, span: int) -> None:
        """It is suspended for so long from now on."""
        begins, ends = self._sleeps
        now = self._flow.at
        self._slept += min(now, ends) - begins
        self._sleeps = (now, max(now + span, ends))

    @property
    def asleep(self) -> bool:
        """Whether it does nothing."""
        return self._flow.at < self._sleeps[1]
