"""Ratios of two jobs timed in turn, so that what else the machine does hits both."""

from __future__ import annotations

import gc
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table: a job, what it is compared with, and the ratio."""

    job: str
    against: str
    measured: str
    at_most: str
    kept: bool

    def __str__(self) -> str:
        mark = "ok  " if self.kept else "OVER"
        return f"{mark}  {self.job:<58}  {self.against:<44}  {self.measured:>22}  {self.at_most:>9}"


def ratio(
    job: str,
    ours: Callable[[], object],
    against: str,
    reference: Callable[[], object],
    at_most: float,
    rounds: int = 11,
) -> Row:
    """The median over rounds of (time of ours / time of the reference), both run once in each round."""
    found: list[float] = []
    times: dict[str, list[float]] = {"ours": [], "reference": []}
    ours(), reference()
    for _ in range(rounds):
        pair = {}
        order = [("ours", ours), ("reference", reference)]
        random.shuffle(order)
        for name, call in order:
            gc.collect()
            begin = time.perf_counter()
            result = call()  # kept until the clock has stopped: giving memory back is not the job
            pair[name] = time.perf_counter() - begin
            del result
            times[name].append(pair[name])
        found.append(pair["ours"] / pair["reference"])
    value = statistics.median(found)
    ms = tuple(statistics.median(times[name]) * 1e3 for name in ("ours", "reference"))
    measured = f"{value:.3f}x ({ms[0]:.2f}/{ms[1]:.2f} ms)"
    return Row(job, against, measured, f"{at_most:.3g}x", value <= at_most)


def paced(rate: float, seconds: float) -> Iterator[int]:
    """Numbers from 0 on, each when it is due: `rate` of them a second."""
    begin = time.perf_counter()
    for number in range(int(rate * seconds)):
        while (ahead := begin + number / rate - time.perf_counter()) > 0:
            time.sleep(ahead)
        yield number


def process(command: Sequence[str], env: Mapping[str, str]) -> Callable[[], None]:
    """A call that runs a command to its end, its output thrown away."""

    def run() -> None:
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return run


def peak(command: Sequence[str], env: Mapping[str, str], runs: int = 5) -> float:
    """The median peak resident memory of a command, MiB."""
    program = (
        "import os, sys, resource\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n"
        "    os.execvpe(sys.argv[1], sys.argv[1:], os.environ)\n"
        "_, status, usage = os.wait4(pid, 0)\n"
        "print(usage.ru_maxrss); sys.exit(status)\n"
    )
    found = []
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-S", "-c", program, *command], env=env, capture_output=True, check=True, text=True
        )
        found.append(int(done.stdout) / 1024)
    return statistics.median(found)


def disk() -> Path:
    """A folder for what is timed with its syncs: the usual one for temporary files, unless that is in memory.

    Raises `AssertionError` when there is none on a disk.
    """
    places = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.cwd()]
    found = next((place for place in places if place.is_dir() and _file_system(place) not in ("tmpfs", "ramfs")), None)
    assert found is not None, f"none of {', '.join(map(str, places))} is on a disk: set TMPDIR"
    return found


def _file_system(place: Path) -> str:
    device = place.stat().st_dev
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, kind = line.partition(" - ")
        if mount.split()[2] == f"{os.major(device)}:{os.minor(device)}":
            return kind.split()[0]
    return ""  # a layered one, which has numbers of its own


def environment(**more: str) -> dict[str, str]:
    """The environment of a measured child: bytecode is kept, nothing of the user's is seen."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **more}
