"""`oncall schedule`, `me`, `gaps` and `why`: shapes, windows, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

GOLDEN = Path(__file__).parents[2] / "golden" / "cli"
WINDOW = ("--from", "2026-06-01T00:00Z", "--until", "2026-06-15T00:00Z")


def test_a_schedule_in_the_words_of_the_contract(oncall: Any) -> None:
    """One entry a person and unbroken interval, cut at the window's ends."""
    found = json.loads(oncall("schedule", "payments/primary", *WINDOW, "--json").out)
    assert (found["version"], found["from"], found["until"]) == (1, "2026-06-01T00:00:00Z", "2026-06-15T00:00:00Z")
    assert found["shifts"][0] == {
        "team": "payments",
        "schedule": "primary",
        "person": "alice",
        "start": "2026-06-01T00:00:00Z",
        "end": "2026-06-01T08:00:00Z",
        "cause": {"kind": "turn", "layer": "primary", "turn": 20, "path": "payments.yaml", "line": 6},
    }
    assert [each["person"] for each in found["shifts"]] == ["alice", "bob", "carol", "bob", "carol"]
    assert found["gaps"] == []


def test_gaps_say_whether_they_are_declared(oncall: Any) -> None:
    """All stretches in which nobody is on; those inside must_cover are not declared."""
    found = json.loads(oncall("schedule", "web", "--from", "2026-06-05", "--for", "1d", "--json").out)
    assert found["shifts"] == []
    assert [(each["start"][11:16], each["end"][11:16], each["declared"]) for each in found["gaps"]] == [
        ("00:00", "13:00", True),
        ("13:00", "21:00", False),
        ("21:00", "00:00", True),
    ]
    nobody = json.loads(oncall("schedule", "payments/primary", "--from", "2026-12-25", "--for", "2d", "--json").out)
    assert [each["declared"] for each in nobody["gaps"]] == [True]


def test_entries_break_where_the_cause_changes_when_asked(folder: Path, oncall: Any) -> None:
    """Without --causes a merged entry carries its first piece's cause."""
    text = (folder / "payments.yaml").read_text().replace("who: carol, from: 2026-06-03", "who: bob, from: 2026-06-03")
    (folder / "payments.yaml").write_text(text)
    window = ("--from", "2026-06-01T08:00Z", "--until", "2026-06-08T08:00Z", "--json")
    plain, broken = (
        json.loads(oncall("schedule", "payments/primary", *window, *more).out)["shifts"] for more in ((), ("--causes",))
    )
    assert [each["cause"]["kind"] for each in plain] == ["turn"]
    assert [each["cause"]["kind"] for each in broken] == ["turn", "override", "turn"]


@pytest.mark.parametrize("form", ["json", "plain", "csv", "names"])
def test_every_format_is_stable(form: str, oncall: Any, golden: Callable[[str, Path], None]) -> None:
    """Sorted by start, team, schedule and person; to the byte."""
    said = oncall("schedule", "--from", "2026-06-01T00:00Z", "--for", "1w", "-o", form)
    golden(said.out, GOLDEN / f"schedule.{form}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--until", "2026-06-01", "--for", "1w"),
        ("--from", "2026-06-02", "--until", "2026-06-01"),
        ("--for", "0d"),
        ("--for", "long"),
        ("--from", "1/2/2026"),
    ],
)
def test_a_window_that_is_none_is_refused(arguments: tuple[str, ...], oncall: Any) -> None:
    """Exit code 2, and nothing on standard output."""
    said = oncall("schedule", *arguments)
    assert (said.code, said.out) == (2, "")


@freeze_time("2026-06-03T12:00:00Z")
def test_the_window_is_four_weeks_from_today_on_the_zones_calendar(oncall: Any) -> None:
    """Across the clock change too: days keep the clock."""
    found = json.loads(oncall("schedule", "payments", "--json", "--tz", "Europe/London").out)
    assert (found["from"], found["until"]) == ("2026-06-02T23:00:00Z", "2026-06-30T23:00:00Z")
    found = json.loads(oncall("schedule", "--from", "2026-10-24", "--for", "1w", "--json", "--tz", "Europe/London").out)
    assert (found["from"], found["until"]) == ("2026-10-23T23:00:00Z", "2026-10-31T00:00:00Z")


