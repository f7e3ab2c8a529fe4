"""The window of a feed, and whole stretches: what crosses its edge is told from its true start to its true end.

All times are whole seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from oncall_rota.schedule import gaps, shifts
from oncall_rota.schedule.cause import Cause
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import DAY, epoch, moment

BEFORE, AFTER = 1, 6  # months
REACH = 400 * DAY  # what goes on longer than this beyond the window is cut at its edge
_STEPS = (9 * DAY, 40 * DAY, REACH)

K = TypeVar("K", bound=Hashable)
Find = Callable[[int, int], Iterable[tuple[K, int, int]]]


class Whole(NamedTuple):
    """One person's unbroken time on call, and why, piece by piece. `first_cut`, `last_cut`: it has no end there."""

    start: int
    person: str
    end: int
    causes: tuple[Cause, ...]
    first_cut: bool = False
    last_cut: bool = False


class Limits(NamedTuple):
    """The window, and how far beyond it ends are looked for."""

    low: int
    high: int
    floor: int
    ceiling: int


def feed_window(at: datetime) -> Interval:
    """From the first day of the month before `at` to that of the sixth month after it, in UTC."""
    now = at.astimezone(UTC)
    month = now.year * 12 + now.month - 1
    return Interval(_first_of(month - BEFORE), _first_of(month + AFTER))


def _first_of(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def limits(window: Interval) -> Limits:
    """How far a window's stretches may reach."""
    low, high = epoch(window[0]), epoch(window[1])
    return Limits(low, high, low - REACH, high + REACH)


def whole_shifts(schedule: Schedule, within: Limits, span: tuple[int, int] | None = None) -> list[Whole]:
    """Every shift that touches the window (or `span`), whole, sorted by start and person."""
    low, high = span or (within.low, within.high)

    def find(start: int, end: int) -> list[tuple[str, int, int]]:
        return [(each.person, each.start, each.end) for each in shifts(schedule, _interval(start, end))]

    begun = beginnings(find, low, within.floor)
    ended = endings(find, high, within.ceiling)
    first = min([low, *[start for start in begun.values() if start is not None]])
    last = max([high, *[end for end in ended.values() if end is not None]])
    found: list[Whole] = []
    open_: dict[str, int] = {}
    for each in shifts(schedule, _interval(first, last), causes=True):
        at = open_.get(each.person)
        if at is not None and found[at].end == each.start:
            before = found[at]
            found[at] = before._replace(end=each.end, causes=(*before.causes, each.cause))
        else:
            open_[each.person] = len(found)
            found.append(Whole(each.start, each.person, each.end, (each.cause,)))
    kept = [each for each in found if each.start < high and each.end > low]
    return [_cut(each, begun, ended, within, low, high) for each in kept]


def _cut(
    each: Whole, begun: dict[str, int | None], ended: dict[str, int | None], within: Limits, low: int, high: int
) -> Whole:
    """Cut at the window's edge what goes on beyond all limits."""
    if each.start <= low and begun.get(each.person, low) is None:
        each = each._replace(start=min(max(each.start, within.low), each.end), first_cut=True)
    if each.end >= high and ended.get(each.person, high) is None:
        each = each._replace(end=max(min(each.end, within.high), each.start), last_cut=True)
    return each


def whole_gaps(schedule: Schedule, within: Limits) -> list[tuple[int, int]]:
    """The stretches in which nobody is on though somebody must be, whole."""

    def find(start: int, end: int) -> list[tuple[None, int, int]]:
        found = gaps(schedule, _interval(start, end))
        return [(None, each.start, each.end) for each in found if not each.declared]

    begun = beginnings(find, within.low, within.floor).get(None)
    ended = endings(find, within.high, within.ceiling).get(None)
    whole = []
    for _, start, end in find(within.low, within.high):
        if start == within.low and begun is not None:
            start = begun
        if end == within.high and ended is not None:
            end = ended
        whole.append((start, end))
    return whole


def beginnings(find: Find[K], bound: int, floor: int) -> dict[K, int | None]:
    """Where the stretches that reach `bound` from before it begin; None: at `floor` or earlier."""
    reaching: dict[K, int] = {}
    low = bound
    for step in _STEPS:
        low = max(bound - step, floor)
        reaching = {key: start for key, start, end in find(low, bound) if end == bound} if low < bound else {}
        if low == floor or all(start > low for start in reaching.values()):
            break
    return {key: start if start > low else None for key, start in reaching.items()}


def endings(find: Find[K], bound: int, ceiling: int) -> dict[K, int | None]:
    """Where the stretches that go on at `bound` end; None: at `ceiling` or later."""
    reaching: dict[K, int] = {}
    high = bound
    for step in _STEPS:
        high = min(bound + step, ceiling)
        reaching = {key: end for key, start, end in find(bound, high) if start == bound} if high > bound else {}
        if high == ceiling or all(end < high for end in reaching.values()):
            break
    return {key: end if end < high else None for key, end in reaching.items()}


def _interval(low: int, high: int) -> Interval:
    return Interval(moment(low), moment(high))
