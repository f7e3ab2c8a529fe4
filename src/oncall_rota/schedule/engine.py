"""Who is on call: the two questions that everything else asks.

`on_call_at` answers for an instant in time that depends on the number of layers alone; `shifts` answers for a
window. Both agree at every second.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oncall_rota.schedule.cause import Cause, OnCall
from oncall_rota.schedule.layer import On
from oncall_rota.schedule.model import Schedule
from oncall_rota.schedule.plan import plan
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment


class Shift(NamedTuple):
    """One person's unbroken time on call, `[start, end)` in whole seconds since 1970 UTC, and why."""

    start: int
    person: str
    end: int
    cause: Cause

    @property
    def start_at(self) -> datetime:
        """The first instant."""
        return moment(self.start)

    @property
    def end_at(self) -> datetime:
        """The instant of the handoff: no longer on call."""
        return moment(self.end)


def on_call_at(schedule: Schedule, at: datetime) -> tuple[OnCall, ...]:
    """Who is on call at an aware instant, sorted by person, each with the cause."""
    on = plan(schedule).on(epoch(at))
    return on if len(on) < 2 else tuple(sorted(on, key=_person))


def shifts(schedule: Schedule, window: Interval, causes: bool = False) -> tuple[Shift, ...]:
    """Every shift in `window`, cut at its ends, sorted by start and person.

    One shift for each person and unbroken interval, with the cause of its first piece; with `causes` shifts
    also break where the cause changes.
    """
    low, high = epoch(window[0]), epoch(window[1])
    if low >= high:
        return ()
    found: list[Shift] = []
    begun: dict[str, tuple[int, Cause]] = {}
    previous: On = ()
    for start, _, on in plan(schedule).pieces(low, high):
        if on is previous:
            continue
        if len(on) < 2 and len(begun) < 2:  # the usual case, one person after the other
            if begun:
                person, (begin, why) = begun.popitem()
                if on and on[0][0] == person and (not causes or on[0][1] == why):
                    begun[person] = (begin, why)
                else:
                    found.append(Shift(begin, person, start, why))
            if on and not begun:
                begun[on[0][0]] = (start, on[0][1])
        else:
            now = dict(on)
            for person, (begin, why) in [*begun.items()]:
                if person not in now or (causes and now[person] != why):
                    del begun[person]
                    found.append(Shift(begin, person, start, why))
            for person, why in on:
                begun.setdefault(person, (start, why))
        previous = on
    found += [Shift(begin, person, high, why) for person, (begin, why) in begun.items()]
    found.sort()
    return tuple(found)


def _person(each: OnCall) -> str:
    return each.person
