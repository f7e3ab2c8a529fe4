"""Handoffs that move from a holiday to the next working day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oncall_rota.schedule import on_call_at, shifts
from oncall_rota.schedule.model import Block, Entry, Every, Layer, Rotation, Schedule, Source
from oncall_rota.timeline.interval import Interval

HERE = Source("payments.yaml", 1)


class Days:
    """A calendar of these days."""

    def __init__(self, *days: date) -> None:
        self._days = days

    def days(self, year: int) -> list[date]:
        """Those of one year."""
        return [day for day in self._days if day.year == year]


EASTER = Days(date(2026, 4, 3), date(2026, 4, 6))


def rota(
    people: str, every: Every, start: datetime, days: Days, zone: str = "UTC", *, elapsed: bool = False
) -> Schedule:
    """Turns of which the handoffs move."""
    order = tuple([Entry((person,), HERE) for person in people])
    rotation = Rotation((Block(start, order, HERE),), HERE, every, elapsed=elapsed, next_working_day=True)
    return Schedule("payments", "primary", zone, HERE, (Layer("primary", zone, HERE, rotation, holidays=days),))


def told(schedule: Schedule, start: datetime, end: datetime) -> list[tuple[str, datetime]]:
    """Each shift's person and start; every hour of it agrees when asked by itself."""
    found = shifts(schedule, Interval(start, end))
    for hours in range(int((end - start) / timedelta(hours=1))):
        at = start + timedelta(hours=hours)
        assert [each.person for each in on_call_at(schedule, at)] == [
            shift.person for shift in found if shift.start_at <= at < shift.end_at
        ], at
    return [(shift.person, shift.start_at) for shift in found]


def test_daily_turns_over_a_long_weekend() -> None:
    """Friday's handoff waits for Tuesday, Saturday's does not: Friday's turn is empty, and nobody is renumbered."""
    schedule = rota("abcdefg", Every("day", 1), datetime(2026, 4, 1, 9), EASTER)
    assert told(schedule, datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 4, 9, tzinfo=UTC)) == [
        ("a", datetime(2026, 4, 1, 9, tzinfo=UTC)),
        ("b", datetime(2026, 4, 2, 9, tzinfo=UTC)),
        ("d", datetime(2026, 4, 4, 9, tzinfo=UTC)),
        ("e", datetime(2026, 4, 5, 9, tzinfo=UTC)),
        ("g", datetime(2026, 4, 7, 9, tzinfo=UTC)),
        ("a", datetime(2026, 4, 8, 9, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("start", range(1, 9))
def test_any_part_of_it_is_a_part_of_the_whole(start: int) -> None:
    """A window that begins between a handoff and the day to which it moves."""
    schedule = rota("abcdefg", Every("day", 1), datetime(2026, 4, 1, 9), EASTER)
    told(schedule, datetime(2026, 4, start, 10, tzinfo=UTC), datetime(2026, 4, 12, tzinfo=UTC))


def test_real_hours_know_the_days_of_the_zone() -> None:
    """Australia Day begins while it is still Sunday in UTC."""
    day = Days(date(2026, 1, 26))
    schedule = rota("ab", Every("week", 1), datetime(2026, 1, 19, 8), day, "Australia/Sydney", elapsed=True)
    assert told(schedule, datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)) == [
        ("a", datetime(2026, 1, 20, tzinfo=UTC)),
        ("b", datetime(2026, 1, 26, 21, tzinfo=UTC)),
        ("a", datetime(2026, 2, 1, 21, tzinfo=UTC)),
    ]


def test_a_calendar_without_a_working_day_moves_nothing() -> None:
    """And does not search for ever."""
    always = Days(*[date(2026, 1, 1) + timedelta(days=number) for number in range(365)])
    schedule = rota("ab", Every("week", 1), datetime(2026, 1, 5, 9), always)
    assert [
        person for person, _ in told(schedule, datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC))
    ] == [
        "a",
        "b",
        "a",
    ]
