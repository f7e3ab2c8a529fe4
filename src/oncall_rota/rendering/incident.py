"""One incident, and a list of them, as in the JSON of `oncall incident`; the server gives the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from oncall_rota.paging.incident import Incident
from oncall_rota.paging.message import masked
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.saved import readable
from oncall_rota.rendering.text import instant
from oncall_rota.timeline.zone import epoch

NameOf = Callable[[str], str]  # of a person's id, as people write it


def told(at: datetime) -> str:
    """An instant in machine formats."""
    return instant(epoch(at))


def told_or_none(at: datetime | None) -> str | None:
    """An instant in machine formats, or null."""
    return None if at is None else told(at)


def nobodys(address: str) -> str:
    """An address that is nobody's own, as a log may have it: a mailing list whole, a telephone number not."""
    return masked(address) if address.lstrip().startswith("+") else address


def listed(rows: Sequence[IncidentRow], limit: int) -> dict[str, Any]:
    """The first `limit` of some incidents, and whether there are more."""
    incidents = [mapping(row, readable(row)) for row in rows[:limit]]
    return {"version": 1, "incidents": incidents, "more": len(rows) > limit}


def mapping(row: IncidentRow, incident: Incident) -> dict[str, Any]:
    """All that is told of one, but for its pages and its story.

    `step`: from 1; null before the first, and while the last resort or one person is paged. `asked`: who has been paged
    in the present step, and how, as far as it did not fail; `due`: who is to be, and when. `ends_at`: of the step, the
    hold or the acknowledgement's time. `calm_at`: since when its source says that it is over, while it is kept open.
    """
    in_step = incident.step >= 0 and not incident.ended
    return {
        "id": row.id,
        "status": row.status,
        "severity": row.severity,
        "team": row.team or None,
        "service": row.service,
        "person": incident.person,
        "source": row.source,
        "key": row.key,
        "summary": incident.summary,
        "lines": list(incident.lines),
        "signals": incident.signals,
        "opened_at": told(row.opened_at),
        "acknowledged_by": incident.acknowledged_by,
        "acknowledged_at": told_or_none(incident.acknowledged_at),
        "step": incident.step + 1 if in_step else None,
        "round": incident.round,
        "last_resort": incident.ended,
        "paged": list(incident.paged),
        "asked": [
            {"person": each.person, "channel": each.channel, "copy": each.copy}
            for each in incident.sent
            if not (each.old or each.failed)
        ],
        "due": [
            {"at": told(each.at), "person": each.person, "channel": each.channel, "copy": each.copy}
            for each in incident.due
        ],
        "ends_at": told_or_none(incident.ends_at),
        "calm_at": told_or_none(incident.calm_at),
        "next_at": told_or_none(incident.next_at),
    }
