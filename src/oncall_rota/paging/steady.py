"""A clock that waits can be measured by: never behind itself; and a world that knows the time of day all the same."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from oncall_rota.paging.model import Policy
from oncall_rota.paging.world import World
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.clock import SystemClock

SLACK = timedelta(seconds=2)  # what a clock that is adjusted gently may be off between two readings
MOST = 10  # steps that are remembered until somebody asks


class SteadyClock:
    """The machine's clock, but a wait inside one process is not made longer by setting it back.

    Set forward, it follows, as after a suspend. `ahead`: by how much it is ahead of the machine's clock since that was
    set back, until that is put right. `wall`, `monotonic`: what it reads; the latter in seconds.
    """

    def __init__(
        self, wall: Callable[[], datetime] | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall or SystemClock().now
        self._monotonic = monotonic
        self._last = (monotonic(), self._wall())
        self._reading = threading.Lock()
        self._steps: deque[timedelta] = deque(maxlen=MOST)
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The present instant, an aware UTC `datetime`."""
        with self._reading:
            before, told = self._last
            monotonic, wall = self._monotonic(), self._wall()
            expected = told + timedelta(seconds=monotonic - before)
            behind = wall < expected - SLACK
            step = wall - expected + self.ahead
            if abs(step) > SLACK:
                self._steps.append(step)
            self.ahead = expected - wall if behind else timedelta(0)
            at = expected if behind else max(wall, told)
            self._last = (monotonic, at)
            return at

    def steps(self) -> tuple[timedelta, ...]:
        """By how much the machine's clock was set since this was asked last, back if negative; a suspend counts."""
        self.now()
        with self._reading:
            found = tuple(self._steps)
            self._steps.clear()
        return found


class Corrected:
    """A world asked by a clock that is `ahead`: who is on call is told by the clock on the wall."""

    def __init__(self, world: World, ahead: timedelta) -> None:
        self._world = world
        self._ahead = ahead
        self.team = world.team
        self.reach = world.reach
        self.last_resort = world.last_resort

    def policy(self, team: str, service: str | None, severity: str, at: datetime) -> Policy | None:
        """Whose escalation it is."""
        return self._world.policy(team, service, severity, at - self._ahead)

    def on_call(self, schedule: Schedule, at: datetime) -> tuple[str, ...]:
        """The ids of those on call, sorted."""
        return self._world.on_call(schedule, at - self._ahead)
