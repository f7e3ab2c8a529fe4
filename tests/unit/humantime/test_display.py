"""Instants and distances as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall_rota.humantime import day_text, moment_text, span_text, spoken
from oncall_rota.timeline.zone import zone

AT = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(hours=3), "in 3 hours"),
        (timedelta(days=-2), "2 days ago"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(weeks=2), "in 2 weeks"),
        (timedelta(days=-400), "1 year ago"),
        (timedelta(0), "now"),
    ],
)
def test_a_distance_is_spoken(delta: timedelta, text: str) -> None:
    """From now, in one unit."""
    assert spoken(delta) == text


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(days=2, hours=4, minutes=5), "2d 4h"),
        (timedelta(days=2, minutes=5), "2d"),
        (timedelta(minutes=45), "45m"),
        (timedelta(seconds=30), "30s"),
        (timedelta(0), "0s"),
        (timedelta(weeks=2), "14d"),
    ],
)
def test_a_span_takes_its_two_largest_units(delta: timedelta, text: str) -> None:
    """Short enough for a column."""
    assert span_text(delta) == text


def test_a_moment_shows_its_year_only_when_it_is_another_one() -> None:
    """And what the zone calls itself when asked."""
    london = zone("Europe/London")
    assert moment_text(AT, london, AT) == "Fri 27 Nov 17:00"
    assert moment_text(AT, london) == "Fri 27 Nov 2026 17:00"
    assert moment_text(AT, london, None, abbreviated=True) == "Fri 27 Nov 2026 17:00 GMT"
    assert moment_text(AT, zone("Asia/Kathmandu"), AT, abbreviated=True) == "Fri 27 Nov 22:45 UTC+0545"
    assert day_text(AT, zone("Asia/Tokyo"), AT) == "Sat 28 Nov"
