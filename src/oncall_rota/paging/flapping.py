"""What flaps: resolved and fired again, too often in too short a time. Counted by the incidents that were opened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from oncall_rota.paging.incident import FLAPPING
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.signal import Origin

AGAIN = 4  # so often fired again within `FLAPPING`: from then on one incident is kept open
REMEMBERED = 10_000  # keys; beyond that the one whose last incident is oldest is forgotten
LOOKED_AT = 1_000  # incidents that are read back when a process starts


class Openings:
    """When incidents were opened lately, by source and key. One thread uses it."""

    def __init__(self) -> None:
        self._opened: dict[Origin, dict[str, datetime]] = {}  # by the incident's id

    def read(self, rows: Iterable[IncidentRow]) -> None:
        """Learn of what this process did not open itself; `rows` newest first, as a store lists them."""
        for row in reversed(tuple(rows)):
            self.add((row.source, row.key), row.id, row.opened_at)

    def add(self, origin: Origin, incident_id: str, at: datetime) -> None:
        """An incident is open, on disk."""
        opened = self._opened.pop(origin, {})
        opened[incident_id] = at
        while len(opened) > AGAIN:
            del opened[next(iter(opened))]
        self._opened[origin] = opened
        while len(self._opened) > REMEMBERED:
            del self._opened[next(iter(self._opened))]

    def flaps(self, origin: Origin, now: datetime) -> int:
        """How often a key that fires now has fired again, when that is too often; else 0."""
        lately = [at for at in self._opened.get(origin, {}).values() if now - at < FLAPPING]
        return len(lately) if len(lately) >= AGAIN else 0
