"""A process that takes signals in until it is killed: `python store_writer.py FILE CLIENTS`.

Each client submits a unit, waits for its future, and only then writes its number to standard output: one that was
answered, as a sender sees it. Why one was refused goes to standard error.
"""

from __future__ import annotations

import os
import sys
import threading

from store_group import Group
from store_places import signal

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.store import open_store


def main(path: str, clients: int) -> None:
    """Run until killed."""
    group = Group(open_store(path, name="writer"))

    def client(index: int) -> None:
        number = 0
        while True:
            name = f"{os.getpid()}-{index}-{number}"
            number += 1
            try:
                group.submit(signal(name)).result()
            except StoreFailed as error:
                os.write(2, f"{error.reason}\n".encode())  # as a sender that is told 503
                continue
            os.write(1, f"{name}\n".encode())

    for index in range(clients):
        threading.Thread(target=client, args=(index,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
