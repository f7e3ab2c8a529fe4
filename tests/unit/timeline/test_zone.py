"""Wall times and instants, over every kind of clock change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall_rota.timeline.zone import epoch, moment, wall, zone

# zone, a day or two before the change, how far to look
CHANGES = [
    ("Europe/London", "2026-03-28", 2),
    ("Europe/London", "2026-10-24", 2),
    ("America/New_York", "2026-03-07", 2),
    ("America/New_York", "2026-10-31", 2),
    ("Australia/Lord_Howe", "2026-04-04", 2),
    ("Australia/Lord_Howe", "2026-10-03", 2),
    ("Pacific/Apia", "2011-12-29", 3),
    ("America/Sao_Paulo", "2018-11-03", 2),
    ("Africa/Casablanca", "2026-02-14", 2),
    ("Asia/Kathmandu", "1985-12-31", 2),
    ("America/Caracas", "2016-04-30", 2),
    ("Antarctica/Troll", "2026-03-28", 2),
]
STEP = 300


@pytest.mark.parametrize(("name", "day", "days"), CHANGES)
def test_a_wall_time_is_the_first_instant_at_which_the_clock_reads_it_or_later(name: str, day: str, days: int) -> None:
    """Checked by looking at the clock every five minutes."""
    low = datetime.fromisoformat(f"{day}T00:00:00Z") - timedelta(days=1)
    clock = ZoneInfo(name)
    seen = []
    for step in range((days + 2) * 86400 // STEP):
        at = low + timedelta(seconds=step * STEP)
        seen.append((epoch(at), wall(at.astimezone(clock).replace(tzinfo=None))))
    for reading in range(seen[0][1] + STEP, seen[-1][1] - 26 * 3600, STEP):
        first = next(instant for instant, shown in seen if shown >= reading)
        assert zone(name).instant(reading) == first, moment(reading)


@pytest.mark.parametrize(("name", "day", "days"), CHANGES)
def test_the_highest_reading_never_falls(name: str, day: str, days: int) -> None:
    """And it says the same as `instant` about every wall time."""
    here = zone(name)
    low = epoch(datetime.fromisoformat(f"{day}T00:00:00Z"))
    readings = [here.reading(low + second) for second in range(0, days * 86400, 60)]
    assert readings == sorted(readings)
    for step, reading in enumerate(readings):
        at = low + step * 60
        assert here.instant(reading) <= at
        assert here.instant(reading + 1) > at


@pytest.mark.parametrize(("name", "day", "days"), CHANGES)
def test_many_wall_times_at_once_are_the_same_instants(name: str, day: str, days: int) -> None:
    """Over the change, and over the edge of a block of years."""
    here = zone(name)
    low = wall(datetime.fromisoformat(day))
    walls = [low + second for second in range(0, days * 86400, 600)]
    assert here.instants(walls) == [here.instant(each) for each in walls]
    far = list(range(low, low + 3000 * 86400, 7 * 3600 + 11))
    assert here.instants(far) == [here.instant(each) for each in far]


def test_a_skipped_time_is_the_instant_after_the_jump() -> None:
    """01:30 does not exist in London on 29 March 2026; 01:00 UTC is when the clock reads 02:00."""
    assert moment(zone("Europe/London").instant(wall(datetime(2026, 3, 29, 1, 30)))) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


def test_a_repeated_time_is_its_first_occurrence() -> None:
    """01:30 happens twice in New York on 1 November 2026."""
    assert moment(zone("America/New_York").instant(wall(datetime(2026, 11, 1, 1, 30)))) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


def test_the_first_and_the_last_years_have_answers() -> None:
    """No date that a person can write breaks the arithmetic."""
    for year in (1, 2, 1850, 1970, 2400, 9998):
        at = epoch(datetime(year, 6, 1, tzinfo=UTC))
        assert abs(zone("Europe/London").reading(at) - at) <= 7200


@pytest.mark.parametrize("name", ["AEDT", "Europe/Atlantis", "../etc/passwd", "", "/etc/localtime", "Europe"])
def test_an_unknown_zone_is_a_value_error_that_names_it(name: str) -> None:
    """Paths and folders are no zones either."""
    with pytest.raises(ValueError, match="no time zone"):
        zone(name)


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive time is never taken for UTC."""
    with pytest.raises(ValueError, match="has no zone"):
        epoch(datetime(2026, 1, 1))
