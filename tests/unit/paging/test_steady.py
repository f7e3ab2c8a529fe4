"""A clock that is never behind itself, and remembers when it was set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oncall_rota.paging.steady import SteadyClock

AT = datetime(2026, 6, 17, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Machine:
    """Two clocks that usually agree."""

    def __init__(self) -> None:
        self.wall, self.seconds = AT, 100.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.seconds)

    def passes(self, span: timedelta) -> None:
        self.wall += span
        self.seconds += span.total_seconds()
        self.clock.now()


def test_a_clock_that_nobody_sets_has_no_steps() -> None:
    """Nor is gentle adjustment one."""
    machine = Machine()
    for _ in range(100):
        machine.passes(10 * SECOND)
        machine.wall += timedelta(milliseconds=500)
    assert machine.clock.steps() == ()


def test_a_clock_that_is_put_back_and_right_again_has_stepped_twice() -> None:
    """Each is told once, however often the clock is read."""
    machine = Machine()
    machine.wall -= HOUR
    for _ in range(5):
        machine.passes(10 * SECOND)
    assert machine.clock.steps() == (-HOUR,)
    assert machine.clock.steps() == ()
    machine.wall += HOUR
    machine.passes(10 * SECOND)
    assert machine.clock.steps() == (HOUR,)
    assert machine.clock.ahead == timedelta(0)


def test_a_machine_that_slept_has_stepped_ahead() -> None:
    """Its own seconds stand still meanwhile."""
    machine = Machine()
    machine.wall += 8 * HOUR
    assert machine.clock.steps() == (8 * HOUR,)
