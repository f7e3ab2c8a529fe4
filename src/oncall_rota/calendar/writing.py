"""iCalendar text from plain events: discrete, in UTC, with nothing that icalendar would invent.

icalendar escapes and folds each property. Its component tree is left aside: it builds every line anew, and most lines
of a feed repeat. A test holds both ways to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from oncall_rota.timeline.zone import moment

PRODUCT = "-//oncall//feed 1//EN"  # no version of ours in it: an upgrade must not change a feed
_FOLDED = 75


class Event(NamedTuple):
    """One event, `[start, end)`. Times are whole seconds since 1970 UTC, texts are clean.

    `stamp`: when this text came about. `sequence` and `modified` None: the event says nothing of its past.
    """

    uid: str
    stamp: int
    start: int
    end: int
    summary: str
    description: str
    busy: bool = False
    sequence: int | None = None
    modified: int | None = None


class Calendar(NamedTuple):
    """What stands above the events. `colour`: a CSS name and its `#RRGGBB`; `refresh`: how often to look again."""

    name: str
    timezone: str
    colour: tuple[str, str]
    refresh: timedelta


def calendar_text(calendar: Calendar, events: Iterable[Event]) -> bytes:
    """The `.ics` file: CRLF, folded at 75 octets, ended by a line's end."""
    refresh = _duration(calendar.refresh)
    lines = [
        b"BEGIN:VCALENDAR",
        _text("PRODID", PRODUCT),
        _text("VERSION", "2.0"),
        _text("CALSCALE", "GREGORIAN"),
        _text("METHOD", "PUBLISH"),
        _text("NAME", calendar.name),
        _text("X-WR-CALNAME", calendar.name),
        _text("X-WR-TIMEZONE", calendar.timezone),
        refresh[0],
        refresh[1],
        _text("COLOR", calendar.colour[0]),
        _text("X-APPLE-CALENDAR-COLOR", calendar.colour[1]),
    ]
    for event in events:
        lines += _event(event)
    lines += [b"END:VCALENDAR", b""]
    return b"\r\n".join(lines)


def _event(event: Event) -> list[bytes]:
    lines = [
        b"BEGIN:VEVENT",
        _text("UID", event.uid),
        _time("DTSTAMP", event.stamp),
        _time("DTSTART", event.start),
        _time("DTEND", event.end),
        _text("SUMMARY", event.summary),
        _text("DESCRIPTION", event.description),
    ]
    if event.sequence is not None:
        lines.append(_text("SEQUENCE", str(event.sequence)))
    if event.modified is not None:
        lines.append(_time("LAST-MODIFIED", event.modified))
    lines += [
        _text("STATUS", "CONFIRMED"),
        _text("TRANSP", "OPAQUE" if event.busy else "TRANSPARENT"),
        _text("X-MICROSOFT-CDO-BUSYSTATUS", "BUSY" if event.busy else "FREE"),
        b"END:VEVENT",
    ]
    return lines


@cache
def _icalendar() -> Any:
    import icalendar

    return icalendar


@lru_cache(maxsize=1 << 14)
def _text(name: str, text: str) -> bytes:
    return _line(name, _icalendar().vText(text))


@lru_cache(maxsize=1 << 14)
def _time(name: str, at: int) -> bytes:
    return _line(name, _icalendar().vDatetime(moment(at)))


def _duration(length: timedelta) -> tuple[bytes, bytes]:
    value = _icalendar().vDuration(length)
    published = _line("X-PUBLISHED-TTL", value)
    # RFC 7986 asks for the parameter, and icalendar leaves it out.
    value.params["VALUE"] = "DURATION"
    return _line("REFRESH-INTERVAL", value), published


def _line(name: str, value: Any) -> bytes:
    from icalendar.parser import Contentline

    line = Contentline.from_parts(name, value.params, value)
    plain: bytes = line.encode()
    if len(plain) < _FOLDED:  # most lines: counting their octets one by one takes half of icalendar's time
        return plain
    folded: bytes = line.to_ical()
    return folded
