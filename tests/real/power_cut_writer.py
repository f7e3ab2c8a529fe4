"""A process that takes signals in and then ends: `python power_cut_writer.py FILE CLIENTS SIGNALS [SYNCHRONOUS]`.

Each client submits a unit, waits for its future, and only then writes a line to standard output: `took NAME` for a
signal, and for every fourth one then `acknowledged NAME`. Refused units are told on standard error. Half-way the store
is closed and opened again. SYNCHRONOUS: what SQLite is told instead of the store's own choice, to show what it is for.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from store_group import Group
from store_places import incident, note, signal

from oncall_rota.paging.ports.row import Unit
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store import open_store
from oncall_rota.store.sqlite import SqliteStore


def main(path: str, clients: int, signals: int, synchronous: str = "") -> None:
    """Take so many signals in, half of them before the store is opened anew."""
    for half in ("a", "b"):
        with open_store(path, name="writer") as store:
            if synchronous:
                assert isinstance(store, SqliteStore)
                store._file.writer.execute(f"PRAGMA synchronous = {synchronous}")
            with Group(store) as group:
                threads = [
                    threading.Thread(target=client, args=(group, f"{half}{index}", signals // clients // 2))
                    for index in range(clients)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()


def client(group: Group, name: str, signals: int) -> None:
    """One sender, who hears of each signal before it sends the next."""
    for number in range(signals):
        each = f"{name}-{number}"
        if answered(group, signal(each), f"took {each}") and number % 4 == 0:
            row = incident(f"i{each}", version=1, status="acknowledged")
            unit = Unit((row,), audit=(note(row.id, kind="acknowledged"),))
            answered(group, unit, f"acknowledged {each}")


def answered(group: Group, unit: Unit, line: str) -> bool:
    """Commit a unit and say so; whether it was."""
    try:
        group.submit(unit).result()
    except StoreFailed as error:
        os.write(2, f"{error.reason}\n".encode())  # as a sender that is told 503
        return False
    os.write(1, f"{line}\n".encode())
    return True


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
