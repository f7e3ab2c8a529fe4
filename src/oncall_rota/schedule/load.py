"""What being on call costs: the hours of some shifts, and how many of them are at night, at weekends, on holidays."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import NamedTuple

from oncall_rota.timeline.zone import DAY, Zone

NIGHT = (22 * 3600, 30 * 3600)  # from 22:00 until 06:00 of the next day, on the clock
_MONDAY = 4 * DAY  # 1970-01-05
Span = tuple[int, int]  # seconds since 1970, half-open


class Load(NamedTuple):
    """Seconds. A holiday's night counts as both."""

    total: int = 0
    night: int = 0
    weekend: int = 0
    holiday: int = 0

    def __add__(self, other: object) -> Load:
        assert isinstance(other, Load)
        return Load(*[mine + theirs for mine, theirs in zip(self, other, strict=True)])


class Hours:
    """Stretches of time, sorted and apart: how much of a span is in them is found without walking through them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = list(spans)
        self._starts = [start for start, _ in self._spans]
        self._before = [0, *accumulate(end - start for start, end in self._spans)]

    def within(self, start: int, end: int) -> int:
        """Seconds of `[start, end)` that are in them."""
        return self._until(end) - self._until(start)

    def holds(self, instant: int) -> bool:
        """Whether an instant is in one of them."""
        return self.within(instant, instant + 1) > 0

    def _until(self, instant: int) -> int:
        number = bisect_right(self._starts, instant)
        if not number:
            return 0
        return self._before[number] - max(self._spans[number - 1][1] - instant, 0)


class Measure:
    """The nights, weekends and holidays of one zone that touch `[low, high)`."""

    def __init__(self, zone: Zone, low: int, high: int, is_holiday: Callable[[date], bool]) -> None:
        first = zone.clock(low) // DAY * DAY - DAY
        days = list(range(first, zone.clock(high) + DAY, DAY))  # wall times, one more at each end
        self.nights = Hours(_spans(zone, [(day + NIGHT[0], day + NIGHT[1]) for day in days]))
        weekends = [(day, day + 2 * DAY) for day in days if (day - _MONDAY) // DAY % 7 == 5]
        self.weekends = Hours(_spans(zone, weekends))
        holidays = [(day, day + DAY) for day in days if is_holiday(datetime.fromtimestamp(day, UTC).date())]
        self.holidays = Hours(_spans(zone, holidays))

    def load(self, spans: Iterable[Span]) -> Load:
        """Of a person who is on call in these spans, which are apart and within the window."""
        total = night = weekend = holiday = 0
        for start, end in spans:
            total += end - start
            night += self.nights.within(start, end)
            weekend += self.weekends.within(start, end)
            holiday += self.holidays.within(start, end)
        return Load(total, night, weekend, holiday)


def _spans(zone: Zone, walls: Sequence[Span]) -> list[Span]:
    """The same of instants."""
    flat = zone.instants([wall for span in walls for wall in span])
    return list(zip(flat[::2], flat[1::2], strict=True))
