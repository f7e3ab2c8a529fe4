"""Holidays of countries and events of `.ics` files: the only door to icalendar, dateutil and holidays.

Importing this package costs nothing; what a function needs is imported when it is called.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from oncall_rota.schedule.model import HolidayCalendar


class CalendarEvent(NamedTuple):
    """One occurrence of an event, `[start_at, end_at)` in UTC. `line`: where the event begins in its file."""

    start_at: datetime
    end_at: datetime
    summary: str
    line: int


class CalendarFileError(ValueError):
    """An `.ics` file that cannot be understood: `path` as given, `line` from 1 when known, `reason`."""

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


def country_holidays(name: str) -> HolidayCalendar:
    """The public holidays of a country or one of its parts: `GB-ENG`, `US`, `US-CA`, `DE-BY`.

    Observed days count. Raises `ValueError`, with a message for people, for an unknown name.
    """
    from oncall_rota.calendar.country import country_holidays as holidays

    return holidays(name)


def ics_holidays(path: Path) -> HolidayCalendar:
    """Every day that an event of an `.ics` file touches, on the clock in which the event is written.

    The file is read and checked now. Raises `CalendarFileError` (a `ValueError`).
    """
    from oncall_rota.calendar.ics import ics_holidays as holidays

    return holidays(path)


def ics_shifts(path: Path, zone: str, window: tuple[datetime, datetime]) -> tuple[CalendarEvent, ...]:
    """The events of an `.ics` file that touch `window` (aware instants), whole, sorted by start.

    All-day events are whole days in `zone` (an IANA name), floating times are in `zone`, others in their own.
    Raises `CalendarFileError` (a `ValueError`).
    """
    from oncall_rota.calendar.ics import ics_shifts as shifts

    return shifts(path, zone, window)


__all__ = ["CalendarEvent", "CalendarFileError", "country_holidays", "ics_holidays", "ics_shifts"]
