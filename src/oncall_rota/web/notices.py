"""Notices of handoffs and of changed shifts: looked for in a thread, and given to the desk as every page is.

They are no pages: while the store has failed none is sent, and what is old by then tells nobody anything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.web.notice_changes import Changes
from oncall_rota.web.notice_handoffs import Handoffs
from oncall_rota.web.premises import Premises

EVERY = 15.0  # seconds between two looks


class Notices:
    """Looks until `close`."""

    def __init__(self, premises: Premises, alarm: Callable[[str], None]) -> None:
        self._premises = premises
        self._alarm = alarm
        self._handoffs = Handoffs(premises)
        self._changes = Changes(premises)
        self._said = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oncall-notices", daemon=True)

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            try:
                self.look()
            except (StoreFailed, TimeoutError):
                continue  # which others say; the next look finds what this one did not
            except Exception as error:  # noqa: BLE001 - a notice more or less must not end the looking
                if self._said != type(error).__name__:
                    self._said = type(error).__name__
                    self._alarm(f"nobody is told of handoffs and changes: {self._said}")

    def look(self) -> None:
        """Look once. Raises `StoreFailed`, `TimeoutError`."""
        premises = self._premises
        if isinstance(premises.store, FallbackStore) and premises.store.failed is not None:
            return
        configuration = premises.configuration()
        if not configuration.teams:  # it was not read yet
            return
        now = premises.now()
        self._handoffs.look(configuration, now)
        self._changes.look(configuration, now)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
