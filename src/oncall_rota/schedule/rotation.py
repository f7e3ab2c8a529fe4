"""Which turn it is: arithmetic from the anchor, never a walk.

Each kind of rotation counts on one clock, in whole seconds: the wall clock of its zone, or, with
`clock: elapsed`, real time. `turn(reading)` is the number of handoffs at or before that reading, less one;
`handoff(k)` the reading at which turn k begins; `handoffs(low, high)` the turns that begin in `[low, high)`, with
their readings, sorted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from typing import Protocol

from oncall_rota.schedule.window import MONDAY, Holidays
from oncall_rota.timeline.zone import DAY, WEEK, Zone

UNITS = {"hour": 3600, "day": DAY, "week": WEEK}
_ORDINAL_1970 = 719163
_LONGEST_HOLIDAY = 60  # days; a calendar without any working day moves nothing


class Turns(Protocol):
    """A way of counting turns."""

    def turn(self, reading: int) -> int:
        """The turn at `reading`; negative before the first handoff."""
        ...

    def handoff(self, turn: int) -> int:
        """When `turn` begins."""
        ...

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        """The first turn that begins in `[low, high)`, and the beginnings of it and the turns after it."""
        ...


class FixedTurns:
    """Hours, days and weeks: a whole number of seconds on the clock."""

    __slots__ = ("anchor", "period")

    def __init__(self, anchor: int, period: int) -> None:
        self.anchor = anchor
        self.period = period

    def turn(self, reading: int) -> int:
        return (reading - self.anchor) // self.period

    def handoff(self, turn: int) -> int:
        return self.anchor + turn * self.period

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        first = max(0, -((self.anchor - low) // self.period))
        return first, list(range(self.anchor + first * self.period, high, self.period))


class MonthTurns:
    """Months: the handoff's day of the month, cut to the month's end."""

    __slots__ = ("count", "day", "month", "second")

    def __init__(self, anchor: int, count: int, day: int) -> None:
        first = date.fromordinal(anchor // DAY + _ORDINAL_1970)
        self.month = first.year * 12 + first.month - 1
        self.count = count
        self.day = day
        self.second = anchor % DAY

    def turn(self, reading: int) -> int:
        at = date.fromordinal(reading // DAY + _ORDINAL_1970)
        turn = (at.year * 12 + at.month - 1 - self.month) // self.count
        return turn if self.handoff(turn) <= reading else turn - 1

    def handoff(self, turn: int) -> int:
        year, month = divmod(self.month + turn * self.count, 12)
        first = date(year, month + 1, 1).toordinal()
        following = date(year + (month == 11), (month + 1) % 12 + 1, 1).toordinal()
        return (min(first + self.day, following) - 1 - _ORDINAL_1970) * DAY + self.second

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        first = max(0, self.turn(low - 1) + 1)
        found = []
        for turn in range(first, self.turn(high - 1) + 1):
            found.append(self.handoff(turn))
        return first, found


class ShiftTurns:
    """`every: shift`: turns count the starts of a window's days and spans, at or after the anchor.

    `starts` are the distinct weekly ones, seconds from Monday 00:00; `holiday_starts` those on each holiday,
    seconds from its 00:00.
    """

    __slots__ = (
        "_anchor",
        "_before",
        "_extra",
        "_extra_years",
        "_holidays",
        "_on_holiday",
        "_starts",
        "count",
    )

    def __init__(
        self, anchor: int, count: int, starts: list[int], holiday_starts: list[int], holidays: Holidays
    ) -> None:
        self.count = count
        self._anchor = anchor
        self._starts = starts
        self._on_holiday = holiday_starts
        self._holidays = holidays
        self._extra: list[int] = []
        self._extra_years = date.fromordinal(anchor // DAY + _ORDINAL_1970).year - 1
        self._before = self._weekly(anchor - 1)

    def turn(self, reading: int) -> int:
        if reading < self._anchor:
            return -1
        return (self._seen(reading) - 1) // self.count

    def handoff(self, turn: int) -> int:
        number = turn * self.count
        if not self._on_holiday:
            week, index = divmod(self._before + number, len(self._starts))
            return MONDAY + week * WEEK + self._starts[index]
        low, high = self._anchor - 1, self._anchor + WEEK
        while self._seen(high) <= number:
            low, high = high, high + (high - self._anchor) * 2
        while high - low > 1:
            middle = (low + high) // 2
            if self._seen(middle) > number:
                high = middle
            else:
                low = middle
        return high

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        first = max(0, self.turn(low - 1) + 1)
        return first, [self.handoff(turn) for turn in range(first, self.turn(high - 1) + 1)]

    def _weekly(self, reading: int) -> int:
        if not self._starts:
            return 0
        week, second = divmod(reading - MONDAY, WEEK)
        return week * len(self._starts) + bisect_right(self._starts, second)

    def _seen(self, reading: int) -> int:
        seen = self._weekly(reading) - self._before
        if self._on_holiday:
            year = date.fromordinal(reading // DAY + _ORDINAL_1970).year
            while self._extra_years < year:
                self._extra_years += 1
                for day in self._holidays.days(self._extra_years):
                    for second in self._on_holiday:
                        start = day * DAY + second
                        if start >= self._anchor and (start - MONDAY) % WEEK not in self._starts:
                            self._extra.append(start)
                self._extra.sort()
            seen += bisect_right(self._extra, reading)
        return seen


class ListedTurns:
    """Without `every`: each dated block's one entry from its start on, the first since ever if undated."""

    __slots__ = ("starts",)

    def __init__(self, starts: list[int]) -> None:
        self.starts = starts

    def turn(self, reading: int) -> int:
        return bisect_right(self.starts, reading) - 1

    def handoff(self, turn: int) -> int:
        return self.starts[turn]

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        first = bisect_left(self.starts, low)
        return first, self.starts[first : bisect_left(self.starts, high)]


class WorkingDayTurns:
    """Another kind's turns, with each handoff that falls on a holiday moved to the next working day.

    Where a later handoff comes first (Friday's moves to Tuesday, Saturday's stays), the earlier turn is empty.
    """

    __slots__ = ("_holidays", "_real", "turns")

    def __init__(self, turns: Turns, holidays: Holidays, real: Zone | None) -> None:
        self.turns = turns
        self._holidays = holidays
        self._real = real  # with `clock: elapsed`, the zone whose days are meant

    def turn(self, reading: int) -> int:
        turn = self.turns.turn(reading)
        while turn >= 0 and self.handoff(turn) > reading:
            turn -= 1
        return turn

    def handoff(self, turn: int) -> int:
        handoff = self.turns.handoff(turn)
        wall = handoff if self._real is None else self._real.clock(handoff)
        if wall // DAY not in self._holidays:
            return handoff
        for _ in range(_LONGEST_HOLIDAY):
            wall += DAY
            if wall // DAY not in self._holidays and (wall - MONDAY) % WEEK < 5 * DAY:
                return wall if self._real is None else self._real.instant(wall)
        return handoff

    def handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        first = max(0, self.turn(low - 1) + 1)
        found = [self.handoff(turn) for turn in range(first, self.turn(high - 1) + 1)]
        for index in range(len(found) - 2, -1, -1):
            found[index] = min(found[index], found[index + 1])
        return first, found
