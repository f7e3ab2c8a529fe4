"""Whole processes: `oncall who`, cold and warm, against an interpreter that does nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import folder
from measure import Row, environment, peak, process, ratio

TEAMS = 1000
ONE = ["who", "team-0001", "--json"]


def rows(root: Path) -> Iterator[Row]:
    """A line for each way of asking."""
    script = shutil.which("oncall", path=str(Path(sys.executable).parent))
    assert script is not None, "install the project into this interpreter's environment first"
    rotations = folder.write(root / "processes", TEAMS)
    env = environment(
        ONCALL_DIR=str(rotations), ONCALL_CACHE=str(root / "cache"), PYTHONPYCACHEPREFIX=str(root / "bytecode")
    )
    time.sleep(0.1)  # a file that is younger than its reader is not kept
    every, one = [script, "who"], [script, *ONE]
    for command in (every, one):
        first = subprocess.run(command, env=env, capture_output=True, check=True).stdout
        assert subprocess.run(command, env={**env, "ONCALL_CACHE": "off"}, capture_output=True, check=True).stdout
        assert first.count(b"\n") > 1
    assert sorted(path.name.partition("-")[0] for path in (root / "cache").iterdir()) == ["who", "who"]
    nothing = process([sys.executable, "-c", "pass"], env)
    against = "python -c pass"
    cold = process(one, {**env, "ONCALL_CACHE": "off"})
    yield ratio("oncall who TEAM --json, cold, one YAML read", cold, against, nothing, 8.5, 21)
    yield ratio("oncall who TEAM --json, warm", process(one, env), against, nothing, 2, 21)
    yield ratio(f"oncall who, {TEAMS:,} teams, warm", process(every, env), against, nothing, 2.5, 21)
    bare, ours = peak([sys.executable, "-c", "pass"], env), peak(one, env)
    measured = f"+{ours - bare:.1f} MiB ({ours:.1f}/{bare:.1f})"
    yield Row("peak memory of a warm who", "bare interpreter", measured, "+4 MiB", ours - bare <= 4)
