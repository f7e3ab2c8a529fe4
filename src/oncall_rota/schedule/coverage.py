"""Where nobody is on call, and where too many layers are."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from oncall_rota.schedule.activity import EVER, NEVER
from oncall_rota.schedule.layer import VACANT, LayerPlan, Piece
from oncall_rota.schedule.model import Schedule
from oncall_rota.schedule.plan import plan
from oncall_rota.schedule.window import Holidays, Hours, Spans, clipped, difference, merged
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment, zone


class Gap(NamedTuple):
    """A stretch in which nobody is on call. `declared`: it may be so, by `must_cover` or by `nobody`."""

    start: int
    end: int
    declared: bool

    @property
    def start_at(self) -> datetime:
        """The first instant."""
        return moment(self.start)

    @property
    def end_at(self) -> datetime:
        """The instant at which somebody is on again."""
        return moment(self.end)


class Overlap(NamedTuple):
    """A stretch in which several layers have somebody on by turn. `layers`: their names, in file order."""

    start: int
    end: int
    layers: tuple[str, ...]

    @property
    def start_at(self) -> datetime:
        """The first instant."""
        return moment(self.start)

    @property
    def end_at(self) -> datetime:
        """The first instant after it."""
        return moment(self.end)


def gaps(schedule: Schedule, window: Interval) -> tuple[Gap, ...]:
    """Every stretch of `window` in which nobody is on call, cut where it begins or ends to be declared."""
    low, high = epoch(window[0]), epoch(window[1])
    if low >= high:
        return ()
    pieces = plan(schedule).pieces(low, high)
    said = merged([(start, end) for start, end, on in pieces if on is VACANT])
    empty = merged([(start, end) for start, end, on in pieces if not on])
    if not empty:
        return ()
    holes = difference(empty, merged(sorted([*said, *_excused(schedule, low, high)])))
    declared = difference(empty, holes)
    found = [Gap(start, end, False) for start, end in holes]
    found += [Gap(start, end, True) for start, end in declared]
    return tuple(sorted(found))


def must_be_covered(schedule: Schedule, at: datetime) -> bool:
    """Whether somebody must be on at an instant."""
    return must_cover_within(schedule, Interval(at, at + timedelta(seconds=1)))


def must_cover_within(schedule: Schedule, window: Interval) -> bool:
    """Whether somebody must be on at any instant of `window`."""
    low, high = epoch(window[0]), epoch(window[1])
    return _excused(schedule, low, high) != [(low, high)]


def _excused(schedule: Schedule, low: int, high: int) -> Spans:
    """Where nobody has to be on: outside `must_cover`, and before the schedule's first start."""
    begins = min((_begins(layer) for layer in plan(schedule).layers), default=high)
    before = [(low, min(begins, high))] if begins > low and begins != EVER else []
    return merged(sorted([*before, *difference([(low, high)], required(schedule, low, high))]))


def _begins(layer: LayerPlan) -> int:
    """When a layer first puts anybody on call: for another schedule's answer, when that one starts."""
    if layer.borrowed is None:
        return layer.begins
    return max(layer.begins, min((_begins(each) for each in layer.borrowed.layers), default=NEVER))


def required(schedule: Schedule, low: int, high: int) -> Spans:
    """The instants of `[low, high)` inside `must_cover`."""
    if schedule.must_cover is None:
        return []
    hours = Hours(schedule.must_cover, schedule.must_cover_except, Holidays(schedule.cover_holidays))
    if hours.always:
        return [(low, high)]
    clock = zone(schedule.timezone)
    walls = hours.spans(clock.reading(low), clock.reading(high - 1) + 1)
    flat = clock.instants([bound for span in walls for bound in span])
    return clipped(merged(list(zip(flat[::2], flat[1::2], strict=True))), low, high)


def overlaps(schedule: Schedule, window: Interval) -> tuple[Overlap, ...]:
    """Where two or more layers have somebody on by turn, absences and overrides left aside."""
    low, high = epoch(window[0]), epoch(window[1])
    rows = [layer.pieces(low, high) for layer in plan(schedule).layers] if low < high else []
    found: list[Overlap] = []
    for start, end, present in _present(rows):
        if len(present) < 2:
            continue
        names = tuple([schedule.layers[index].name for index in present])
        if found and found[-1].end == start and found[-1].layers == names:
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Overlap(start, end, names))
    return tuple(found)


def _present(rows: list[list[Piece]]) -> list[tuple[int, int, list[int]]]:
    """Elementary stretches, with the numbers of the rows that have somebody on."""
    changes: dict[int, list[tuple[int, int]]] = {}
    for index, row in enumerate(rows):
        for start, end in merged([(start, end) for start, end, on in row if on]):
            changes.setdefault(start, []).append((index, 1))
            changes.setdefault(end, []).append((index, -1))
    present: set[int] = set()
    found: list[tuple[int, int, list[int]]] = []
    times = sorted(changes)
    for start, end in pairwise(times):
        for index, change in changes[start]:
            (present.add if change > 0 else present.discard)(index)
        found.append((start, end, sorted(present)))
    return found


def layer_hours(schedule: Schedule, window: Interval) -> tuple[Interval, ...]:
    """The stretches of `window` in which any layer is active."""
    low, high = epoch(window[0]), epoch(window[1])
    if low >= high:
        return ()
    spans = merged(sorted(span for layer in plan(schedule).layers for span in layer.activity.spans(low, high)))
    return tuple([Interval(moment(start), moment(end)) for start, end in spans])