@freeze_time("2026-06-03T12:00:00Z")
def test_my_shifts_are_those_of_the_user_in_every_team(oncall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """$ONCALL_USER or --person; eight weeks."""
    assert oncall("me").code == 2
    assert oncall("me", "--person", "zoe").code == 5
    monkeypatch.setenv("ONCALL_USER", "carol")
    found = json.loads(oncall("me", "--json").out)
    assert found["person"] == "carol"
    assert {each["person"] for each in found["shifts"]} == {"carol"}
    assert {each["team"] for each in found["shifts"]} == {"payments", "web"}
    assert found["shifts"][0]["start"] == "2026-06-03T12:00:00Z"
    assert oncall("me", "--for", "1w", "-o", "plain").out.startswith(
        "2026-06-03T12:00:00Z\t2026-06-04T08:00:00Z\tpayments\t"
    )


def test_my_shifts_on_a_terminal_begin_with_what_matters(on_terminal: Any) -> None:
    """Now or next, in words."""
    assert (
        "is on call" in on_terminal("me", "--person", "alice").out
        or "next on call in" in on_terminal("me", "--person", "alice").out
    )


def test_my_first_line_names_all_that_i_am_on_call_for(folder: Path, on_terminal: Any) -> None:
    """Who looks at night which phone may ring does not read on."""
    for team in ("lone", "only"):
        rotation = "{people: [dave], every: week, handoff: monday 09:00, starting: 2026-01-05}"
        (folder / f"{team}.yaml").write_text(f"team: {team}\ntimezone: Europe/London\nrotation: {rotation}\n")
    (folder / "payments.yaml").unlink()
    first = on_terminal("me", "--person", "dave", width=120, env={"NO_COLOR": "1"}).out.splitlines()[0]
    assert "lone/primary" in first
    assert "only/primary" in first


@freeze_time("2026-06-03T12:00:00Z")
def test_gaps_end_with_3_when_somebody_must_be_on(oncall: Any) -> None:
    """And with 0 where nobody need be."""
    said = oncall("gaps", "--for", "1w")
    assert (said.code, said.out) == (3, "2026-06-05T13:00:00Z\t2026-06-05T21:00:00Z\tweb\tday\tgap\n")
    said = oncall("gaps", "payments", "--for", "52w")
    assert (said.code, said.out, said.err) == (0, "", "no gap within 52w\n")
    found = json.loads(oncall("gaps", "--for", "1w", "--all", "--json").out)
    assert found["gaps"][0] == {
        "team": "web",
        "schedule": "day",
        "start": "2026-06-03T12:00:00Z",
        "end": "2026-06-03T13:00:00Z",
        "declared": True,
    }


def test_why_tells_the_line_and_what_it_would_have_been(oncall: Any, golden: Callable[[str, Path], None]) -> None:
    """Layer, turn, override, file and line."""
    said = oncall("why", "payments", "--at", "2026-06-03T12:00Z", "--tz", "Europe/London")
    assert said.code == 0
    golden(said.out, GOLDEN / "why.txt")
    found = json.loads(oncall("why", "payments/primary", "--at", "2026-06-03T12:00Z", "--json").out)["results"][0]
    assert [each["id"] for each in found["on_call"]] == ["carol"]
    assert [each["id"] for each in found["without_overrides"]] == ["bob"]
    assert found["changes"] == [
        {
            "kind": "override",
            "verb": "who",
            "reason": "wedding",
            "before": ["bob"],
            "after": ["carol"],
            "path": "payments.yaml",
            "line": 14,
        }
    ]


def test_why_explains_that_nobody_is_on(oncall: Any) -> None:
    """An explanation is no failure."""
    said = oncall("why", "web", "--at", "2026-06-06T12:00Z")
    assert said.code == 0
    assert "Nobody is on call." in said.out
    assert "not active then" in said.out
