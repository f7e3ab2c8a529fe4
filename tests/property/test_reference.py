"""The engine against the slow reference on random schedules, and properties that hold of any schedule.

A failure prints its seed; `ONCALL_SEED=1234 pytest tests/property -k reference` draws that folder alone.
"""

from __future__ import annotations

import json
import os
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from oracle import Reference, clock_changes
from strategies import CHANGES, PEOPLE, ZONES, Folder, folder, written

from oncall_rota.config import load
from oncall_rota.schedule import on_call_at, shifts

TEAM = "payments"
FOLDERS = int(os.environ.get("ONCALL_FOLDERS", "2400"))  # of about two schedules each
FIRST = int(os.environ.get("ONCALL_FIRST", "0"))
SEED = os.environ.get("ONCALL_SEED")
PARTS = 12
OVERLAP = ("overlap",)  # parts of the codes that a drawn exclusive schedule may earn


def at(second: int) -> datetime:
    """Epoch seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(second, UTC)


def loaded(texts: dict[str, str], place: Path) -> tuple[Any, list[Any], Path]:
    """Write the files, load them: (catalogue, problems, folder)."""
    rotations = place / "rotations"
    rotations.mkdir(parents=True)
    for name, text in texts.items():
        (rotations / name).write_text(text, encoding="utf-8", newline="")
    catalog, problems = load(rotations)
    return catalog, list(problems), rotations


def triples(found: Any) -> list[tuple[int, int, str]]:
    """The engine's shifts as (start, end, person), sorted."""
    return sorted((int(one.start_at.timestamp()), int(one.end_at.timestamp()), one.person) for one in found)


def on(schedule: Any, second: int) -> list[str]:
    """Who the engine says is on at an instant."""
    return sorted(one.person for one in on_call_at(schedule, at(second)))


def shown(drawn: Folder) -> str:
    """The files, to be read in a failure."""
    return "\n".join(f"--- {name}\n{text}" for name, text in drawn.texts.items() if name != "days.ics")


def difference(found: list[tuple[int, int, str]], expected: list[tuple[int, int, str]]) -> str:
    """The shifts that only one of the two has, as a person reads them."""
    return "".join(
        f"\n  only {which}: {at(start):%F %T} - {at(end):%F %T} {person}"
        for which, these, those in (("engine", found, expected), ("reference", expected, found))
        for start, end, person in these
        if (start, end, person) not in those
    )


