"""What people type for a moment, and the instant it means."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_rota.humantime import after, day, when
from oncall_rota.timeline.zone import zone

FRIDAY = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
LONDON, NEW_YORK = zone("Europe/London"), zone("America/New_York")

UNDERSTOOD = """
now                          2026-11-27T10:30:00
2026-06-02T12:00:00Z         2026-06-02T12:00:00
2026-06-02T12:00Z            2026-06-02T12:00:00
2026-06-02t12:00z            2026-06-02T12:00:00
2026-06-02T12:00+02:00       2026-06-02T10:00:00
2026-06-02 12:00 +0200       2026-06-02T10:00:00
2026-06-02 12:00             2026-06-02T11:00:00
2026-06-02                   2026-06-01T23:00:00
2026-W23-2                   2026-06-01T23:00:00
20260602                     2026-06-01T23:00:00
20260602T1200                2026-06-02T11:00:00
2026-06-02T12:00:00.900Z     2026-06-02T12:00:00
@1764000000                  2025-11-24T16:00:00
today                        2026-11-27T00:00:00
tomorrow                     2026-11-28T00:00:00
yesterday                    2026-11-26T00:00:00
tomorrow 9am                 2026-11-28T09:00:00
tomorrow at 9:30 am          2026-11-28T09:30:00
tomorrow noon                2026-11-28T12:00:00
fri 17:00                    2026-11-27T17:00:00
Friday 17:00                 2026-11-27T17:00:00
fri 09:00                    2026-12-04T09:00:00
friday                       2026-12-04T00:00:00
next fri 17:00               2026-12-04T17:00:00
next monday 9am              2026-11-30T09:00:00
mon 9am                      2026-11-30T09:00:00
last fri 17:00               2026-11-20T17:00:00
last mon 17:00               2026-11-23T17:00:00
fri 17:00 America/New_York   2026-11-27T22:00:00
fri 17:00 UTC                2026-11-27T17:00:00
5pm                          2026-11-27T17:00:00
9am                          2026-11-28T09:00:00
17:00                        2026-11-27T17:00:00
9:00                         2026-11-28T09:00:00
noon                         2026-11-27T12:00:00
midnight                     2026-11-28T00:00:00
12am                         2026-11-28T00:00:00
12pm                         2026-11-27T12:00:00
+2h                          2026-11-27T12:30:00
-30m                         2026-11-27T10:00:00
+1h30m                       2026-11-27T12:00:00
in 3 days                    2026-11-30T10:30:00
2h ago                       2026-11-27T08:30:00
3d                           2026-11-30T10:30:00
24 dec 2026 09:00            2026-12-24T09:00:00
24 dec 9am                   2026-12-24T09:00:00
24th December                2026-12-24T00:00:00
dec 24                       2026-12-24T00:00:00
24 nov                       2027-11-24T00:00:00
29 feb                       2028-02-29T00:00:00
2026-12-24 9am               2026-12-24T09:00:00
"""
REFUSED = {
    "25/12": "24 dec 2026",
    "12/25/2026": "differently in different countries",
    "01.02.2026": "differently in different countries",
    "10-11-12": "differently in different countries",
    "2026/6/1": "write '2026-06-01' or",
    "2026-06-01Z": "write '2026-06-01' or '2026-06-01 09:00'",
    "2026-06-01T9:00": "not an ISO date and time",
    "fri 17.00": "write a time of day as '17:00'",
    "1764000000": "'@1764000000'",
    "2026": "'@2026'",
    "fri 9": "'9:00' or '9am'",
    "alice": "is not a time that is understood",
    "next": "takes a weekday",
    "next handoff": "takes a weekday",
    "in two days": "is not a length of time",
    "31 feb": "has no day 31",
    "13pm": "is not a time of day",
    "25:00": "is not a time of day",
    "2026-02-30 10:00": "is not a date and time",
    "fri 17:00 Mars/Phobos": "no time zone 'Mars/Phobos'",
    "saturday night": "is not a time that is understood",
    "@99999999999999999": "outside the years 1 to 9999",
    "+99999999w": "outside the years 1 to 9999",
    "P1D": "is not a time that is understood",
    "": "no time given",
    "  ": "no time given",
    "\uff19am": "is not a time that is understood",
}


@pytest.mark.parametrize("line", UNDERSTOOD.strip().splitlines())
def test_a_person_in_london_on_friday_27_november_2026_at_10_30_means(line: str) -> None:
    """Each line: what is typed, and the instant in UTC."""
    text, _, expected = line.rpartition("  ")
    found = when(text.strip(), FRIDAY, LONDON)
    assert found == datetime.fromisoformat(expected.strip()).replace(tzinfo=UTC)


@pytest.mark.parametrize("line", UNDERSTOOD.strip().splitlines())
def test_no_pendulum_type_crosses_the_door(line: str) -> None:
    """What comes out is the standard library's aware UTC `datetime`, in whole seconds."""
    found = when(line.rpartition("  ")[0].strip(), FRIDAY, LONDON)
    assert type(found) is datetime
    assert found.tzinfo is UTC
    assert found.microsecond == 0


