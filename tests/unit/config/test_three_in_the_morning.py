"""What `who` can still answer when files are wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oncall_rota.config import load
from oncall_rota.schedule import on_call_at

TEAM = "team: web\ntimezone: UTC\nrotation: {people: [alice]}\n"


@pytest.mark.parametrize("people", [None, "alice: [", "- alice\n"])
def test_without_a_readable_people_file_the_turns_still_say_who_is_on(tmp_path: Path, people: str | None) -> None:
    """By id; the file's mistake is an error of the folder, not of the team."""
    (tmp_path / "web.yaml").write_text(TEAM)
    if people is not None:
        (tmp_path / "people.yaml").write_text(people)
    catalog, problems = load(tmp_path)
    assert {each.path for each in problems if each.severity == "error"} == {"people.yaml"}
    (on,) = on_call_at(catalog.teams["web"].first, datetime(2026, 12, 1, tzinfo=UTC))
    assert on.person == "alice"
