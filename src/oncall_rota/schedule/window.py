"""Parts of the week on a wall clock: `when`, `except`, `must_cover`.

Readings are whole seconds of a wall clock since 1970-01-01 00:00, a Thursday.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date

from oncall_rota.schedule.model import HolidayCalendar, Window
from oncall_rota.timeline.zone import DAY, WEEK

MONDAY = 4 * DAY  # the first Monday 00:00
_ORDINAL_1970 = 719163

Spans = list[tuple[int, int]]


class Holidays:
    """A calendar's holidays as day numbers since 1970-01-01, each year asked for once."""

    __slots__ = ("_calendar", "_years")

    def __init__(self, calendar: HolidayCalendar | None) -> None:
        self._calendar = calendar
        self._years: dict[int, frozenset[int]] = {}

    def days(self, year: int) -> frozenset[int]:
        """The day numbers of a year's holidays."""
        found = self._years.get(year)
        if found is None:
            named = self._calendar.days(year) if self._calendar is not None else ()
            found = frozenset(day.toordinal() - _ORDINAL_1970 for day in named if day.year == year)
            self._years[year] = found
        return found

    def __contains__(self, day: int) -> bool:
        return day in self.days(date.fromordinal(day + _ORDINAL_1970).year)

    def between(self, first: int, last: int) -> list[int]:
        """The holidays' day numbers in `[first, last]`, sorted."""
        years = range(date.fromordinal(first + _ORDINAL_1970).year, date.fromordinal(last + _ORDINAL_1970).year + 1)
        return sorted(day for year in years for day in self.days(year) if first <= day <= last)


class Hours:
    """A window less its exception, without `otherwise` and `… from`: those depend on other layers."""

    __slots__ = ("_bounds", "_holiday_items", "_holidays", "_less", "always")

    def __init__(self, window: Window | None, less: Window | None, holidays: Holidays) -> None:
        self._holidays = holidays
        self._holiday_items = window.holidays if window is not None else ()
        week = [(0, WEEK)] if window is None else merged(_in_week(window.spans))
        self._bounds = [bound for span in week for bound in span]
        self._less = Hours(less, None, holidays) if less is not None else None
        self.always = week == [(0, WEEK)] and self._less is None

    def covers(self, reading: int) -> bool:
        """Whether the window is open at `reading`."""
        if not bisect_right(self._bounds, (reading - MONDAY) % WEEK) & 1 and not self._on_holiday(reading):
            return False
        return self._less is None or not self._less.covers(reading)

    def _on_holiday(self, reading: int) -> bool:
        for start, end in self._holiday_items:
            for day in range((reading - end) // DAY + 1, reading // DAY + 1):
                if day in self._holidays and start <= reading - day * DAY < end:
                    return True
        return False

    def spans(self, low: int, high: int) -> Spans:
        """The stretches of `[low, high)` in which the window is open, merged and sorted."""
        found: Spans = []
        if self._bounds == [0, WEEK]:
            found.append((low, high))
        elif self._bounds:
            pairs = list(zip(self._bounds[::2], self._bounds[1::2], strict=True))
            for week in range(low - (low - MONDAY) % WEEK, high, WEEK):
                for start, end in pairs:
                    found.append((week + start, week + end))
        if self._holiday_items:
            for day in self._holidays.between(low // DAY - 2, high // DAY + 1):
                for start, end in self._holiday_items:
                    found.append((day * DAY + start, day * DAY + end))
            found.sort()
        found = merged(found)
        if self._less is not None:
            found = difference(found, self._less.spans(low, high))
        return clipped(found, low, high)


def starts_of(window: Window) -> list[int]:
    """The distinct weekly starts of a window's days and spans, seconds from Monday 00:00, sorted."""
    return sorted({start % WEEK for start, _ in window.spans} | {start % WEEK for start in window.starts})


def _in_week(spans: tuple[tuple[int, int], ...]) -> Spans:
    found: Spans = []
    for start, end in spans:
        start, end = start % WEEK, end - start + start % WEEK
        found.append((start, min(end, WEEK)))
        if end > WEEK:
            found.append((0, end - WEEK))
    return sorted(found)


def merged(spans: Spans) -> Spans:
    """The union of spans sorted by start: touching ones are joined, empty ones dropped."""
    found: Spans = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = (found[-1][0], end)
        elif start < end:
            found.append((start, end))
    return found


def difference(spans: Spans, less: Spans) -> Spans:
    """`spans` without `less`; both merged and sorted."""
    found: Spans = []
    index = 0
    for start, end in spans:
        while index < len(less) and less[index][1] <= start:
            index += 1
        at = index
        while at < len(less) and less[at][0] < end:
            if less[at][0] > start:
                found.append((start, less[at][0]))
            start = max(start, less[at][1])
            at += 1
        if start < end:
            found.append((start, end))
    return found


def clipped(spans: Spans, low: int, high: int) -> Spans:
    """`spans` cut to `[low, high)`."""
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and end > low]
