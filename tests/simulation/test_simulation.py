"""Weeks of pages, faults and edits from seeds, on the production engine and its SQLite store: I1 to I7 always hold.

`python tests/simulation SEED` plays a week again and shows what happened in it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bugs import BUGS, applied
from campaign import in_processes, week, weeks
from world import Violated

HERE = Path(__file__).parent
WEEKS, CHUNKS = 200, 5
MANY, MINUTES = 2000, 5  # weeks, and in how much time two cores play them
ROUGH = 4.0  # weeks in which more goes wrong than in any other show a bug sooner
PATIENCE = 100  # weeks in which a bug must show


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_week_breaks_an_invariant(chunk: int) -> None:
    """Two hundred weeks of twenty incidents and more; a failure names the seed."""
    weeks(range(chunk, WEEKS, CHUNKS))


@pytest.mark.real
def test_no_week_of_two_thousand_breaks_an_invariant() -> None:
    """The same with other seeds, on all cores."""
    began = time.monotonic()
    tally, violated = in_processes(100_000, MANY)
    sys.stdout.write(f"{time.monotonic() - began:.0f} s: {dict(tally)}\n")
    assert violated == []
    assert tally["weeks"] == MANY
    assert time.monotonic() - began < MINUTES * 60


def test_the_same_seed_is_the_same_week() -> None:
    """In the trace of every event, though sets and threads are ordered otherwise in another process."""
    for seed in range(3):
        world = week(seed)
        world.run()
        other = week(seed)
        other.run()
        assert world.trace == other.trace
        environment = {**os.environ, "PYTHONHASHSEED": str(seed + 1)}
        told = subprocess.run(
            [sys.executable, str(HERE), str(seed)], env=environment, capture_output=True, text=True, check=True
        )
        assert told.stdout.splitlines() == "\n".join(world.trace).splitlines()


def test_the_weeks_go_everywhere() -> None:
    """Every fault, kind of decision and state of a page occurs, so that what holds of all of them means something."""
    found = set(weeks(range(1000, 1020), ROUGH))
    assert found >= {
        "kill", "stop", "suspend", "clock step", "edit", "outage", "congestion", "reply lost", "look-up failed",
        "rival", "copies", "kill before-commit", "kill after-commit", "kill before-send", "kill in-send",
        "kill after-answer", "freeze before-commit", "freeze after-commit", "freeze before-send", "freeze in-send",
        "freeze after-answer",
    }  # fmt: skip
    decisions = (
        "opened merged ignored step paged bundled dropped delayed failed acknowledged snoozed declined reassigned"
        " resolved timeout last-resort nobody mute held recorded unknown-team alarm calm clock"
    )
    assert found >= {f"audit {kind}" for kind in decisions.split()}
    assert found >= {f"page {state}" for state in ("sent", "delivered", "failed", "cancelled")}


def test_eleven_of_eleven_bugs_are_caught() -> None:
    """Each, put into the production code, breaks an invariant within a few weeks."""
    told: list[str] = []
    missed: list[str] = []
    for name, patches in BUGS.items():
        for seed in range(PATIENCE):
            try:
                with applied(patches):
                    week(seed, rough=ROUGH).run()
            except Violated as error:
                told.append(f"{name}: caught in week {seed + 1}, {error.invariant}: {error.text}")
                break
        else:
            missed.append(name)
    sys.stdout.write("\n".join([*told, f"{len(told)} of {len(BUGS)} bugs caught\n"]))
    assert missed == []
    assert len(told) == 11
