"""A feed that was built, against a route of the same server that says hello in JSON; and who has it already.

The server is `oncall serve` as a process of its own. The clients are this process: connections that stay open, each
sending its next request when the one before it is answered.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import Row, environment

SECONDS, ROUNDS, CONNECTIONS = 2.0, 7, 16
AT_LEAST = 0.65
LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")
SETTINGS = """\
server: {listen: "127.0.0.1:0", public_url: "http://127.0.0.1"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
last_resort: {every: 1h, targets: [alice]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101"}
bob: {name: Bob Brown, phone: "+447700900102"}
carol: {name: Carol Chen, phone: "+447700900103"}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
"""
# The first door of the same house: it is found at once, and opens to everybody.
WITH_HELLO = """
import oncall_rota.web.app as app
from starlette.responses import JSONResponse
from starlette.routing import Route
application = app.application
async def hello(request):
    return JSONResponse({"hello": "world"})
def with_hello(*given, **named):
    made = application(*given, **named)
    made.router.routes.insert(0, Route("/hello", hello))
    return made
app.application = with_hello
"""
PROGRAM = """
from oncall_rota.cli.main import main
main()
"""


class Served:
    """A server; `path`: of its feed."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A server on a store of its own, and the address of a feed."""
    rotations = folder / "rotations"
    rotations.mkdir(parents=True)
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (rotations / f"{name}.yaml").write_text(text)
    env = environment(ONCALL_STORE=str(folder / "oncall.db"), ONCALL_DIR=str(rotations), ONCALL_ALLOW_EXEC="1")
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM, "ical", "url", "payments", "--json"], env=env, capture_output=True, check=True
    )
    url = json.loads(made.stdout)["feeds"][0]["urls"]["http"]
    command = [sys.executable, "-c", WITH_HELLO + PROGRAM, "serve"]
    log = folder / "log"
    with log.open("w") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as process:
        try:
            until = time.monotonic() + 60
            while (listens := LISTENS.search(log.read_text())) is None:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, "it does not begin to serve"
                time.sleep(0.05)
            yield Served(int(listens[1]), url.removeprefix("http://127.0.0.1"))
        finally:
            process.terminate()


def request(path: str, *headers: str) -> bytes:
    """A GET as a calendar sends it."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: oncall.example.com", *headers, "", ""]).encode()


def answer(port: int, asked: bytes) -> bytes:
    """One whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return b"".join(iter(lambda: connection.recv(65536), b""))


def rate(port: int, asked: bytes, status: int) -> float:
    """Answers a second; each is as long as the first. Raises `AssertionError` when one is another."""
    first = answer(port, asked)
    begins = f"HTTP/1.1 {status} ".encode()
    assert first.startswith(begins), first[:200]
    whole = len(first.replace(b"connection: close\r\n", b""))
    answered = 0
    with selectors.DefaultSelector() as ready:
        opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        missing = dict.fromkeys(opened, 0)
        for each in opened:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ready.register(each, selectors.EVENT_READ)
            each.sendall(asked)
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < SECONDS:
            for key, _ in ready.select(1):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                data = connection.recv(1 << 18)
                if missing[connection] == 0:
                    assert data.startswith(begins), data[:200]
                    missing[connection] = whole
                missing[connection] -= len(data)
                assert missing[connection] >= 0, "an answer of another length"
                if missing[connection] == 0:
                    answered += 1
                    connection.sendall(asked)
        for each in opened:
            each.close()
    return answered / (now - began)


def rows(root: Path) -> Iterator[Row]:
    """A line for each way in which a calendar asks."""
    with served(root / "feeds") as it:
        hello = request("/hello")
        head, _, body = answer(it.port, request(it.path)).partition(b"\r\n\r\n")
        (etag,) = [line[6:].decode() for line in head.split(b"\r\n") if line.lower().startswith(b"etag: ")]
        ways = {
            "packed": (request(it.path, "Accept-Encoding: gzip, deflate"), 200),
            f"whole, {len(body) // 1024} kB": (request(it.path), 200),
            "known (304)": (request(it.path, f"If-None-Match: {etag}"), 304),
        }
        for name, (asked, status) in ways.items():
            found = []
            for turn in range(ROUNDS):
                pair = [(asked, status), (hello, 200)][:: 1 if turn % 2 else -1]
                ours, reference = [rate(it.port, *each) for each in pair][:: 1 if turn % 2 else -1]
                found.append((ours, reference))
            value = statistics.median(ours / reference for ours, reference in found)
            rates = [statistics.median(each) for each in zip(*found, strict=True)]
            yield Row(
                f"a feed that was built, {name}",
                "hello in JSON, by the same server",
                f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)",
                f">= {AT_LEAST}x",
                value >= AT_LEAST,
            )
