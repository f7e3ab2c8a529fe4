"""The options of `override add`, checked and in the words of the file."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oncall_rota.cli.setting import asked_at, asked_span
from oncall_rota.config import Catalog
from oncall_rota.config import wanted as wanting
from oncall_rota.config.wanted import Deed, Entry, Hours, clock_text, hours, whole_days
from oncall_rota.errors import UsageError
from oncall_rota.humantime.asked import whole_day
from oncall_rota.schedule.model import Schedule, Team
from oncall_rota.timeline.zone import Zone, epoch, moment


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
        first = whole_day("today" if wanted.from_ == "now" else wanted.from_, "--from", now, team)
        return whole_days(first, whole_day(wanted.through, "--through", now, team), team)
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