def unexpected(problems: list[Any], drawn: Folder) -> list[Any]:
    """The errors that the drawing should not have earned."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if drawn.exclusive:
        errors = [problem for problem in errors if not any(part in problem.code for part in OVERLAP)]
    return errors


def compare(seed: int, place: Path) -> int:
    """Draw the folder of this seed, compare all its schedules; the number of schedules compared."""
    drawn = folder(random.Random(seed))
    story = f"seed {seed}\n{shown(drawn)}"
    catalog, problems, rotations = loaded(drawn.texts, place)
    assert unexpected(problems, drawn) == [], story
    reference = Reference.read(rotations, drawn.low, drawn.high, drawn.holidays)
    rng = random.Random(seed)
    for name in drawn.schedules:
        schedule = catalog.teams[TEAM].schedules[name]
        found = triples(shifts(schedule, (at(drawn.low), at(drawn.high))))
        expected = reference.shifts(TEAM, name, drawn.low, drawn.high)
        assert found == expected, f"schedule {name}{difference(found, expected)}\n{story}"
        for start, end, people in reference.spans(TEAM, name, drawn.low, drawn.high):
            for second in {start, (start + end) // 2, end - 1}:
                assert on(schedule, second) == sorted(people), f"schedule {name} at {at(second)}, {story}"
        low, high = sorted(rng.sample(range(drawn.low, drawn.high), 2))
        part = [(max(s, low), min(e, high), who) for s, e, who in found if s < high and e > low]
        assert triples(shifts(schedule, (at(low), at(high)))) == sorted(part), f"part {low} {high} of {name}, {story}"
    return len(drawn.schedules)


@pytest.mark.parametrize("part", range(PARTS))
def test_engine_agrees_with_the_reference(part: int, tmp_path: Path) -> None:
    """Every drawn schedule: shifts over the window, over a part of it, and `on_call_at` round every edge."""
    seeds = [int(SEED)] if SEED else range(FIRST + part, FIRST + FOLDERS, PARTS)
    failures: list[str] = []
    for seed in seeds:
        try:
            compare(seed, tmp_path / str(seed))
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, f"{len(failures)} of {len(seeds)} folders, the first of them:\n{failures[0]}"


def test_enough_schedules_are_compared() -> None:
    """A run compares two thousand schedules or more."""
    assert sum(len(folder(random.Random(seed)).schedules) for seed in range(1200)) >= 2000


# ---- round the clock: no hole, no double ---------------------------------------------------------------

ROUND_THE_CLOCK = {
    "daily": """
        rotation: {{people: [alice, bob, carol], every: day, handoff: "{time}", starting: 2019-12-30}}
    """,
    "weekly": """
        rotation: {{people: [alice, bob], every: week, handoff: sunday {time}, starting: 2019-12-29}}
    """,
    "hours": """
        rotation: {{people: [alice, bob, carol], every: 8 hours, starting: "2019-12-30 {time}"}}
    """,
    "elapsed": """
        rotation: {{people: [alice, bob], every: 12 hours, clock: elapsed, starting: "2019-12-30 {time}"}}
    """,
    "day and night": """
        schedules:
          primary:
            layers:
              - {{name: day, when: "daily {time}-14:00",
                 people: [alice, bob], every: shift, starting: 2019-12-30}}
              - {{name: night, when: "daily 14:00-{time}",
                 people: [carol, dave], every: shift, starting: 2019-12-29}}
    """,
    "office and otherwise": """
        schedules:
          primary:
            layers:
              - {{name: early, when: "sat,sun {time}-17:30",
                 people: [alice, bob], every: shift, starting: 2019-12-27}}
              - {{name: rest, when: otherwise,
                 people: [carol, dave], every: day, handoff: "02:15", starting: 2019-12-27}}
    """,
    "weekend and week": """
        schedules:
          primary:
            layers:
              - {{name: week, when: "sun {time} - fri 17:30",
                 people: [alice, bob], every: shift, starting: 2019-12-22}}
              - {{name: end, when: "fri 17:30 - sun {time}",
                 people: [carol, dave], every: shift, starting: 2019-12-20}}
    """,
    "follow the sun": """
        schedules:
          primary:
            layers:
              - {{name: here, when: "daily from {time}",
                 people: [alice, bob], every: day, handoff: "00:00", starting: 2019-12-27}}
              - {{name: east, timezone: Asia/Kathmandu, when: daily from 08:00,
                 people: [carol]}}
              - {{name: west, timezone: America/New_York, when: daily from 08:00,
                 people: [dave]}}
    """,
}


@cache
def transitions(zone: str) -> list[int]:
    """Each clock change of the zone from 2020 to 2037."""
    return sorted(clock_changes(zone, int(datetime(2020, 1, 3, tzinfo=UTC).timestamp()), 2145916800))


@pytest.mark.parametrize("shape", ROUND_THE_CLOCK)
@pytest.mark.parametrize("zone", ZONES)
def test_round_the_clock_has_no_hole_and_no_double(zone: str, shape: str, tmp_path: Path) -> None:
    """Six days round every clock change from 2020 to 2037: exactly one person, always."""
    for time in ("02:30", "00:00"):
        texts = {
            f"{TEAM}.yaml": f"team: {TEAM}\ntimezone: {zone}\n" + dedented(ROUND_THE_CLOCK[shape].format(time=time)),
            "people.yaml": contacts(),
        }
        catalog, problems, _ = loaded(texts, tmp_path / time.replace(":", ""))
        assert [problem for problem in problems if problem.severity == "error"] == []
        schedule = catalog.teams[TEAM].schedules["primary"]
        for change in transitions(zone):
            low, high = change - 3 * 86400, change + 3 * 86400
            reached = low
            for start, end, person in triples(shifts(schedule, (at(low), at(high)))):
                assert start == reached, (zone, shape, time, at(change), at(reached), at(start), person)
                assert end > start
                reached = end
            assert reached == high, (zone, shape, time, at(change), at(reached))


def contacts() -> str:
    """people.yaml."""
    return "".join(f"{person}: {{name: {person.title()}, email: {person}@example.com}}\n" for person in PEOPLE)


def dedented(text: str) -> str:
    """Without the margin of this source file."""
    lines = [line for line in text.splitlines() if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[margin:] for line in lines) + "\n"


# ---- dated people --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_dated_people_leave_earlier_shifts_alone(seed: int, tmp_path: Path) -> None:
    """Somebody joins or leaves at a handoff: every shift before it is the same, byte for byte."""
    rng = random.Random(seed)
    zone = rng.choice(ZONES)
    day = datetime.fromisoformat(rng.choice(CHANGES[zone]))
    hour = rng.choice(["00:30", "01:30", "02:15", "09:00"])
    step = rng.choice([1, 2, 7])
    every = {1: "day", 2: "2 days", 7: "week"}[step]
    start = datetime.fromisoformat(f"{day.date() - timedelta(days=rng.randint(10, 60))} {hour}")
    turn = max(1, (day - start).days // step + rng.randint(-1, 2))
    joined = start + timedelta(days=turn * step)
    before = rng.sample(PEOPLE, rng.randint(2, 4))
    after = rng.choice([[*before, "newcomer"], before[1:] or before, rng.sample(PEOPLE, 3)])
    answers = []
    for number, blocks in enumerate(([(start, before)], [(start, before), (joined, after)])):
        people = "".join(f"    - {{starting: {written(when)}, order: [{', '.join(who)}]}}\n" for when, who in blocks)
        texts = {
            f"{TEAM}.yaml": f"team: {TEAM}\ntimezone: {zone}\nrotation:\n  every: {every}\n  people:\n{people}",
            "people.yaml": contacts() + "newcomer: {name: Newcomer, email: newcomer@example.com}\n",
        }
        catalog, problems, rotations = loaded(texts, tmp_path / str(number))
        assert [problem for problem in problems if problem.severity == "error"] == []
        low = int(start.replace(tzinfo=UTC).timestamp()) - 86400
        reference = Reference.read(rotations, low, low + 86400)
        assert reference.who(TEAM, "primary", low) == ()
        found = shifts(catalog.teams[TEAM].schedules["primary"], (at(low), first_instant(zone, joined)))
        answers.append(json.dumps([(one.person, one.start_at.isoformat(), one.end_at.isoformat()) for one in found]))
    assert answers[0] == answers[1]
    assert len(answers[0]) > len("[]")


def first_instant(zone: str, wall: datetime) -> datetime:
    """The instant of a wall time, by the reference."""
    from oracle import instant

    return at(instant(zone, wall))
