"""`.ics` files in: what they mean, and that a bad one is only ever a `CalendarFileError`."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall_rota.calendar import CalendarFileError, ics_holidays, ics_shifts

WINDOW = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
ZONE = "Europe/London"


def _titled(event: str) -> str:
    return event if "SUMMARY:" in event else f"SUMMARY:s|{event}"


def calendar(*events: str, before: str = "") -> bytes:
    """A file of events, each given as its lines joined by `|`."""
    blocks = "".join(f"BEGIN:VEVENT\nUID:u\n{_titled(one)}\nEND:VEVENT\n".replace("|", "\n") for one in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{before}{blocks}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def shifts(folder: Path, *events: str, before: str = "") -> list[str]:
    """The events in 2026, seen from London."""
    path = folder / "shifts.ics"
    path.write_bytes(calendar(*events, before=before))
    return [
        f"{one.start_at:%m-%dT%H:%M} {one.end_at:%m-%dT%H:%M} {one.summary}" for one in ics_shifts(path, ZONE, WINDOW)
    ]


def days(folder: Path, *events: str, year: int = 2026) -> list[str]:
    """The holidays of a year."""
    path = folder / "days.ics"
    path.write_bytes(calendar(*events))
    return [f"{day:%m-%d}" for day in ics_holidays(path).days(year)]


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ("DTSTART;VALUE=DATE:20260601|DTEND;VALUE=DATE:20260603", ["05-31T23:00 06-02T23:00 s"]),
        ("DTSTART;VALUE=DATE:20260601", ["05-31T23:00 06-01T23:00 s"]),
        ("DTSTART:20260601|DTEND:20260601", ["05-31T23:00 06-01T23:00 s"]),
        ("DTSTART:20260601|DURATION:P1W", ["05-31T23:00 06-07T23:00 s"]),
        ("DTSTART:20260601T090000|DTEND:20260601T170000", ["06-01T08:00 06-01T16:00 s"]),
        ("DTSTART:20260601T090000Z|DTEND:20260601T170000Z", ["06-01T09:00 06-01T17:00 s"]),
        ("DTSTART;TZID=America/New_York:20260601T090000|DURATION:PT8H", ["06-01T13:00 06-01T21:00 s"]),
        ("DTSTART;TZID=Eastern Standard Time:20260601T090000|DURATION:PT8H", ["06-01T13:00 06-01T21:00 s"]),
        ('DTSTART;TZID="tzone://Microsoft/Utc":20260601T090000|DURATION:PT8H', ["06-01T09:00 06-01T17:00 s"]),
        ("DTSTART;TZID=/mozilla.org/2005_1/Asia/Tokyo:20260601T090000|DURATION:PT1H", ["06-01T00:00 06-01T01:00 s"]),
        # the night on which clocks go on: as written on the clock, or in real hours
        (
            "DTSTART;TZID=Europe/London:20260328T200000|DTEND;TZID=Europe/London:20260329T080000",
            ["03-28T20:00 03-29T07:00 s"],
        ),
        ("DTSTART;TZID=Europe/London:20260328T200000|DURATION:PT12H", ["03-28T20:00 03-29T08:00 s"]),
        ("DTSTART;TZID=Europe/London:20260328T200000|DURATION:P1D", ["03-28T20:00 03-29T19:00 s"]),
        ("DTSTART:20260601T090000Z|DTEND:20260601T170000Z|STATUS:CANCELLED", []),
        ("DTSTART:20260601T090000Z|DTEND:20260601T170000Z|TRANSP:TRANSPARENT", ["06-01T09:00 06-01T17:00 s"]),
        ("DTSTART:20251231T090000Z|DTEND:20260101T090000Z", ["12-31T09:00 01-01T09:00 s"]),
        ("DTSTART:20251231T090000Z|DTEND:20260101T000000Z", []),
        (
            "DTSTART;TZID=Europe/London:20260323T090000|DTEND;TZID=Europe/London:20260323T170000|RRULE:FREQ=WEEKLY;COUNT=3|EXDATE;TZID=Europe/London:20260330T090000",
            ["03-23T09:00 03-23T17:00 s", "04-06T08:00 04-06T16:00 s"],
        ),
        (
            "DTSTART:20260323T090000Z|DTEND:20260323T170000Z|RRULE:FREQ=DAILY;UNTIL=20260325T090000Z|EXDATE;VALUE=DATE:20260324",
            ["03-23T09:00 03-23T17:00 s", "03-25T09:00 03-25T17:00 s"],
        ),
        (
            "DTSTART:20200101T000000Z|DURATION:PT1H|RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-1",
            ["02-28T00:00 02-28T01:00 s"],
        ),
        (
            "DTSTART:20200101T000000Z|DURATION:PT1H|RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1;BYMONTH=5",
            ["05-25T00:00 05-25T01:00 s"],
        ),
        (
            "DTSTART:20260101T000000Z|DURATION:PT1H|RDATE:20260301T100000Z,20260401T100000Z",
            ["01-01T00:00 01-01T01:00 s", "03-01T10:00 03-01T11:00 s", "04-01T10:00 04-01T11:00 s"],
        ),
    ],
)  # fmt: skip
def test_an_event(tmp_path: Path, event: str, wanted: list[str]) -> None:
    """Whole days and floating times are in the given zone, others in their own."""
    assert shifts(tmp_path, event) == wanted


def test_a_changed_and_a_cancelled_occurrence(tmp_path: Path) -> None:
    """RECURRENCE-ID moves one occurrence or takes it away; the others stay."""
    found = shifts(
        tmp_path,
        "DTSTART;TZID=Europe/London:20260601T090000|DTEND;TZID=Europe/London:20260601T170000|RRULE:FREQ=DAILY;COUNT=4",
        "RECURRENCE-ID;TZID=Europe/London:20260602T090000|DTSTART:20260702T090000Z|DTEND:20260702T100000Z",
        "RECURRENCE-ID:20260603T080000Z|DTSTART:20260603T080000Z|DTEND:20260603T160000Z|STATUS:CANCELLED",
    )
    assert found == ["06-01T08:00 06-01T16:00 s", "06-04T08:00 06-04T16:00 s", "07-02T09:00 07-02T10:00 s"]


@pytest.mark.parametrize("form", ["RECURRENCE-ID", "EXDATE"])
@pytest.mark.parametrize(
    "second", [";VALUE=DATE:20260602", ";TZID=Europe/London:20260602T000000", ":20260602T000000", ":20260601T230000Z"]
)
def test_a_whole_day_that_is_named_by_its_midnight(tmp_path: Path, form: str, second: str) -> None:
    """As Exchange does: the occurrence is changed or left out, and never there as well."""
    series = "DTSTART;VALUE=DATE:20260601|RRULE:FREQ=DAILY;COUNT=3"
    rest = ["05-31T23:00 06-01T23:00 s", "06-02T23:00 06-03T23:00 s"]
    if form == "EXDATE":
        assert shifts(tmp_path, f"{series}|EXDATE{second}") == rest
    else:
        moved = f"RECURRENCE-ID{second}|DTSTART;VALUE=DATE:20260701"
        assert shifts(tmp_path, series, moved) == [*rest, "06-30T23:00 07-01T23:00 s"]


def test_the_newest_version_of_a_changed_occurrence_counts(tmp_path: Path) -> None:
    """By SEQUENCE, in any order, a cancellation too; without it, or with a bad one, all are there."""
    series = "DTSTART:20260601T090000Z|DTEND:20260601T100000Z|RRULE:FREQ=DAILY;COUNT=2"
    changed = "RECURRENCE-ID:20260602T090000Z|SEQUENCE:{}|DTSTART:20260602T{}0000Z|DURATION:PT1H"
    first, old, new = "06-01T09:00 06-01T10:00 s", "06-02T11:00 06-02T12:00 s", "06-02T12:00 06-02T13:00 s"
    assert shifts(tmp_path, changed.format(10, 12), series, changed.format(9, 11)) == [first, new]
    assert shifts(tmp_path, series, changed.format(1, 11), changed.format(2, 12) + "|STATUS:CANCELLED") == [first]
    assert shifts(tmp_path, series, changed.format(1, 11), changed.format(1, 12)) == [first, old, new]
    assert shifts(tmp_path, series, changed.format("x", 11), changed.format("", 12)) == [first, old, new]


def test_a_title_is_composed_and_keeps_its_joiners(tmp_path: Path) -> None:
    """So that it is the name in people.yaml, as somebody typed it."""
    event = "DTSTART:20260601T090000Z|DURATION:PT1H|SUMMARY:Zoe\u0308, \u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    title = "Zoë, \u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    assert shifts(tmp_path, event) == [f"06-01T09:00 06-01T10:00 {title}"]


def test_a_large_export_is_read(tmp_path: Path) -> None:
    """What others write of an event is mostly what no shift depends on."""
    events = [
        f"DTSTART:2026{1 + number % 12:02}01T{number % 24:02}0000Z|DURATION:PT1H|DESCRIPTION:{'x' * 1000}"
        for number in range(2000)
    ]
    assert len(shifts(tmp_path, *events)) == 2000


def test_folded_lines_and_line_ends(tmp_path: Path) -> None:
    """A fold inside a character, bare CR or LF, and a BOM."""
    event = b"BEGIN:VEVENT\nDTSTART:20260601T09\n 0000Z\nDTEND:20260601T170000Z\nSUMMARY:Zo" + (
        "ë".encode()[:1] + b"\n " + "ë".encode()[1:] + b" \\, \xe2\x80\xaedave\\nx\nEND:VEVENT\n"
    )
    for ending in (b"\r\n", b"\n", b"\r"):
        path = tmp_path / "a.ics"
        path.write_bytes((b"\xef\xbb\xbfBEGIN:VCALENDAR\n" + event + b"END:VCALENDAR\n").replace(b"\n", ending))
        (one,) = ics_shifts(path, ZONE, WINDOW)
        assert (one.summary, one.line, one.start_at.hour) == ("Zoë , dave x", 2, 9)


def test_a_generated_vtimezone_is_not_believed(tmp_path: Path) -> None:
    """The zone's name decides, whatever the file says of its clock changes; an own name needs X-LIC-LOCATION."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:{}\nTZID:other\n{}BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\n"
        "TZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = "DTSTART;TZID={}:20260601T090000|DURATION:PT1H"
    wanted = ["06-01T07:00 06-01T08:00 s"]
    assert shifts(tmp_path, event.format("Europe/Paris"), before=zone.format("Europe/Paris", "")) == wanted
    located = zone.format("Our time", "X-LIC-LOCATION:Europe/Paris\n")
    assert shifts(tmp_path, event.format("Our time"), before=located) == wanted
    with pytest.raises(CalendarFileError, match="no time zone 'Our time'"):
        shifts(tmp_path, event.format("Our time"), before=zone.format("Our time", ""))


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ("DTSTART;VALUE=DATE:20200101|RRULE:FREQ=YEARLY", ["01-01"]),
        ("DTSTART;VALUE=DATE:20261230|DTEND;VALUE=DATE:20270102", ["12-30", "12-31"]),
        ("DTSTART;VALUE=DATE:20251230|DTEND;VALUE=DATE:20260102", ["01-01"]),
        ("DTSTART;VALUE=DATE:20201126|RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["11-26"]),
        ("DTSTART:20261225T090000|DTEND:20261225T170000", ["12-25"]),
        ("DTSTART;TZID=Asia/Tokyo:20261225T000000|DTEND;TZID=Asia/Tokyo:20261226T000000", ["12-25"]),
        ("DTSTART:20261225T090000Z", ["12-25"]),
        ("DTSTART;VALUE=DATE:20240229|RRULE:FREQ=YEARLY", []),
        ("DTSTART;VALUE=DATE:20260101|RRULE:FREQ=YEARLY;UNTIL=20251231", ["01-01"]),
        ("DTSTART;VALUE=DATE:20260101|STATUS:CANCELLED", []),
    ],
)
def test_holidays(tmp_path: Path, event: str, wanted: list[str]) -> None:
    """Each day that an event touches, on the clock in which it is written."""
    assert days(tmp_path, event) == wanted


