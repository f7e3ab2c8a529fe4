"""The power goes at every event of a trace; what the real store then makes of the disk."""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from power_cut_disk import KEPT, NOTHING, Disk
from power_cut_trace import Event, Said, Synced, events
from store_places import FakeClock, signal

from oncall_rota.paging.ports.row import Committed
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store import open_store

SEED = 20261121
CORES = len(os.sched_getaffinity(0))
MEMORY = Path("/dev/shm")  # where images are opened: thousands of them would wait for a disk

# Each incident as it is kept: its status, its pages, and the decisions about it.
KEPT_ROWS = (
    "SELECT id, status, (SELECT count(*) FROM pages WHERE incident_id = incidents.id),"
    " (SELECT count(*) FROM audit WHERE incident_id = incidents.id) FROM incidents"
)
WHOLE = {"triggered": (1, 1), "acknowledged": (1, 2)}  # pages and decisions, by status


class Cut(NamedTuple):
    """One disk after one power cut. `at`: the number of events before it. `answered`: lines, so far."""

    at: int
    kept: str
    files: dict[str, bytes]
    answered: int


class Report(NamedTuple):
    """What became of all the images. `lost`: those without something answered; `damaged`: those with something wrong.

    `told`: a sentence for each of them.
    """

    images: int
    lost: int
    damaged: int
    told: tuple[str, ...]


def cuts(happened: Iterable[Event], lying: str = "", every: int = 1, share: tuple[int, int] = (0, 1)) -> Iterator[Cut]:
    """The disks of all power cuts that differ.

    As late as can be, before a sync returns, there is one of each kind; else, before every `every`th event, one of a
    kind that keeps something, in turn. `share` (k, n): the k-th of n equal parts only.
    """
    disk = Disk(lying)
    answered = number = 0
    for at, event in enumerate(happened):
        chosen: tuple[str, ...] = ()
        if isinstance(event, Synced):
            chosen = KEPT if disk.unsynced else (NOTHING,)
        elif at % every == 0 and disk.unsynced:
            chosen = (KEPT[1 + at // every % (len(KEPT) - 1)],)
        for kept in chosen:
            if number % share[1] == share[0]:
                yield Cut(at, kept, disk.after(kept, random.Random(f"{SEED} {at} {kept}")), answered)
            number += 1
        disk.happen(event)
        answered += isinstance(event, Said)
    if share[0] == 0:
        yield Cut(disk.number, NOTHING, disk.after(NOTHING, random.Random(SEED)), answered)


def judged(files: dict[str, bytes], answered: Iterable[str], name: str) -> tuple[list[str], list[str]]:
    """What of the answered lines is lost, and what else is wrong, after the store has opened these files."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / name
        for each, content in files.items():
            path.with_name(each).write_bytes(content)
        try:
            with open_store(str(path), FakeClock(), "after the power cut") as store:
                wrong = list(store.check())
                if not isinstance(store.commit([signal("-next")])[0], Committed):
                    wrong.append("the next signal is refused")
        except StoreFailed as error:
            return [], [f"{error.reason}: {error}"]
        if wrong:
            return [], wrong
        with closing(sqlite3.connect(path)) as shell:
            rows = {row[0]: row[1:] for row in shell.execute(KEPT_ROWS)}
    wrong = [f"{each} is halved: {row}" for each, row in rows.items() if row[1:] != WHOLE.get(row[0])]
    lost = []
    for line in answered:
        what, _, signal_name = line.partition(" ")
        row = rows.get(f"i{signal_name}")
        if row is None or (what == "acknowledged" and row[0] != "acknowledged"):
            lost.append(line)
    return lost, wrong


def _part(trace: Path, folder: str, name: str, lying: str, every: int, parts: int, part: int) -> Report:
    with trace.open(encoding="ascii") as lines:
        happened = list(events(lines, folder))
    said = [event.text.rstrip("\n") for event in happened if isinstance(event, Said)]
    images = lost = damaged = 0
    told = []
    for cut in cuts(happened, lying, every, (part, parts)):
        missing, wrong = judged(cut.files, said[: cut.answered], name)
        images, lost, damaged = images + 1, lost + bool(missing), damaged + bool(wrong)
        if missing or wrong:
            what = f"{len(missing)} lost: {missing[:3]}" if missing else wrong[0]
            told.append(f"power cut before event {cut.at}, kept of what was not synced: {cut.kept}: {what}")
    return Report(images, lost, damaged, tuple(told))


def replayed(trace: Path, store: Path, lying: str = "", every: int = 1) -> Report:
    """Judge all images of a trace, on all cores. See `cuts`."""
    one = partial(_part, trace, str(store.parent), store.name, lying, every, CORES)
    with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(one, range(CORES)))
    return Report(
        sum(part.images for part in parts),
        sum(part.lost for part in parts),
        sum(part.damaged for part in parts),
        tuple(told for part in parts for told in part.told),
    )
