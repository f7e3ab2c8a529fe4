"""The text of an `.ics` file: its size, its lines and which of them belong to which event.

Everything that is not part of an event, or that no shift or holiday depends on, is left out here: what goes
to the third-party parser is small. A VTIMEZONE is never believed; of it only the name of a real zone is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from oncall_rota.calendar import CalendarFileError

MAX_BYTES = 8 << 20  # what others export is mostly descriptions, guests and reminders
MAX_KEPT = 2 << 20  # characters of all that matters
MAX_EVENTS = 10_000
_MAX_DEPTH = 8
_KEPT = frozenset(
    (
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "EXRULE",
        "RECURRENCE-ID",
        "SEQUENCE",
        "STATUS",
        "UID",
        "SUMMARY",
    )
)
_BREAK = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(slots=True)
class EventText:
    """One VEVENT: the line on which it begins, and its lines that matter: (line number, unfolded text)."""

    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class CalendarText:
    """The events of a file, and for each zone name that the file explains, the real zone's name."""

    events: list[EventText]
    locations: dict[str, str]


def read(path: Path) -> CalendarText:
    """The events of a file. Raises `CalendarFileError`."""
    try:
        if not path.is_file():
            raise CalendarFileError(path, None, "there is no such file" if not path.exists() else "not a file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, CalendarFileError):
            raise
        raise CalendarFileError(path, None, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_BYTES:
        raise CalendarFileError(path, None, "is larger than 8 MiB")
    return _split(path, _lines(path, data))


def _lines(path: Path, data: bytes) -> Iterator[tuple[int, str]]:
    """Unfolded lines with their numbers, one at a time. Some writers fold inside a character: decoding comes last."""
    first, parts = 0, [b""]
    for number, raw in enumerate(_BREAK.split(data.removeprefix(b"\xef\xbb\xbf")), 1):
        if raw[:1] in (b" ", b"\t") and first:
            parts.append(raw[1:])
        elif raw.strip():
            if first:
                yield first, _decoded(path, first, parts)
            first, parts = number, [raw]
    if first:
        yield first, _decoded(path, first, parts)


def _decoded(path: Path, number: int, parts: list[bytes]) -> str:
    try:
        text = b"".join(parts).decode("utf-8")
    except UnicodeDecodeError:
        raise CalendarFileError(path, number, "is not UTF-8 text") from None
    if "\0" in text:
        raise CalendarFileError(path, number, "holds a NUL character: this is not a calendar file, or it is damaged")
    return text


def _split(path: Path, lines: Iterable[tuple[int, str]]) -> CalendarText:
    found = CalendarText([], {})
    stack: list[str] = []
    event: EventText | None = None
    zone: dict[str, str] = {}
    kept = 0
    number = None
    for number, text in lines:
        matched = _NAME.match(text)
        name = matched[0].upper() if matched else ""
        value = text.partition(":")[2].strip()
        kind = value.upper()
        if name == "BEGIN":
            _check_begin(path, number, stack, kind)
            stack.append(kind)
            if kind == "VEVENT":
                event = EventText(number)
                found.events.append(event)
                if len(found.events) > MAX_EVENTS:
                    raise CalendarFileError(path, number, f"has more than {MAX_EVENTS} events")
            elif kind == "VTIMEZONE":
                zone = {}
        elif not stack:
            raise CalendarFileError(path, number, "expected BEGIN:VCALENDAR: this is not a calendar file")
        elif name == "END":
            if stack.pop() != kind:
                raise CalendarFileError(path, number, f"END:{kind[:40]} without its BEGIN")
            if kind == "VTIMEZONE" and "TZID" in zone and "X-LIC-LOCATION" in zone:
                found.locations[zone["TZID"]] = zone["X-LIC-LOCATION"]
        elif stack[-1] == "VEVENT" and event is not None:
            if not matched or text[matched.end() : matched.end() + 1] not in (":", ";"):
                raise CalendarFileError(path, number, f"{text[:40]!r} is not 'NAME:value'")
            if name in _KEPT:
                kept += len(text)
                if kept > MAX_KEPT:
                    raise CalendarFileError(path, number, "has more than 2 MiB of titles and times")
                event.lines.append((number, text))
        elif stack[-1] == "VTIMEZONE":
            zone.setdefault(name, value)
    if stack or number is None:
        what = f"ends inside a {stack[-1]}: it was cut off" if stack else "is empty, not even BEGIN:VCALENDAR is there"
        raise CalendarFileError(path, number, what)
    return found


def _check_begin(path: Path, number: int, stack: list[str], kind: str) -> None:
    if not stack and kind != "VCALENDAR":
        raise CalendarFileError(path, number, "expected BEGIN:VCALENDAR: this is not a calendar file")
    if len(stack) >= _MAX_DEPTH:
        raise CalendarFileError(path, number, "components are nested too deeply")
    if stack and (kind == "VCALENDAR" or (kind == "VEVENT" and stack != ["VCALENDAR"])):
        raise CalendarFileError(path, number, f"BEGIN:{kind} inside a {stack[-1]}, which did not end")
