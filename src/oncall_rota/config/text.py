"""The grammar of single texts: dates, clocks, lengths, turns. Text in, value out, or `Mistake`.

All are pure and remember their answers: a thousand teams write the same few hundred texts.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from oncall_rota.config.problem import Mistake, listed, shown, suggest
from oncall_rota.schedule.model import Every
from oncall_rota.timeline import duration
from oncall_rota.timeline import zone as zones

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAYS = {name: number for number, day in enumerate(DAYS) for name in (day, day[:3])}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
YEARS = range(1900, 3000)

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}:\d\d(?::\d\d)?)\s*([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_EVERY = re.compile(r"(?:([+-]?[\d.]+)\s*)?([a-z]+)", re.ASCII)
_NUMBERED = re.compile(r"(\d{1,2})(st|nd|rd|th)", re.ASCII)
_SHORT = {"h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "w": "week", "mo": "month"}
_UNITS = ("hour", "day", "week", "month", "shift")
_WORDS = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "fortnight": "2 weeks",
    "fortnightly": "2 weeks",
    "biweekly": "2 weeks",
    "quarter": "3 months",
    "quarterly": "3 months",
    "year": "12 months",
    "yearly": "12 months",
}

Moment = date | datetime


class Handoff(NamedTuple):
    """When turns change: on a weekday (0 Monday), on a day of the month, or (both None) every day."""

    weekday: int | None
    month_day: int | None
    clock: time


@lru_cache(maxsize=4096)
def clock(text: str) -> time:
    """`09:00`, `9:00`, `09:00:30`."""
    seconds = clock_seconds(text)
    if seconds == 86400:
        raise Mistake("not-a-time", "24:00 is an end and never a start", "write 00:00, on the next day")
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


@lru_cache(maxsize=4096)
def clock_seconds(text: str) -> int:
    """Seconds since midnight of `HH:MM` or `HH:MM:SS`, up to `24:00`."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise Mistake("not-a-time", f"{shown(text)} is not a time of day", _clock_hint(text))
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    seconds = hour * 3600 + minute * 60 + second
    if minute > 59 or second > 59 or seconds > 86400:
        raise Mistake(
            "not-a-time",
            f"{shown(text)} is not a time of day: expected 00:00 to 23:59",
            "write hours and minutes, as in 09:30",
        )
    return seconds


def _clock_hint(text: str) -> str:
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?\s*(am|pm)?", text.strip().lower(), re.ASCII)
    if found and int(found[1]) < 24:
        hour = int(found[1]) % 12 + 12 * (found[3] == "pm") if found[3] else int(found[1])
        return f"write {hour:02}:{found[2] or '00'}"
    return "write hours and minutes, as in 09:30"


@lru_cache(maxsize=16384)
def moment(text: str) -> Moment:
    """A date, a date and time (naive), or an instant with `Z` or an offset (aware)."""
    found = _MOMENT.fullmatch(text.strip())
    if not found:
        raise Mistake("not-a-date", f"{shown(text)} is not a date, or a date and time", _date_hint(text))
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if len(found[2]) < 2 or len(found[3]) < 2:
        raise Mistake(
            "not-a-date",
            f"{shown(text)} is not a date: months and days have two digits",
            f"write {year}-{month:02}-{day:02}",
        )
    if not 1 <= month <= 12:
        raise Mistake(
            "not-a-date",
            f"{shown(text)} is not a date: there is no month {month}",
            "dates are year-month-day, as in 2026-01-05",
        )
    last = monthrange(year, month)[1] if year else 0
    if not 1 <= day <= last:
        raise Mistake(
            "not-a-date",
            f"{shown(text)} is not a date: {MONTHS[month - 1]} {year} has {last} days",
            f"write a day from 01 to {last}",
        )
    if year not in YEARS:
        raise Mistake(
            "not-a-date",
            f"{shown(text)}: the year is out of range, expected {YEARS[0]} to {YEARS[-1]}",
            "check the year",
        )
    on = date(year, month, day)
    if found[4] is None:
        return on
    try:
        at = datetime.combine(on, clock(found[4]))
    except Mistake as mistake:
        raise Mistake("not-a-date", f"{shown(text)} is not a date and time: {mistake.message}", mistake.hint) from None
    if found[5] is None:
        return at
    return at.replace(tzinfo=UTC if found[5] in "Zz" else _offset(text, found[5]))


def _offset(text: str, offset: str) -> timezone:
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        raise Mistake(
            "not-a-date", f"{shown(text)}: no clock differs from UTC by {offset}", "write an offset as in +01:00, or Z"
        )
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)


def _date_hint(text: str) -> str:
    numbers = re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", text.strip(), re.ASCII)
    if numbers:
        one, two, year = int(numbers[1]), int(numbers[2]), numbers[3]
        ways = [f"{year}-{month:02}-{day:02}" for day, month in ((one, two), (two, one)) if month <= 12 and day <= 31]
        return (
            f"dates are year-month-day: {listed(dict.fromkeys(ways))}"
            if ways
            else "dates are year-month-day, as in 2026-01-05"
        )
    if text in ("null", "~", "none"):
        return "to say nothing, delete the line"
    return "write 2026-01-05, or 2026-01-05 09:00"


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """A date without a time."""
    found = moment(text)
    if isinstance(found, datetime):
        raise Mistake("not-a-date", f"{shown(text)} has a time, expected a date", f"write {found.date()}")
    return found


