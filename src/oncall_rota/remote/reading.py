"""What a server tells of incidents, as the values that it was made of; what it does not tell has its default."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from oncall_rota.paging.incident import Due, Incident, Sent
from oncall_rota.paging.job import PageData
from oncall_rota.paging.live import entry_of
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import AuditRow, IncidentRow, IncidentStatus, LiveOverride, PageRow, PageState
from oncall_rota.paging.reference import Named
from oncall_rota.paging.saved import readable, text_of

_STATUSES, _STATES = get_args(IncidentStatus), get_args(PageState)


class Outcome(NamedTuple):
    """What an act came to, or would. `would_page`: whom, by which channel and why."""

    incident: Incident
    refused: str
    held: bool
    would_page: tuple[tuple[str, str, str], ...]


def rows_of(told: Mapping[str, Any]) -> tuple[IncidentRow, ...]:
    """The incidents of a list. Raises `ValueError` for what is none, as all of these do."""
    return tuple([row_of(each) for each in _many(told, "incidents")])


def named_of(told: Mapping[str, Any]) -> tuple[Named, ...]:
    """What a reference means."""
    found = _many(told, "incidents")
    return tuple([Named(row_of(each), _maybe(each, "whose"), _maybe(each, "page")) for each in found])


def row_of(told: Mapping[str, Any]) -> IncidentRow:
    """One incident as a row."""
    incident = _incident(told)
    return IncidentRow(
        incident.id,
        0,
        incident.team,
        incident.service,
        _text(told, "source"),
        _text(told, "key"),
        incident.severity,
        incident.status,  # type: ignore[arg-type]
        incident.opened_at,
        incident.next_at,
        text_of(incident),
    )


def story_of(told: Mapping[str, Any]) -> Story:
    """Everything about one."""
    row = row_of(_object(told, "incident"))
    pages = tuple([_page(each, row.id) for each in _many(told, "pages")])
    audit = tuple([_audit(each, row.id) for each in _many(told, "audit")])
    return Story(row, readable(row), pages, audit)


def outcomes_of(told: Mapping[str, Any]) -> tuple[Outcome, ...]:
    """What an act came to, for each incident that was meant."""
    found = []
    for each in _many(told, "incidents"):
        pages = [
            (_text(page, "name"), _text(page, "channel"), _text(page, "why"))
            for page in (_many(each, "would_page") if "would_page" in each else ())
        ]
        incident = readable(row_of(each))
        found.append(Outcome(incident, _maybe(each, "refused") or "", _truth(each, "in_memory"), tuple(pages)))
    return tuple(found)


def overrides_of(told: Mapping[str, Any]) -> tuple[LiveOverride, ...]:
    """The live overrides of a list, by creation."""
    found = []
    for each in _many(told, "overrides"):
        entry = json.dumps(_object(each, "entry"))
        entry_of(entry)
        made = (_text(each, "id"), _text(each, "team"), entry, _text(each, "by"), _instant(each, "created_at"))
        found.append(LiveOverride(*made))
    return tuple(found)


def _incident(told: Mapping[str, Any]) -> Incident:
    status, opened_at, step = _text(told, "status"), _instant(told, "opened_at"), told.get("step")
    if status not in _STATUSES:
        raise ValueError("status")
    return Incident(
        id=_text(told, "id"),
        team=_maybe(told, "team") or "",
        severity=_text(told, "severity"),
        summary=_text(told, "summary"),
        opened_at=opened_at,
        service=_maybe(told, "service"),
        person=_maybe(told, "person"),
        status=status,
        round=_whole(told, "round"),
        step=-1 if step is None else _whole(told, "step") - 1,
        ended=_truth(told, "last_resort"),
        ends_at=_maybe_instant(told, "ends_at"),
        due=tuple([_due(each) for each in _many(told, "due")]),
        sent=tuple(
            [
                Sent("", _maybe(each, "person"), _text(each, "channel"), opened_at, _truth(each, "copy"))
                for each in _many(told, "asked")
            ]
        ),
        paged=_texts(told, "paged"),
        acknowledged_by=_maybe(told, "acknowledged_by"),
        acknowledged_at=_maybe_instant(told, "acknowledged_at"),
        lines=_texts(told, "lines"),
        signals=_whole(told, "signals"),
        calm_at=_maybe_instant(told, "calm_at"),
    )


def _due(told: Mapping[str, Any]) -> Due:
    return Due(_instant(told, "at"), _maybe(told, "person"), _text(told, "channel"), "", _truth(told, "copy"))


def _page(told: Mapping[str, Any], incident_id: str) -> PageRow:
    state, step, what, why = _text(told, "state"), told.get("step"), _text(told, "what"), _text(told, "why")
    person = _maybe(told, "person")
    if state not in _STATES:
        raise ValueError("state")
    data = PageData(
        what,  # type: ignore[arg-type]
        why if what != "notice" else "",
        None if step is None else _whole(told, "step") - 1,
        _truth(told, "copy"),
        _maybe(told, "name") if person is None else None,
        why if what == "notice" else "",
        bundle=_maybe(told, "bundle"),
    )
    return PageRow(
        _text(told, "id"), incident_id, person, _text(told, "channel"), "",
        state,  # type: ignore[arg-type]
        0, 0, None,
        _whole(told, "attempts"), _maybe(told, "code") or "", None, _instant(told, "at"), data.json(),
    )  # fmt: skip


def _audit(told: Mapping[str, Any], incident_id: str) -> AuditRow:
    page = _maybe(told, "page")
    data = json.dumps({"page": page}) if page is not None else "{}"
    actor, kind, text = _text(told, "actor"), _text(told, "kind"), _text(told, "text")
    return AuditRow(incident_id, _instant(told, "at"), actor, kind, text, _maybe(told, "revision") or "", data)


def _object(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    if not isinstance(value, dict):
        raise ValueError(name)
    return value


def _many(told: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value = told.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(name)
    return value


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str):
        raise ValueError(name)
    return value


def _texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(name)
    return tuple(value)


def _maybe(told: Mapping[str, Any], name: str) -> str | None:
    return None if told.get(name) is None else _text(told, name)


def _truth(told: Mapping[str, Any], name: str) -> bool:
    value = told.get(name)
    if not isinstance(value, bool):
        raise ValueError(name)
    return value


def _whole(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if type(value) is not int or abs(value) > 1 << 53:
        raise ValueError(name)
    return value


def _instant(told: Mapping[str, Any], name: str) -> datetime:
    try:
        found = datetime.fromisoformat(_text(told, name))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(name)


def _maybe_instant(told: Mapping[str, Any], name: str) -> datetime | None:
    return None if told.get(name) is None else _instant(told, name)
