"""Who is on call for each of 1,000 teams, over HTTP, against a route of the same server that says hello in JSON.

The server is `oncall serve` as a process of its own; hello is its first route, and opens to everybody. The clients are
this process: connections that stay open, each sending its next request when the one before it is answered.
"""

from __future__ import annotations

import random
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
from typing import NamedTuple

import folder
from measure import Row, environment
from serving_feeds import LISTENS, PROGRAM, WITH_HELLO, request

TEAMS, CONNECTIONS = 1000, 16
SECONDS, ROUNDS = 0.6, 31  # short turns, so that what else the machine does hits both
AT_LEAST, AT_MOST = 0.8, 1.5
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
SETTINGS = """\
server: {listen: "127.0.0.1:0"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
"""


class Told(NamedTuple):
    """How it went: answers a second, and the 99th of 100 waits, ms."""

    rate: float
    p99: float


@contextmanager
def served(place: Path) -> Iterator[tuple[int, str]]:
    """A server of 1,000 teams: its port, and a token of the board."""
    rotations = folder.write(place, TEAMS)
    (rotations / "oncall.yaml").write_text(SETTINGS)
    env = environment(ONCALL_STORE=str(place / "oncall.db"), ONCALL_DIR=str(rotations), ONCALL_ALLOW_EXEC="1")
    create = [sys.executable, "-c", PROGRAM, "token", "create", "board", "bench"]
    token = subprocess.run(create, env=env, capture_output=True, check=True, text=True).stdout.strip()
    log = place / "log"
    command = [sys.executable, "-c", WITH_HELLO + PROGRAM, "serve"]
    with log.open("w") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as process:
        try:
            until = time.monotonic() + 120
            while (listens := LISTENS.search(log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, "it does not begin to serve"
                time.sleep(0.05)
            yield int(listens[1]), token
        finally:
            process.terminate()


def flood(port: int, requests: Sequence[bytes], seconds: float) -> Told:
    """All connections ask one after the other. Raises `AssertionError` when an answer is none."""
    following, waits = cycle(requests), []
    with selectors.DefaultSelector() as ready:
        opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        heard, sent = dict.fromkeys(opened, b""), dict.fromkeys(opened, 0.0)
        began = time.perf_counter()
        for each in opened:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(each, selectors.EVENT_READ)
            sent[each] = time.perf_counter()
            each.sendall(next(following))
        while (now := time.perf_counter()) - began < seconds:
            for key, _ in ready.select(1):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                data = heard[connection] = heard[connection] + connection.recv(1 << 18)
                head, ends, body = data.partition(b"\r\n\r\n")
                length = _LENGTH.search(head + b"\r\n")
                if not ends or length is None or len(body) < int(length[1]):
                    continue
                assert data.startswith(b"HTTP/1.1 200 "), data[:200]
                heard[connection] = b""
                asked = time.perf_counter()
                waits.append(asked - sent[connection])
                sent[connection] = asked
                connection.sendall(next(following))
        for each in opened:
            each.close()
    return Told(len(waits) / (now - began), statistics.quantiles(waits, n=100)[98] * 1e3)


def who(port: int, token: str) -> Iterator[Row]:
    """The rate, and the wait of the slowest hundredth."""
    bearer = f"Authorization: Bearer {token}"
    requests = [request(f"/v1/who/team-{number:04}", bearer) for number in range(TEAMS)]
    random.shuffle(requests)
    hello = [request("/hello")]
    for _ in range(2):
        flood(port, requests, SECONDS)  # each team was asked for once
    found = []
    for turn in range(ROUNDS):
        pair = [requests, hello][:: 1 if turn % 2 else -1]
        ours, reference = [flood(port, each, SECONDS) for each in pair][:: 1 if turn % 2 else -1]
        found.append((ours, reference))
    value = statistics.median(ours.rate / reference.rate for ours, reference in found)
    rates = [statistics.median(each[at].rate for each in found) for at in (0, 1)]
    against = "hello in JSON, by the same server"
    measured = f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)"
    yield Row(f"who of {TEAMS:,} teams over HTTP", against, measured, f">= {AT_LEAST}x", value >= AT_LEAST)
    value = statistics.median(ours.p99 / reference.p99 for ours, reference in found)
    waits = [statistics.median(each[at].p99 for each in found) for at in (0, 1)]
    measured = f"{value:.2f}x ({waits[0]:.1f}/{waits[1]:.1f} ms)"
    yield Row("the same: p99 of the wait", against, measured, f"{AT_MOST}x", value <= AT_MOST)


def rows(root: Path) -> Iterator[Row]:
    """A line for the rate and one for the wait."""
    with served(root / "serving") as (port, token):
        yield from who(port, token)
