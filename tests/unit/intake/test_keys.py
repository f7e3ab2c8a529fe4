"""What stays one incident and what does not, source by source; and what configuration knows of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from monitors import posted, recorded, reports

from oncall_rota.config.monitor import FIELDS, GROUPED, MONITORS, PREFIXES
from oncall_rota.intake import HOOKS
from oncall_rota.intake.pagerduty import CHANGES, V1, V2
from oncall_rota.paging.signal import Signal, origin_of

Change = Callable[[dict[str, Any]], None]


def set_(*path: Any, to: Any) -> Change:
    """Put another value at a place."""

    def change(body: dict[str, Any]) -> None:
        inner: Any = body
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = to

    return change


def more_alerts(body: dict[str, Any]) -> None:
    """One more alert joins the group."""
    body["alerts"].append({**body["alerts"][0], "fingerprint": "new"})


def fewer_alerts(body: dict[str, Any]) -> None:
    """One of them is over, and left out."""
    del body["alerts"][-1]


RESOLVED = [set_("alerts", 0, "status", to="resolved"), set_("status", to="resolved")]

# (kind, body, path, query) -> changes after which it is the same incident, and another one.
TABLE: dict[str, tuple[str, str, dict[str, str], list[Change], list[Change]]] = {
    "alertmanager": (
        "alertmanager-firing", "", {},
        [
            set_("alerts", 0, "startsAt", to="2026-06-02T00:00:00Z"),
            set_("alerts", 0, "annotations", "summary", to="another text"),
            set_("alerts", 0, "labels", "severity", to="warning"),
            set_("commonLabels", to={}),
            set_("receiver", to="oncall-2"),
            set_("externalURL", to="http://alertmanager-2:9093"),
            set_("truncatedAlerts", to=9),
            set_("new", to="x"),
            more_alerts,
            fewer_alerts,
            *RESOLVED,
        ],
        [set_("groupKey", to='{}:{alertname="Other"}'), set_("groupKey", to='{}:{alertname="InstanceDown" }')],
    ),
    "alertmanager, each alert": (
        "alertmanager-firing", "", {"per": "alert"},
        [
            set_("alerts", 0, "annotations", "summary", to="another text"),
            set_("groupKey", to="another route"),
            more_alerts,
            *RESOLVED,
        ],
        [set_("alerts", 0, "fingerprint", to="another")],
    ),
    "grafana": (
        "grafana-firing", "", {},
        [
            set_("alerts", 0, "valueString", to="[ value=3 ]"),
            set_("title", to="[RESOLVED]"),
            set_("message", to=""),
            set_("state", to="ok"),
            more_alerts,
            *RESOLVED,
        ],
        [set_("groupKey", to="x")],
    ),
    "pagerduty": (
        "pagerduty-trigger", V2, {},
        [
            set_("event_action", to="resolve"),
            set_("event_action", to="acknowledge"),
            set_("payload", "summary", to="another text"),
            set_("payload", "severity", to="critical"),
            set_("payload", "source", to="other"),
            set_("client", to="other"),
        ],
        [set_("dedup_key", to="8B1A"), set_("dedup_key", to="x "), set_("dedup_key", to="x")],
    ),
    "pagerduty, first version": (
        "pagerduty-v1", V1, {},
        [set_("event_type", to="resolve"), set_("description", to="another text")],
        [set_("incident_key", to="srv01/HTTPS")],
    ),
    "opsgenie": (
        "opsgenie-create", "/v2/alerts", {},
        [
            set_("message", to="another text"),
            set_("priority", to="P1"),
            set_("responders", to=[]),
            set_("source", to="x"),
            set_("entity", to="x"),
        ],
        [set_("alias", to="x")],
    ),
    "generic": (
        "generic", "", {},
        [set_("summary", to="another text"), set_("action", to="close"), set_("host", to="x"), set_("team", to="x")],
        [set_("dedup_key", to="backup/db2")],
    ),
    "grafana oncall": (
        "grafana-oncall", "", {},
        [set_("state", to="ok"), set_("title", to="another text"), set_("message", to="")],
        [set_("alert_uid", to="x")],
    ),
    "sentry": (
        "sentry-event-alert", "", {},
        [set_("data", "event", "title", to="another text"), set_("data", "event", "level", to="warning")],
        [set_("data", "event", "issue_id", to="1")],
    ),
    "uptime kuma": (
        "uptime-kuma-down", "", {},
        [set_("heartbeat", "status", to=1), set_("msg", to="up"), set_("monitor", "name", to="x")],
        [set_("monitor", "id", to=4)],
    ),
}  # fmt: skip


def keys(name: str, change: Change | None = None) -> str:
    """The first report's key, as the desk has it."""
    body, path, query, _, _ = TABLE[name]
    value = json.loads(recorded(body))
    if change is not None:
        change(value)
    kind = name.split(",")[0] if name.split(",")[0] in HOOKS else "generic"
    found = reports(kind, posted(value, path, **query))[0]
    return origin_of(Signal("source", found.key, found.summary))[1]


@pytest.mark.parametrize("name", TABLE)
def test_what_stays_one_incident(name: str) -> None:
    """A repeat, a change of text, of severity, of time; and its end."""
    for number, change in enumerate(TABLE[name][3]):
        assert keys(name, change) == keys(name), number


@pytest.mark.parametrize("name", TABLE)
def test_what_is_another(name: str) -> None:
    """However alike they look."""
    others = [keys(name, change) for change in TABLE[name][4]]
    assert len({keys(name), *others}) == 1 + len(others)


def test_configuration_knows_all_monitors() -> None:
    """And which of them group."""
    assert tuple(HOOKS) == MONITORS
    assert set(GROUPED) <= set(HOOKS)


BODIES = {
    "alertmanager-firing": ("alertmanager", ""),
    "grafana-firing": ("grafana", ""),
    "pagerduty-trigger": ("pagerduty", V2),
    "pagerduty-v1": ("pagerduty", V1),
    "pagerduty-change": ("pagerduty", CHANGES),
    "opsgenie-create": ("opsgenie", "/v2/alerts"),
    "opsgenie-zabbix": ("opsgenie", "/v2/alerts"),
    "generic": ("generic", ""),
    "datadog": ("generic", ""),
    "uptime-kuma-down": ("generic", ""),
    "sentry-event-alert": ("sentry", ""),
}


def test_configuration_knows_all_fields() -> None:
    """What a route may match is what hooks and routing give: none is missing, and none is never there."""
    given = {"source", "type", "severity", "team", "service", "summary", "heartbeat"}  # routing's own
    for body, (kind, path) in BODIES.items():
        for found in reports(kind, posted(recorded(body), path)):
            given |= {name.partition(".")[0] if "." in name else name for name in found.fields}
    user = reports("opsgenie", posted({"message": "x", "user": "bob"}, "/v2/alerts"))[0].fields
    assert given | set(user) == {*FIELDS, *PREFIXES}
