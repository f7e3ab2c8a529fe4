"""When a notice may come: not in somebody's quiet hours, and not when it tells nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from oncall_rota.paging.claimed import NEWS
from oncall_rota.timeline.zone import DAY, epoch, moment, zone

Quiet = tuple[int, int]


class Time(NamedTuple):
    """From when until when, `[due_at, until_at)`, a notice may be sent."""

    due_at: datetime
    until_at: datetime


def quiet_until(at: datetime, quiet: Quiet | None, timezone: str) -> datetime | None:
    """The end of the quiet hours that an instant is in; None: it is in none."""
    return next((end for start, end in _hours(at, quiet, timezone) if start <= at < end), None)


def before_or_after(wanted: Time, quiet: Quiet | None, timezone: str) -> Time:
    """When something may be told that is to be known at `wanted.until_at`: after the quiet hours, or else before."""
    for start, end in _hours(wanted.due_at, quiet, timezone):
        if not start <= wanted.due_at < end:
            continue
        return Time(end, wanted.until_at) if end < wanted.until_at else Time(start - NEWS, start)
    begins = [start for start, _ in _hours(wanted.until_at, quiet, timezone) if start > wanted.due_at]
    return Time(wanted.due_at, min([wanted.until_at, *begins]))


def after(wanted: Time, last_at: datetime, quiet: Quiet | None, timezone: str) -> Time | None:
    """When something may be told that has happened: after the quiet hours; None: after `last_at` it is of no use."""
    end = quiet_until(wanted.due_at, quiet, timezone)
    if end is None:
        return wanted
    return Time(end, end + (wanted.until_at - wanted.due_at)) if end < last_at else None


def _hours(at: datetime, quiet: Quiet | None, timezone: str) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours of that day and its neighbours."""
    if quiet is None:
        return
    here, (start, end) = zone(timezone), quiet
    today = here.clock(epoch(at)) // DAY
    for day in range(today - 1, today + 2):
        last = day * DAY + end + (DAY if end <= start else 0)
        yield moment(here.instant(day * DAY + start)), moment(here.instant(last))
