"""Heartbeats that are late: looked for in a thread, as what does not come asks for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.vitals import LOOKS
from oncall_rota.web.hooks import HEARD
from oncall_rota.web.premises import Premises

EVERY = 5.0  # seconds between two looks


class Beats:
    """Looks until `close`. A silence is said once, and again only after the heartbeat was heard."""

    def __init__(self, premises: Premises, alarm: Callable[[str], None]) -> None:
        self._premises = premises
        self._alarm = alarm
        self._said: dict[str, datetime | None] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oncall-heartbeats", daemon=True)

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            try:
                self.look()
            except StoreFailed:
                pass  # which others say; the next look finds what this one did not
            except Exception as error:  # noqa: BLE001 - a heartbeat more or less must not end the looking
                self._alarm(f"heartbeats cannot be looked at: {type(error).__name__}")
            self._premises.auditor.vitals.beat("heartbeats")

    def look(self) -> None:
        """Look once. Raises `StoreFailed`."""
        premises = self._premises
        routing = premises.routing(premises.configuration())
        now = premises.now()
        for name in routing.heartbeats:
            kept = premises.store.get(f"{HEARD}{name}")
            heard_at = datetime.fromisoformat(kept) if kept else None
            signal = routing.late(name, heard_at, premises.started_at, now)
            if signal is not None and (name not in self._said or self._said[name] != heard_at):
                premises.submit(signal).result()
                self._said[name] = heard_at

    def __enter__(self) -> Self:
        self._premises.auditor.vitals.expect("heartbeats", LOOKS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
