"""When a severity's hours open: a low severity waits for the morning."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall_rota.schedule.model import HolidayCalendar, Window
from oncall_rota.schedule.window import Holidays, Hours
from oncall_rota.timeline.zone import epoch, moment, zone

# The first is longer than any run of holidays and weekends that a working week has; the second than a year.
_SEARCHED = (timedelta(days=15), timedelta(days=400))


def opening(hours: Window, holidays: HolidayCalendar | None, timezone: str, now: datetime) -> datetime:
    """The first instant at or after `now` in a window of a zone's clock; `now` itself when it never opens."""
    clock = zone(timezone)
    low, open_ = clock.reading(epoch(now)), Hours(hours, None, Holidays(holidays))
    for searched in _SEARCHED:
        for start, _ in open_.spans(low, clock.reading(epoch(now + searched))):
            return max(now, moment(clock.instant(start)))
    return now
