"""Alertmanager's and Grafana's envelope: a group is one thing, with Alertmanager's own key."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from monitors import changed, posted, recorded, report, reports

from oncall_rota.intake import Posted, Unreadable

GROUP = hashlib.sha256(b'{}:{alertname="InstanceDown"}').hexdigest()


def alert(status: str = "firing", fingerprint: str = "f", **labels: str) -> dict[str, Any]:
    """One alert with these labels."""
    return {"status": status, "labels": labels, "annotations": {}, "fingerprint": fingerprint}


def group(*alerts: dict[str, Any], by: str = "", status: str = "firing") -> dict[str, Any]:
    """A group of them, divided by these labels."""
    labels = {name: alerts[0]["labels"].get(name, "") for name in by.split()}
    return {"version": "4", "groupKey": f"{{}}:{labels}", "status": status, "groupLabels": labels, "alerts": alerts}


def test_a_group_is_one_report() -> None:
    """Its key is what Alertmanager sends to PagerDuty and Opsgenie; the gravest alert says how bad it is."""
    found = report("alertmanager", recorded("alertmanager-firing"))
    assert (found.key, found.kind, found.severity) == (GROUP, "trigger", "critical")
    assert found.summary == "2 × InstanceDown: Instance db1:9100 down"
    assert found.lines == (
        "Runbook: https://runbooks.example.com/instance-down",
        "InstanceDown: Instance db1:9100 down",
        "Labels: cluster=eu1, instance=db1:9100, job=node, service=card-api, severity=critical",
        "Source: http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        "InstanceDown: Instance db2:9100 down",
        "Labels: cluster=eu1, instance=db2:9100, job=node, service=card-api, severity=warning",
        "Source: http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
        "Sender: http://alertmanager:9093",
    )


def test_routes_see_what_all_alerts_have_in_common() -> None:
    """Labels and annotations of the alerts that fire, and the receiver."""
    assert report("alertmanager", recorded("alertmanager-firing")).fields == {
        "labels.alertname": "InstanceDown",
        "labels.cluster": "eu1",
        "labels.job": "node",
        "labels.service": "card-api",
        "annotations.runbook_url": "https://runbooks.example.com/instance-down",
        "receiver": "oncall",
    }


def test_a_group_is_over_when_all_of_it_is() -> None:
    """One alert that still fires keeps it open, whatever the group says."""
    assert report("alertmanager", recorded("alertmanager-resolved")).kind == "resolve"
    assert report("alertmanager", recorded("alertmanager-resolved")).key == GROUP
    half = group(alert("resolved", alertname="A"), alert("firing", alertname="A"))
    assert report("alertmanager", half).kind == "trigger"
    assert report("alertmanager", {**half, "status": "resolved"}).kind == "trigger"
    assert report("alertmanager", {**half, "status": "resolved"}).summary == "A"
    assert report("alertmanager", {"groupKey": "x", "status": "resolved"}).kind == "resolve"
    assert report("alertmanager", {"groupKey": "x", "status": "odd"}).kind == "trigger"


def test_only_alerts_that_fire_are_told() -> None:
    """What is over already is nobody's page."""
    found = report("alertmanager", group(alert("resolved", alertname="A", x="1"), alert(alertname="A", x="2")))
    assert found.summary == "A: x=2"
    assert found.fields["labels.x"] == "2"


def test_each_alert_for_itself() -> None:
    """`?per=alert`: by fingerprint, each with its own end."""
    body = group(alert("firing", "aa", alertname="A"), alert("resolved", "bb", alertname="A"))
    found = reports("alertmanager", posted(body, per="alert"))
    assert [(each.key, each.kind) for each in found] == [("aa", "trigger"), ("bb", "resolve")]


def test_a_source_may_group_otherwise() -> None:
    """One group of everything becomes an incident a rule; the order of alerts does not matter."""
    body = group(alert(alertname="A", x="1"), alert(alertname="B"), alert("resolved", alertname="A", x="2"))
    found = reports("alertmanager", body, group_by=["labels.alertname"])
    assert [(each.summary, each.kind) for each in found] == [("A: x=1", "trigger"), ("B", "trigger")]
    body["alerts"] = tuple(reversed(body["alerts"]))
    again = reports("alertmanager", body, group_by=["labels.alertname"])
    assert {each.key for each in again} == {each.key for each in found}


