"""The options of `override add`, checked and in the words of the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from oncall_rota.cli.selection import person_named
from oncall_rota.cli.setting import asked_at, asked_span
from oncall_rota.config import Catalog, suggest
from oncall_rota.config.entry import cleaned
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.humantime import day
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.zone import DAY, Zone, epoch, moment, wall

_EPOCH_DAY = date(1970, 1, 1).toordinal()
Entry = dict[str, str | list[str]]


class Wanted(NamedTuple):
    """As they were written."""

    name: str
    who: tuple[str, ...]
    also: tuple[str, ...]
    without: str | None
    swap: tuple[str, str] | None
    instead_of: str | None
    layer: str | None
    from_: str
    until: str | None
    for_: str | None
    through: str | None
    reason: str | None


class Times(NamedTuple):
    """An override's window: as instants, and as the file says it in the team's zone."""

    start_at: datetime
    end_at: datetime
    written: dict[str, str]


def entry_of(wanted: Wanted, times: Times, team: Team, schedule: Schedule | None, catalog: Catalog) -> Entry:
    """The keys and values of the new line, in the order in which they are written."""
    entry: Entry = {**_verb(wanted, catalog)}
    first_only = not (wanted.without or wanted.swap)
    if schedule is not None and not (first_only and schedule is team.first):
        entry["schedule"] = schedule.name
    if wanted.layer is not None:
        entry["layer"] = _layer(wanted.layer, [schedule] if schedule else list(team.schedules.values()))
    entry |= times.written
    if reason := cleaned(wanted.reason or ""):
        entry["reason"] = " ".join(reason.split())
    return entry


def _verb(wanted: Wanted, catalog: Catalog) -> Entry:
    given = [
        option
        for option, value in (
            ("--who", wanted.who), ("--add", wanted.also), ("--remove", wanted.without), ("--swap", wanted.swap),
        )
        if value
    ]  # fmt: skip
    if len(given) != 1:
        what = f"{' and '.join(given)} do not go together" if given else "nothing says what is to change"
        raise UsageError(what, "give one of --who P, --add P, --remove P, --swap P P")
    if wanted.instead_of and not wanted.who:
        raise UsageError("--instead-of goes with --who", "--who NEW --instead-of OLD")
    if wanted.who == ("nobody",):
        people = ["nobody"]
    else:
        asked = wanted.who or wanted.also or wanted.swap or (wanted.without or "",)
        people = [person_named(catalog, each) for each in asked]
    if wanted.swap:
        return {"swap": people}
    if wanted.without:
        return {"remove": people[0]}
    verb: Entry = {"who" if wanted.who else "add": people[0] if len(people) == 1 else people}
    if wanted.instead_of:
        verb["instead_of"] = person_named(catalog, wanted.instead_of)
    return verb


def _layer(name: str, schedules: Sequence[Schedule]) -> str:
    known = [layer.name for schedule in schedules for layer in schedule.layers]
    if name in known:
        return name
    meant = suggest(name, known)
    raise UnknownName(
        f"no layer {name!r}", f"did you mean {meant!r}?" if meant else f"there is {', '.join(dict.fromkeys(known))}"
    )


def times_of(wanted: Wanted, team: Zone, shown: Zone, now: datetime) -> Times:
    """The window that was asked for. Raises `UsageError`, also for an instant that the file cannot name."""
    ends = [each for each in (wanted.until, wanted.for_, wanted.through) if each is not None]
    if len(ends) != 1:
        raise UsageError(
            "give --until, --for or --through, and only one of them" if ends else "no end is given",
            "--until WHEN, --for 2d, or --through DATE for whole days",
        )
    if wanted.through is not None:
        return _whole_days(wanted.from_, wanted.through, team, now)
    start_at = asked_at(wanted.from_, "--from", now, shown)
    if wanted.from_ == "now":
        start_at = moment(epoch(start_at) // 60 * 60)
    if wanted.until is not None:
        end_at = asked_at(wanted.until, "--until", now, shown)
    else:
        end_at = asked_span(wanted.for_ or "", "--for", start_at, shown)
    if end_at <= start_at:
        raise UsageError(f"the override ends before it begins: --until {wanted.until!r}")
    return Times(start_at, end_at, {"from": _written(start_at, team), "until": _written(end_at, team)})


def _whole_days(from_: str, through: str, team: Zone, now: datetime) -> Times:
    """With --through both ends are whole days of the team, today when --from is left out."""
    days = []
    for option, text in (("--from", "today" if from_ == "now" else from_), ("--through", through)):
        try:
            days.append(day(text, now, team))
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from None
    first, last = days
    if last < first:
        raise UsageError(f"--through {last} is before --from {first}")
    ends = [moment(team.instant(_midnight(each))) for each in (first, last + timedelta(days=1))]
    return Times(ends[0], ends[1], {"from": first.isoformat(), "through": last.isoformat()})


def _midnight(day_: date) -> int:
    return wall(datetime(day_.year, day_.month, day_.day))


def _written(at: datetime, team: Zone) -> str:
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
