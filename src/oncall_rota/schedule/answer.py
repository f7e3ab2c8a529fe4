"""Who is on call at an instant, since when, until when, and who is next."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from oncall_rota.schedule.cause import OnCall
from oncall_rota.schedule.layer import On, Piece
from oncall_rota.schedule.model import Schedule
from oncall_rota.schedule.plan import Plan, plan
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import DAY, epoch, moment

HORIZON = 400 * DAY
_STEPS = (9 * DAY, 40 * DAY, HORIZON + 1)


class Answer(NamedTuple):
    """`since_at` and `until_at` bound the longest stretch with the same set of people, whatever the causes.

    None: unchanged for 400 days that way. `next`: the first people on after it, from `next_from_at` on.
    """

    on_call: tuple[OnCall, ...]
    since_at: datetime | None
    until_at: datetime | None
    next: tuple[OnCall, ...]
    next_from_at: datetime | None


def answer(schedule: Schedule, at: datetime) -> Answer:
    """The whole answer of `oncall who` for one schedule at an aware instant."""
    ready, instant = plan(schedule), epoch(at)
    on = ready.on(instant)
    people = _people(on)
    since = _since(ready, instant, people)
    until = _change(ready, instant, instant + HORIZON, people)
    following = until and _change(ready, until[0], until[0] + HORIZON, frozenset())
    return Answer(
        _sorted(on),
        None if since is None else moment(since),
        None if until is None else moment(until[0]),
        () if following is None else _sorted(following[2]),
        None if following is None else moment(following[0]),
    )


def steady_stretches(schedule: Schedule, window: Interval) -> tuple[Interval, ...]:
    """`window` cut into stretches in each of which `answer` is the same at every instant."""
    low, high = epoch(window[0]), epoch(window[1])
    cuts = {low, high}
    previous: On | None = None
    for start, _, on in plan(schedule).pieces(low, high):
        if on != previous:
            cuts.add(start)
        previous = on
    for start, end in pairwise(sorted(cuts)):
        # 400 days after `since` and 400 days before `until` the answer begins or ceases to tell them.
        for told in (answer(schedule, moment(start)), answer(schedule, moment(end - 1))):
            flips = [epoch(at) + HORIZON + 1 for at in [told.since_at] if at is not None]
            flips += [epoch(at) - HORIZON for at in [told.until_at] if at is not None]
            cuts.update(flip for flip in flips if start < flip < end)
    return tuple([Interval(moment(start), moment(end)) for start, end in pairwise(sorted(cuts))])


def _change(ready: Plan, start: int, last: int, people: frozenset[str]) -> Piece | None:
    """The first piece after `start`, beginning no later than `last`, with other people than `people`."""
    low = start
    for step in _STEPS:
        high = min(start + step, last + 1)
        if low < high:
            for piece in ready.pieces(low, high):
                if _people(piece[2]) != people:
                    return piece
            low = high
    return None


def _since(ready: Plan, instant: int, people: frozenset[str]) -> int | None:
    """The start of the stretch with `people` round `instant`."""
    high = instant + 1
    for step in _STEPS:
        low = instant - step
        for piece in reversed(ready.pieces(low, high)):
            if _people(piece[2]) != people:
                return piece[1]
        high = low
    return None


def _people(on: On) -> frozenset[str]:
    return frozenset([each.person for each in on])


def _sorted(on: On) -> tuple[OnCall, ...]:
    return tuple(sorted(on, key=lambda each: each.person))
