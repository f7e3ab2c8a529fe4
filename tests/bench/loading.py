"""Reading a thousand team files: parse, check, build, against PyYAML's C loader that only parses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import folder
import yaml
from measure import Row, ratio

from oncall_rota.config import load

TEAMS = 1000


def rows(root: Path) -> Iterator[Row]:
    """One line: load and check, without the checks that need a horizon."""
    rotations = folder.write(root / "loading", TEAMS)
    catalog, problems = load(rotations)
    assert len(catalog.teams) == TEAMS
    assert not problems, problems[:3]

    def parse() -> None:
        for path in sorted(rotations.iterdir()):
            yaml.load(path.read_text(), Loader=yaml.CSafeLoader)

    job = f"load and check {TEAMS} team files of 41 lines"
    yield ratio(job, lambda: load(rotations), "yaml.load(CSafeLoader) of the same", parse, 1.0, 7)
