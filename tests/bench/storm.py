"""`python tests/bench/storm.py ROTATIONS STORE SECONDS`: a storm of 10,000 signals a minute, in a process of its own.

Fifty keys of four teams; beside them new incidents, one a second of people outside the storm and some of people inside
it. Everybody is reached by what has a budget alone, and each provider takes 150 ms. Prints what came of it as JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from assembled import Phones, crewed, marked, settings_of
from measure import paced

RATE, KEYS = 10_000 / 60, 50
STORMY, QUIET = [f"team-{number:04}" for number in range(4)], [f"team-{number:04}" for number in range(4, 20)]
OUTSIDE, INSIDE = 1.0, 5.0  # seconds between two new incidents
LATER = 70.0  # seconds that the last ones may take to reach anybody
TAKES = timedelta(milliseconds=150)


def run(rotations: Path, store: Path, seconds: float) -> dict[str, Any]:
    """Waits are in seconds from a signal's submission to the first page that names it."""
    settings = settings_of(rotations)
    phones = Phones(settings, TAKES)
    submitted: dict[str, float] = {}
    answers: list[Future[Any]] = []
    with crewed(str(store), settings, phones) as crew:

        def submit(mark: str, team: str, key: str | None = None) -> None:
            submitted.setdefault(mark, time.perf_counter())
            answers.append(crew.submit(marked(mark, team, key)))

        def aside(name: str, teams: list[str], every: float) -> None:
            for number in paced(1 / every, seconds):
                submit(f"{name}-{number}", teams[number % len(teams)])

        besides = [
            threading.Thread(target=aside, args=each)
            for each in (("outside", QUIET, OUTSIDE), ("inside", STORMY, INSIDE))
        ]
        for thread in besides:
            thread.start()
        for number in paced(RATE, seconds):
            key = number % KEYS
            submit(f"storm-{key}", STORMY[key % len(STORMY)], f"storm-{key}")
        for thread in besides:
            thread.join()
        replies = [answer.result(30) for answer in answers]
        phones.wait_for(submitted, LATER)
        still_open = len([row for row in crew.pager.store.incidents() if row.key.startswith("storm-")])
    waits = {mark: phones.first[mark] - at for mark, at in submitted.items()}
    return {
        "signals": len(replies),
        "open": still_open,
        "outside": [wait for mark, wait in waits.items() if mark.startswith("outside-")],
        "inside": [wait for mark, wait in waits.items() if mark.startswith(("inside-", "storm-"))],
        "mib": peak(),
    }


def peak() -> float:
    """The most memory that this process ever had, MiB; `ru_maxrss` would count that of the one that started it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))))
