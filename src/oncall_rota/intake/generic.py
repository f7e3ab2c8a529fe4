"""Whatever can send a request: JSON, a form, or the address alone. Takes the words of many senders for one thing.

Uptime Kuma's own webhook, GoAlert's generic one, Grafana OnCall's formatted one, Datadog by a template, Healthchecks,
cron and curl. A text without JSON or form around it is a summary and lines.
https://goalert.me/docs · https://grafana.com/docs/oncall/latest/integrations/webhook/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oncall_rota.intake import uptime_kuma
from oncall_rota.intake.action import kind_of
from oncall_rota.intake.credential import PARAMETERS
from oncall_rota.intake.form import multipart, urlencoded
from oncall_rota.intake.json_text import decoded, mapping
from oncall_rota.intake.posted import RETRY_AFTER, Answer, Posted, Report, Unreadable, answer
from oncall_rota.intake.severity import severity_of
from oncall_rota.intake.value import digest, fields_of, first, key_of, lines_of, mapping_of, text_of, told
from oncall_rota.paging.signal import Accepted

GOALERT = "/api/v2/generic/incoming"
PATHS = (GOALERT,)
SUMMARY = ("summary", "title", "message", "text")
DETAILS = ("details", "description", "message")
KEY = ("dedup", "dedup_key", "alert_uid", "alias")
ACTION = ("action", "event_action", "state", "status")
SEVERITY = ("severity", "priority", "level")
LINK = ("link", "link_to_upstream_details", "url")
# Where a sender may have put its key is never shown.
_OURS = frozenset((*SUMMARY, *DETAILS, *KEY, *ACTION, *SEVERITY, *LINK, *PARAMETERS, "team", "service", "meta"))


class Generic:
    """One source of kind `generic`."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        values = _values(posted)
        return (uptime_kuma.report(values) if uptime_kuma.is_own(values) else reported(values),)

    def accepted(self, posted: Posted, reports: Sequence[Report], results: Sequence[Accepted]) -> Answer:
        result = results[0]
        if not _is_goalert(posted):
            told_ = {"status": result.what, "incident": result.incident_id or None, "dedup": reports[0].key}
            return answer(202, told_)
        if "application/json" not in posted.headers.get("accept", ""):
            return Answer(204)
        number = int(result.incident_id[:12], 16) if result.incident_id else 0  # it wants one that JavaScript can hold
        return answer(200, {"AlertID": number, "ServiceID": "", "IsNew": result.what == "opened"})

    def refused(self, posted: Posted, unreadable: Unreadable) -> Answer:
        return answer(unreadable.status or 400, {"error": unreadable.message, "field": unreadable.field})

    def overloaded(self, posted: Posted) -> Answer:
        return answer(503, {"error": "overloaded"}, retry_after=RETRY_AFTER)

    def unknown_key(self, posted: Posted) -> Answer:
        return answer(404, {"error": "not found"})


def _is_goalert(posted: Posted) -> bool:
    return posted.path.rstrip("/").endswith(GOALERT)


def _values(posted: Posted) -> Mapping[str, Any]:
    """What the body says, and the address where the body says nothing."""
    return {**posted.query, **_body(posted)}


def _body(posted: Posted) -> Mapping[str, Any]:
    """The body by what it is, more than by what it is said to be: curl calls everything a form."""
    start = posted.body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    content_type = posted.headers.get("content-type", "").lower()
    if not start:
        return {}
    if start[:1] in (b"{", b"[") or "json" in content_type:
        return mapping(posted.body)
    if content_type.startswith("multipart/"):
        return _inner(multipart(posted.body, posted.headers.get("content-type", "")))
    fields = urlencoded(posted.body) if "form" in content_type or not content_type else {}
    if not fields or (not fields.keys() & _OURS and "data" not in fields):
        text = lines_of([decoded(posted.body)])
        return {"summary": text[0] if text else "", "details": "\n".join(text[1:])}
    return _inner(fields)


def _inner(fields: Mapping[str, str]) -> Mapping[str, Any]:
    """Uptime Kuma's forms have the whole body in one field."""
    data = fields.get("data", "")
    return mapping(data.encode("utf-8", "surrogatepass")) if data.lstrip().startswith("{") else fields


def reported(values: Mapping[str, Any]) -> Report:
    """What values say by any of the usual names. Raises `Unreadable` where they say nothing."""
    kind = kind_of(first(values, *ACTION))
    summary, details = first(values, *SUMMARY), first(values, *DETAILS)
    details = "" if details == summary else details
    key = next((key for name in KEY if (key := key_of(values.get(name), name))), "")
    if not summary and (kind == "trigger" or not key):
        raise Unreadable(f"it says nothing: one of {', '.join(SUMMARY)} is needed", "summary")
    others = {name: value for name, value in values.items() if name not in _OURS}
    rest = [(name, text_of(value)) for name, value in [*others.items(), *mapping_of(values.get("meta")).items()][:50]]
    return Report(
        # The same text is the same thing, as GoAlert has it.
        key or uptime_kuma.key_without_one(values) or digest("text", summary, details),
        kind,
        summary or key,
        severity_of(first(values, *SEVERITY)),
        (*lines_of([details]), *told(("Link", first(values, *LINK)), *rest)),
        {**fields_of("labels", mapping_of(values.get("labels"))), **fields_of("details", others)},
        first(values, "team") or None,
        first(values, "service") or None,
    )