@pytest.mark.parametrize("text", REFUSED)
def test_what_nobody_can_be_sure_of_is_refused_with_a_hint(text: str) -> None:
    """A guess would be worse than a question."""
    with pytest.raises(ValueError, match=re.escape(REFUSED[text])):
        when(text, FRIDAY, LONDON)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-09 02:30", "2025-03-09T07:00:00+00:00"),  # skipped: the instant right after the jump
        ("2025-11-02 01:30", "2025-11-02T05:30:00+00:00"),  # repeated: its first occurrence
    ],
)
def test_wall_times_follow_the_one_rule(text: str, expected: str) -> None:
    """The rule of `timeline.zone`, whichever way the text is parsed."""
    assert when(text, FRIDAY, NEW_YORK).isoformat() == expected


def test_days_and_weeks_keep_the_clock_and_hours_are_elapsed() -> None:
    """Clocks go back in London on 25 October 2026 at 01:00 UTC."""
    now = datetime(2026, 10, 24, 8, tzinfo=UTC)
    assert when("in 2 days", now, LONDON) == datetime(2026, 10, 26, 9, tzinfo=UTC)
    assert when("+48h", now, LONDON) == datetime(2026, 10, 26, 8, tzinfo=UTC)
    assert after(now, "1w", LONDON) == datetime(2026, 10, 31, 9, tzinfo=UTC)
    assert after(now, "168h", LONDON) == datetime(2026, 10, 31, 8, tzinfo=UTC)


def test_a_whole_day_is_a_date_in_the_zone() -> None:
    """`--through` and `--starting` take days."""
    assert day("2026-12-24", FRIDAY, LONDON) == date(2026, 12, 24)
    assert day("fri", FRIDAY, NEW_YORK) == date(2026, 12, 4)
    assert day("24 dec", FRIDAY, NEW_YORK) == date(2026, 12, 24)


@pytest.mark.parametrize("text", ["2026-12-24 09:00", "tomorrow 5pm", "+2h"])
def test_a_whole_day_has_no_time_of_day(text: str) -> None:
    """A time that would be ignored is refused."""
    with pytest.raises(ValueError, match="a whole day is wanted"):
        day(text, FRIDAY, LONDON)


def test_plain_times_do_not_load_pendulum() -> None:
    """`oncall who --at …` stays quick: pendulum costs more than the answer."""
    code = """
import sys
from datetime import UTC, datetime
from oncall_rota.humantime import when
from oncall_rota.timeline.zone import zone
for text in ("now", "2026-06-02T12:00:00Z", "2026-06-02 12:00", "2026-06-02", "fri 17:00", "+2h"):
    when(text, datetime(2026, 11, 27, tzinfo=UTC), zone("Europe/London"))
sys.exit("pendulum" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WORDS = st.sampled_from(
    [
        "now",
        "today",
        "tomorrow",
        "next",
        "last",
        "mon",
        "friday",
        "24",
        "dec",
        "2026",
        "29",
        "feb",
        "5pm",
        "17:00",
        "noon",
        "at",
        "in",
        "3",
        "days",
        "ago",
        "+",
        "-",
        "@",
        "2h",
        "1w",
        "UTC",
        "Europe/London",
        "2026-06-01",
        "2026-W23",
        "T12:00Z",
        "25/12",
        "99999999999",
        "9999-12-31",
        "0001-01-01",
        "\u0665",
        "24:00",
        "-1",
    ]
)


@given(st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=5).map(" ".join), st.lists(WORDS).map("".join)))
def test_whatever_is_typed_is_an_instant_or_a_message(text: str) -> None:
    """Nothing else than `ValueError` comes out, and never an instant without a zone."""
    for zone_ in (LONDON, NEW_YORK):
        try:
            found = when(text, FRIDAY, zone_)
        except ValueError:
            continue
        assert type(found) is datetime
        assert found.tzinfo is UTC
