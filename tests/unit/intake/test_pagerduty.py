"""PagerDuty's Events API, in both versions, and its change events."""

from __future__ import annotations

from typing import Any

import pytest
from monitors import ID, changed, posted, recorded, report, reports

from oncall_rota.intake import Unreadable
from oncall_rota.intake.pagerduty import CHANGES, V1, V2, routing_key

KEY = "8b1a9953c4611296a827abf8c47804d7"


def event(path: str = V2, **keys: Any) -> Any:
    """A trigger with other keys."""
    return posted(changed("pagerduty-trigger", **keys), path)


def test_a_trigger() -> None:
    """As Alertmanager sends it with nothing but its address changed."""
    found = report("pagerduty", event())
    assert (found.key, found.kind, found.severity) == (KEY, "trigger", "error")
    assert found.summary == "[FIRING:1] InstanceDown (db1:9100 node)"
    assert found.lines == (
        "Source: prod-am",
        "Component: node",
        "Group: databases",
        "firing: Labels:\n - alertname = InstanceDown\n - service = card-api",
        "num_firing: 1",
        "num_resolved: 0",
        "service: card-api",
        "Client: Alertmanager",
        "Link: http://alertmanager:9093/#/alerts?receiver=pagerduty",
        "Runbook: https://runbooks.example.com/instance-down",
        "Link: https://example.com/graph.png",
    )
    assert found.fields["details.service"] == "card-api"
    assert {name: found.fields[name] for name in ("host", "component", "group", "class", "client")} == {
        "host": "prod-am",
        "component": "node",
        "group": "databases",
        "class": "availability",
        "client": "Alertmanager",
    }


def test_its_end_and_its_acknowledgement() -> None:
    """By the key alone; the payload is of no interest."""
    assert report("pagerduty", recorded("pagerduty-resolve"))[:2] == (KEY, "resolve")
    for action, kind in (("acknowledge", "acknowledge"), ("Resolve", "resolve")):
        found = report("pagerduty", event(event_action=action, payload=...))
        assert found[:2] == (KEY, kind)


def test_a_trigger_without_a_key_is_always_new() -> None:
    """The request's own id is its key, which is told to the sender."""
    assert report("pagerduty", event(dedup_key=...)).key == ID
    assert report("pagerduty", event(dedup_key="")).key == ID


def test_details_may_be_a_text() -> None:
    """And the severity may be missing: then the source's default holds."""
    found = report("pagerduty", event(payload={"summary": "disk", "custom_details": "line 1\nline 2"}))
    assert found.lines[:2] == ("line 1", "line 2")
    assert found.severity is None


def test_the_first_version() -> None:
    """Other names for the same."""
    found = report("pagerduty", posted(recorded("pagerduty-v1"), V1))
    assert (found.key, found.kind, found.severity) == ("srv01/HTTP", "trigger", None)
    assert found.summary == "FAILURE for production/HTTP on machine srv01.example.com"
    assert found.lines == (
        "ping time: 1500ms",
        "load avg: 0.75",
        "Client: Sample Monitoring Service",
        "Link: https://monitoring.example.com",
        "View on Sample: https://example.com/",
    )


def test_a_change_is_a_note() -> None:
    """Never paged."""
    found = report("pagerduty", posted(recorded("pagerduty-change"), CHANGES))
    assert (found.key, found.kind) == (ID, "note")
    assert found.summary == "change: Build Success: Increase snapshot create timeout to 30 seconds"


def test_the_key_of_the_source_is_in_the_body() -> None:
    """Under either name, and nowhere in what is paged."""
    key = "0123456789abcdef0123456789abcdef"
    assert routing_key(recorded("pagerduty-trigger")) == routing_key(recorded("pagerduty-v1")) == key
    assert routing_key(b'{"routing_key": ["x"]}') is None
    assert key not in repr(report("pagerduty", event()))
    assert key not in repr(report("pagerduty", posted(recorded("pagerduty-v1"), V1)))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (event(payload={"summary": " "}), "payload.summary"),
        (event(payload="x"), "payload.summary"),
        (event(event_action="fire"), "event_action"),
        (event(event_action=...), "event_action"),
        (event(event_action="resolve", dedup_key=...), "dedup_key"),
        (event(dedup_key={"a": 1}), "dedup_key"),
        (posted({"event_type": "trigger"}, V1), "description"),
        (posted({"event_type": "resolve"}, V1), "incident_key"),
        (posted({"payload": {}}, CHANGES), "payload.summary"),
        (posted(b"<xml/>", V2), ""),
    ],
)
def test_what_cannot_be_understood_names_the_field(request_: Any, field: str) -> None:
    """As PagerDuty does."""
    with pytest.raises(Unreadable) as found:
        reports("pagerduty", request_)
    assert found.value.field == field
