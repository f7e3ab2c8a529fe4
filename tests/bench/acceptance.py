"""Signals taken in for good: the store's group commit against bare drivers with the same rows in the same groups.

Bare: 16 clients, one writer thread that takes whatever waits into one transaction, `execute` on the driver, tuples made
beforehand. PostgreSQL is started from what Debian installed; where it is missing there is no line for it.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from measure import Row, paced, ratio

sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from store_server import serving

from oncall_rota.paging.ports.store import AuditRow, IncidentRow, NewPage, Unit
from oncall_rota.store import migrate, open_store, statement
from oncall_rota.store.group import MOST, GroupCommit
from oncall_rota.store.sqlite_file import connection

CLIENTS, EACH = 16, 250
AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
EPOCH = 1_795_230_000_000_000
DATA = '{"summary": "disk is full on db-1", "labels": {"cluster": "eu1", "service": "payments"}}'

Rows = tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]
Submit = Callable[[Any], "Future[Any]"]


def unit(name: str) -> Unit:
    """One signal: an incident, its first page, the decision."""
    incident = IncidentRow(name, 0, "payments", None, "prod-am", name, "critical", "triggered", AT, AT, DATA)
    page = NewPage(f"p{name}", name, "bob", "sms", "bob/phone", "4f2a", DATA)
    return Unit((incident,), (page,), audit=(AuditRow(name, AT, "pager", "paged", "step 1", "d1g35t", DATA),))


def bare_rows(name: str) -> Rows:
    """The same as the driver takes it."""
    incident = (name, "payments", None, "prod-am", name, "critical", "triggered", EPOCH, EPOCH, DATA)
    page = (f"p{name}", name, "bob", "sms", "bob/phone", "claimed", 1, 1, EPOCH, 1, "4f2a", EPOCH, DATA)
    return incident, page, (name, EPOCH, "pager", "paged", "step 1", "d1g35t", DATA)


class BareGroup:
    """The writer thread of the reference. `write`: a transaction for a list of rows."""

    def __init__(self, write: Callable[[Sequence[Rows]], None]) -> None:
        self._queue: SimpleQueue[tuple[Rows, Future[bool]] | None] = SimpleQueue()
        self._write = write
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, rows: Rows) -> Future[bool]:
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
            self._write([rows for rows, _ in group])
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


def loads(make: Callable[[str], Any]) -> Iterator[list[list[Any]]]:
    """Units for all clients, new ones each time."""
    turn = 0
    while True:
        turn += 1
        yield [[make(f"{turn:03}-{random.randbytes(8).hex()}") for _ in range(EACH)] for _ in range(CLIENTS)]


def against(job: str, name: str, ours: Submit, bare: Submit, at_most: float) -> Row:
    """A line of the table: both floods on the same disk, in turn; units are made outside of what is timed."""
    ours_loads, bare_loads = loads(unit), loads(bare_rows)
    ready = {"ours": [next(ours_loads) for _ in range(8)], "bare": [next(bare_loads) for _ in range(8)]}
    return ratio(
        job, lambda: flood(ours, ready["ours"].pop()), name, lambda: flood(bare, ready["bare"].pop()), at_most, 7
    )


def sqlite_writer(path: Path) -> Callable[[Sequence[Rows]], None]:
    """A bare loop on sqlite3, with the store's tables and settings."""
    open_store(str(path)).close()
    writer = connection(path)
    for setting in ("journal_mode = wal", "synchronous = full", "secure_delete = on", "foreign_keys = on"):
        writer.execute(f"PRAGMA {setting}")

    def write(group: Sequence[Rows]) -> None:
        writer.execute("BEGIN IMMEDIATE")
        for incident, page, audit in group:
            writer.execute(statement.INSERT_INCIDENT, incident)
            writer.execute(statement.INSERT_PAGE, page)
            writer.execute(statement.INSERT_AUDIT, audit)
        writer.execute("COMMIT")

    return write


def postgresql_writer(url: str) -> Callable[[Sequence[Rows]], None]:
    """A bare loop on psycopg: the same statements, in batches of `executemany`, prepared."""
    import psycopg

    migrate(url)
    writer = psycopg.connect(url, autocommit=True, prepare_threshold=0)
    texts = [
        text.replace("?", "%s").encode()
        for text in (statement.INSERT_INCIDENT, statement.INSERT_PAGE, statement.INSERT_AUDIT)
    ]

    def write(group: Sequence[Rows]) -> None:
        with writer.cursor() as cursor:
            cursor.execute("BEGIN")
            for number, text in enumerate(texts):
                cursor.executemany(text, [rows[number] for rows in group])
            cursor.execute("COMMIT")

    return write


def latency(path: Path, rate: int, seconds: float) -> tuple[float, float]:
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
    with open_store(str(path)) as store, GroupCommit(store) as group:
        beside.start()
        for number in paced(rate, seconds):
            made, began = unit(f"{number}-{random.randbytes(8).hex()}"), time.perf_counter()
            group.submit(made).add_done_callback(lambda _, began=began: waits.append(time.perf_counter() - began))
        stop.set()
        beside.join()
    p99 = [statistics.quantiles(found, n=100)[98] for found in (waits, syncs)]
    return p99[0] / p99[1], p99[0] * 1e3


def rows(root: Path) -> Iterator[Row]:
    """A line for each database, and one for the wait of a single signal."""
    folder = root / "acceptance"
    folder.mkdir()
    job = f"accept {CLIENTS * EACH:,} signals of {CLIENTS} clients, SQLite"
    bare = BareGroup(sqlite_writer(folder / "bare.db"))
    with open_store(str(folder / "ours.db")) as store, GroupCommit(store) as group:
        yield against(job, "bare sqlite3, same rows and groups", group.submit, bare.submit, 1 / 0.5)
    bare.close()
    found = [latency(folder / f"latency-{number}.db", 500, 4) for number in range(5)]
    value, wait = (statistics.median(each) for each in zip(*found, strict=True))
    name = "p99 of fdatasync beside it"
    yield Row("p99 of accepting at 500 signals/s, SQLite", name, f"{value:.2f}x ({wait:.2f} ms)", "4x", value <= 4)
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return
    with serving(fsync=True) as server:
        bare = BareGroup(postgresql_writer(server.database()))
        url = server.database()
        migrate(url)
        with open_store(url) as store, GroupCommit(store) as group:
            job = f"accept {CLIENTS * EACH:,} signals of {CLIENTS} clients, PostgreSQL"
            yield against(job, "bare psycopg, same statements and groups", group.submit, bare.submit, 1 / 0.6)
        bare.close()
