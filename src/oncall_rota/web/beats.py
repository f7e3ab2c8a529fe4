"""Heartbeats that are late: looked for in a thread, as what does not come asks for nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Self

from oncall_rota.paging.vitals import LOOKS
from oncall_rota.web.hooks import HEARD
from oncall_rota.web.looking import Looking
from oncall_rota.web.premises import Premises

EVERY = 5.0  # seconds between two looks


class Beats(Looking):
    """Looks until the end. A silence is said once, and again only after the heartbeat was heard."""

    def __init__(self, premises: Premises, alarm: Callable[[str], None]) -> None:
        super().__init__("oncall-heartbeats", EVERY, "heartbeats cannot be looked at", alarm)
        self._premises = premises
        self._said: dict[str, datetime | None] = {}

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

    def looked(self) -> None:
        """Say that this thread lives."""
        self._premises.auditor.vitals.beat("heartbeats")

    def __enter__(self) -> Self:
        self._premises.auditor.vitals.expect("heartbeats", LOOKS)
        return super().__enter__()
