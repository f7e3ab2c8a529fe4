"""An override that somebody wants, in the words of a team's file; and what it would do, before any file has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from oncall_rota.config.entry import cleaned
from oncall_rota.config.problem import known, suggest
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.schedule.model import Override, Schedule, Source, Team
from oncall_rota.timeline.zone import DAY, Zone, epoch, moment, wall

Entry = dict[str, str | list[str]]
QUARTER = timedelta(minutes=15)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class Deed(NamedTuple):
    """What an override is to do, apart from when: people by id, as they were named."""

    who: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    without: str | None = None
    swap: tuple[str, ...] = ()
    instead_of: str | None = None
    layer: str | None = None
    reason: str | None = None


def entry_of(
    deed: Deed,
    times: Mapping[str, str],
    team: Team,
    schedule: Schedule | None,
    people: Collection[str],
    dash: str = "--",
) -> Entry:
    """The keys and values of the new line, in the order in which they are written.

    `times`: as the file says them. `dash`: what stands before the names of options in messages. Raises `UnknownName`,
    `UsageError`.
    """
    entry: Entry = {**_verb(deed, people, dash)}
    first_only = not (deed.without or deed.swap)
    if schedule is not None and not (first_only and schedule is team.first):
        entry["schedule"] = schedule.name
    if deed.layer is not None:
        entry["layer"] = _layer(deed.layer, [schedule] if schedule else list(team.schedules.values()))
    entry |= times
    if reason := cleaned(deed.reason or ""):
        entry["reason"] = " ".join(reason.split())
    return entry


def _verb(deed: Deed, people: Collection[str], dash: str) -> Entry:
    given = [
        f"{dash}{option}"
        for option, value in (("who", deed.who), ("add", deed.also), ("remove", deed.without), ("swap", deed.swap))
        if value
    ]
    if len(given) != 1:
        what = f"{' and '.join(given)} do not go together" if given else "nothing says what is to change"
        raise UsageError(what, f"give one of {dash}who P, {dash}add P, {dash}remove P, {dash}swap P P")
    if deed.instead_of and not deed.who:
        raise UsageError(f"{dash}instead-of goes with {dash}who", f"{dash}who NEW {dash}instead-of OLD")
    if deed.who == ("nobody",):
        named = ["nobody"]
    else:
        asked = deed.who or deed.also or deed.swap or (deed.without or "",)
        named = [_person(each, people) for each in asked]
    if twice := [each for number, each in enumerate(named) if each in named[:number]]:
        raise UsageError(f"{twice[0]} stands there twice", "name each person once")
    if deed.swap:
        if len(named) != 2:
            raise UsageError(f"{dash}swap is between two people")
        return {"swap": named}
    if deed.without:
        return {"remove": named[0]}
    verb: Entry = {"who" if deed.who else "add": named[0] if len(named) == 1 else named}
    if deed.instead_of:
        verb["instead_of"] = _person(deed.instead_of, people)
    return verb


def _person(name: str, people: Collection[str]) -> str:
    if name in people:
        return name
    raise UnknownName(f"no person {name!r} in people.yaml", known(name, people))


def _layer(name: str, schedules: Sequence[Schedule]) -> str:
    there = [layer.name for schedule in schedules for layer in schedule.layers]
    if name in there:
        return name
    meant = suggest(name, there)
    raise UnknownName(
        f"no layer {name!r}", f"did you mean {meant!r}?" if meant else f"there is {', '.join(dict.fromkeys(there))}"
    )


def clock_text(at: datetime, team: Zone) -> str:
    """A team-local time, for the file. Some instants have none: the second pass of a repeated hour."""
    clock = team.clock(epoch(at))
    if team.instant(clock) != epoch(at):
        raise UsageError(
            f"{at:%Y-%m-%dT%H:%MZ} is in an hour that {team.name} reads twice, and a time there means the first pass",
            "choose a time before or after that hour",
        )
    days, seconds = divmod(clock, DAY)
    text = f"{date.fromordinal(days + _EPOCH_DAY)} {seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 else text


class Hours(NamedTuple):
    """An override's window: as instants, and as the file says it in the team's zone."""

    start_at: datetime
    end_at: datetime
    written: dict[str, str]


def hours(start_at: datetime, end_at: datetime, team: Zone) -> Hours:
    """The shortest window that a file can say and that holds all of these hours.

    Nobody who takes cover in the night in which clocks go back has to think of it.
    """
    while team.instant(team.clock(epoch(start_at))) != epoch(start_at):
        start_at -= QUARTER
    while team.instant(team.clock(epoch(end_at))) != epoch(end_at):
        end_at += QUARTER
    return Hours(start_at, end_at, {"from": clock_text(start_at, team), "until": clock_text(end_at, team)})


def whole_days(first: date, last: date, team: Zone, dash: str = "--") -> Hours:
    """From the first midnight of one day to the last of the other, in the team's zone. Raises `UsageError`."""
    if last < first:
        raise UsageError(f"{dash}through {last} is before {dash}from {first}")
    midnights = [datetime(each.year, each.month, each.day) for each in (first, last + timedelta(days=1))]
    start_at, end_at = [moment(team.instant(wall(each))) for each in midnights]
    return Hours(start_at, end_at, {"from": first.isoformat(), "through": last.isoformat()})


def placed(
    entry: Entry, team: Team, start_at: datetime, end_at: datetime, override_id: str, by: str
) -> dict[str, Override]:
    """What a good entry adds to each schedule of a team, as it will when it is read."""
    verb: str = next(key for key in ("swap", "remove", "add", "who") if key in entry)
    given = entry[verb]
    people = (given,) if isinstance(given, str) else tuple(given)
    person = None
    if verb == "remove":
        person = people[0]
    elif "instead_of" in entry:
        verb, person = "instead_of", str(entry["instead_of"])
    if people == ("nobody",):
        people = ()
    layer = str(entry["layer"]) if "layer" in entry else None
    if "schedule" in entry:
        schedules = [team.schedules[str(entry["schedule"])]]
    else:
        schedules = [*team.schedules.values()] if verb in ("swap", "remove") else [team.first]
    reason = str(entry["reason"]) if "reason" in entry else None
    source = Source(f"live override {override_id}", 0)
    line = Override(verb, people, start_at, end_at, source, person, layer, override_id, reason, by)
    return {each.name: line for each in schedules if layer is None or layer in [layer_.name for layer_ in each.layers]}
