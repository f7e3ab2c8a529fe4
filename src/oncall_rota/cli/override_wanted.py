"""The options of `override add`, checked and in the words of the file."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from oncall_rota.cli.setting import asked_at, asked_span
from oncall_rota.config import Catalog
from oncall_rota.config import wanted as wanting
from oncall_rota.config.wanted import Deed, Entry, Hours, clock_text, hours
from oncall_rota.errors import UsageError
from oncall_rota.humantime import day
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.zone import Zone, epoch, moment, wall


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


def entry_of(wanted: Wanted, times: Hours, team: Team, schedule: Schedule | None, catalog: Catalog) -> Entry:
    """The keys and values of the new line, in the order in which they are written."""
    return wanting.entry_of(deed_of(wanted), times.written, team, schedule, catalog.people)


def deed_of(wanted: Wanted) -> Deed:
    """What it is to do, apart from when."""
    who, also, swap = wanted.who, wanted.also, wanted.swap or ()
    return Deed(who, also, wanted.without, swap, wanted.instead_of, wanted.layer, wanted.reason)


def times_of(wanted: Wanted, team: Zone, shown: Zone, now: datetime, *, outward: bool = False) -> Hours:
    """The window that was asked for. Raises `UsageError`, also for an instant that the file cannot name.

    `outward`: then it is a little longer instead.
    """
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
    if outward:
        return hours(start_at, end_at, team)
    return Hours(start_at, end_at, {"from": clock_text(start_at, team), "until": clock_text(end_at, team)})


def _whole_days(from_: str, through: str, team: Zone, now: datetime) -> Hours:
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
    return Hours(ends[0], ends[1], {"from": first.isoformat(), "through": last.isoformat()})


def _midnight(day_: date) -> int:
    return wall(datetime(day_.year, day_.month, day_.day))
