"""What people type for a moment, as an instant: the WHEN of the command line."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from oncall_rota.timeline import duration
from oncall_rota.timeline.zone import DAY, Zone, epoch, moment, wall
from oncall_rota.timeline.zone import zone as zone_named

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?\s?(?:Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE | re.ASCII)
_ISO = re.compile(r"\d{4}-|\d{8}(?:T|$)|\d{4}W\d", re.IGNORECASE | re.ASCII)
_SLASHED = re.compile(r"\d{1,4}([/.-])\d{1,2}(?:\1\d{1,4})?(?![\d:])", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?!\d)", re.ASCII)
_DOTTED_CLOCK = re.compile(r"(?:1[3-9]|2[0-3])\.[0-5]\d|\d{1,2}\.(?:1[3-9]|[2-5]\d|00)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d)(?::(\d\d))?)?\s?([ap]m)?$", re.ASCII)
_DAYNUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?$", re.ASCII)
_CALENDAR_SPAN = re.compile(r"(?:\d+\s*(?:d|w|days?|weeks?)\s*)+", re.ASCII)
_EXAMPLES = "write e.g. '2026-06-01 09:00', 'tomorrow 9am', 'fri 17:00', '+2h', 'in 3 days' or 'now'"


def when(text: str, now: datetime, zone: Zone) -> datetime:
    """The instant that `text` means to someone in `zone` at `now`, as an aware UTC `datetime`.

    A weekday or a bare time of day is the next such moment after now; `next` adds nothing, but never means
    today. Raises `ValueError` with a message for people.
    """
    words = " ".join(text.split())
    if words.lower() == "now":
        return now.astimezone(UTC)
    if not words:
        raise ValueError(f"no time given; {_EXAMPLES}")
    try:
        found = _iso(words, zone)
        if found is None:
            found = _relative(words.lower(), now, zone)
        if found is None:
            found = _spoken(words, now, zone)
    except (OverflowError, OSError):
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from None
    except ValueError as error:
        if "out of range" in str(error) and str(error).startswith("year "):  # `datetime`'s own words
            raise ValueError(f"{text!r} is outside the years 1 to 9999") from None
        raise
    return found


def day(text: str, now: datetime, zone: Zone) -> date:
    """The calendar day that `text` means in `zone`; a text with a time of day is refused."""
    at = when(text, now, zone)
    seconds = zone.reading(epoch(at))
    if (seconds % DAY and zone.instant(seconds // DAY * DAY) != epoch(at)) or re.search(r":|\dam|\dpm", text):
        raise ValueError(f"{text!r} has a time of day; a whole day is wanted, e.g. '2026-12-24' or 'friday'")
    return date.fromordinal(seconds // DAY + _EPOCH_DAY)


def after(start_at: datetime, span: str, zone: Zone) -> datetime:
    """The end of `span` from `start_at`: days and weeks keep the zone's clock, hours and less are elapsed."""
    return _shift(start_at, duration.parse(span), _CALENDAR_SPAN.fullmatch(span.strip().lower()) is not None, zone)


_EPOCH_DAY = date(1970, 1, 1).toordinal()


def _shift(at: datetime, span: timedelta, calendar: bool, zone: Zone) -> datetime:
    if not calendar:
        return at.astimezone(UTC) + span
    return moment(zone.instant(zone.clock(epoch(at)) + int(span.total_seconds())))


def _at_clock(clock: datetime, zone: Zone) -> datetime:
    """The one rule for wall times, `timeline.zone`'s."""
    return moment(zone.instant(wall(clock)))


def _iso(words: str, zone: Zone) -> datetime | None:
    """ISO dates and times, and `@` seconds since 1970."""
    if words[0] == "@" and words[1:].isascii() and words[1:].isdigit():
        return moment(int(words[1:]))
    if words.isascii() and words.isdigit() and len(words) != 8:
        raise ValueError(f"{words!r} is only a number; write '@{words}' for seconds since 1970, or {_EXAMPLES}")
    parsed: datetime | None = None
    if _PLAIN.fullmatch(words):
        try:
            parsed = datetime.fromisoformat(words.upper().replace(" Z", "Z"))
        except ValueError as error:
            raise ValueError(f"{words!r} is not a date and time: {error}") from None
    elif _ISO.match(words):
        from oncall_rota.humantime.spoken import iso

        parsed = iso(words)
    if parsed is None:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else _at_clock(parsed, zone)


def _relative(words: str, now: datetime, zone: Zone) -> datetime | None:
    """`+2h`, `-30m`, `in 3 days`, `2h ago`, `3d`."""
    sign, span = 1, words
    if words[0] in "+-":
        sign, span = (-1 if words[0] == "-" else 1), words[1:]
    elif words.startswith("in "):
        span = words[3:]
    elif words.endswith(" ago"):
        sign, span = -1, words[:-4]
    elif not re.match(r"\d+\s*[a-z]", words) or _CLOCK.match(words):
        return None
    try:
        length = duration.parse(span)
    except ValueError:
        if span == words:
            return None
        raise
    return _shift(now, sign * length, _CALENDAR_SPAN.fullmatch(span.strip()) is not None, zone)


