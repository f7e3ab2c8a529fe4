"""One incident as lines, rows and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from oncall_rota.cli.terminal import BOLD, DIM, RED, Cell, Terminal, columns_of, fitted, rows_in_columns
from oncall_rota.paging.incident import ACKNOWLEDGED, TRIGGERED, Incident
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.saved import readable
from oncall_rota.rendering.incident import mapping, told
from oncall_rota.rendering.text import term_safe, tsv_row

SHORT = 8  # characters of an id in tables; any that are unique may be typed
LEAST = 20  # columns for what it is about
COLUMNS = (
    "id", "status", "severity", "team", "service", "person", "opened", "acknowledged by", "next", "signals", "summary",
)  # fmt: skip


def short_id(incident_id: str) -> str:
    """The beginning of an id that people read."""
    return incident_id[:SHORT]


class Shown(NamedTuple):
    """An incident, and the row it is kept as."""

    row: IncidentRow
    incident: Incident

    @classmethod
    def of(cls, row: IncidentRow) -> Shown:
        """Read it."""
        return cls(row, readable(row))

    @property
    def cells(self) -> tuple[str, ...]:
        """As in `-o plain`."""
        row, incident = self
        next_at = incident.next_at
        return (
            row.id, row.status, row.severity, row.team, row.service or "", incident.person or "", told(row.opened_at),
            incident.acknowledged_by or "", "" if next_at is None else told(next_at), str(incident.signals),
            incident.summary,
        )  # fmt: skip

    @property
    def mapping(self) -> dict[str, Any]:
        """As in `-o json`."""
        return mapping(self.row, self.incident)


def plain(found: Iterable[Shown]) -> list[str]:
    """Rows of `COLUMNS`, tab-separated."""
    return [tsv_row(each.cells) for each in found]


def table(found: Sequence[Shown], now: datetime, screen: Terminal) -> list[str]:
    """Lines for a terminal: what nobody has acknowledged stands out."""
    from oncall_rota.humantime import span_text

    cells = []
    for row, incident in found:
        by = f" by {incident.acknowledged_by}" if row.status == ACKNOWLEDGED else ""
        ago = f"{span_text(max(now - row.opened_at, timedelta(0)))} ago"
        cells.append((short_id(row.id), term_safe(row.status + by), ago, term_safe(incident.headline)))
    header = ("ID", "STATUS", "OPENED", "WHAT")
    # The last column is cut, and never the others, by which an incident is named.
    taken = [max(columns_of(each) for each in column) for column in zip(header, *cells, strict=True)][:-1]
    room = max(screen.width - sum(taken) - 2 * len(taken), LEAST)
    lines = []
    for (row, _), (id_, status, ago, what) in zip(found, cells, strict=True):
        style = f"{BOLD};{RED}" if row.status == TRIGGERED else ""
        shown = what if columns_of(what) <= room else fitted(what, room, "…" if screen.unicode else "...")
        lines.append([Cell(id_, BOLD), Cell(status, style), Cell(ago, DIM), Cell(shown)])
    return rows_in_columns(header, lines, screen) if lines else []
