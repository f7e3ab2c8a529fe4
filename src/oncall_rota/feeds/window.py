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

    first = min([low, *beginnings(find, low, within.floor).values()])
    last = max([high, *endings(find, high, within.ceiling).values()])
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
    return sorted([_cut(each, within) for each in found if each.start < high and each.end > low])


def _cut(each: Whole, within: Limits) -> Whole:
    """Cut at the window's edge what goes on beyond all limits."""
    if each.start <= within.floor and each.end > within.low:
        each = each._replace(start=within.low, first_cut=True)
    if each.end >= within.ceiling and each.start < within.high:
        each = each._replace(end=within.high, last_cut=True)
    return each


def whole_gaps(schedule: Schedule, within: Limits) -> list[tuple[int, int]]:
    """The stretches in which nobody is on though somebody must be, whole."""

    def find(start: int, end: int) -> list[tuple[None, int, int]]:
        found = gaps(schedule, _interval(start, end))
        return [(None, each.start, each.end) for each in found if not each.declared]

    begun = beginnings(find, within.low, within.floor).get(None, within.floor)
    ended = endings(find, within.high, within.ceiling).get(None, within.ceiling)
    whole = []
    for _, start, end in find(within.low, within.high):
        if start == within.low and begun > within.floor:
            start = begun
        if end == within.high and ended < within.ceiling:
            end = ended
        whole.append((start, end))
    return whole


def beginnings(find: Find[K], bound: int, floor: int) -> dict[K, int]:
    """Where the stretches that reach `bound` from before it begin, at `floor` if no later."""
    reaching: dict[K, int] = {}
    for step in _STEPS:
        low = max(bound - step, floor)
        reaching = {key: start for key, start, end in find(low, bound) if end == bound} if low < bound else {}
        if low == floor or all(start > low for start in reaching.values()):
            break
    return reaching


def endings(find: Find[K], bound: int, ceiling: int) -> dict[K, int]:
    """Where the stretches that go on at `bound` end, at `ceiling` if no sooner."""
    reaching: dict[K, int] = {}
    for step in _STEPS:
        high = min(bound + step, ceiling)
        reaching = {key: end for key, start, end in find(bound, high) if start == bound} if high > bound else {}
        if high == ceiling or all(end < high for end in reaching.values()):
            break
    return reaching


def _interval(low: int, high: int) -> Interval:
    return Interval(moment(low), moment(high))
