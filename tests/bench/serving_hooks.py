"""A monitor's hook that keeps what it is told, against the same hook of the same server when nothing is kept.

The reference's desk answers at once; both stores are on a disk.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path

from http_load import Ask, flood, in_turn
from http_server import House, written
from measure import Row

KEYS = 500  # groups of alerts that come again and again, as those of a monitor do
SECONDS, ROUNDS = 2.0, 9
CONNECTIONS = (16, 64)
AT_LEAST = 0.5
SETTINGS = """\
server: {listen: "127.0.0.1:0"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
last_resort: {every: 1h, targets: [alice]}
sources: {prod-am: {type: alertmanager, keys: [{env: AM_KEY}]}}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: log]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 1d}]
severity: {info: none}
"""
# What the reference is: the same program, whose desk says that it has taken what it has not.
WITHOUT_STORE = """
from concurrent.futures import Future
from oncall_rota.paging.crew import Crew
from oncall_rota.paging.signal import Accepted, Signal
submit = Crew.submit
def answered(self, request):
    if not isinstance(request, Signal):
        return submit(self, request)
    future = Future()
    future.set_result(Accepted("merged", "4132d0793cdc6481"))
    return future
Crew.submit = answered
"""


def alert(number: int) -> Ask:
    """A request of Alertmanager's about one group of two alerts."""
    labels = {"alertname": "DiskFull", "cluster": "eu1", "severity": "critical", "job": "node"}
    alerts = [
        {
            "status": "firing",
            "labels": {**labels, "instance": f"db-{number}-{each}:9100"},
            "annotations": {
                "summary": "The disk of a database is nearly full",
                "runbook_url": "https://r.example/disk",
            },
            "startsAt": "2026-06-01T08:51:03.497Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=disk_free+%3C+0.1&g0.tab=1",
            "fingerprint": f"{number:015x}{each}",
        }
        for each in range(2)
    ]
    group = {"groupKey": f'{{}}:{{alertname="DiskFull",db="{number}"}}', "groupLabels": {"alertname": "DiskFull"}}
    envelope = {"version": "4", "status": "firing", "receiver": "oncall", "truncatedAlerts": 0, **group}
    more = {"commonLabels": labels, "commonAnnotations": {}, "externalURL": "http://am:9093", "alerts": alerts}
    body = json.dumps({**envelope, **more})
    headers = {"Authorization": "Bearer am-key", "Content-Type": "application/json", "User-Agent": "Alertmanager/0.27"}
    return Ask("/hooks/prod-am", headers, "POST", body)


def rows(root: Path) -> Iterator[Row]:
    """A line for each number of connections."""
    asks = [alert(number) for number in range(KEYS)]
    files = [("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)]
    houses = [House(place, written(place, files), AM_KEY="am-key") for place in (root / "kept", root / "dropped")]
    with houses[0].serves() as kept, houses[1].serves(WITHOUT_STORE) as dropped:
        for port in (kept, dropped):
            flood(port, asks, 16, SECONDS)  # every group is open from then on
        for connections in CONNECTIONS:
            ours: list[float] = []
            reference: list[float] = []
            for turn in range(ROUNDS):
                pair = [(ours, kept), (reference, dropped)]
                for found, port in pair if turn % 2 else reversed(pair):
                    found.append(flood(port, asks, connections, SECONDS).rate)
            value = in_turn(ours, reference)
            rates = [statistics.median(each) for each in (ours, reference)]
            yield Row(
                f"alerts of {connections} connections by a hook, kept",
                "the same hook, nothing kept",
                f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)",
                f">= {AT_LEAST}x",
                value >= AT_LEAST,
            )
