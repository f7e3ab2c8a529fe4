"""Paging as a whole: signals in at the desk, decided, on disk and in a notifier's hands; a storm; a simulated week."""

from __future__ import annotations

import json
import math
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import folder
import storm
from assembled import Phones, crewed, marked, settings_of
from measure import Row, environment, paced, process

from oncall_rota.paging.configuration import Configuration

TEAMS = 20
RATE, SECONDS, ROUNDS = 500, 4.0, 5
STORM = 75.0  # seconds: long enough for the first bundles to be sent in the middle of it
INFORMATION = "-"  # in the place of a limit


def p99(values: Sequence[float]) -> float:
    """The value that at most one in a hundred is over: of fewer, the longest."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def team(number: int) -> str:
    """One of the teams, in turn."""
    return f"team-{number % TEAMS:04}"


def handed(path: Path, settings: Configuration) -> tuple[float, float]:
    """p99 from a signal's acceptance, and from its submission, to a notifier's `send`, in ms; every signal is new.

    A page may be handed over before its signal is answered: that is no wait.
    """
    phones = Phones(settings)
    submitted: dict[str, float] = {}
    accepted: dict[str, float] = {}
    with crewed(str(path), settings, phones) as crew:
        for number in paced(RATE, SECONDS):
            signal, mark = marked(f"{number}", team(number)), f"{number}"
            submitted[mark] = time.perf_counter()
            crew.submit(signal).add_done_callback(lambda _, mark=mark: accepted.__setitem__(mark, time.perf_counter()))
        phones.wait_for(submitted, 10)
    after, whole = (
        p99([max(phones.first[mark] - at, 0.0) for mark, at in since.items()]) for since in (accepted, submitted)
    )
    return after * 1e3, whole * 1e3


def outburst(path: Path, settings: Configuration) -> float:
    """Seconds until a new incident of somebody else is paged when 10,000 signals of 50 keys came just before it."""
    phones = Phones(settings)
    with crewed(str(path), settings, phones) as crew:
        for number in range(10_000):
            crew.submit(marked(f"{number}", storm.STORMY[number % len(storm.STORMY)], f"{number % storm.KEYS}"))
        began = time.perf_counter()
        crew.submit(marked("other", storm.QUIET[0]))
        phones.wait_for(["other"], 60)
    return phones.first["other"] - began


def storms(place: Path) -> Iterator[Row]:
    """Lines for the storm, which runs in a process of its own, so that its memory is its own."""
    rotations = folder.write_paged(place, TEAMS, "[0m: sms, 1m: call]")
    program = [sys.executable, storm.__file__, str(rotations), str(place / "storm.db"), str(STORM)]
    found = json.loads(subprocess.run(program, env=environment(), stdout=subprocess.PIPE, check=True).stdout)
    job = f"storm of {found['signals']:,} signals in {STORM:.0f} s"
    one_each = found["open"] == storm.KEYS
    yield Row(f"{job}: open incidents", f"{storm.KEYS} keys", f"{found['open']}", "1 a key", one_each)
    yield Row(f"{job}: peak memory", "", f"{found['mib']:.0f} MiB", "300 MiB", found["mib"] < 300)
    for name, limit in (("outside", 1.0), ("inside", 60.0)):
        wait = p99(found[name])
        against = f"{len(found[name])} new incidents"
        told = f"the same: p99 to the first page, people {name}"
        yield Row(told, against, f"{wait:.2f} s", f"{limit:g} s", wait <= limit)


def week(place: Path) -> Iterator[Row]:
    """Lines for the process that simulates a week: as it always runs, and the first time, without its bytecode."""
    script = shutil.which("oncall", path=str(Path(sys.executable).parent))
    assert script is not None, "install the project into this interpreter's environment first"
    bytecode = place / "bytecode"
    env = environment(
        ONCALL_DIR=str(folder.write_paged(place, 100, "[0m: push, 2m: sms, 4m: call]")),
        ONCALL_CACHE=str(place / "cache"),
        PYTHONPYCACHEPREFIX=str(bytecode),
    )
    run = process([script, "simulate", "--team", team(1), "--for", "1w"], env)
    cold, warm = [], []
    for _ in range(ROUNDS):
        shutil.rmtree(bytecode, ignore_errors=True)
        for times in (cold, warm):
            began = time.perf_counter()
            run()
            times.append(time.perf_counter() - began)
    for name, times in (("", warm), (", without bytecode", cold)):
        value = statistics.median(times)
        yield Row(f"oncall simulate --for 1w{name}", "500 people in 100 teams", f"{value:.2f} s", "1 s", value <= 1)


def rows(root: Path) -> Iterator[Row]:
    """Lines for pages at a steady rate, for a storm, and for a simulated week."""
    place = root / "paging"
    settings = settings_of(folder.write_paged(place, TEAMS, "[0m: push, 2m: sms, 4m: call]"))
    found = [handed(place / f"handed-{number}.db", settings) for number in range(ROUNDS)]
    after, whole = (statistics.median(each) for each in zip(*found, strict=True))
    yield Row(f"p99 from accepted to handed over, {RATE}/s", "", f"{after:.2f} ms", "5 ms", after <= 5)
    yield Row(f"p99 from submitted to handed over, {RATE}/s", "", f"{whole:.2f} ms", INFORMATION, True)
    wait = statistics.median([outburst(place / f"outburst-{number}.db", settings) for number in range(ROUNDS)])
    yield Row("a new incident's page after 10,000 signals at once", "", f"{wait:.2f} s", "1 s", wait <= 1)
    yield from storms(root / "storm")
    yield from week(root / "week")
