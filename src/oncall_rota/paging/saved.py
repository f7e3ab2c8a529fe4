"""An incident as JSON in its row, and back. Nobody's address is in it: a page looks its address up when it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oncall_rota.paging.incident import Due, Incident, Sent
from oncall_rota.paging.ports.row import IncidentRow

_PLAIN = (
    "summary", "person", "turn", "round", "step", "ended", "pages", "heard", "acknowledged_by", "signals", "via",
    "flaps",
)  # fmt: skip
_TIMES = ("began_at", "ends_at", "acknowledged_at", "calm_at")
_LISTS = ("paged", "lines")
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `dumps` would make one each time
_DEFAULTS: Mapping[str, Any] = Incident._field_defaults


def row_of(incident: Incident, version: int, source: str, key: str) -> IncidentRow:
    """The row that an incident is kept as. `version`: as it was read, 0 for a new one."""
    return IncidentRow(
        incident.id,
        version,
        incident.team,
        incident.service,
        source,
        key,
        incident.severity,
        incident.status,  # type: ignore[arg-type]
        incident.opened_at,
        incident.next_at,
        text_of(incident),
    )


def text_of(incident: Incident) -> str:
    """The state that has no column of its own; what is as in a new incident is left out."""
    kept: dict[str, Any] = {"summary": incident.summary}
    for name in (*_PLAIN[1:], *_LISTS):
        value = getattr(incident, name)
        if value != _DEFAULTS[name]:
            kept[name] = value
    for name in _TIMES:
        at: datetime | None = getattr(incident, name)
        if at is not None:
            kept[name] = at.isoformat()
    if incident.due:
        kept["due"] = [
            [each.at.isoformat(), each.person, each.channel, each.address if each.person is None else "", each.copy]
            for each in incident.due
        ]
    if incident.sent:
        kept["sent"] = [
            [each.page, each.person, each.channel, each.at.isoformat(), each.copy, each.failed, each.old]
            for each in incident.sent
        ]
    return _encoded(kept)


def incident_of(row: IncidentRow) -> Incident:
    """The incident of a row. Raises `ValueError` for what `text_of` never wrote."""
    kept = json.loads(row.data)
    try:
        fields: dict[str, Any] = {name: kept[name] for name in _PLAIN if name in kept}
        fields |= {name: tuple(kept[name]) for name in _LISTS if name in kept}
        fields |= {name: _at(kept[name]) for name in _TIMES if name in kept}
        fields["due"] = tuple([Due(_at(at), *rest) for at, *rest in kept.get("due", ())])
        fields["sent"] = tuple(
            [Sent(page, person, channel, _at(at), *rest) for page, person, channel, at, *rest in kept.get("sent", ())]
        )
        return Incident(
            id=row.id,
            team=row.team,
            severity=row.severity,
            opened_at=row.opened_at,
            service=row.service,
            status=row.status,
            **fields,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"incident {row.id} cannot be read: {error}") from error


def readable(row: IncidentRow) -> Incident:
    """The incident of a row, or as much as its columns tell when the rest cannot be read."""
    try:
        return incident_of(row)
    except ValueError:
        words = "(it cannot be read)"
        return Incident(row.id, row.team, row.severity, words, row.opened_at, row.service, status=row.status)


class Recalled:
    """Incidents as they were written last, so that what comes again need not be read out of its text again."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._known: dict[str, tuple[IncidentRow, Incident]] = {}

    def incident(self, row: IncidentRow) -> Incident:
        """The incident of a row. Raises `ValueError`, as `incident_of`."""
        known = self._known.get(row.id)
        return known[1] if known is not None and known[0] == row else incident_of(row)

    def keep(self, row: IncidentRow, incident: Incident) -> None:
        """What a row was made of; a closed incident is forgotten."""
        if not incident.is_open:
            self._known.pop(row.id, None)
            return
        self._known[row.id] = row, incident
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
