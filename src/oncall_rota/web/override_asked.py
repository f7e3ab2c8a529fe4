"""The body of an override that takes effect at once: the options of `oncall override add`, by their names."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oncall_rota.config.reach import people_of
from oncall_rota.config.wanted import Deed, Entry, Hours, entry_of, hours, whole_days
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.humantime import asked
from oncall_rota.paging.configuration import Configuration
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.zone import epoch, moment, zone
from oncall_rota.web import query_asked
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import Fields

ME = "me"  # in `who` and `add`: the person whose token it is
MINE = "-"  # in the place of a team's name: the only one in whose schedules that person is
FIELDS = {
    "schedule": "Only in this schedule of the team; else its first, and all of them with `remove` and `swap`.",
    "who": "Takes the window: a person's id, several, `me`, or `nobody`.",
    "add": "On call as well.",
    "remove": "Off call in every layer.",
    "swap": "Two people, each of whom takes the other's turns.",
    "instead_of": "With `who`: only where this person is on.",
    "layer": "Only in this layer, while it is active.",
    "from": "Where it begins; now when left out.",
    "until": "Where it ends, not included.",
    "for": "How long, instead of `until`: 2h, 3d.",
    "through": "Instead of both: whole days, this one included.",
    "tz": "The zone of local times; the team's when left out.",
    "reason": "Why, for people.",
}


class Asked(NamedTuple):
    """An override that makes sense."""

    team: Team
    entry: Entry
    hours: Hours


def override(fields: Fields, team_name: str, configuration: Configuration, now: datetime, me: str | None) -> Asked:
    """What is wanted. Raises `Refused`. `me`: whose token it is."""
    team = team_of(team_name, configuration, me)
    named = fields.text("schedule", 80)
    schedule = query_asked.schedules(configuration, team.name, named)[0] if named is not None else None
    swap = _people(fields, "swap", me)
    deed = Deed(
        _people(fields, "who", me),
        _people(fields, "add", me),
        fields.text("remove", 80),
        swap,
        fields.text("instead_of", 80),
        fields.text("layer", 200),
        fields.text("reason", 500),
    )
    try:
        times = _hours(fields, team, now)
        entry = entry_of(deed, times.written, team, schedule, configuration.people, "")
    except (UsageError, UnknownName) as error:
        raise Refused(404 if isinstance(error, UnknownName) else 400, str(error), error.hint) from None
    return Asked(team, entry, times)


def team_of(name: str, configuration: Configuration, me: str | None) -> Team:
    """The team of that name; `-` is the only one that the person of the token serves. Raises `Refused`."""
    if name == MINE:
        if me is None:
            raise Refused(400, "this token is nobody's, so that it has no team", "name the team")
        known_: dict[int, frozenset[str]] = {}
        mine = [
            team.name
            for team in configuration.teams.values()
            if any(me in people_of(schedule, known_) for schedule in team.schedules.values())
        ]
        if len(mine) != 1:
            what = f"{me} serves {' and '.join(mine)}" if mine else f"{me} serves no team"
            raise Refused(400, what, "name the team")
        name = mine[0]
    query_asked.schedules(configuration, name, "")
    return configuration.teams[name]


def _people(fields: Fields, name: str, me: str | None) -> tuple[str, ...]:
    """One person or several, `me` by their id."""
    found = fields.several(name)
    if ME in found and me is None:
        raise Refused(400, f"{name}: this token is nobody's, so that there is no 'me'", "name the person")
    return tuple([me if each == ME and me is not None else each for each in found])


def _hours(fields: Fields, team: Team, now: datetime) -> Hours:
    given = {name: fields.text(name, 80) for name in ("from", "until", "for", "through", "tz")}
    ends = [name for name in ("until", "for", "through") if given[name] is not None]
    if len(ends) != 1:
        raise UsageError("give until, for or through, and only one of them" if ends else "no end is given")
    here = zone(team.timezone)
    shown = here if given["tz"] is None else query_asked.shown({"tz": given["tz"]})
    if given["through"] is not None:
        first = asked.whole_day(given["from"] or "today", "from", now, here)
        return whole_days(first, asked.whole_day(given["through"], "through", now, here), here, "")
    start_at = asked.instant(given["from"] or "now", "from", now, shown)
    if given["from"] in (None, "now"):
        start_at = moment(epoch(start_at) // 60 * 60)
    if given["until"] is not None:
        end_at = asked.instant(given["until"], "until", now, shown)
    else:
        end_at = asked.end(given["for"] or "", "for", start_at, shown)
    if end_at <= start_at:
        raise UsageError(f"the override ends before it begins: until {given['until']!r}")
    return hours(start_at, end_at, here)
