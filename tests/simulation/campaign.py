"""Many weeks, in this process or in several; what happened in all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from world import World

from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.timeline.clock import SystemClock

INCIDENTS = 20  # in each week, at least
_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def scratch() -> Path:
    """A folder for stores: in memory, where there is such a place. It goes with the process."""
    memory = Path("/dev/shm")
    made = tempfile.TemporaryDirectory(prefix="oncall-simulation-", dir=memory if memory.is_dir() else None)
    _KEPT.append(made)
    return Path(made.name)


@cache
def template() -> Path:
    """An empty store, to be copied: making one takes longer than a simulated day."""
    path = scratch() / "template.db"
    SqliteStore(path, SystemClock(), "template").close()
    return path


def week(seed: int, rough: float | None = None) -> World:
    """A week that has not begun. `rough`: how much goes wrong, other than the seed says."""
    return World(seed, scratch(), template(), rough)


def weeks(seeds: Iterable[int], rough: float | None = None) -> Counter[str]:
    """What happened in the weeks of these seeds. Raises `Violated`."""
    tally: Counter[str] = Counter()
    for seed in seeds:
        found = week(seed, rough).run()
        assert found["incidents"] >= INCIDENTS, f"seed {seed}: only {found['incidents']} incidents"
        tally += found
        tally["weeks"] += 1
    return tally


def in_processes(first: int, count: int, processes: int | None = None) -> tuple[Counter[str], list[str]]:
    """The same in processes of their own, one a core: what happened, and the violations, each with its seed."""
    many = processes or os.cpu_count() or 1
    command = [sys.executable, str(Path(__file__).parent)]
    parts = [range(first + count * part // many, first + count * (part + 1) // many) for part in range(many)]
    running = [
        subprocess.Popen([*command, str(part.start), str(part.stop)], stdout=subprocess.PIPE, text=True)
        for part in parts
    ]
    tally: Counter[str] = Counter()
    violated: list[str] = []
    for each in running:
        *lines, last = (each.communicate()[0] or "{}").splitlines()
        violated += lines
        tally.update(json.loads(last))
        if each.returncode not in (0, 1):
            violated.append(f"a process ended with {each.returncode}")
    return tally, violated