def _spoken(words: str, now: datetime, zone: Zone) -> datetime:
    """`[next|last] friday`, `tomorrow`, `24 dec [2026]`, each with a time of day, and a zone at the end."""
    rest = words.lower().replace(",", " ").split()
    named = words.split()[-1]
    if ("/" in named and named[0].isalpha()) or named.lower() in ("utc", "gmt", "z"):
        zone = zone_named("UTC" if named.lower() in ("utc", "gmt", "z") else named)
        rest = rest[:-1]
    today = datetime.fromtimestamp(zone.clock(epoch(now)), UTC).date()
    which = rest.pop(0) if rest and rest[0] in ("next", "last", "this") else ""
    first = rest[0] if rest else ""
    weekday = _index(first, _WEEKDAYS)
    if weekday is not None:
        clock = _clock(rest[1:], words)
        return _weekday(weekday, which, clock, today, now, zone)
    if which:
        raise ValueError(f"{words!r}: {which!r} takes a weekday, e.g. '{which} monday 09:00'")
    if first in ("today", "tomorrow", "yesterday"):
        on = today + timedelta(days=("yesterday", "today", "tomorrow").index(first) - 1)
        return _on(on, _clock(rest[1:], words), zone)
    if _PLAIN.fullmatch(first):
        return _on(date.fromisoformat(first), _clock(rest[1:], words), zone)
    _refuse_ambiguous(first)
    dated = _dated(rest, words, today, now, zone)
    if dated is not None:
        return dated
    clock = _clock(rest, words)
    at = _on(today, clock, zone)
    return at if at > now else _on(today + timedelta(days=1), clock, zone)


def _weekday(number: int, which: str, clock: int, today: date, now: datetime, zone: Zone) -> datetime:
    ahead = (number - today.weekday()) % 7
    if which == "last":
        return _on(today - timedelta(days=7 - ahead), clock, zone)
    if which == "next":
        return _on(today + timedelta(days=ahead or 7), clock, zone)
    at = _on(today + timedelta(days=ahead), clock, zone)
    return at if at > now else _on(today + timedelta(days=ahead + 7), clock, zone)


def _dated(rest: list[str], words: str, today: date, now: datetime, zone: Zone) -> datetime | None:
    """`24 dec`, `dec 24`, with a year or the next one after now."""
    if len(rest) < 2:
        return None
    month, number = _index(rest[1], _MONTHS), _DAYNUMBER.match(rest[0])
    if month is None or number is None:
        month, number = _index(rest[0], _MONTHS), _DAYNUMBER.match(rest[1])
    if month is None or number is None:
        return None
    rest = rest[2:]
    year = int(rest.pop(0)) if rest and re.fullmatch(r"\d{4}", rest[0], re.ASCII) else None
    clock = _clock(rest, words)
    # Without a year: the next one that has the day (29 February is at most eight years away).
    for candidate in range(today.year, today.year + 9) if year is None else (year,):
        try:
            on = date(candidate, month + 1, int(number[1]))
        except ValueError:
            continue
        at = _on(on, clock, zone)
        if year is not None or at > now:
            return at
    raise ValueError(f"{words!r}: {_MONTHS[month].title()} has no day {number[1]}")


def _on(day_: date, clock: int, zone: Zone) -> datetime:
    return moment(zone.instant((day_.toordinal() - _EPOCH_DAY) * DAY + clock))


def _index(word: str, names: tuple[str, ...]) -> int | None:
    """The place of a name, or of its first three or more letters."""
    if len(word) >= 3:
        for index, name in enumerate(names):
            if name.startswith(word):
                return index
    return None


def _clock(rest: list[str], words: str) -> int:
    """Seconds since midnight of `17:00`, `5pm`, `at 9:30 am`, `noon`; nothing is midnight."""
    text = " ".join(rest[1:] if rest and rest[0] == "at" else rest)
    if text in ("", "midnight", "noon"):
        return DAY // 2 if text == "noon" else 0
    found = _CLOCK.match(text)
    if found and (found[2] or found[4]):
        hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
        if found[4] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[4] == "pm" else 0)
        elif found[4]:
            hour = 99
        if hour < 24 and minute < 60 and second < 60:
            return hour * 3600 + minute * 60 + second
        raise ValueError(f"{words!r}: {text!r} is not a time of day; write e.g. '09:00', '5pm' or 'noon'")
    if found:
        raise ValueError(f"{words!r}: {text!r} could be any hour; write '{text}:00' or '{text}am'")
    _refuse_ambiguous(text)
    raise ValueError(f"{words!r} is not a time that is understood; {_EXAMPLES}")


def _refuse_ambiguous(word: str) -> None:
    year_first = _YEAR_FIRST.match(word)
    if year_first and int(year_first[2]) <= 12 and int(year_first[3]) <= 31:
        year, month, number = year_first[1], int(year_first[2]), int(year_first[3])
        raise ValueError(
            f"{word!r} is not an ISO date and time; "
            f"write '{year}-{month:02}-{number:02}' or '{year}-{month:02}-{number:02} 09:00'"
        )
    if _DOTTED_CLOCK.fullmatch(word):
        raise ValueError(f"{word!r} could be a date; write a time of day as '{word.replace('.', ':')}'")
    if _SLASHED.match(word):
        raise ValueError(f"{word!r} is read differently in different countries; write '2026-12-24' or '24 dec 2026'")
