"""Opsgenie's alerts: create, and what is done to one by alias or id."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from monitors import ID, changed, posted, recorded, report, reports

from oncall_rota.intake import Unreadable, hook
from oncall_rota.intake.opsgenie_answer import Asked, asked, on_calls, pong, request_id, request_status
from oncall_rota.paging.signal import Accepted

INCIDENT = "4132d0793cdc6481"
AT = datetime(2026, 6, 1, 9, 0, 0, 123000, tzinfo=UTC)


def test_an_alert() -> None:
    """As Alertmanager sends it with nothing but its address changed."""
    found = report("opsgenie", posted(recorded("opsgenie-create"), "/v2/alerts"))
    assert (found.key, found.kind, found.severity) == ("8b1a9953c4611296a827abf8c47804d7", "trigger", "error")
    assert (found.summary, found.team) == ("[FIRING:1] InstanceDown (db1:9100 node)", "Payments")
    assert found.lines == (
        "db1:9100 has been down for more than 5 minutes.",
        "Entity: db1",
        "Source: http://alertmanager:9093/#/alerts?receiver=opsgenie",
        "Tags: prod, eu1",
        "Note: from Alertmanager",
        "alertname: InstanceDown",
        "service: card-api",
    )
    assert found.fields["details.service"] == "card-api"
    assert (found.fields["tags"], found.fields["entity"]) == ("prod, eu1", "db1")


def test_zabbix_writes_a_slash_at_the_end() -> None:
    """Its alias is the event's number."""
    assert report("opsgenie", posted(recorded("opsgenie-zabbix"), "/v2/alerts/")).key == "1871"


def test_an_alert_without_an_alias_is_always_new() -> None:
    """The request's own id is its key."""
    assert report("opsgenie", posted(changed("opsgenie-create", alias=...), "/v2/alerts")).key == ID


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "critical"), ("P2", "error"), ("P3", "warning"), ("P4", "warning"), ("P5", "info"), ("P9", None)],
)
def test_priorities(priority: str, severity: str | None) -> None:
    """In five steps; another is none."""
    assert report("opsgenie", posted(changed("opsgenie-create", priority=priority), "/v2/alerts")).severity == severity


@pytest.mark.parametrize(
    ("responders", "team"),
    [
        ([{"type": "team", "name": "shop"}, {"type": "team", "name": "ops"}], "shop"),
        ([{"type": "schedule", "name": "x"}, {"type": "team", "id": "4a"}], "4a"),
        ([{"name": "shop"}], "shop"),
        ([{"type": "user", "username": "bob"}], None),
        ("shop", None),
        ([None, 7, []], None),
    ],
)
def test_the_first_team_among_the_responders(responders: Any, team: str | None) -> None:
    """Whether it is there is for the routes."""
    assert report("opsgenie", posted({"message": "x", "responders": responders}, "/v2/alerts")).team == team


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/v2/alerts/srv%2FHTTP/close", "resolve"),
        ("POST", "/v2/alerts/srv/HTTP/close", "resolve"),
        ("DELETE", "/v2/alerts/srv%2FHTTP", "resolve"),
        ("POST", "/v2/alerts/srv%2FHTTP/acknowledge", "acknowledge"),
        ("POST", "/v2/alerts/srv%2FHTTP/notes", "note"),
        ("POST", "/v2/alerts/srv%2FHTTP/unacknowledge", "note"),
        ("POST", "/v2/alerts/srv%2FHTTP/escalate", "note"),
        ("POST", "/v2/alerts/srv%2FHTTP/assign", "note"),
        ("PUT", "/v2/alerts/srv%2FHTTP/message", "note"),
        ("PUT", "/prefix/v2/alerts/srv%2FHTTP/description/", "note"),
    ],
)
def test_what_is_done_to_an_alert(method: str, path: str, kind: str) -> None:
    """By its alias, in which there may be a slash, decoded or not."""
    found = report("opsgenie", posted(recorded("opsgenie-close"), path, method, identifierType="alias"))
    assert (found.key, found.kind, found.incident_id) == ("srv/HTTP", kind, None)
    assert found.summary.endswith("by Alertmanager: resolved")
    assert report("opsgenie", posted(b"", path, method, identifierType="alias")).kind == kind


@pytest.mark.parametrize("identifier_type", ["id", "tiny", ""])
def test_by_its_id(identifier_type: str) -> None:
    """Which is our incident's; the key is none that anything has."""
    query = {"identifierType": identifier_type} if identifier_type else {}
    found = report("opsgenie", posted(b"", f"/v2/alerts/{INCIDENT.upper()}/close", **query))
    assert (found.incident_id, found.kind) == (INCIDENT, "resolve")
    assert found.key == f"{ID} {INCIDENT.upper()}"


