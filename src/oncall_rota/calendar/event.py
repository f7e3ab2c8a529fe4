"""One VEVENT: its wall times and its rule, read by icalendar and checked here.

Times stay as they are written: a naive clock and the name of its zone. icalendar's own zones are never used.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from oncall_rota.calendar.content import EventText
from oncall_rota.calendar.recurrence import Rule, rule
from oncall_rota.timeline.zone import moment, wall, zone

_JOINERS = "\u200c\u200d"  # names are written with them
_MAX_SPAN = timedelta(days=4000)
FIRST_YEAR, LAST_YEAR = 1800, 2200


class EventError(ValueError):
    """What is wrong with an event, and the line that says it."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as written. `all_day`: `clock` is midnight of a date. `zone_name` None: floating."""

    clock: datetime
    all_day: bool
    zone_name: str | None

    def on(self, name: str) -> datetime:
        """The same moment on the clock of the zone `name` (itself, when it is floating or a date)."""
        if self.zone_name is None or self.zone_name == name:
            return self.clock
        at = zone(self.zone_name).instant(wall(self.clock))
        return moment(zone(name).clock(at)).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `elapsed`: its length when that is counted in real time (`PT12H`), else `end` says it.

    `more` and `without`: RDATE and EXDATE. `instance`: the occurrence that it stands for, RECURRENCE-ID.
    """

    line: int
    uid: str
    summary: str
    start: Stamp
    end: Stamp
    elapsed: timedelta | None
    cancelled: bool
    rule: Rule | None
    more: tuple[Stamp, ...]
    without: tuple[Stamp, ...]
    instance: Stamp | None
    sequence: int = 0

    def named(self, stamp: Stamp) -> datetime:
        """The UTC clock of the occurrence that `stamp` names; a floating one is on this event's own clock."""
        return Stamp(stamp.clock, stamp.all_day, stamp.zone_name or self.start.zone_name).on("UTC")