@lru_cache(maxsize=4096)
def wall_moment(text: str) -> Moment:
    """A date, or a date and time on the zone's own clock."""
    found = moment(text)
    if isinstance(found, datetime) and found.tzinfo is not None:
        raise Mistake(
            "not-a-wall-time",
            f"{shown(text)} is an instant, expected a time on the zone's own clock",
            "leave out the offset; `timezone:` says whose clock it is",
        )
    return found


@lru_cache(maxsize=1024)
def every(text: str) -> Every:
    """`week`, `2 weeks`, `12 hours`, `5 shifts`."""
    found = _EVERY.fullmatch(text.strip().lower())
    if not found:
        raise Mistake(
            "bad-every",
            f"{shown(text)} is not the length of a turn",
            "write e.g. week, 2 weeks, day, 12 hours, month, shift",
        )
    unit = found[2] if found[2] in _UNITS else found[2].removesuffix("s")
    if unit not in _UNITS:
        instead = _WORDS.get(found[2]) or suggest(unit, _UNITS)
        if found[1] and found[2] in _SHORT and found[1].isdigit():
            instead = f"{found[1][:4]} {_SHORT[found[2]]}{'s' * (found[1] != '1')}"
        hint = f"write {instead}" if instead else f"units are {listed(_UNITS)}"
        raise Mistake("bad-every", f"{shown(text)} is not the length of a turn", hint)
    number = found[1] or "1"
    if not number.isdigit() or not 1 <= int(number[:9]) <= 9999 or len(number) > 9:
        raise Mistake(
            "bad-every",
            f"{shown(text)}: a turn lasts a whole number of {unit}s, from 1 to 9999, not {number[:20]}",
            "write e.g. 36 hours for a day and a half" if "." in number else f"write e.g. 2 {unit}s",
        )
    return Every(unit, int(number))


@lru_cache(maxsize=1024)
def handoff(text: str) -> Handoff:
    """`monday 09:00`, `09:00`, `1st 09:00`."""
    words = text.lower().split()
    if not words or len(words) > 2 or (len(words) == 1 and ":" not in words[0]):
        if len(words) == 1 and (words[0] in WEEKDAYS or _NUMBERED.fullmatch(words[0])):
            raise Mistake("bad-handoff", f"{shown(text)} does not say at what time", f"write e.g. {words[0]} 09:00")
        raise Mistake("bad-handoff", f"{shown(text)} is not a handoff", _HANDOFF)
    at = clock(words[-1])
    if len(words) == 1:
        return Handoff(None, None, at)
    if words[0] in WEEKDAYS:
        return Handoff(WEEKDAYS[words[0]], None, at)
    found = _NUMBERED.fullmatch(words[0])
    if found and 1 <= int(found[1]) <= 31:
        return Handoff(None, int(found[1]), at)
    instead = suggest(words[0], DAYS)
    if found:
        hint = "days of the month are 1st to 31st; 31st is each month's last day"
    elif words[0].isdigit() and 1 <= int(words[0][:3]) <= 31:
        hint = f"write {ordinal(int(words[0]))} {words[1]}"
    else:
        hint = f"did you mean '{instead} {words[1]}'?" if instead else _HANDOFF
    raise Mistake("bad-handoff", f"{shown(words[0])} is neither a weekday nor a day of the month", hint)


_HANDOFF = "write monday 09:00 for weeks, 09:00 for days, 1st 09:00 for months"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `31st`."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


@lru_cache(maxsize=1024)
def span(text: str) -> timedelta:
    """`5m`, `10 minutes`, `12 hours`, `5 days`."""
    try:
        found = duration.parse(text)
    except ValueError as error:
        raise Mistake(
            "not-a-length",
            f"{error}".replace(", e.g.", ": expected e.g.").replace(repr(text), shown(text)),
            "write a number and a unit: s, m, h, d or w",
        ) from None
    if found > timedelta(days=36500):
        raise Mistake("not-a-length", f"{shown(text)} is longer than a hundred years", "check the number")
    return found


@lru_cache(maxsize=1024)
def some_span(text: str) -> timedelta:
    """A length above zero."""
    found = span(text)
    if not found:
        raise Mistake("not-a-length", f"{shown(text)} is no time at all", "write a length above zero")
    return found


@lru_cache(maxsize=1024)
def timezone_name(text: str) -> str:
    """An IANA name that the time zone database has."""
    try:
        return zones.zone(text).name
    except ValueError:
        pass
    from zoneinfo import available_timezones  # only here: it walks the whole database

    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    cities = {name.rsplit("/", 1)[-1]: name for name in names}
    instead = suggest(text, names) or cities.get(suggest(text, cities) or text.replace(" ", "_"))
    hint = f"did you mean {instead!r}?" if instead else "names are such as Europe/London, America/New_York or UTC"
    raise Mistake("unknown-timezone", f"no time zone {shown(text)} in the time zone database", hint)
