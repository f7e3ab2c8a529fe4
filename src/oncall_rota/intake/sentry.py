"""Sentry's integration webhooks: issue alerts, metric alerts, and issues that end.

It signs what it sends by `Sentry-Hook-Signature`, with the client secret of its internal integration: `secrets:`. A
new issue without an alert is written down and pages nobody, as Sentry makes one of every kind of error.
https://docs.sentry.io/organization/integrations/integration-platform/webhooks/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_rota.intake.generic import Generic
from oncall_rota.intake.json_text import mapping
from oncall_rota.intake.posted import Kind, Posted, Report, Unreadable
from oncall_rota.intake.severity import severity_of
from oncall_rota.intake.value import digest, fields_of, first, list_of, mapping_of, text_of, told

_OVER = frozenset({"resolved", "archived", "ignored"})


class Sentry(Generic):
    """One source of kind `sentry`; answered as the generic one."""

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        values = mapping(posted.body)
        action, data = text_of(values.get("action")).lower(), mapping_of(values.get("data"))
        if isinstance(data.get("event"), dict):
            return (_issue_alert(data, data["event"]),)
        if isinstance(data.get("metric_alert"), dict):
            return (_metric_alert(action, data, data["metric_alert"]),)
        if isinstance(data.get("issue"), dict):
            return (_issue(action, data["issue"]),)
        if action and "installation" in values:  # it was installed, or somebody wrote a comment
            return (Report(posted.id, "note", f"Sentry: {action}"),)
        raise Unreadable("it has no event, metric_alert or issue", "data")


def _issue_alert(data: Mapping[str, Any], event: Mapping[str, Any]) -> Report:
    """A rule was triggered by an event, which belongs to an issue: that is the thing, however many events it has."""
    issue = text_of(event.get("issue_id")) or text_of(event.get("issue_url")).rstrip("/").rpartition("/")[2]
    title, rule = first(event, "title", "message"), text_of(data.get("triggered_rule"))
    if not title and not issue:
        raise Unreadable("is missing or blank", "data.event.title")
    tags = {text_of(pair[0]): pair[1] for pair in _pairs(event.get("tags"))}
    project = text_of(event.get("project")) or text_of(event.get("project_slug"))
    more = {"rule": rule, "project": project, "culprit": text_of(event.get("culprit"))}
    return Report(
        digest("sentry", issue or title),
        "trigger",
        title or rule,
        severity_of(text_of(event.get("level"))),
        told(
            ("Rule", rule),
            ("Culprit", more["culprit"]),
            ("Environment", text_of(tags.get("environment"))),
            ("Link", first(event, "web_url", "url")),
        ),
        {**fields_of("labels", tags), **fields_of("details", {key: value for key, value in more.items() if value})},
    )


def _metric_alert(action: str, data: Mapping[str, Any], alert: Mapping[str, Any]) -> Report:
    """A metric passed a threshold, or is back; its `action` says how bad it is."""
    rule = mapping_of(alert.get("alert_rule"))
    number = text_of(alert.get("id")) or text_of(rule.get("id"))
    title = text_of(data.get("description_title")) or first(alert, "title") or first(rule, "name")
    if not title and not number:
        raise Unreadable("is missing or blank", "data.description_title")
    projects = ", ".join([text_of(each) for each in list_of(alert.get("projects"))[:20]])
    more = {"rule": first(rule, "name"), "project": projects}
    return Report(
        digest("sentry-metric", number or title),
        "resolve" if action in _OVER else "trigger",
        title or f"metric alert {number}",
        severity_of(action),
        told(("Says", text_of(data.get("description_text"))), ("Link", text_of(data.get("web_url")))),
        fields_of("details", {key: value for key, value in more.items() if value}),
    )


def _issue(action: str, issue: Mapping[str, Any]) -> Report:
    """An issue ended, which ends what an alert of it began; what else becomes of it is written down."""
    number, title = text_of(issue.get("id")), text_of(issue.get("title"))
    if not number:
        raise Unreadable("is missing or blank", "data.issue.id")
    kind: Kind = "resolve" if action in _OVER else "note"
    said = title or text_of(issue.get("shortId")) or number
    link = told(("Link", first(issue, "web_url", "permalink")))
    return Report(digest("sentry", number), kind, f"{action}: {said}" if kind == "note" else said, None, link)


def _pairs(value: Any) -> list[list[Any]]:
    return [each for each in list_of(value)[:1000] if isinstance(each, list) and len(each) == 2]
