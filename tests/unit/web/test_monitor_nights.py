"""Nights of monitors, from their requests to the phones: whose it is, when it waits, and what is silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_phones import step
from house import TEAMS
from night_house import House, NightOfLinks

from oncall_rota.paging.configuration import Configuration, Settings
from oncall_rota.paging.token import digest_of
from oncall_rota.web.beats import Beats

HOUR = timedelta(hours=1)
KEYS = [f"sha256:{digest_of('key').hex()}"]
OTHER = [f"sha256:{digest_of('other-key').hex()}"]


class NightOfMonitors(NightOfLinks):
    """Two sources, and whatever oncall.yaml says of them."""

    def configuration(self) -> Configuration:
        return super().configuration()._replace(teams=TEAMS)

    def says(self, **more: Any) -> None:
        """Of routes, maintenance and heartbeats."""
        sources = {
            "prod-am": {"type": "alertmanager", "keys": KEYS, "team": "payments"},
            "ci": {"type": "generic", "keys": OTHER, "team": "payments"},
        }
        for name, each in more.pop("sources", {}).items():
            sources[name] |= each
        self.settings = Settings(sources=sources, **more)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightOfMonitors]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = NightOfMonitors(tmp_path / "oncall.db")
    made.says()
    yield made
    made.close()


@pytest.fixture
def house(night: NightOfMonitors) -> Iterator[House]:
    """The server of that night."""
    made = House(night)
    yield made
    made.close()


def group(house: House, *alerts: dict[str, str], over: bool = False, name: str = "disk") -> None:
    """What Alertmanager says of a group, `alerts` by their labels."""
    status = "resolved" if over else "firing"
    body = {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "status": status,
        "alerts": [{"status": status, "labels": {"alertname": name, **each}} for each in alerts or ({},)],
    }
    headers = {"authorization": "Bearer key", "content-type": "application/json"}
    assert house.asks("POST", "/hooks/prod-am", headers, json.dumps(body).encode()).status == 200


def says(house: House, **keys: str) -> None:
    """What a script of the build system says."""
    body = json.dumps(keys).encode()
    assert house.asks("POST", "/hooks/generic/other-key", {"content-type": "application/json"}, body).status == 202


def opened(house: House) -> list[tuple[str, str]]:
    """The teams and severities of what is open."""
    return sorted((row.team, row.severity) for row in house.night.store.incidents())


# -- one incident, or two


def test_a_key_is_one_source_s(house: House) -> None:
    """Two monitors that give the same key to something mean two things, and each ends its own."""
    says(house, summary="disk is full", dedup="disk")
    group(house, name="disk")
    assert len(opened(house)) == 2
    says(house, summary="disk is full", dedup="disk", action="resolve")
    ((team, _),) = opened(house)
    assert team == "payments"


def test_what_joins_a_group_pages_nobody_again(house: House, night: NightOfMonitors) -> None:
    """One incident until the last of it is over; then another."""
    group(house, {"instance": "db1"})
    group(house, {"instance": "db1"}, {"instance": "db2"})
    assert (len(opened(house)), len(night.to("alice"))) == (1, 1)
    group(house, {"instance": "db1"}, {"instance": "db2"}, over=True)
    assert opened(house) == []
    group(house, {"instance": "db3"})
    assert (len(opened(house)), len(night.to("alice"))) == (1, 2)


def test_a_source_may_group_otherwise(house: House, night: NightOfMonitors) -> None:
    """By cluster, although its sender does not."""
    night.says(sources={"prod-am": {"group_by": ["labels.cluster"]}})
    group(house, {"cluster": "eu1"}, {"cluster": "us1"}, {"cluster": "eu1"})
    assert len(opened(house)) == 2


def test_what_comes_and_goes_is_one_incident_in_the_end(house: House, night: NightOfMonitors) -> None:
    """Five times in half an hour: the fifth says so, and stays open when its monitor says that it is over."""
    for _ in range(5):
        group(house)
        group(house, over=True)
        night.passes("1m")
    (row,) = night.store.incidents()
    assert "it flaps" in night.to("alice")[-1].message.lines[0]
    before = len(night.to("alice"))
    group(house)
    assert night.store.incidents()[0].id == row.id
    assert len(night.to("alice")) == before


# -- whose it is, and when


def test_the_first_route_that_takes_it_leads_and_the_last_takes_the_rest(house: House, night: NightOfMonitors) -> None:
    """By what the alert says; a route without a match is for all that is left."""
    night.says(
        routes=(
            {"match": {"source": ["prod-am"], "labels.service": ["check*"]}, "service_from": "labels.service"},
            {"match": {"labels.service": ["*"]}, "team": "payments", "severity": "error"},
            {"team": "operations"},
        )
    )
    group(house, {"service": "checkout"}, name="a")
    group(house, {"service": "billing"}, name="b")
    group(house, {}, name="c")
    says(house, summary="the build has failed")
    operations = ("operations", "critical")
    assert opened(house) == [operations, operations, ("payments", "error"), ("shop", "critical")]


def test_a_hold_lets_pass_what_passes(house: House, night: NightOfMonitors) -> None:
    """Nobody is woken for two minutes; who is, is at the fifth."""
    night.says(routes=({"team": "payments", "hold": timedelta(minutes=5)},))
    group(house, name="short")
    night.passes("2m")
    group(house, over=True, name="short")
    group(house, name="long")
    night.passes("4m59s")
    assert night.to("alice") == []
    night.passes("2s")
    (sent,) = night.to("alice")
    assert "long" in sent.message.summary


def test_maintenance_ends_and_what_is_left_pages(house: House, night: NightOfMonitors) -> None:
    """What is over by then pages nobody; what is not of the window pages at once."""
    now = night.clock.at
    window = {"match": {"labels.cluster": ["eu1"]}, "from": now - HOUR, "until": now + HOUR, "reason": "upgrade"}
    night.says(maintenance=(window,))
    group(house, {"cluster": "eu1"}, name="passes")
    group(house, {"cluster": "eu1"}, name="stays")
    group(house, {"cluster": "us1"}, name="elsewhere")
    assert ["elsewhere" in each.message.summary for each in night.to("alice")] == [True]
    group(house, {"cluster": "us1"}, over=True, name="elsewhere")
    night.passes("30m")
    group(house, {"cluster": "eu1"}, over=True, name="passes")
    night.passes("29m59s")
    assert len(night.to("alice")) == 1
    night.passes("2s")
    assert ["stays" in each.message.summary for each in night.to("alice")[1:]] == [True]


# -- heartbeats


def test_a_silence_pages_until_the_heartbeat_is_back(house: House, night: NightOfMonitors) -> None:
    """By the heartbeat's own key; each ping is a new period."""
    night.field.escalates(step(night.field.primary), severity="error")
    beat = {"every": HOUR, "grace": HOUR / 6, "team": "payments", "severity": "error", "keys": KEYS}
    night.says(heartbeats={"backup": beat})
    looks = Beats(house.premises, night.alarms.append)
    ping = {"authorization": "Bearer key"}
    assert house.asks("POST", "/heartbeats/backup", {"authorization": "Bearer other-key"}).status == 401
    night.passes("1h")
    assert house.asks("GET", "/heartbeats/backup", ping).status == 200
    night.passes("1h9m59s")
    looks.look()
    assert night.to("alice") == []
    night.passes("1s")
    looks.look()
    looks.look()
    (sent,) = night.to("alice")
    assert sent.message.summary.startswith("heartbeat backup is silent: nothing was heard since ")
    assert opened(house) == [("payments", "error")]
    assert house.asks("POST", "/v2/heartbeats/backup/ping", ping).status == 202
    assert opened(house) == []


