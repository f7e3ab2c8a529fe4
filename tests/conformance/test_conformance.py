"""Every conformance case, asked of the reference, of the engine and, for a sample, of the command line."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from oracle import Reference
from translate import SCHEDULE, TEAM, cases, write

from oncall_rota.config import load

ALL = cases()
ANSWERED = [case for case in ALL if case["tier"] != "validation"]
REFUSED = [case for case in ALL if case["tier"] == "validation"]
ASKED = [case for case in ANSWERED if case["expect"].get("who")]


def by_name(chosen: list[dict[str, Any]]) -> Any:
    """One test a case, named after it."""
    return pytest.mark.parametrize("case", chosen, ids=[case["id"] for case in chosen])


def moment(text: str) -> datetime:
    """An instant as the cases write it, as an aware UTC datetime."""
    return datetime.fromisoformat(text).astimezone(UTC)


def second(text: str) -> int:
    """The same in epoch seconds."""
    return int(moment(text).timestamp())


def questions(case: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """[(instant as written, people expected)], each way of writing an instant its own question."""
    return [
        (written, sorted(one["on_call"]))
        for one in case["expect"].get("who", [])
        for written in [one["at"], *one.get("also_at", [])]
    ]


def expected_shifts(case: dict[str, Any]) -> list[tuple[int, int, str]]:
    """(start, end, person) in epoch seconds, sorted."""
    return sorted((second(one["start"]), second(one["end"]), one["person"]) for one in case["expect"]["shifts"])


def gaps(shifts: list[tuple[int, int, str]], low: int, high: int) -> list[tuple[int, int]]:
    """The stretches of [low, high) in which nobody is on."""
    found, reached = [], low
    for start, end, _ in sorted(shifts):
        if start > reached:
            found.append((reached, start))
        reached = max(reached, end)
    return found if reached >= high else [*found, (reached, high)]


def check_window(case: dict[str, Any], shifts: list[tuple[int, int, str]]) -> None:
    """Compare everything that the case says about its window."""
    expect = case["expect"]
    low, high = second(expect["window"]["from"]), second(expect["window"]["to"])
    assert shifts == expected_shifts(case)
    holes = gaps(shifts, low, high)
    if "gaps" in expect:
        assert holes == [(second(one["start"]), second(one["end"])) for one in expect["gaps"]]
    if "handoffs" in expect:
        assert sorted({start for start, _, _ in shifts if start > low}) == [second(one) for one in expect["handoffs"]]
    if "totals" in expect:
        totals: dict[str, int] = {}
        for start, end, person in shifts:
            totals[person] = totals.get(person, 0) + end - start
        assert totals == expect["totals"]
    if "coverage_percent" in expect:
        covered = high - low - sum(end - start for start, end in holes)
        assert round(100 * covered / (high - low)) == expect["coverage_percent"]


def test_the_folder_holds_cases_of_every_tier() -> None:
    """No part of the copied folder is missing."""
    assert {case["tier"] for case in ALL} == {"core", "choice", "feature", "validation"}
    assert len(ALL) >= 200


@by_name(ANSWERED)
def test_reference_agrees(case: dict[str, Any], tmp_path: Path) -> None:
    """The slow reference gives every expected answer, or comparing the engine with it proves little."""
    asked = [second(written) for written, _ in questions(case)]
    window = case["expect"].get("window")
    if window:
        asked += [second(window["from"]), second(window["to"])]
    reference = Reference.read(write(case, tmp_path), min(asked), max(asked) + 1)
    for written, people in questions(case):
        assert list(reference.who(TEAM, SCHEDULE, second(written))) == people, written
    if window:
        check_window(case, reference.shifts(TEAM, SCHEDULE, second(window["from"]), second(window["to"])))


@by_name(ANSWERED)
def test_engine_agrees(case: dict[str, Any], tmp_path: Path) -> None:
    """Every question, and the whole window with its gaps, handoffs and totals."""
    from oncall_rota.schedule import on_call_at, shifts

    catalog, problems = load(write(case, tmp_path))
    assert [problem for problem in problems if problem.severity == "error"] == []
    schedule = catalog.teams[TEAM].schedules[SCHEDULE]
    for written, people in questions(case):
        assert sorted(one.person for one in on_call_at(schedule, moment(written))) == people, written
    if "window" in case["expect"]:
        low, high = (moment(case["expect"]["window"][end]) for end in ("from", "to"))
        found = shifts(schedule, (low, high))
        assert all(one.start_at.utcoffset() == one.end_at.utcoffset() == low.utcoffset() for one in found)
        check_window(
            case,
            sorted((int(one.start_at.timestamp()), int(one.end_at.timestamp()), one.person) for one in found),
        )


@by_name(REFUSED)
def test_mistakes_are_found(case: dict[str, Any], tmp_path: Path) -> None:
    """What must be refused is, by a message that names what is wrong; the rest must only not raise."""
    _, problems = load(write(case, tmp_path))
    if case["expect"]["severity"] == "either":
        return
    errors = [problem for problem in problems if problem.severity == "error"]
    assert errors
    for text in case["expect"]["message_should_name"]:
        assert any(text in f"{problem.message} {problem.hint or ''}" for problem in errors), (text, errors)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in errors)


@by_name(ASKED[::6])
def test_command_line_agrees(
    case: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`oncall who` says what the engine says, for instants written in every way."""
    from oncall_rota.cli.main import main

    folder = write(case, tmp_path)
    for written, people in questions(case)[:4]:
        monkeypatch.setattr(sys, "argv", ["oncall", "who", "--dir", str(folder), "--at", written, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert ended.value.code in ((0, None) if people else (0, None, 3)), output.err
        (answer,) = json.loads(output.out)["results"]
        assert (answer["team"], answer["schedule"]) == (TEAM, SCHEDULE)
        assert sorted(one["id"] for one in answer["on_call"]) == people, written