def test_a_snooze_ends() -> None:
    """At an instant with an offset, or in UTC."""
    for text in ("2026-06-01T09:00:00.123Z", "2026-06-01T11:00:00.123+02:00", "2026-06-01T09:00:00.123"):
        found = report("opsgenie", posted({"endTime": text}, "/v2/alerts/x/snooze", identifierType="alias"))
        assert (found.kind, found.until_at) == ("acknowledge", AT)


@pytest.mark.parametrize(
    ("request_", "field", "status"),
    [
        (posted({"alias": "x"}, "/v2/alerts"), "message", 422),
        (posted({"message": "x", "alias": []}, "/v2/alerts"), "alias", 422),
        (posted({"endTime": "tomorrow"}, "/v2/alerts/x/snooze"), "endTime", 422),
        (posted({}, "/v2/alerts/x/snooze"), "endTime", 422),
        (posted({"endTime": "0001-01-01T00:00:00+12:00"}, "/v2/alerts/x/snooze"), "endTime", 422),
        (posted(b"", "/v2/alerts/x"), "", 404),
        (posted(b"[]", "/v2/alerts"), "", 422),
    ],
)
def test_what_cannot_be_understood_names_the_field(request_: Any, field: str, status: int) -> None:
    """As Opsgenie does: 422, and errors by field."""
    source = hook({"type": "opsgenie"})
    with pytest.raises(Unreadable) as found:
        reports("opsgenie", request_)
    answer = source.refused(request_, found.value)
    assert (found.value.field, answer.status) == (field, status)
    body = json.loads(answer.body)
    assert (set(body.get("errors", {})), bool(body["requestId"])) == ({field} - {""}, True)


def test_a_request_tells_by_its_id_what_became_of_it() -> None:
    """What Zabbix asks: `success` and `alertId`."""
    source = hook({"type": "opsgenie"})
    request_ = posted(recorded("opsgenie-zabbix"), "/v2/alerts/")
    answer = source.accepted(request_, source.reports(request_), (Accepted("opened", INCIDENT),))
    body = json.loads(answer.body)
    assert (answer.status, body["result"]) == (202, "Request will be processed")
    assert asked(body["requestId"]) == Asked("create", INCIDENT)
    told = json.loads(request_status(body["requestId"], "1871", AT).body)
    assert told["requestId"] == body["requestId"]
    assert told["data"] == {
        "success": True,
        "isSuccess": True,
        "action": "Create",
        "processedAt": "2026-06-01T09:00:00.123Z",
        "status": "Created alert",
        "alertId": INCIDENT,
        "alias": "1871",
    }


def test_what_was_ignored_was_about_no_alert() -> None:
    """As is what another source's incident was asked for."""
    source = hook({"type": "opsgenie"})
    request_ = posted(b"", "/v2/alerts/x/close", identifierType="alias")
    answer = source.accepted(request_, source.reports(request_), (Accepted("ignored"),))
    given = json.loads(answer.body)["requestId"]
    assert asked(given) == Asked("close", None)
    for written in (given, request_id("close", INCIDENT, ID)):
        data = json.loads(request_status(written, None, AT).body)["data"]
        assert (data["success"], data["status"], data["alertId"]) == (False, "Alert does not exist", "")


def test_requests_have_ids_of_their_own() -> None:
    """Two of them about one incident differ; what is no id of ours is not found."""
    assert request_id("close", INCIDENT, "a") != request_id("close", INCIDENT, "b")
    assert asked(request_id("tags", INCIDENT, "a")) == Asked("note", INCIDENT)
    assert asked(request_id("create", "not one of ours", "a")) == Asked("create", None)
    for written in (
        "",
        "x" * 36,
        "ec7e1d8e-1c75-442e-f71-731070a7fa4d0",
        "ec7e1d8e-1c75-442e-f710-731070a7fa4d",
        "\u0661" * 36,
    ):
        assert asked(written) is None
        assert request_status(written, "x", AT).status == 404


def test_who_is_on_call() -> None:
    """Flat, as scripts want it, and not."""
    flat = json.loads(on_calls("payments", ["alice@example.com"], True, ID).body)["data"]
    assert flat["onCallRecipients"] == ["alice@example.com"]
    assert flat["_parent"]["name"] == "payments"
    other = json.loads(on_calls("payments", ["alice"], False, ID).body)["data"]
    assert other["onCallParticipants"] == [{"id": "alice", "name": "alice", "type": "user"}]


def test_a_heartbeat_is_answered() -> None:
    """With the words that clients look for."""
    assert (pong(ID).status, json.loads(pong(ID).body)["result"]) == (202, "PONG - Heartbeat received")
