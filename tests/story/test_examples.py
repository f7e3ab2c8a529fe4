"""The cookbook: every example is valid, and its shifts are the ones that were worked out by hand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_rota.config import Catalog, check, load
from oncall_rota.schedule import gaps, on_call_at, shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval

EXAMPLES = Path(__file__).parents[2] / "examples"
STORIES = sorted(path.parent for path in EXAMPLES.glob("*/expected.json"))

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)


def expected(story: Path) -> dict[str, Any]:
    """What `expected.json` of an example says."""
    found: dict[str, Any] = json.loads((story / "expected.json").read_text(encoding="utf-8"))
    return found


def instant(text: str) -> datetime:
    """`2026-10-19T08:00:00Z` as an aware datetime."""
    return datetime.fromisoformat(text)


def text(at: datetime) -> str:
    """An instant as `expected.json` writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def window(story: dict[str, Any]) -> Interval:
    """The window of an example."""
    return Interval(instant(story["from"]), instant(story["until"]))


def catalog(story: Path) -> Catalog:
    """The example's folder, loaded."""
    return load(story / "rotations")[0]


def schedule(catalog: Catalog, name: str) -> Schedule:
    """`team/schedule` of a catalogue."""
    team, _, rest = name.partition("/")
    return catalog.teams[team].schedules[rest]


def test_the_cookbook_has_at_least_twenty_stories_each_told_in_a_readme() -> None:
    """A folder of `examples/` is a story: a README, a rotations folder, the expected shifts."""
    folders = sorted(path for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "deploy")
    assert len(folders) >= 20
    for folder in folders:
        assert (folder / "README.md").read_text(encoding="utf-8").startswith("# "), folder.name
        assert (folder / "rotations").is_dir(), folder.name
    assert folders == STORIES


def test_the_index_names_every_story() -> None:
    """`examples/README.md` links to each folder."""
    index = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [story.name for story in STORIES if f"({story.name}/README.md)" not in index] == []


@each_story
def test_an_example_is_valid(story: Path) -> None:
    """No error and no warning, at the beginning of its window and over the 400 days after it."""
    catalog, problems = load(story / "rotations")
    problems += check(catalog, instant(expected(story)["from"]))
    assert [problem for problem in problems if problem.severity != "note"] == []


@each_story
def test_an_example_has_the_shifts_that_were_worked_out_by_hand(story: Path) -> None:
    """Every schedule that is named, one entry a person and unbroken interval."""
    want, loaded = expected(story), catalog(story)
    have = {
        name: [
            {"person": shift.person, "start": text(shift.start_at), "end": text(shift.end_at)}
            for shift in shifts(schedule(loaded, name), window(want))
        ]
        for name in want["schedules"]
    }
    assert have == want["schedules"]


@each_story
def test_an_example_has_the_gaps_that_were_worked_out_by_hand(story: Path) -> None:
    """A schedule that `gaps` does not name has none."""
    want, loaded = expected(story), catalog(story)
    have = {
        name: [
            {"start": text(gap.start_at), "end": text(gap.end_at), "declared": gap.declared}
            for gap in gaps(schedule(loaded, name), window(want))
        ]
        for name in want["schedules"]
    }
    assert {name: found for name, found in have.items() if found} == want["gaps"]


@each_story
def test_an_example_answers_an_instant_as_it_answers_a_window(story: Path) -> None:
    """At the start of every expected shift, and a second before its end, the people expected are on call."""
    want, loaded = expected(story), catalog(story)
    for name, rows in want["schedules"].items():
        edges = {row["start"] for row in rows} | {text(instant(row["end"]) - timedelta(seconds=1)) for row in rows}
        for at in sorted(edges):
            on = [one.person for one in on_call_at(schedule(loaded, name), instant(at))]
            assert on == sorted(row["person"] for row in rows if row["start"] <= at < row["end"]), (name, at)


@each_story
def test_a_service_is_handed_over_on_its_day(story: Path) -> None:
    """`handovers` of an example, if it has any: to which schedule, from which instant."""
    want, loaded = expected(story), catalog(story)
    have = {
        f"{team.name}/{service.name}": {
            "to": f"{service.handover.to.team}/{service.handover.to.name}",
            "starting": text(service.handover.starting_at),
        }
        for team in loaded.teams.values()
        for service in team.services.values()
        if service.handover
    }
    assert have == want.get("handovers", {})
