"""Calendars that a file names: holidays, each made once, and the events of an `.ics` file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oncall_rota.config.document import Document, Sequence
from oncall_rota.config.field import BAD
from oncall_rota.config.problem import shown
from oncall_rota.schedule.model import HolidayCalendar

if TYPE_CHECKING:
    from oncall_rota.calendar import CalendarEvent
    from oncall_rota.config.folder import Folder

# A calendar may repeat for ever; what lies outside these years is nobody's concern.
YEARS = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC))
MOST_EVENTS = 20_000  # a daily event without an end comes to 12,800


def events_of(path: Path, timezone: str) -> tuple[CalendarEvent, ...]:
    """The events of an `.ics` file; days and floating times are those of `timezone`. Raises `ValueError`."""
    from oncall_rota import calendar  # only folders with a calendar pay for it

    found = calendar.ics_shifts(path, timezone, YEARS)
    if len(found) > MOST_EVENTS:
        raise ValueError(f"more than {MOST_EVENTS:,} events, repetitions counted")
    return found


class Union:
    """Several calendars as one."""

    __slots__ = ("calendars",)

    def __init__(self, calendars: tuple[HolidayCalendar, ...]) -> None:
        self.calendars = calendars

    def days(self, year: int) -> Iterable[date]:
        """The holidays of one calendar year, in any of them."""
        return sorted({day for calendar in self.calendars for day in calendar.days(year)})


class Unreadable:
    """Stands for holidays that were written wrongly (reported), so that they are not said to be missing as well."""

    __slots__ = ()

    def days(self, year: int) -> Iterable[date]:
        """No days."""
        return ()


class Calendars:
    """The calendars of a folder, by the text that names them."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._made: dict[str, HolidayCalendar | str] = {}

    def read(self, names: Any, node: Any, document: Document) -> HolidayCalendar:
        """The calendar of what `holidays:` says; one without days where it says nothing good (reported)."""
        nodes = node if node.__class__ is Sequence else (node,)
        made = [self._one(name, at, document) for name, at in zip(names, nodes, strict=False) if name is not BAD]
        good = tuple(calendar for calendar in made if calendar is not None)
        if len(good) > 1:
            return Union(good)
        return good[0] if good else Unreadable()

    def _one(self, name: str, node: Any, document: Document) -> HolidayCalendar | None:
        path = None
        if name.lower().endswith(".ics"):
            path = self.folder.attachment(name, node, document)
            if path is None:
                return None
        if name not in self._made:
            from oncall_rota import calendar  # only folders with holidays pay for it

            try:
                self._made[name] = calendar.country_holidays(name) if path is None else calendar.ics_holidays(path)
            except ValueError as error:
                self._made[name] = reason(error)
        found = self._made[name]
        if isinstance(found, str):
            hint = "write a country, or country and subdivision, as in GB-ENG, or an .ics file"
            document.error(
                node,
                "bad-holidays",
                found if name in found else f"{shown(name)}: {found}",
                "" if "did you mean" in found else hint,
            )
            return None
        return found


def reason(error: ValueError) -> str:
    """What a calendar's reader says, without the path of the file."""
    said: str = getattr(error, "reason", "") or str(error)
    line: int | None = getattr(error, "line", None)
    return f"line {line}: {said}" if line else said
