"""Overrides of which the line order changes the answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.config.override import Placed
from oncall_rota.schedule import shifts
from oncall_rota.schedule.model import Override, Schedule
from oncall_rota.schedule.revised import revised
from oncall_rota.timeline.interval import Interval

MOST_PAIRS = 2000  # compared in one schedule: a hostile file overlaps everything with everything
LONGEST = timedelta(days=400)


class Pair(NamedTuple):
    """Two lines of one schedule, in line order, that overlap and may act on each other."""

    schedule: Schedule
    one: Placed
    two: Placed


def pairs(schedule: Schedule, placed: list[Placed]) -> list[Pair]:
    """The pairs of lines to look at; quick, so that the lines of a thousand teams need not be kept."""
    found: list[Pair] = []
    waiting = sorted(range(len(placed)), key=lambda number: placed[number].override.start_at)
    active: list[int] = []
    compared = 0
    for number in waiting:
        later = placed[number].override
        active = [other for other in active if placed[other].override.end_at > later.start_at]
        for other in active:
            compared += 1
            if compared > MOST_PAIRS:
                return found
            first, second = sorted((other, number))
            one, two = placed[first], placed[second]
            if one.node is not two.node and _meet(one.override, two.override):
                found.append(Pair(schedule, one, two))
        active.append(number)
    return found


def warn_of_order(pair: Pair) -> None:
    """Warn where the two lines in the other order would answer otherwise, naming both. All schedules are complete."""
    one, two = pair.one, pair.two
    if not _changes(pair.schedule, one.override, two.override):
        return
    place = f"{one.document.path}:{one.override.source.line}"
    two.document.warn(
        two.node,
        "line-order",
        f"this override overlaps the one at {place}, and the later line wins: in the other order the "
        "answer would differ",
        "let them touch instead of overlap, or keep this order if it is meant",
    )


def _meet(one: Override, two: Override) -> bool:
    """Whether two lines may act on each other: a quick look at their people, before the engine is asked."""
    if one.layer is not None and two.layer is not None and one.layer != two.layer:
        return False
    if "who" in (one.verb, two.verb):
        return (one.verb, one.people) != (two.verb, two.people) or one.layer != two.layer
    return bool(_touched(one) & _touched(two)) and (one.verb, one.people, one.person) != (
        two.verb,
        two.people,
        two.person,
    )


def _touched(line: Override) -> set[str]:
    return {*line.people, line.person or ""} - {""}


def _changes(schedule: Schedule, one: Override, two: Override) -> bool:
    start, end = max(one.start_at, two.start_at), min(one.end_at, two.end_at)
    window = Interval(start, min(end, start + LONGEST))
    return answer(schedule, (one, two), window) != answer(schedule, (two, one), window)


def answer(schedule: Schedule, lines: tuple[Override, ...], window: Interval) -> list[tuple[str, datetime, datetime]]:
    """Who would be on call in `window` if these were the schedule's overrides."""
    return [(shift.person, shift.start_at, shift.end_at) for shift in shifts(revised(schedule, lines), window)]