def test_after_a_restart_a_heartbeat_has_a_whole_period(house: House, night: NightOfMonitors) -> None:
    """What came while nobody listened is lost, and is nobody's fault."""
    night.says(heartbeats={"backup": {"every": HOUR, "grace": HOUR / 6, "team": "payments", "keys": KEYS}})
    assert house.asks("POST", "/heartbeats/backup", {"authorization": "Bearer key"}).status == 200
    night.clock.at += 5 * HOUR
    again = House(night)
    looks = Beats(again.premises, night.alarms.append)
    looks.look()
    night.clock.at += HOUR + HOUR / 6 - timedelta(seconds=1)
    looks.look()
    assert night.store.incidents() == ()
    night.clock.at += timedelta(seconds=1)
    looks.look()
    assert [row.team for row in night.store.incidents()] == ["payments"]
    again.close()


# -- an alert that always fires

WATCHDOG = {
    "every": timedelta(minutes=1),
    "grace": timedelta(seconds=30),
    "team": "payments",
    "source": "prod-am",
    "match": {"labels.alertname": ["Watchdog"]},
}


def test_an_alert_that_always_fires_opens_nothing_and_its_silence_pages(house: House, night: NightOfMonitors) -> None:
    """Prometheus, Alertmanager and the way from them to us are heard by it; its return ends the incident."""
    night.says(heartbeats={"prom-a": WATCHDOG})
    looks = Beats(house.premises, night.alarms.append).look
    for _ in range(5):
        group(house, name="Watchdog")
        night.passes("1m")
        looks()
    assert (opened(house), night.sent) == ([], [])
    night.passes("31s")
    looks()
    assert opened(house) == [("payments", "critical")]
    assert night.to("alice")[0].message.summary.startswith("heartbeat prom-a is silent")
    group(house, name="Watchdog")
    assert opened(house) == []


def test_it_is_heard_amid_other_alerts(house: House, night: NightOfMonitors) -> None:
    """Where Alertmanager puts all into one group, the others are an incident like any other."""
    night.says(heartbeats={"prom-a": WATCHDOG})
    group(house, {"alertname": "Watchdog"}, {"alertname": "DiskFull"}, name="everything")
    assert night.store.get("heard:prom-a") is not None
    (row,) = night.store.incidents()
    assert "DiskFull" in row.data
    assert "Watchdog" not in row.data
    group(house, {"alertname": "DiskFull"}, over=True, name="everything")
    assert opened(house) == []


@pytest.mark.parametrize(
    ("labels", "over"), [({"alertname": "Watchdogs"}, False), ({"alertname": "Watchdog"}, True)], ids=["other", "over"]
)
def test_what_is_no_sign_of_life_is_not_heard(
    house: House, night: NightOfMonitors, labels: dict[str, str], over: bool
) -> None:
    """Another alert, and the end of the one that must never end."""
    night.says(heartbeats={"prom-a": WATCHDOG})
    group(house, labels, over=over)
    assert night.store.get("heard:prom-a") is None


def test_a_source_of_its_own_needs_no_match(house: House, night: NightOfMonitors) -> None:
    """Whatever fires there is the heartbeat."""
    night.says(heartbeats={"ci": {**WATCHDOG, "source": "ci", "match": None}})
    says(house, summary="still here")
    assert night.store.get("heard:ci") is not None
    assert opened(house) == []
