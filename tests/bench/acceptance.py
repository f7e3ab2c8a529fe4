"""Signals taken in for good by a whole pager, against bare drivers that write the same rows in the same groups.

Ours: signals of 16 clients at the desk, each decided, with its incident, its first page and all that the audit says of
it on disk before it is answered; providers take 150 ms, as they do, so hardly anything is sent meanwhile. Bare: 16
clients, one writer thread that takes whatever waits into one transaction, `execute` on the driver, tuples made
beforehand. PostgreSQL is started from what Debian installed; where it is missing there is no line for it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import folder
from assembled import Phones, crewed, marked, settings_of
from measure import Row, paced

sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from store_server import serving

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.crew import MOST
from oncall_rota.store import migrate, open_store, statement
from oncall_rota.store.sqlite_file import connection

CLIENTS, EACH, ROUNDS = 16, 250, 7
TEAMS = 20
PROVIDER = timedelta(milliseconds=150)
EPOCH = 1_795_230_000_000_000
INCIDENT = (
    '{"summary":"disk full on db-1 mark-0-0-000.","step":0,"pages":1,"heard":1,"paged":["person-0000-0"],"lines":'
    '["cluster: eu1"],"began_at":"2026-11-21T10:31:29.023375+00:00","ends_at":"2026-11-21T10:36:29.023375+00:00","due":'
    '[["2026-11-21T10:33:29.023375+00:00","person-0000-0","sms","",false],["2026-11-21T10:35:29.023375+00:00",'
    '"person-0000-0","call","",false]],"sent":[["d98b1b97190e5e1e-1","person-0000-0","push",'
    '"2026-11-21T10:31:29.023375+00:00",false,false,false]]}'
)
PAGE, NOTED, PAGED = '{"why":"step 1: opened","step":0}', '{"clock":"system"}', '{"clock":"system","page":"%s"}'
REVISION = "dec5a1663d76290e648f1728403c6ab3"

Step = tuple[str, tuple[Any, ...]]
Submit = Callable[[Any], "Future[Any]"]


def bare_rows(name: str) -> list[Step]:
    """What the desk writes for a signal, as the driver takes it."""
    incident = random.randbytes(8).hex()
    page = f"{incident}-1"
    opened = (incident, "team-0000", None, "prod-am", name, "critical", "triggered", EPOCH, EPOCH, INCIDENT)
    sent = ("person-0000-0", "push", "person-0000-0/push", "claimed", 1, 1, EPOCH, 1, "4f2a", EPOCH, PAGE)
    audit = [("prod-am", "opened", "by prod-am"), ("pager", "step", "step 1: opened")]
    return [
        (statement.INSERT_INCIDENT, opened),
        (statement.INSERT_PAGE, (page, incident, *sent)),
        *[(statement.INSERT_AUDIT, (incident, EPOCH, *each, REVISION, NOTED)) for each in audit],
        (statement.INSERT_AUDIT, (incident, EPOCH, "pager", "paged", "step 1: opened", REVISION, PAGED % page)),
    ]


class BareGroup:
    """The writer thread of the reference. `write`: a transaction of these statements."""

    def __init__(self, write: Callable[[Sequence[Step]], None]) -> None:
        self._queue: SimpleQueue[tuple[list[Step], Future[bool]] | None] = SimpleQueue()
        self._write = write
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, rows: list[Step]) -> Future[bool]:
        """A future that is set after the commit."""
        future: Future[bool] = Future()
        self._queue.put((rows, future))
        return future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            with contextlib.suppress(Empty):
                while len(group) < MOST and (more := self._queue.get_nowait()) is not None:
                    group.append(more)
            self._write([step for rows, _ in group for step in rows])
            for _, future in group:
                future.set_result(True)

    def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        self._thread.join()


def flood(submit: Submit, load: list[list[Any]]) -> None:
    """Every client submits its units, one after the other, each when the one before it is answered."""

    def client(units: list[Any]) -> None:
        for each in units:
            submit(each).result()

    threads = [threading.Thread(target=client, args=(units,)) for units in load]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def signals(turn: int) -> list[list[Any]]:
    """Signals for all clients, each of which opens an incident."""
    return [
        [marked(f"{turn}-{client}-{each:03}", f"team-{each % TEAMS:04}") for each in range(EACH)]
        for client in range(CLIENTS)
    ]


def against(job: str, name: str, places: Sequence[str], settings: Configuration, bare: Submit, at_most: float) -> Row:
    """A line of the table: both floods on the same disk, in turn; each of ours by a new pager on a store of its own."""
    ours: list[float] = []
    reference: list[float] = []
    for turn, place in enumerate(places):
        rows = [[bare_rows(f"{turn}-{client}-{each}") for each in range(EACH)] for client in range(CLIENTS)]
        with crewed(place, settings, Phones(settings, PROVIDER)) as crew:
            pair = [(ours, crew.submit, signals(turn)), (reference, bare, rows)]
            for found, submit, load in pair if turn % 2 else reversed(pair):
                gc.collect()
                began = time.perf_counter()
                flood(submit, load)
                found.append(time.perf_counter() - began)
    # The first turn warms up.
    value = statistics.median(one / other for one, other in zip(ours[1:], reference[1:], strict=True))
    ms = [statistics.median(each[1:]) * 1e3 for each in (ours, reference)]
    return Row(job, name, f"{value:.3f}x ({ms[0]:.2f}/{ms[1]:.2f} ms)", f"{at_most:.3g}x", value <= at_most)


def sqlite_writer(path: Path) -> Callable[[Sequence[Step]], None]:
    """A bare loop on sqlite3, with the store's tables and settings."""
    open_store(str(path)).close()
    writer = connection(path)
    for setting in ("journal_mode = wal", "synchronous = full", "secure_delete = on", "foreign_keys = on"):
        writer.execute(f"PRAGMA {setting}")

    def write(group: Sequence[Step]) -> None:
        writer.execute("BEGIN IMMEDIATE")
        for text, parameters in group:
            writer.execute(text, parameters)
        writer.execute("COMMIT")

    return write


