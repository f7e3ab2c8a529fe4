"""What people are told of a handoff: before their shift begins, and when it does, who takes over from whom.

Pure: schedules and people in, notices out; whoever sends them sees to it that each goes once, by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.claimed import NEWS
from oncall_rota.paging.model import Reach
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.quiet import Time, after, before_or_after
from oncall_rota.paging.saved import readable
from oncall_rota.schedule import shifts
from oncall_rota.schedule.engine import Shift
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import zone

DAY = timedelta(days=1)
LONGEST = timedelta(days=100)  # of a shift whose end is told
MOST = 10  # incidents of a notice; the others are counted
SOON, HANDOFF = "your shift begins soon", "handoff"


class Notice(NamedTuple):
    """Something to tell one person in `[due_at, until_at)`, once: `key` is what it is remembered by.

    `team`: whose open incidents belong to it.
    """

    due_at: datetime
    until_at: datetime
    key: str
    person: str
    team: str
    what: str
    text: str


def handoffs(team: Team, people: Mapping[str, Reach], ahead: timedelta, window: Interval) -> tuple[Notice, ...]:
    """The notices of a team's handoffs that may be sent at some time in a window, by when they are due.

    `ahead`: how long before their shift somebody is told of it.
    """
    found: list[Notice] = []
    for schedule in team.schedules.values():
        found += _of_schedule(schedule, people, ahead, window)
    return tuple(sorted([each for each in found if each.due_at < window[1] and window[0] < each.until_at]))


def _of_schedule(
    schedule: Schedule, people: Mapping[str, Reach], ahead: timedelta, window: Interval
) -> Iterable[Notice]:
    # Quiet hours bring a notice forward, or keep it, by less than a day.
    low, high = window[0] - 2 * DAY, window[1] + ahead + 2 * DAY
    every = [each for each in shifts(schedule, Interval(low, high)) if each.start_at < each.end_at]
    begin: dict[datetime, list[Shift]] = {}
    end: dict[datetime, list[Shift]] = {}
    for shift in every:
        begin.setdefault(shift.start_at, []).append(shift)
        end.setdefault(shift.end_at, []).append(shift)
    for at in sorted({*begin, *end} - {low, high}):
        before, now = end.get(at, []), begin.get(at, [])
        for shift in now:
            reach = people.get(shift.person)
            if reach is not None:
                yield from _to_next(schedule, shift, _named(before, people), reach, ahead)
        for shift in before:
            reach = people.get(shift.person)
            if reach is not None:
                yield from _to_last(schedule, shift, _named(now, people), reach)


def _to_next(schedule: Schedule, shift: Shift, before: str, reach: Reach, ahead: timedelta) -> Iterable[Notice]:
    """To who takes over: some time before, and when it is so."""
    name, at, timezone = f"{schedule.team}/{schedule.name}", shift.start_at, reach.timezone or schedule.timezone
    end_at = _end_of(schedule, shift)
    span = f"{clock(at, timezone)}{f' until {clock(end_at, timezone)}' if end_at else ' on'} ({timezone})"
    taken = f", you take over from {before}" if before else ""
    key = f"{name} {shift.person} {at:%Y-%m-%dT%H:%M:%SZ}"
    if ahead > timedelta(0):
        soon = before_or_after(Time(at - ahead, at), reach.wishes.quiet, timezone)
        yield Notice(*soon, f"soon {key}", shift.person, schedule.team, SOON, f"{name}, {span}{taken}")
    begun = after(Time(at, at + NEWS), end_at or at + DAY, reach.wishes.quiet, timezone)
    if begun is not None:
        text = f"you are on call for {name}, {span}{taken}"
        yield Notice(*begun, f"begins {key}", shift.person, schedule.team, HANDOFF, text)


def _end_of(schedule: Schedule, shift: Shift) -> datetime | None:
    """When a shift ends, which was cut where nobody looked further; None: not for a long time."""
    last = shift.start_at + LONGEST
    every = shifts(schedule, Interval(shift.start_at, last))
    end_at = next(each.end_at for each in every if each.person == shift.person)
    return end_at if end_at < last else None


def _to_last(schedule: Schedule, shift: Shift, now: str, reach: Reach) -> Iterable[Notice]:
    """To whose shift has ended."""
    name, at, timezone = f"{schedule.team}/{schedule.name}", shift.end_at, reach.timezone or schedule.timezone
    over = after(Time(at, at + NEWS), at + DAY, reach.wishes.quiet, timezone)
    if over is not None:
        who = f"{now} took over {name} from you" if now else f"nobody took over {name} from you"
        key = f"ends {name} {shift.person} {at:%Y-%m-%dT%H:%M:%SZ}"
        yield Notice(*over, key, shift.person, schedule.team, HANDOFF, f"{who} at {clock(at, timezone)} ({timezone})")


def clock(at: datetime, timezone: str) -> str:
    """An instant for a person: `Mon 22 Jun 09:00`."""
    return f"{at.astimezone(zone(timezone).info):%a %d %b %H:%M}"


def _named(shifts_: Sequence[Shift], people: Mapping[str, Reach]) -> str:
    """Several people by name."""
    return " and ".join([people[each.person].name if each.person in people else each.person for each in shifts_])


def open_lines(rows: Sequence[IncidentRow], public_url: str | None) -> tuple[str, ...]:
    """What is open, newest first, each with its page for people where there is a server."""
    if not rows:
        return ("No open incidents",)
    lines = [_line(row, public_url) for row in rows[:MOST]]
    more = [f"and {len(rows) - MOST} more"] if len(rows) > MOST else []
    return (f"Open incidents: {len(rows)}", *lines, *more)


def _line(row: IncidentRow, public_url: str | None) -> str:
    incident = readable(row)
    taken = f", taken by {incident.acknowledged_by}" if incident.acknowledged_by else ""
    link = f" {public_url.rstrip('/')}/incidents/{row.id}" if public_url else ""
    return f"{incident.severity}: {incident.summary} ({incident.status}{taken}){link}"
