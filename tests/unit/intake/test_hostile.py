"""Bodies that nobody meant: only `Unreadable` leaves a hook, and a storm is read in no time."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hostile import ODD, RECORDED, mutated, places
from house import PAGING_MD, routing
from monitors import ID

from oncall_rota.intake import HOOKS, Posted, Report, Unreadable, hook
from oncall_rota.intake.generic import GOALERT
from oncall_rota.intake.pagerduty import PATHS
from oncall_rota.paging.message import clean
from oncall_rota.paging.signal import Accepted, Signal, origin_of

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HEADERS = [
    {},
    {"content-type": "application/json"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "multipart/form-data; boundary=XX"},
    {"content-type": "multipart/form-data; boundary"},
    {"content-type": "text/plain; charset=\ud800"},
    {"accept": "application/json"},
]
TARGETS = [
    *PATHS, GOALERT, "", "/", "/v2/alerts", "/v2/alerts/", "/v2/alerts//", "/v2/alerts/%ff/close",
    "/v2/alerts/a/b/c/snooze", "/v2/alerts/%00", "/hooks/generic/x", "/v2/alerts/x/\ud800",
]  # fmt: skip


def request(chance: random.Random) -> Posted:
    """One request, more or less like a real one."""
    query = {
        chance.choice(["per", "identifierType", "token", "summary", "action"]): chance.choice(
            ["alert", "alias", "x", ""]
        )
    }
    return Posted(
        mutated(chance.choice(RECORDED), chance),
        chance.choice(HEADERS),
        query if chance.random() < 0.3 else {},
        chance.choice(TARGETS),
        chance.choice(["POST", "POST", "POST", "PUT", "DELETE", "GET"]),
        ID,
    )


def play(count: int, seed: int) -> tuple[int, int]:
    """So many requests to every hook; how many were understood, and how many were not."""
    chance = random.Random(seed)
    routes = routing(*PAGING_MD)
    hooks = [hook({"type": kind}) for kind in HOOKS]
    hooks += [hook({"type": "grafana", "group_by": ["labels.alertname", "annotations.x"], "severity": "info"})]
    good = bad = 0
    for _ in range(count):
        made, source = request(chance), chance.choice(hooks)
        try:
            found = source.reports(made)
        except Unreadable as error:
            bad += 1
            answer = source.refused(made, error)
            assert 400 <= answer.status < 500
            signals = [routes.unreadable("eu-am", made, error, NOW)]
        else:
            good += 1
            answer = source.accepted(made, found, [Accepted("opened", "4132d0793cdc6481")] * len(found))
            assert 200 <= answer.status < 300
            signals = [routes.signal("eu-am", each, NOW) for each in found]
        assert not answer.body or json.loads(answer.body.decode("ascii")) is not None
        for signal in signals:
            whole(signal)
    return good, bad


def whole(signal: Signal) -> None:
    """It can be kept and paged as any other: texts are texts, a team is there, the desk makes a key of its key."""
    origin_of(signal)[1].encode()
    assert all(
        isinstance(text, str) for text in (signal.key, signal.summary, signal.team, signal.severity, *signal.lines)
    )
    assert signal.severity in ("critical", "error", "warning", "info")
    assert signal.team or signal.kind != "trigger"
    clean(signal.summary).encode()


def test_only_unreadable_leaves_a_hook() -> None:
    """Five thousand requests; each is understood, or refused with a 4xx and an incident."""
    good, bad = play(5_000, seed=1)
    assert min(good, bad) > 500


@pytest.mark.real
def test_only_unreadable_leaves_a_hook_however_long() -> None:
    """Fifty thousand more."""
    good, bad = play(50_000, seed=2)
    assert min(good, bad) > 5_000


@pytest.mark.parametrize("kind", HOOKS)
@pytest.mark.parametrize("odd", [*ODD, b"\xff\xfe"], ids=repr)
def test_an_odd_value_in_every_place(kind: str, odd: Any) -> None:
    """Every value of every recorded body, one after the other."""
    source = hook({"type": kind})
    for body in RECORDED:
        for number, _ in enumerate(list(places(json.loads(body)))):
            value = json.loads(body)
            where, step = list(places(value))[number]
            where[step] = odd if not isinstance(odd, bytes) else [odd.decode("latin-1")]
            try:
                for each in source.reports(Posted(json.dumps(value).encode(), path="/v2/alerts", id=ID)):
                    assert isinstance(each, Report)
            except Unreadable:
                pass


def storm(count: int) -> bytes:
    """One request of Alertmanager about so many alerts."""
    alerts = [
        {
            "status": "firing",
            "labels": {
                "alertname": "InstanceDown",
                "instance": f"host{number}:9100",
                "severity": "critical",
                "job": "node",
            },
            "annotations": {"summary": f"Instance host{number}:9100 down", "description": "x" * 250},
            "startsAt": "2026-06-01T08:51:03.497Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=up+%3D%3D+0",
            "fingerprint": f"{number:016x}",
        }
        for number in range(count)
    ]
    return json.dumps(
        {"version": "4", "groupKey": "x", "status": "firing", "groupLabels": {}, "alerts": alerts}
    ).encode()


@pytest.mark.parametrize(("query", "signals"), [({}, 1), ({"per": "alert"}, 5000)])
def test_five_thousand_alerts_in_one_request(query: dict[str, str], signals: int) -> None:
    """Two or three megabytes: read and routed within a second."""
    body, source, routes = storm(5000), hook({"type": "alertmanager"}), routing(*PAGING_MD)
    assert 2_000_000 < len(body) < 4_000_000
    began = time.process_time()
    made = [routes.signal("prod-am", each, NOW) for each in source.reports(Posted(body, query=query, id=ID))]
    assert time.process_time() - began < 1
    assert len({signal.key for signal in made}) == signals
    assert sum(len(line) for line in made[0].lines) < 30_000


def test_a_body_of_the_largest_size() -> None:
    """Sixteen megabytes of alerts are taken, too."""
    source = hook({"type": "alertmanager"})
    body = storm(20_000)
    (found,) = source.reports(Posted(body + b" " * ((16 << 20) - len(body)), id=ID))
    assert found.summary == "20000 × InstanceDown: Instance host0:9100 down"
