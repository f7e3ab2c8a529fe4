"""`/metrics`: facts of one server in the words of Prometheus, and nothing in them that a request could make up."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from night_house import House, NightOfLinks
from prometheus_client.parser import text_string_to_metric_families

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.token import digest_of
from oncall_rota.schedule.model import Source, Team
from oncall_rota.web import metrics

KEYS = {"keys": [f"sha256:{digest_of('source-key').hex()}"]}
KEY = {"authorization": "Bearer source-key"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch, night: NightOfLinks, house: House) -> None:
    """Every answer is a new one, and whoever asks is on the same machine."""
    monkeypatch.setattr(house.metrics, "_every", 0.0)
    night.settings = Settings(sources={"prod-am": {"type": "generic", **KEYS}})
    night.teams = {"payments": Team("payments", "Europe/London", Source("payments.yaml", 1), {})}
    house.client = ("127.0.0.1", 40000)


def samples(house: House) -> Samples:
    """What is told now, by name and labels."""
    answer = house.asks("GET", "/metrics")
    assert answer.status == 200
    return {
        (each.name, frozenset(each.labels.items())): each.value
        for family in text_string_to_metric_families(answer.text)
        for each in family.samples
    }


def value(house: House, name: str, **labels: str) -> float | None:
    """One sample; None: it is not there."""
    return samples(house).get((name, frozenset(labels.items())))


def test_open_incidents_are_counted_by_team_and_status(night: NightOfLinks, house: House) -> None:
    """With the age of the oldest that nobody has; a team without any is there with 0."""
    first = night.signal("disk").incident_id
    night.passes("1m")
    night.signal("cpu")
    open_ = "oncall_incidents"
    assert value(house, open_, team="payments", status="triggered") == 2
    assert value(house, "oncall_oldest_unacknowledged_seconds", team="payments") == 60
    night.acknowledges("alice", first)
    assert value(house, open_, team="payments", status="triggered") == 1
    assert value(house, open_, team="payments", status="acknowledged") == 1
    assert value(house, "oncall_oldest_unacknowledged_seconds", team="payments") == 0


def test_a_store_that_has_failed_is_told_and_memory_is_counted(night: NightOfLinks, house: House) -> None:
    """Whoever watches needs the numbers most of all then."""
    night.signal("disk")
    assert value(house, "oncall_store_failed") == 0
    night.disk.broken, night.disk.unreadable = "io", True
    night.passes("1m")
    assert value(house, "oncall_store_failed") == 1
    assert value(house, "oncall_healthy") == 0
    assert value(house, "oncall_incidents", team="payments", status="triggered") == 1


def test_attempts_are_counted_by_channel_and_outcome(night: NightOfLinks, house: House) -> None:
    """And their time, as a histogram."""
    night.providers["push"].refuses.append(NotifierError("no", permanent=True))
    night.signal("disk")
    night.passes("1m")
    found = samples(house)
    told = {
        (dict(labels)["channel"], dict(labels)["outcome"])
        for (name, labels), number in found.items()
        if name == "oncall_pages_total" and number
    }
    assert found["oncall_pages_total", frozenset({("channel", "sms"), ("outcome", "failed")})] == 0
    assert told == {("push", "failed"), ("sms", "sent")}
    buckets = {dict(labels)["channel"] for name, labels in found if name == "oncall_attempt_seconds_bucket"}
    assert buckets == {channel for channel, _ in told}


def test_signals_are_counted_by_source_and_outcome(house: House) -> None:
    """One that is understood, the same again, and one that nobody can understand."""
    for body in (b'{"summary": "disk", "dedup_key": "k"}', b'{"summary": "disk", "dedup_key": "k"}', b"{"):
        house.asks("POST", "/hooks/prod-am", {**KEY, "content-type": "application/json"}, body)
    found = samples(house)
    told = {
        dict(labels)["outcome"]: number
        for (name, labels), number in found.items()
        if name == "oncall_signals_total" and dict(labels)["source"] == "prod-am"
    }
    assert told == {"opened": 1, "merged": 1, "unreadable": 1, "ignored": 0, "refused": 0}


def test_requests_are_counted_by_the_address_as_its_door_is_written(house: House) -> None:
    """Whatever somebody calls, the number of labels stays what it is."""
    for number in range(20):
        house.asks("POST", f"/hooks/generic/secret-{number}")
        house.asks("GET", f"/nowhere/{number}")
        house.asks(f"WORD{number}", "/healthz")
    found = {name_labels: each for name_labels, each in samples(house).items() if "requests" in name_labels[0]}
    routes = {
        (dict(labels)["method"], dict(labels)["route"], dict(labels)["status"]): each
        for (_, labels), each in found.items()
    }
    assert routes == {
        ("POST", "/hooks/{kind}/{key}", "404"): 20,
        ("GET", "(none)", "404"): 20,
        ("other", "/healthz", "405"): 20,
    }
    assert "secret-" not in house.asks("GET", "/metrics").text


def test_a_stale_configuration_is_told_with_its_age(night: NightOfLinks, house: House) -> None:
    """By team; one that is read has no such line."""
    assert not any(name == "oncall_configuration_stale_seconds" for name, _ in samples(house))
    found = night.configuration()
    stale = {"payments": night.clock.at - timedelta(minutes=5)}
    premises = house.premises._replace(configuration=lambda: found._replace(stale=stale))
    told = metrics.exposition(premises, SimpleNamespace(requests={})).decode()  # type: ignore[arg-type]
    assert 'oncall_configuration_stale_seconds{team="payments"} 300.0' in told


def test_an_incident_of_a_team_that_is_in_no_file_is_counted_all_the_same(night: NightOfLinks, house: House) -> None:
    """Under one name for all of them: a label cannot be what some monitor wrote."""
    night.signal("disk")
    night.teams = {}
    assert value(house, "oncall_incidents", team="(unknown)", status="triggered") == 1


def test_many_who_ask_at_once_cost_what_one_does(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is read once for all of them."""
    monkeypatch.setattr(house.metrics, "_every", 3600.0)
    read: list[int] = []
    real = house.night.disk._store.open_counts
    monkeypatch.setattr(house.night.disk._store, "open_counts", lambda: (read.append(1), real())[1])
    answers = {house.asks("GET", "/metrics").body for _ in range(20)}
    assert (len(answers), len(read)) == (1, 1)


def test_it_is_for_this_machine_and_for_those_who_read_the_board(house: House) -> None:
    """Anybody else is told that there is nothing."""
    house.client = ("192.0.2.7", 40000)
    assert house.asks("GET", "/metrics").status == 404
    text, _ = house.token("board")
    assert house.asks("GET", "/metrics", {"authorization": f"Bearer {text}"}).status == 200
