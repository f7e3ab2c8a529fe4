"""Whose shifts a change of the configuration moved, and how; the passing of time moves none.

What somebody knows of their shifts is kept as text, so that neither a restart nor a second server tells it again, nor
forgets what changed meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from oncall_rota.paging.handoff import clock
from oncall_rota.schedule import shifts
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment

Span = tuple[int, int]  # whole seconds since 1970, half-open
Shifts = Mapping[str, tuple[Span, ...]]  # by `team/schedule`, in order, none touching the next
MOST = 20  # lines of a notice
CHANGED = "your shifts changed"


class Known(NamedTuple):
    """What a person was told last, or found when this began: their shifts in `[since, until)`.

    `number`: how often they were told anything; so no two texts of one person are alike.
    """

    since: int
    until: int
    shifts: Shifts
    number: int = 0

    def json(self) -> str:
        """As it is kept."""
        return json.dumps([1, self.number, self.since, self.until, dict(self.shifts)], separators=(",", ":"))


def known(text: str) -> Known | None:
    """What `Known.json` wrote; None for anything else, such as a later version's."""
    try:
        version, number, since, until, written = json.loads(text)
        spans = {name: tuple([(int(start), int(end)) for start, end in each]) for name, each in written.items()}
    except (ValueError, TypeError, AttributeError):
        return None
    return Known(int(since), int(until), spans, int(number)) if version == 1 else None


class Difference(NamedTuple):
    """A part of a shift that came, or went."""

    start: int
    end: int
    schedule: str
    came: bool


def of_team(team: Team, window: Interval) -> dict[str, dict[str, tuple[Span, ...]]]:
    """Everybody's shifts in a team's schedules, by person and `team/schedule`."""
    found: dict[str, dict[str, tuple[Span, ...]]] = {}
    for schedule in team.schedules.values():
        name = f"{schedule.team}/{schedule.name}"
        for shift in shifts(schedule, window):
            own = found.setdefault(shift.person, {})
            own[name] = (*own.get(name, ()), (shift.start, shift.end))
    return found


def differences(before: Known, now: Known, at: datetime) -> tuple[Difference, ...]:
    """What came and what went of somebody's shifts, from `at` on, as far ahead as both know; in order of time."""
    low, high = max(epoch(at), before.since, now.since), min(before.until, now.until)
    found: list[Difference] = []
    for name in {*before.shifts, *now.shifts}:
        old, new = (_within(each.shifts.get(name, ()), low, high) for each in (before, now))
        found += [Difference(*span, name, True) for span in _without(new, old)]
        found += [Difference(*span, name, False) for span in _without(old, new)]
    return tuple(sorted(found))


def _within(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and low < end]


def _without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What of `spans` is in none of `others`; both are in order."""
    found: list[Span] = []
    for start, end in spans:
        at = start
        for low, high in others:
            if high <= at or end <= low:
                continue
            if at < low:
                found.append((at, low))
            at = max(at, high)
        if at < end:
            found.append((at, end))
    return found


def words(found: Sequence[Difference], timezone: str) -> tuple[str, tuple[str, ...]]:
    """A line that says how many, and one for each; on a person's own clock."""
    came, went = (sum(each.came is is_new for each in found) for is_new in (True, False))
    parts = [f"{number} {word}" for number, word in ((came, "new"), (went, "no longer yours")) if number]
    names = ", ".join(sorted({each.schedule for each in found}))
    lines = [
        f"{'now yours' if each.came else 'no longer yours'}: {each.schedule}, "
        f"{clock(moment(each.start), timezone)} until {clock(moment(each.end), timezone)}"
        for each in found
    ]
    more = [f"and {len(lines) - MOST} more: oncall me"] if len(lines) > MOST else []
    return f"{names}: {' and '.join(parts)} ({timezone})", (*lines[:MOST], *more)


def joined(teams: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Everybody's shifts in all teams."""
    found: dict[str, dict[str, Any]] = {}
    for each in teams:
        for person, own in each.items():
            found.setdefault(person, {}).update(own)
    return found
