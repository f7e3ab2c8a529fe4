"""The repository's own `rotations/`: a living example, valid on every day on which somebody may clone it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncall_rota.config import check, load
from oncall_rota.schedule import gaps, on_call_at
from oncall_rota.timeline.interval import Interval

ROTATIONS = Path(__file__).parents[2] / "rotations"


def day(text: str) -> datetime:
    """00:00 UTC of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "on", ["2026-11-01", "2026-11-21", "2026-12-31", "2027-03-28", "2027-10-31", "2028-02-29", "2031-07-01"]
)
def test_the_living_example_is_valid_whenever_it_is_cloned(on: str) -> None:
    """No error and no warning, today and in some years."""
    catalog, problems = load(ROTATIONS)
    problems += check(catalog, day(on))
    assert [problem for problem in problems if problem.severity != "note"] == []


def test_the_living_example_has_at_least_four_teams() -> None:
    """It shows the range, so it is more than one weekly team."""
    catalog, _ = load(ROTATIONS)
    assert len(catalog.teams) >= 4
    assert {layer.timezone for team in catalog.teams.values() for layer in team.first.layers} >= {
        "Asia/Singapore",
        "Europe/London",
        "America/Denver",
    }


def test_each_team_of_the_living_example_has_somebody_on_at_every_hour() -> None:
    """Asked instant by instant, for a year that has every clock change in it."""
    catalog, _ = load(ROTATIONS)
    start_at = day("2026-11-21")
    for team in catalog.teams.values():
        for hours in range(0, 400 * 24, 7):
            at = start_at + timedelta(hours=hours)
            assert on_call_at(team.first, at), (team.name, at)


def test_each_team_of_the_living_example_has_no_gap() -> None:
    """Asked as one window."""
    catalog, _ = load(ROTATIONS)
    window = Interval(day("2026-11-21"), day("2028-01-01"))
    found = {team.name: gaps(team.first, window) for team in catalog.teams.values()}
    assert found == dict.fromkeys(catalog.teams, ())


def test_everybody_of_the_living_example_can_be_reached() -> None:
    """An example that pages nobody would teach the wrong thing."""
    catalog, _ = load(ROTATIONS)
    assert [person.id for person in catalog.people.values() if not person.contacts] == []
