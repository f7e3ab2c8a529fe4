"""What a feed is about: a team, a schedule, a person, or where nobody is on; the same for files and for a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from oncall_rota.feeds.feed import Style, feed
from oncall_rota.feeds.identity import Remembered
from oncall_rota.feeds.name import Names
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.interval import Interval


class Subject(NamedTuple):
    """One feed to build. `file`: its path in a folder of feeds. `person`: only theirs. `shifts` False: only gaps."""

    file: str
    title: str
    schedules: tuple[Schedule, ...]
    timezone: str
    person: str | None = None
    shifts: bool = True

    def body(
        self, names: Names, window: Interval, style: Style, published: Mapping[str, Remembered] | None = None
    ) -> bytes:
        """The feed's bytes. `published`: as of `feed`."""
        if not self.shifts:
            style = replace(style, gaps=True, shifts=False)
        made = feed(
            self.title,
            self.schedules,
            names,
            window,
            person=self.person,
            timezone=self.timezone,
            style=style,
            published=published,
        )
        return made.body


def of_team(team: Team) -> Subject:
    """All schedules of a team."""
    return Subject(f"{team.name}.ics", f"{team.name} on call", tuple(team.schedules.values()), team.timezone)


def of_schedule(schedule: Schedule) -> Subject:
    """One schedule."""
    team, name = schedule.team, schedule.name
    return Subject(f"{team}/{name}.ics", f"{team} {name} on call", (schedule,), schedule.timezone)


def of_person(person: str, names: Names, timezone: str | None, schedules: Iterable[Schedule]) -> Subject:
    """One person's shifts. `timezone`: theirs, if they have said so."""
    return Subject(f"{person}.ics", f"{names[person]} on call", tuple(schedules), timezone or "UTC", person)


def of_gaps(teams: Iterable[Team]) -> Subject:
    """Where nobody is on though somebody must be."""
    found = tuple(teams)
    alone = found[0] if len(found) == 1 else None
    schedules = tuple(schedule for team in found for schedule in team.schedules.values())
    title = f"{alone.name} gaps" if alone is not None else "gaps"
    return Subject("gaps.ics", title, schedules, alone.timezone if alone is not None else "UTC", shifts=False)
