"""When a severity's hours open: a low severity waits for the morning."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.schedule.model import HolidayCalendar, Window
from oncall_rota.schedule.window import Holidays, Hours
from oncall_rota.timeline.zone import epoch, moment, zone

_SEARCHED = timedelta(days=15)  # longer than any run of holidays and weekends that a week has


def opening(hours: Window, holidays: HolidayCalendar | None, timezone: str, now: datetime) -> datetime:
    """The first instant at or after `now` in a window of a zone's clock; `now` itself when it never opens."""
    clock = zone(timezone)
    low, high = clock.reading(epoch(now)), clock.reading(epoch(now + _SEARCHED))
    for start, _ in Hours(hours, None, Holidays(holidays)).spans(low, high):
        return max(now, moment(clock.instant(start)))
    return now
