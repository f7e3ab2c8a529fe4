"""A monitor's hook that keeps what it is told, against the same hook of the same server when nothing is kept.

Each server is `oncall serve` as a process of its own, its store on a disk; the reference's desk answers at once. The
clients are this process: connections that stay open, each sending its next alert when the one before it is answered.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from measure import Row, environment

KEYS = 500  # groups of alerts that come again and again, as those of a monitor do
SECONDS, ROUNDS = 2.0, 7
CONNECTIONS = (16, 64)
ANSWER = b"\r\n\r\n{}"  # ends it
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
PROGRAM = """
from oncall_rota.cli.main import main
main()
"""


def alert(number: int) -> bytes:
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
    body = json.dumps({**envelope, **more}).encode()
    head = (
        "POST /hooks/prod-am HTTP/1.1\r\nHost: oncall.example.com\r\nUser-Agent: Alertmanager/0.27\r\n"
        f"Authorization: Bearer am-key\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextmanager
def served(folder: Path, program: str) -> Iterator[int]:
    """A server on a store of its own; its port."""
    rotations = folder / "rotations"
    rotations.mkdir(parents=True)
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (rotations / f"{name}.yaml").write_text(text)
    env = environment(
        ONCALL_STORE=str(folder / "oncall.db"), ONCALL_DIR=str(rotations), ONCALL_ALLOW_EXEC="1", AM_KEY="am-key"
    )
    command = [sys.executable, "-c", program, "serve"]
    log = folder / "log"
    with log.open("w") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as process:
        try:
            until = time.monotonic() + 60
            while not (port := re.search(r"listens on http://127\.0\.0\.1:(\d+)", log.read_text())):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, "it does not begin to serve"
                time.sleep(0.05)
            yield int(port[1])
        finally:
            process.terminate()


def rate(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> float:
    """Alerts taken a second. Raises `AssertionError` when one is not."""
    following, answered = cycle(requests), 0
    with selectors.DefaultSelector() as ready:
        opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
        heard = dict.fromkeys(opened, b"")
        for each in opened:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(each, selectors.EVENT_READ)
            each.sendall(next(following))
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            for key, _ in ready.select(1):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                answer = heard[connection] = heard[connection] + connection.recv(65536)
                if not answer.endswith(ANSWER):
                    continue
                assert answer.startswith(b"HTTP/1.1 200"), answer
                heard[connection] = b""
                answered += 1
                connection.sendall(next(following))
        for each in opened:
            each.close()
    return answered / (now - began)


def measured(
    kept: int, dropped: int, requests: Sequence[bytes], connections: int, kept_first: bool
) -> tuple[float, float]:
    """One round: alerts a second that are kept, and that are not."""
    order = (kept, dropped) if kept_first else (dropped, kept)
    found = {port: rate(port, requests, connections, SECONDS) for port in order}
    return found[kept], found[dropped]


def rows(root: Path) -> Iterator[Row]:
    """A line for each number of connections."""
    requests = [alert(number) for number in range(KEYS)]
    folder = root / "hooks"
    with served(folder / "kept", PROGRAM) as kept, served(folder / "dropped", WITHOUT_STORE + PROGRAM) as dropped:
        for port in (kept, dropped):
            rate(port, requests, 16, SECONDS)  # every group is open from then on
        for connections in CONNECTIONS:
            found = [measured(kept, dropped, requests, connections, turn % 2 == 0) for turn in range(ROUNDS)]
            value = statistics.median(ours / reference for ours, reference in found)
            rates = [statistics.median(each) for each in zip(*found, strict=True)]
            yield Row(
                f"alerts of {connections} connections by a hook, kept",
                "the same hook, nothing kept",
                f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)",
                ">= 0.5x",
                value >= 0.5,
            )
