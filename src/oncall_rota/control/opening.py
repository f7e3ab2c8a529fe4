"""The store itself when it is free, and whoever has it when it is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from oncall_rota.control.client import RemoteOffice
from oncall_rota.errors import OfficeGone
from oncall_rota.paging.ports.store import Store, StoreHeld

PATIENCE = 2.0  # seconds for an owner that is just beginning or ending
PAUSE = 0.05  # seconds between two tries


def store_or_owner(
    open_store: Callable[[], Store], socket: Path, *, own: bool = False, patience: float = PATIENCE
) -> Store | RemoteOffice:
    """The store, opened; or, unless `own`, the office of the process that has it.

    Raises what `open_store` does: `StoreHeld` when the owner does not let go, and does not answer either.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return open_store()
        except StoreHeld as error:
            held = error
        if not own:
            try:
                return RemoteOffice(socket)
            except OfficeGone as error:
                gone = error
                held = StoreHeld(f"{held}, which does not answer ({gone})", "end that one, and try again")
        left = until - time.monotonic()
        if left <= 0:
            raise held
        threading.Event().wait(min(PAUSE, left))
