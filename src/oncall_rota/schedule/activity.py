"""The hours in which a layer is active: its window, within its life and from its first handoff on.

`otherwise` and `… from 08:00` depend on the other layers of the schedule, each on its own clock, so they are
answered in instants.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from oncall_rota.schedule.model import CalendarShift, Layer
from oncall_rota.schedule.window import MONDAY, Holidays, Hours, Spans, clipped, difference, merged
from oncall_rota.timeline.zone import WEEK, Zone, epoch

EVER = -(1 << 60)
NEVER = 1 << 60


class Activity:
    """One layer's hours, from `begins` to `death` (instants). `others`: those of the same schedule, itself included."""

    __slots__ = (
        "_except",
        "_from_starts",
        "_hours",
        "begins",
        "death",
        "others",
        "otherwise",
        "simple",
        "within",
        "zone",
    )

    def __init__(self, layer: Layer, clock: Zone, holidays: Holidays, begins: int, death: int) -> None:
        window = layer.when
        self.zone = clock
        self.begins = begins
        self.death = death
        self.others: tuple[Activity, ...] = (self,)
        self.otherwise = window is not None and window.otherwise
        self._from_starts = sorted({start % WEEK for start in window.starts}) if window is not None else []
        self._hours = Hours(window, layer.except_, holidays)
        self._except = Hours(layer.except_, None, holidays) if layer.except_ is not None else None
        self.within = None if layer.shifts is None else merged(_events(layer.shifts))
        self.simple = self._hours.always and not self.otherwise and not self._from_starts and self.within is None

    def covers(self, instant: int) -> bool:
        """Whether its own `when` less `except` is open within its life, `otherwise` left aside."""
        if not self.begins <= instant < self.death or not self._has_event(instant):
            return False
        reading = self.zone.reading(instant)
        return self._hours.covers(reading) or (bool(self._from_starts) and self._follows_sun(instant, reading))

    def active(self, instant: int) -> bool:
        """Whether it is active: its window, and its life from the first handoff on."""
        if not self.begins <= instant < self.death:
            return False
        if self.simple:
            return True
        if not self._has_event(instant):
            return False
        reading = self.zone.reading(instant)
        if self._hours.covers(reading):
            return True
        if self._from_starts and self._follows_sun(instant, reading):
            return True
        if not self.otherwise or (self._except is not None and self._except.covers(reading)):
            return False
        return not any(other.covers(instant) for other in self.others if not other.otherwise)

    def _has_event(self, instant: int) -> bool:
        if self.within is None:
            return True
        index = bisect_right(self.within, (instant, NEVER))
        return index > 0 and instant < self.within[index - 1][1]

    def _follows_sun(self, instant: int, reading: int) -> bool:
        if self._except is not None and self._except.covers(reading):
            return False
        mine = self.zone.instant(self._start_before(reading))
        return all(other.last_start(instant) <= mine for other in self.others if other._from_starts)

    def _start_before(self, reading: int) -> int:
        week, second = divmod(reading - MONDAY, WEEK)
        index = bisect_right(self._from_starts, second) - 1
        return MONDAY + week * WEEK + (self._from_starts[index] - (WEEK if index < 0 else 0))

    def last_start(self, instant: int) -> int:
        """Its last `… from` start at or before `instant` while it was alive, or `EVER`."""
        start = self.zone.instant(self._start_before(self.zone.reading(min(instant, self.death - 1))))
        return start if start >= self.begins else EVER

    def own_spans(self, low: int, high: int) -> Spans:
        """The instants of `[low, high)` that `covers` says yes to, as merged spans."""
        low, high = max(low, self.begins), min(high, self.death)
        if low >= high:
            return []
        if self._hours.always:
            return self._with_events([(low, high)])
        walls = self._hours.spans(self.zone.reading(low), self.zone.reading(high - 1) + 1)
        spans = self._in_instants(walls)
        if self._from_starts:
            spans = merged(sorted(spans + self._sun_spans(low, high)))
        return self._with_events(clipped(spans, low, high))

    def _with_events(self, spans: Spans) -> Spans:
        if self.within is None:
            return spans
        return [part for start, end in self.within for part in clipped(spans, start, end)]

    def spans(self, low: int, high: int) -> Spans:
        """The stretches of `[low, high)` in which it is active."""
        spans = self.own_spans(low, high)
        if self.otherwise:
            low, high = max(low, self.begins), min(high, self.death)
            if low < high:
                taken = [span for other in self.others if not other.otherwise for span in other.own_spans(low, high)]
                rest = difference(difference([(low, high)], merged(sorted(taken))), self._except_spans(low, high))
                spans = merged(sorted(spans + self._with_events(rest)))
        return spans

    def _except_spans(self, low: int, high: int) -> Spans:
        if self._except is None:
            return []
        return self._in_instants(self._except.spans(self.zone.reading(low), self.zone.reading(high - 1) + 1))

    def _sun_spans(self, low: int, high: int) -> Spans:
        ends = sorted({start for other in self.others for start in other._sun_starts(low, high, alive=True)})
        spans: Spans = []
        for start in self._sun_starts(low, high, alive=False):
            index = bisect_right(ends, start)
            spans.append((start, ends[index] if index < len(ends) else high))
        return difference(clipped(merged(spans), low, high), self._except_spans(low, high))

    def _sun_starts(self, low: int, high: int, *, alive: bool) -> list[int]:
        first = self.zone.reading(low) - WEEK
        last = self.zone.reading(high) + 1
        weeks = range(first - (first - MONDAY) % WEEK, last, WEEK)
        starts = self.zone.instants([week + second for week in weeks for second in self._from_starts])
        return [start for start in starts if not alive or self.begins <= start < self.death]

    def _in_instants(self, walls: Spans) -> Spans:
        flat = self.zone.instants([bound for span in walls for bound in span])
        return [(flat[at], flat[at + 1]) for at in range(0, len(flat), 2) if flat[at] < flat[at + 1]]


def _events(shifts: Iterable[CalendarShift]) -> Spans:
    return sorted((epoch(shift.start_at), epoch(shift.end_at)) for shift in shifts)