def event(text: EventText, zone_name: Callable[[str], str]) -> Event:
    """The event of a VEVENT. `zone_name`: the zone of a TZID, or `ValueError`. Raises `EventError`."""
    component = _component(text)
    lines = {name: number for number, name in reversed([(n, _name(line)) for n, line in text.lines])}

    def stamps(name: str) -> list[Stamp]:
        return _stamps(component, name, lines, zone_name)

    for name in ("DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "UID", "SUMMARY", "STATUS"):
        if isinstance(component.get(name), list):
            raise EventError(lines[name], f"a second {name} in one event")
    if "EXRULE" in component:
        raise EventError(lines["EXRULE"], "EXRULE is not understood: use EXDATE")
    if "DTSTART" not in component:
        raise EventError(text.line, "the event has no DTSTART")
    start = stamps("DTSTART")[0]
    end = _end(component, start, stamps, lines)
    duration = next((line.partition(":")[2].upper() for _, line in text.lines if _name(line) == "DURATION"), "")
    more = stamps("RDATE")
    if any(stamp.all_day != start.all_day for stamp in more):
        raise EventError(lines["RDATE"], "DTSTART and RDATE must both be dates, or both be times")
    instance = next(iter(stamps("RECURRENCE-ID")), None)
    if instance is not None and "RANGE" in component["RECURRENCE-ID"].params:
        raise EventError(lines["RECURRENCE-ID"], "RECURRENCE-ID with RANGE is not understood: split the series")
    if instance is not None and not component.get("UID"):
        raise EventError(lines["RECURRENCE-ID"], "RECURRENCE-ID in an event without UID: of which series?")
    return Event(
        text.line,
        str(component.get("UID", "")),
        _clean(str(component.get("SUMMARY", ""))),
        start,
        end,
        component["DURATION"].dt if duration and not start.all_day and not set("DW") & set(duration) else None,
        str(component.get("STATUS", "")).strip().upper() == "CANCELLED",
        _rule(component, start, lines),
        tuple(more),
        tuple(stamps("EXDATE")),
        instance,
        _sequence(text),
    )


def _name(line: str) -> str:
    return line.partition(":")[0].partition(";")[0].upper()


def _sequence(text: EventText) -> int:
    """How often the event was changed, if it says so."""
    said = [line.partition(":")[2].strip() for _, line in text.lines if _name(line) == "SEQUENCE"]
    return int(said[0]) if said and re.fullmatch("[0-9]{1,10}", said[0]) else 0


def _clean(text: str) -> str:
    """One line without control characters and without marks that turn the direction of writing, composed.

    Apple's file systems and some exports write `e` and an accent; people.yaml is typed.
    """

    def stays(letter: str) -> bool:
        return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")

    kept = (" " if c.isspace() else c for c in text if c.isspace() or stays(c))
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def _component(text: EventText) -> Any:
    """icalendar's reading. It keeps quiet about properties that it cannot read; here they are errors."""
    try:
        import icalendar
    except ImportError:
        raise EventError(text.line, "needs the Python package 'icalendar', which is not installed") from None
    lines = [line for _, line in text.lines if _name(line) != "SEQUENCE"]
    content = "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])
    try:
        with warnings.catch_warnings():  # of time zones that it guesses; they are not used
            warnings.simplefilter("ignore")
            component = icalendar.Event.from_ical(content)
        errors = list(component.errors)
    except Exception as error:  # noqa: BLE001 — a third-party parser may raise anything
        raise EventError(text.line, f"the event cannot be read: {_clean(str(error))[:200]}") from None
    for name, reason in errors:
        line = next((number for number, one in text.lines if _name(one) == name), text.line)
        raise EventError(line, f"{name or 'the event'} cannot be read: {_clean(str(reason))[:200]}")
    return component


def _stamps(component: Any, name: str, lines: dict[str, int], zone_name: Callable[[str], str]) -> list[Stamp]:
    """The times of a property, which may be there several times and hold several."""
    given = component.get(name, [])
    found = []
    for value in given if isinstance(given, list) else [given]:
        try:
            for one in value.dts:
                if isinstance(one.dt, tuple):
                    raise ValueError("periods are not understood, only dates and times")
                params = {key.upper(): str(param) for key, param in (*value.params.items(), *one.params.items())}
                found.append(_stamp(one.dt, params.get("TZID"), zone_name))
        except Exception as error:  # noqa: BLE001 — as above
            raise EventError(lines[name], f"{name}: {error}") from None
    return found


def _stamp(value: Any, tzid: str | None, zone_name: Callable[[str], str]) -> Stamp:
    if not isinstance(value, date):
        raise ValueError("expected a date or a date and time")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year {value.year} is not between {FIRST_YEAR} and {LAST_YEAR}")
    if not isinstance(value, datetime):
        return Stamp(datetime.combine(value, time()), True, None)
    clock = value.replace(tzinfo=None, microsecond=0)
    if tzid is not None and str(value.tzinfo) != "UTC":
        return Stamp(clock, False, zone_name(tzid))
    return Stamp(clock, False, "UTC" if value.tzinfo is not None else None)


def _end(component: Any, start: Stamp, stamps: Callable[[str], list[Stamp]], lines: dict[str, int]) -> Stamp:
    """Where it ends: DTEND, else DURATION, else after a date's day, or at once."""
    if "DTEND" in component and "DURATION" in component:
        raise EventError(lines["DURATION"], "both DTEND and DURATION in one event")
    end = start
    if "DTEND" in component:
        end = stamps("DTEND")[0]
        if end.all_day != start.all_day:
            raise EventError(lines["DTEND"], "DTSTART and DTEND must both be dates, or both be times")
        if (end.zone_name is None) != (start.zone_name is None):
            raise EventError(lines["DTEND"], "of DTSTART and DTEND one has a time zone and the other has none")
    elif "DURATION" in component:
        length = component["DURATION"].dt
        if not isinstance(length, timedelta) or not timedelta() <= length <= _MAX_SPAN:
            raise EventError(lines["DURATION"], "DURATION must be between 0 and 4000 days")
        end = Stamp(start.clock + length, start.all_day, start.zone_name)
        if start.all_day and length % timedelta(days=1):
            raise EventError(lines["DURATION"], "an event on whole days must last whole days")
    if start.all_day and end.clock == start.clock:
        end = Stamp(start.clock + timedelta(days=1), True, None)
    first, last = start.on("UTC"), end.on("UTC")
    if last < first:
        raise EventError(lines.get("DTEND", lines["DTSTART"]), "the event ends before it begins")
    if last - first > _MAX_SPAN:
        raise EventError(lines.get("DTEND", lines["DTSTART"]), "the event is longer than 4000 days")
    return end


def _rule(component: Any, start: Stamp, lines: dict[str, int]) -> Rule | None:
    if "RRULE" not in component:
        return None
    if "RECURRENCE-ID" in component:
        raise EventError(lines["RRULE"], "RRULE in an event that stands for one occurrence (RECURRENCE-ID)")
    try:
        given = component["RRULE"]
        until: datetime | None = None
        if given.get("UNTIL"):
            last = given["UNTIL"][0]
            until = _stamp(last, None, str).on(start.zone_name or "UTC")
            if not isinstance(last, datetime) or start.all_day:
                until = datetime.combine(until, time(23, 59, 59))
        parts = {part.partition("=")[0]: part.partition("=")[2].split(",") for part in _parts(given)}
        return rule(parts, until, start.clock)
    except Exception as error:  # noqa: BLE001 — as above, and dateutil's
        raise EventError(lines["RRULE"], f"RRULE: {_clean(str(error))[:200]}") from None


def _parts(given: Any) -> list[str]:
    written: bytes = given.to_ical()
    return [part for part in written.decode().upper().split(";") if part]


@lru_cache(maxsize=512)
def windows_zone(name: str) -> str | None:
    """The IANA name of one of Windows' zone names, or None."""
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    found = WINDOWS_TO_OLSON.get(name)
    return str(found) if found else None
