"""PagerDuty's Events API: version 2, change events, and version 1 for clients that a proxy sends here.

The key of the source is the `routing_key` in the body. 429 and 5xx are tried again.
https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oncall_rota.intake.json_text import mapping
from oncall_rota.intake.posted import RETRY_AFTER, Answer, Kind, Posted, Report, Unreadable, answer
from oncall_rota.intake.severity import severity_of
from oncall_rota.intake.value import fields_of, first, key_of, lines_of, list_of, mapping_of, text_of, told
from oncall_rota.paging.signal import Accepted

V2, CHANGES, V1 = "/v2/enqueue", "/v2/change/enqueue", "/generic/2010-04-15/create_event.json"
PATHS = (V2, CHANGES, V1)
_KINDS: dict[str, Kind] = {"trigger": "trigger", "acknowledge": "acknowledge", "resolve": "resolve"}
_FIELDS = ("source", "component", "group", "class")


def routing_key(body: bytes) -> str | None:
    """The key of the source, which stands in the body; None: there is none. Raises `Unreadable`."""
    event = mapping(body)
    key = event.get("routing_key") or event.get("service_key")
    return key if isinstance(key, str) else None


class PagerDuty:
    """One source of kind `pagerduty`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        event = mapping(posted.body)
        if _is(posted, CHANGES):
            return (_change(event, posted),)
        return (_first_version(event, posted) if _is(posted, V1) else _second_version(event, posted),)

    def accepted(self, posted: Posted, reports: Sequence[Report], results: Sequence[Accepted]) -> Answer:
        if _is(posted, CHANGES):
            return answer(202, {"status": "success", "message": "Change event processed"})
        told_key = {"status": "success", "message": "Event processed"}
        if _is(posted, V1):
            return answer(200, {**told_key, "incident_key": reports[0].key})
        return answer(202, {**told_key, "dedup_key": reports[0].key})

    def refused(self, posted: Posted, unreadable: Unreadable) -> Answer:
        if unreadable.field:
            return _invalid(400, f"'{unreadable.field}' {unreadable.message}")
        words = {"status": "Unrecognized object", "message": "Event object format is unrecognized"}
        return answer(unreadable.status or 400, {**words, "errors": ["JSON parse error", unreadable.message]})

    def overloaded(self, posted: Posted) -> Answer:
        words = {"status": "throttle exceeded", "message": "Events arrive too quickly. Please try again later."}
        return answer(429, words, retry_after=RETRY_AFTER)

    def unknown_key(self, posted: Posted) -> Answer:
        return _invalid(400, "Invalid routing key")


def _is(posted: Posted, path: str) -> bool:
    return posted.path.rstrip("/").endswith(path)


def _invalid(status: int, why: str) -> Answer:
    return answer(status, {"status": "invalid event", "message": "Event object is invalid", "errors": [why]})


def _second_version(event: Mapping[str, Any], posted: Posted) -> Report:
    kind = _kind(event.get("event_action"), "event_action")
    payload = mapping_of(event.get("payload"))
    key = key_of(event.get("dedup_key"), "dedup_key") or _own_key(kind, posted, "dedup_key")
    summary = text_of(payload.get("summary"))
    if kind == "trigger" and not summary:
        raise Unreadable("is missing or blank", "payload.summary")
    details = payload.get("custom_details")
    fields = {name: text_of(payload.get(name)) for name in _FIELDS}
    fields["client"] = text_of(event.get("client"))
    return Report(
        key,
        kind,
        summary or key,
        severity_of(text_of(payload.get("severity"))),
        (
            *told(("Source", fields["source"]), ("Component", fields["component"]), ("Group", fields["group"])),
            *_told_details(details),
            *told(("Client", fields["client"]), ("Link", text_of(event.get("client_url")))),
            *_links(event),
        ),
        _known(fields, details),
    )


def _first_version(event: Mapping[str, Any], posted: Posted) -> Report:
    kind = _kind(event.get("event_type"), "event_type")
    key = key_of(event.get("incident_key"), "incident_key") or _own_key(kind, posted, "incident_key")
    summary, details = text_of(event.get("description")), event.get("details")
    if kind == "trigger" and not summary:
        raise Unreadable("is missing or blank", "description")
    fields = {"client": text_of(event.get("client"))}
    more = told(("Client", fields["client"]), ("Link", text_of(event.get("client_url"))))
    lines = (*_told_details(details), *more, *_links({"links": event.get("contexts")}))
    return Report(key, kind, summary or key, None, lines, _known(fields, details))


def _change(event: Mapping[str, Any], posted: Posted) -> Report:
    """A deployment, or a setting that changed: written down, never paged."""
    payload = mapping_of(event.get("payload"))
    summary = text_of(payload.get("summary"))
    if not summary:
        raise Unreadable("is missing or blank", "payload.summary")
    source = text_of(payload.get("source"))
    return Report(posted.id, "note", f"change: {summary}", lines=_links(event), fields=_known({"source": source}))


def _kind(written: Any, field: str) -> Kind:
    word = text_of(written).lower()
    if word not in _KINDS:
        raise Unreadable("is none of trigger, acknowledge and resolve", field)
    return _KINDS[word]


def _own_key(kind: Kind, posted: Posted, field: str) -> str:
    """Without a key a trigger is always something new."""
    if kind != "trigger":
        raise Unreadable("is missing or blank", field)
    return posted.id


def _told_details(details: Any) -> tuple[str, ...]:
    if isinstance(details, dict):
        return told(*[(name, text_of(value)) for name, value in list(details.items())[:100]])
    return lines_of([text_of(details)])


def _known(fields: Mapping[str, str], details: Any = None) -> dict[str, str]:
    """The fields that have a text; what the sender calls its source is the host, as `source` is ours."""
    named = {"host" if name == "source" else name: text for name, text in fields.items() if text}
    return {**fields_of("details", mapping_of(details)), **named}


def _links(event: Mapping[str, Any]) -> tuple[str, ...]:
    found = [mapping_of(each) for each in [*list_of(event.get("links")), *list_of(event.get("images"))][:20]]
    return told(*[(text_of(each.get("text")) or "Link", first(each, "href", "src")) for each in found])
