"""Opsgenie's alert API: create, and what is done to an alert by its alias or id.

Every request is answered 202 with an id, under which some clients, Zabbix among them, ask what became of it. 429 and
5xx are tried again. https://docs.opsgenie.com/docs/alert-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from oncall_rota.intake.json_text import mapping
from oncall_rota.intake.opsgenie_answer import accepted, failed
from oncall_rota.intake.posted import RETRY_AFTER, Answer, Kind, Posted, Report, Unreadable
from oncall_rota.intake.severity import severity_of
from oncall_rota.intake.value import fields_of, first, key_of, lines_of, list_of, mapping_of, text_of, told
from oncall_rota.paging.signal import Accepted

ALERTS = "/v2/alerts"
PATHS = (ALERTS, f"{ALERTS}/")  # Zabbix writes the slash, and follows no redirect
_ACTIONS: dict[str, Kind] = {
    "close": "resolve",
    "delete": "resolve",
    "acknowledge": "acknowledge",
    "snooze": "acknowledge",
}  # of any other, such as notes, assign or tags, it is written down that it happened
IN_BODY = ("message", "description", "note", "priority")  # what a note may hold
LONGEST = 30  # characters of an action


class Opsgenie:
    """One source of kind `opsgenie`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        identifier, action = named(posted)
        body = mapping(posted.body) if posted.body.strip() else {}
        return (_done(identifier, action, body, posted) if action != "create" else _created(body, posted),)

    def accepted(self, posted: Posted, reports: Sequence[Report], results: Sequence[Accepted]) -> Answer:
        return accepted(named(posted)[1], results[0], posted.id)

    def refused(self, posted: Posted, unreadable: Unreadable) -> Answer:
        errors = {unreadable.field: unreadable.message} if unreadable.field else {}
        return failed(unreadable.status or 422, unreadable.message, posted.id, errors)

    def overloaded(self, posted: Posted) -> Answer:
        return failed(429, "You are making too many requests!", posted.id, retry_after=RETRY_AFTER)

    def unknown_key(self, posted: Posted) -> Answer:
        return failed(401, "Key is not valid", posted.id)


def named(posted: Posted) -> tuple[str, str]:
    """The alert that a request is about, and what it does: `create`, `close`, … A path may be decoded already."""
    rest = posted.path.partition(ALERTS)[2].strip("/")
    if not rest and posted.method == "POST":
        return "", "create"
    if posted.method == "DELETE" and rest:
        return unquote(rest), "delete"
    identifier, _, action = rest.rpartition("/")
    if not identifier:
        raise Unreadable("there is nothing at this address", status=404)
    return unquote(identifier), action[:LONGEST].lower()


def _created(body: Mapping[str, Any], posted: Posted) -> Report:
    message = text_of(body.get("message"))
    if not message:
        raise Unreadable("Message can not be empty.", "message")
    details = mapping_of(body.get("details"))
    tags = ", ".join([text_of(tag) for tag in list_of(body.get("tags"))[:100]])
    entity, source = text_of(body.get("entity")), text_of(body.get("source"))
    fields = {"entity": entity, "host": source, "tags": tags, "user": text_of(body.get("user"))}
    return Report(
        key_of(body.get("alias"), "alias") or posted.id,
        "trigger",
        message,
        severity_of(text_of(body.get("priority"))),
        (
            *lines_of([text_of(body.get("description"))]),
            *told(("Entity", entity), ("Source", source), ("Tags", tags), ("Note", text_of(body.get("note")))),
            *told(*[(name, text_of(value)) for name, value in list(details.items())[:100]]),
        ),
        {**fields_of("details", details), **{name: text for name, text in fields.items() if text}},
        _team(body),
    )


def _team(body: Mapping[str, Any]) -> str | None:
    """The first team among the responders."""
    for each in [*list_of(body.get("responders")), *list_of(body.get("teams"))]:
        responder = mapping_of(each)
        if responder.get("type", "team") == "team" and (name := first(responder, "name", "id")):
            return name
    return None


def _done(identifier: str, action: str, body: Mapping[str, Any], posted: Posted) -> Report:
    """What is done to an alert. Its id is our incident's; by its alias it has a key of its own."""
    kind: Kind = _ACTIONS.get(action, "note")
    until_at = _instant(body.get("endTime"), "endTime") if action == "snooze" else None
    by = first(body, "user", "source") or text_of(posted.query.get("user"))
    said = [text_of(body.get(name)) for name in IN_BODY]
    text = " ".join([action, *([f"by {by}:"] if by else []), *filter(None, said)])
    alias = posted.query.get("identifierType", "id").lower() == "alias"
    # Whoever has the store puts the incident's own key in its place; as long as it does not, it means nothing open.
    key = identifier if alias else f"{posted.id} {identifier}"
    return Report(key, kind, text, incident_id=None if alias else identifier.lower(), until_at=until_at)


def _instant(written: Any, field: str) -> datetime:
    try:
        at = datetime.fromisoformat(text_of(written, 40))
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("it is no instant, expected e.g. 2026-06-01T09:00:00Z", field) from None