BAD = {
    "no DTSTART": "DTEND:20260601T090000Z",
    "ends before it begins": "DTSTART:20260601T090000Z|DTEND:20260601T080000Z",
    "both be dates": "DTSTART:20260601T090000Z|DTEND;VALUE=DATE:20260602",
    "DTSTART cannot be read": "DTSTART:20261301T090000Z",
    "second DTSTART": "DTSTART:20260601T090000Z|DTSTART:20260601T090000Z",
    "FREQ=SECONDLY": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=SECONDLY",
    "FREQ=MINUTELY": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=MINUTELY",
    "never comes": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "RRULE cannot be read": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=BLAH",
    "RRULE: INTERVAL": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=DAILY;INTERVAL=0",
    "RRULE: COUNT": "DTSTART:20260601T090000Z|DURATION:PT1S|RRULE:FREQ=DAILY;COUNT=99999999",
    "RANGE": "DTSTART:20260601T090000Z|DURATION:PT1S|RECURRENCE-ID;RANGE=THISANDFUTURE:20260601T090000Z",
    "no time zone 'Mars/Base'": "DTSTART;TZID=Mars/Base:20260601T090000|DURATION:PT1S",
    "no time zone '../../x'": "DTSTART;TZID=../../x:20260601T090000|DURATION:PT1S",
    "year 1": "DTSTART:00010101T000000Z|DURATION:PT1S",
    "periods": "DTSTART:20260601T090000Z|DURATION:PT1H|RDATE;VALUE=PERIOD:20260701T000000Z/PT1H",
    "not 'NAME:value'": "DTSTART:20260601T090000Z|DURATION:PT1H|garbage",
    "DURATION must be": "DTSTART:20260601T090000Z|DURATION:-PT1H",
    "DURATION cannot": "DTSTART:20260601T090000Z|DURATION:P99999999999D",
    "longer than 4000": "DTSTART:20260601T090000Z|DTEND:20990601T090000Z",
    "both DTEND": "DTSTART:20260601T090000Z|DTEND:20260602T090000Z|DURATION:PT1H",
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_event_is_named_with_its_line(tmp_path: Path, reason: str) -> None:
    """A mistake in one event is the whole file's: nothing is left out silently."""
    with pytest.raises(CalendarFileError, match=reason) as caught:
        shifts(tmp_path, "DTSTART:20260601T090000Z|DURATION:PT1H", BAD[reason])
    assert caught.value.line is not None
    assert caught.value.line > 8
    assert str(tmp_path / "shifts.ics") in str(caught.value)


def test_a_shift_needs_an_end(tmp_path: Path) -> None:
    """A timed event without DTEND is a moment: nobody could be on call in it. As a holiday it is a day."""
    with pytest.raises(CalendarFileError, match="no length"):
        shifts(tmp_path, "DTSTART:20260601T090000Z")
    assert days(tmp_path, "DTSTART:20260601T090000Z") == ["06-01"]


GOOD = calendar("DTSTART:20260601T090000Z|DTEND:20260601T170000Z|RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=9")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"hello", "not a calendar file"),
        (b"\xff\xfeB\0", "UTF-8|NUL"),
        (GOOD.replace(b"WEEKLY", b"WEE\0KLY"), "NUL"),
        (GOOD.replace(b"SUMMARY:s", b"SUMMARY:\xe9"), "not UTF-8"),
        (GOOD[:120], "cut off|cannot be read|did not end|not 'NAME"),
        (GOOD.replace(b"END:VEVENT\r\n", b""), "without its BEGIN"),
        (GOOD.replace(b"END:VCALENDAR", b"X:" + b"x" * (8 << 20)), "8 MiB"),
        (calendar("DTSTART:20260601T090000Z|DURATION:PT1H|SUMMARY:" + "x" * (2 << 20)), "2 MiB of titles"),
        (b"BEGIN:VCALENDAR\n" * 1000, "inside"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 1000, "deeply"),
        (GOOD + b"BEGIN:VEVENT\nEND:VEVENT\n", "expected BEGIN:VCALENDAR"),
        (calendar(*["DTSTART:20260601T090000Z|DURATION:PT1H"] * 10_001), "more than 10000 events"),
        (calendar(*["DTSTART:20260601T090000Z|DURATION:PT1H|RRULE:FREQ=HOURLY"] * 20), "events a year"),
    ],
)
def test_hostile_files(tmp_path: Path, data: bytes, reason: str) -> None:
    """Truncated, oversized, binary: one error, with the file's name."""
    path = tmp_path / "bad.ics"
    path.write_bytes(data)
    for read in (ics_holidays, lambda path: ics_shifts(path, ZONE, WINDOW)):
        with pytest.raises(CalendarFileError, match=reason):
            read(path)


def test_files_that_are_none(tmp_path: Path) -> None:
    """No file, a folder, a name with a NUL."""
    for path in (tmp_path / "no.ics", tmp_path, tmp_path / "a\0b.ics"):
        with pytest.raises(CalendarFileError):
            ics_holidays(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_mutants(tmp_path: Path, rng: random.Random, times: int) -> None:
    """A good file with bytes changed, cut, doubled or taken from elsewhere: values or a `CalendarFileError`."""
    words = [
        b"DTSTART",
        b"20260601T090000Z",
        b";TZID=X",
        b"RRULE:FREQ=DAILY;COUNT=5\r\n",
        b"\0",
        b"-",
        b"99",
        b"BEGIN:VEVENT\r\n",
    ]
    data = bytearray(GOOD)
    for _ in range(times):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.choice((0, 0, 1, 5))] = rng.choice([*words, bytes([rng.randrange(256)])])
    path = tmp_path / "mutant.ics"
    path.write_bytes(data)
    began = time.perf_counter()
    with suppress(CalendarFileError):
        ics_holidays(path).days(2026)
        ics_shifts(path, ZONE, WINDOW)
    assert time.perf_counter() - began < 5