def test_the_end_of_a_part_is_not_the_end_of_the_whole() -> None:
    """Alertmanager divides by instance, the source does not: others of the incident may still fire."""
    ended = group(alert("resolved", alertname="A", instance="1"), by="alertname instance", status="resolved")
    (coarser,) = reports("alertmanager", ended, group_by=["labels.alertname"])
    assert coarser.kind == "note"
    assert "it groups by labels.instance too" in coarser.summary
    (same,) = reports("alertmanager", ended, group_by=["labels.alertname", "labels.instance"])
    assert same.kind == "resolve"
    (fires,) = reports("alertmanager", group(alert(alertname="A", instance="2")), group_by=["labels.alertname"])
    assert fires.key == coarser.key


@pytest.mark.parametrize(
    ("words", "default", "severity"),
    [
        (["critical", "warning"], None, "critical"),
        (["warning", "info"], None, "warning"),
        (["page"], None, "critical"),
        (["page"], "error", "error"),
        (["warning", ""], "error", "error"),
        (["WARN"], None, "warning"),
        (["critical", "none"], "info", "critical"),
    ],
)
def test_the_gravest_severity_counts(words: list[str], default: str | None, severity: str) -> None:
    """An unknown word, or none, is the source's default, else critical."""
    alerts = [alert(alertname="A", **({"severity": word} if word else {})) for word in words]
    assert report("alertmanager", group(*alerts), **({"severity": default} if default else {})).severity == severity


def test_grafana_sends_the_same_and_more() -> None:
    """Values, panels and dashboards are in the page."""
    found = report("grafana", recorded("grafana-firing"))
    key = '{}/{}:{alertname="High latency", grafana_folder="Shop"}'
    assert found.key == hashlib.sha256(key.encode()).hexdigest()
    assert (found.kind, found.severity) == ("trigger", "error")
    assert found.summary == "High latency: p99 above 2 s for 10 minutes"
    assert "Values: [ var='B' labels={service=checkout-api} value=2.41 ]" in found.lines
    assert "Panel: https://grafana.example.com/d/abc?viewPanel=2" in found.lines
    over = json.loads(recorded("grafana-firing"))
    over["alerts"][0]["status"] = over["status"] = "resolved"
    assert (report("grafana", over).key, report("grafana", over).kind) == (found.key, "resolve")


def test_no_data_is_an_alert() -> None:
    """Without a summary the labels tell; and that the sender left some out is told."""
    found = report("grafana", recorded("grafana-nodata"))
    assert (
        found.summary == "DatasourceNoData: datasource_uid=prom, grafana_folder=Shop, ref_id=A, rulename=High latency"
    )
    assert "3 more alerts, which the sender left out" in found.lines


def test_what_nobody_promised_does_not_matter() -> None:
    """Unknown keys, lists for labels, numbers for texts, no fingerprint: the page is sent."""
    odd = {"groupKey": "x", "alerts": [{"labels": ["a"], "annotations": 7, "status": 3}, {}], "new": {"x": [1, 2]}}
    assert report("alertmanager", odd).summary == "2 × alert"
    assert len({each.key for each in reports("alertmanager", posted(odd, per="alert"))}) == 1
    assert report("alertmanager", {"alerts": [alert(alertname="A")]}).key  # no group's key


def test_many_alerts_are_told_in_few_lines() -> None:
    """Ten in full, of the others a line each, as many as a page holds."""
    found = report("alertmanager", group(*[alert(alertname="A", x=str(number)) for number in range(1000)]))
    assert found.summary == "1000 × A"
    assert len(found.lines) == 10 * 2 + 25


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"{}", "alerts"),
        (b'{"alerts": {}}', "alerts"),
        (b'{"alerts": [1]}', "alerts"),
        (b'{"groupKey": true, "alerts": []}', "groupKey"),
        (b'{"groupKey": "x", "alerts": [{"fingerprint": {}}]}', "alerts.fingerprint"),
        (b'{"alerts": [' + b"{}," * 20_000 + b"{}]}", "alerts"),
    ],
)
def test_what_cannot_be_understood_names_the_field(body: bytes, field: str) -> None:
    """For the answer, and for the page that says so."""
    with pytest.raises(Unreadable) as found:
        reports("alertmanager", Posted(body))
    assert found.value.field == field


def test_a_name_does_not_make_a_new_group() -> None:
    """Alertmanager's repeats, with other texts and times, are the same."""
    again = changed("alertmanager-firing", externalURL="http://other:9093", truncatedAlerts=5, receiver="x")
    assert report("alertmanager", again).key == GROUP
