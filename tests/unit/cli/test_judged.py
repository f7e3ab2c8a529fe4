"""Checks that need a horizon are made again only for teams that changed."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall_rota.cli import judged
from oncall_rota.config import Problem, check, load

FROM = datetime(2026, 12, 1, tzinfo=UTC)
WEEKLY = """\
team: {team}
timezone: UTC
rotation: {{people: [alice, {other}], every: week, handoff: monday 09:00, starting: 2026-01-05}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three teams, one with a hole every other week."""
    made = tmp_path / "rotations"
    made.mkdir()
    (made / "people.yaml").write_text(
        "alice: {name: Alice, email: a@example.com}\nbob: {name: Bob, email: b@example.com}\n"
    )
    for team in ("one", "two"):
        (made / f"{team}.yaml").write_text(WEEKLY.format(team=team, other="bob"))
    (made / "holes.yaml").write_text(
        WEEKLY.format(team="holes", other="bob").replace("every:", "lasts: 3 days, every:")
    )
    monkeypatch.setenv("ONCALL_CACHE", str(tmp_path / "cache"))
    return made


def looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch, from_at: datetime = FROM) -> tuple[list[str], object]:
    """The teams that were looked at, and the problems."""
    teams: list[str] = []

    def counted(catalog: object, team: object, at: datetime) -> object:
        teams.append(team.name)  # type: ignore[attr-defined]
        return judged_check(catalog, team, at)

    judged_check = judged.check_team
    with monkeypatch.context() as patch:
        patch.setattr(judged, "check_team", counted)
        found = judged.horizon_problems(load(folder)[0], from_at)
    return sorted(teams), found


def test_the_second_run_looks_at_no_team(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says the same as the checks themselves."""
    expected = check(load(folder)[0], FROM)
    assert expected
    assert looked_at(folder, monkeypatch) == (["holes", "one", "two"], expected)
    assert looked_at(folder, monkeypatch) == ([], expected)


def test_only_a_changed_team_is_looked_at_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own file, or its overrides."""
    looked_at(folder, monkeypatch)
    (folder / "two.yaml").write_text(WEEKLY.format(team="two", other="nobody"))
    assert looked_at(folder, monkeypatch)[0] == ["two"]
    (folder / "one.overrides.yaml").write_text("- {remove: bob, from: 2026-12-08, through: 2026-12-09}\n")
    teams, problems = looked_at(folder, monkeypatch)
    assert teams == ["one"]
    assert problems == check(load(folder)[0], FROM)


def test_another_day_and_other_people_are_other_questions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every team is looked at again."""
    looked_at(folder, monkeypatch)
    assert looked_at(folder, monkeypatch, datetime(2026, 12, 2, tzinfo=UTC))[0] == ["holes", "one", "two"]
    (folder / "people.yaml").write_text("alice: {name: Al, email: a@example.com}\nbob: {name: Bob, email: b@e.com}\n")
    assert looked_at(folder, monkeypatch)[0] == ["holes", "one", "two"]


def test_a_damaged_file_is_not_believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any byte changed, any length; and a whole file that says something else."""
    _, expected = looked_at(folder, monkeypatch)
    (path,) = Path(os.environ["ONCALL_CACHE"]).iterdir()
    whole, chance = path.read_bytes(), random.Random(3)
    for _ in range(60):
        changed = bytearray(whole)
        changed[chance.randrange(len(changed))] ^= chance.randrange(1, 256)
        path.write_bytes(bytes(changed[: chance.choice([len(changed), chance.randrange(len(changed))])]))
        assert looked_at(folder, monkeypatch)[1] == expected
    for body in (b"[]", b"{}", b'{"one": 1}', b'{"one": ["", [1]]}', b"[" * 100000, b"\xff"):
        path.write_bytes(body + b"\n" + judged.front.checksum(body).encode())
        assert looked_at(folder, monkeypatch)[1] == expected


def test_without_a_cache_every_team_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written then."""
    monkeypatch.setenv("ONCALL_CACHE", "off")
    for _ in range(2):
        teams, found = looked_at(folder, monkeypatch)
        assert teams == ["holes", "one", "two"]
        assert all(isinstance(each, Problem) for each in found)  # type: ignore[attr-defined]