def postgresql_writer(url: str) -> Callable[[Sequence[Step]], None]:
    """A bare loop on psycopg: the same statements, in batches of `executemany`, prepared."""
    import psycopg

    migrate(url)
    writer = psycopg.connect(url, autocommit=True, prepare_threshold=0)

    def write(group: Sequence[Step]) -> None:
        found: dict[bytes, list[tuple[Any, ...]]] = {}
        for text, parameters in group:
            found.setdefault(text.replace("?", "%s").encode(), []).append(parameters)
        with writer.cursor() as cursor:
            cursor.execute("BEGIN")
            for statements, parameters in found.items():
                cursor.executemany(statements, parameters)
            cursor.execute("COMMIT")

    return write


def latency(path: Path, settings: Configuration, rate: int, seconds: float) -> tuple[float, float]:
    """p99 of an accepted signal at `rate` a second, over p99 of an fdatasync that runs in between; and the former, ms.

    Both are on the same disk at the same time: what else the disk does hits both.
    """
    waits: list[float] = []
    syncs: list[float] = []
    stop = threading.Event()

    def sync() -> None:
        handle = os.open(path.with_name("beside"), os.O_RDWR | os.O_CREAT)
        while not stop.wait(0.005):
            os.pwrite(handle, random.randbytes(4096), 0)
            began = time.perf_counter()
            os.fdatasync(handle)
            syncs.append(time.perf_counter() - began)
        os.close(handle)

    beside = threading.Thread(target=sync)
    with crewed(str(path), settings, Phones(settings, PROVIDER)) as crew:
        beside.start()
        for number in paced(rate, seconds):
            signal, began = marked(str(number), f"team-{number % TEAMS:04}"), time.perf_counter()
            crew.submit(signal).add_done_callback(lambda _, began=began: waits.append(time.perf_counter() - began))
        stop.set()
        beside.join()
    p99 = [statistics.quantiles(found, n=100)[98] for found in (waits, syncs)]
    return p99[0] / p99[1], p99[0] * 1e3


def rows(root: Path) -> Iterator[Row]:
    """A line for each database, and one for the wait of a single signal."""
    place = root / "acceptance"
    settings = settings_of(folder.write_paged(place, TEAMS, "[0m: push, 2m: sms, 4m: call]"))
    job = f"accept {CLIENTS * EACH:,} signals of {CLIENTS} clients"
    bare = BareGroup(sqlite_writer(place / "bare.db"))
    places = [str(place / f"ours-{number}.db") for number in range(ROUNDS + 1)]
    yield against(f"{job}, SQLite", "bare sqlite3, same rows and groups", places, settings, bare.submit, 1 / 0.5)
    bare.close()
    found = [latency(place / f"latency-{number}.db", settings, 500, 4) for number in range(5)]
    value, wait = (statistics.median(each) for each in zip(*found, strict=True))
    name = "p99 of fdatasync beside it"
    yield Row("p99 of accepting at 500 signals/s, SQLite", name, f"{value:.2f}x ({wait:.2f} ms)", "4x", value <= 4)
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return
    with serving(fsync=True) as server:
        bare = BareGroup(postgresql_writer(server.database()))
        urls = [server.database() for _ in range(ROUNDS + 1)]
        for url in urls:
            migrate(url)
        name = "bare psycopg, same statements and groups"
        yield against(f"{job}, PostgreSQL", name, urls, settings, bare.submit, 1 / 0.6)
        bare.close()
