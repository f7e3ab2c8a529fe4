"""Sentry's webhooks: alerts page, ends end them, and all else is written down."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from monitors import posted, recorded, report

from oncall_rota.intake import Unreadable
from oncall_rota.intake.credential import is_signed, signature


def changed_data(name: str, what: str, **keys: Any) -> dict[str, Any]:
    """A recorded body with other values in what it is about."""
    value = json.loads(recorded(name))
    value["data"][what] |= keys
    found: dict[str, Any] = value
    return found


def test_an_issue_alert() -> None:
    """Its issue is the thing, however many events it has; its level is the severity, its tags are labels."""
    found = report("sentry", recorded("sentry-event-alert"))
    assert (found.kind, found.severity) == ("trigger", "error")
    assert found.summary == "ConnectionError: card-api refused the connection"
    assert found.lines[:3] == (
        "Rule: More than 10 in 1 minute",
        "Culprit: checkout.pay in charge",
        "Environment: production",
    )
    assert found.lines[3].startswith("Link: https://sentry.io/organizations/shop/issues/1170820242/")
    assert (found.fields["labels.environment"], found.fields["details.project"]) == ("production", "4501")
    again = report("sentry", changed_data("sentry-event-alert", "event", event_id="x", title="another"))
    other = report("sentry", changed_data("sentry-event-alert", "event", issue_id="1"))
    assert (again.key == found.key, other.key == found.key) == (True, False)
    assert report("sentry", changed_data("sentry-event-alert", "event", issue_id=None)).key == found.key


def test_an_issue_that_was_resolved_ends_its_alert() -> None:
    """And what else becomes of an issue pages nobody."""
    alert, end = (report("sentry", recorded(f"sentry-{name}")) for name in ("event-alert", "issue"))
    assert (end.kind, end.key) == ("resolve", alert.key)
    for action in ("created", "assigned", "unresolved"):
        found = report("sentry", {**json.loads(recorded("sentry-issue")), "action": action})
        assert (found.kind, found.summary.partition(":")[0]) == ("note", action)


@pytest.mark.parametrize(
    ("action", "kind", "severity"),
    [("critical", "trigger", "critical"), ("warning", "trigger", "warning"), ("resolved", "resolve", None)],
)
def test_a_metric_alert(action: str, kind: str, severity: str | None) -> None:
    """Its action tells how bad it is, and when it is over."""
    found = report("sentry", {**json.loads(recorded("sentry-metric-alert")), "action": action})
    first = report("sentry", recorded("sentry-metric-alert"))
    assert (found.kind, found.severity, found.key) == (kind, severity, first.key)
    assert found.summary == "Critical: checkout is slow"


def test_what_is_no_alert_is_written_down_or_told() -> None:
    """An installation is a note; what has no meaning is unreadable."""
    made = {"action": "created", "installation": {"uuid": "x"}, "data": {"installation": {}}}
    assert report("sentry", made).kind == "note"
    for body in ({}, {"data": {}}, {"data": {"event": {}}}, {"data": {"issue": {}}}, {"data": {"metric_alert": {}}}):
        with pytest.raises(Unreadable):
            report("sentry", body)


def test_its_signature() -> None:
    """HMAC-SHA256 of the body, in its own header; its timestamp is not signed, so it does not count."""
    body = posted(recorded("sentry-event-alert")).body
    made = hmac.new(b"client-secret", body, hashlib.sha256).hexdigest()
    shown = signature({"sentry-hook-signature": made, "sentry-hook-timestamp": "1780304400"})
    assert shown is not None
    assert (shown.stamp, is_signed(body, shown, "client-secret")) == ("", True)
    assert not is_signed(body + b" ", shown, "client-secret")
