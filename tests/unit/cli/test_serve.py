"""`oncall serve`: its start, its facts, its end, and a second one."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

Oncall = Callable[..., Any]


@pytest.fixture(autouse=True)
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store will be."""
    where = folder.parent / "oncall.db"
    monkeypatch.setenv("ONCALL_STORE", str(where))
    return where


@contextmanager
def server(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server as a process of its own, and its port."""
    command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", "127.0.0.1:0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
                yield process, int(found[1])
                return
        raise AssertionError(f"it ended: {lines}")
    finally:
        process.kill()
        process.communicate(timeout=30)


def got(port: int, path: str) -> tuple[int, Any]:
    """What a path answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if answer.headers["Content-Type"] == "application/json" else body


def test_it_tells_facts_and_ends_when_it_is_told_to() -> None:
    """SIGTERM: exit code 0, as whatever started it expects."""
    with server() as (process, port):
        status, facts = got(port, "/healthz")
        assert (status, facts["well"], facts["store"], facts["late_incidents"]) == (200, True, "works", 0)
        assert got(port, "/readyz") == (200, {"ready": True})
        assert got(port, "/none")[0] == 404
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert "ends, once what is being sent is finished" in rest


def test_a_second_one_is_refused_by_the_name_of_the_first(oncall: Oncall) -> None:
    """Both would send."""
    with server() as (process, _):
        said = oncall("serve", "--listen", "127.0.0.1:0", "--wait-lock", "0s")
        assert said.code == 1
        assert f"is in use by process {process.pid} (oncall serve)" in said.err


def test_a_second_one_on_the_same_address_is_refused_by_the_name_of_the_first(oncall: Oncall) -> None:
    """That an address is in use would say less."""
    with server() as (process, port):
        said = oncall("serve", "--listen", f"127.0.0.1:{port}", "--wait-lock", "0s")
        assert said.code == 1
        assert f"is in use by process {process.pid} (oncall serve)" in said.err


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("same", [True, False], ids=["same address", "another"])
def test_a_second_one_waits_for_the_first_to_end(end: signal.Signals, same: bool) -> None:
    """As an upgrade does it: the new one is started before the old one has ended."""
    with server() as (first, port):
        address = f"127.0.0.1:{port if same else 0}"
        command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", address, "--wait-lock", "30s"]
        second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            first.send_signal(end)
            assert second.stderr is not None
            assert any("listens on" in line for line in second.stderr)
        finally:
            second.kill()
            second.communicate(timeout=30)


def test_an_address_that_is_taken_or_none_is_told(oncall: Oncall) -> None:
    """Before the store is opened."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = oncall("serve", "--listen", address)
        assert (said.code, f"cannot listen on {address}: Address already in use" in said.err) == (1, True)
    said = oncall("serve", "--listen", "everywhere")
    assert "'everywhere' is no address" in said.err


def test_check_looks_and_leaves(oncall: Oncall) -> None:
    """Nothing is served."""
    said = oncall("serve", "--check")
    assert said.code == 0
    assert "could drive every open incident of oncall.db" in said.err


def test_a_key_that_cannot_be_read_is_told_before_an_alert_is_lost(oncall: Oncall, folder: Path) -> None:
    """A source without its key would answer 401 to everything."""
    (folder / "oncall.yaml").write_text("sources: {prod-am: {type: alertmanager, keys: [{env: AM_KEY}]}}\n")
    said = oncall("serve", "--check")
    assert said.code == 4
    assert "sources.prod-am.keys: $AM_KEY is not set" in said.err


def test_a_span_that_is_none_is_told(oncall: Oncall) -> None:
    """Exit code 2."""
    assert oncall("serve", "--wait-lock", "soon").code == 2


HALF = b"POST /hooks/monitor HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 20\r\n\r\n"
BODY = b'{"summary": "dark."}'


@pytest.fixture
def monitor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A source whose key is there: the head of a request of its own."""
    (folder / "oncall.yaml").write_text("sources: {monitor: {type: generic, keys: [{env: HOOK_KEY}]}}\n")
    monkeypatch.setenv("HOOK_KEY", "k" * 32)
    return HALF % (b"k" * 32)


@contextmanager
def half_asked(process: subprocess.Popen[str], port: int, head: bytes) -> Iterator[socket.socket]:
    """A request that is being read while its server was told to end."""
    with socket.create_connection(("127.0.0.1", port), 30) as sender:
        sender.sendall(head + BODY[:5])
        assert got(port, "/readyz")[0] == 200  # by then it has been begun
        process.send_signal(signal.SIGTERM)
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 10).close()
            except ConnectionRefusedError:
                break
            except ConnectionResetError:
                continue  # the address was closed between the two halves of connecting
        yield sender


def test_at_the_end_what_is_being_asked_is_answered_and_nobody_else(monitor: bytes) -> None:
    """A load balancer goes elsewhere; the signal that has begun is taken."""
    with server() as (process, port):
        with half_asked(process, port, monitor) as sender:
            sender.sendall(BODY[5:])
            assert b"".join(iter(lambda: sender.recv(65536), b"")).startswith(b"HTTP/1.1 202")
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_told_twice_it_waits_for_no_request_any_more(monitor: bytes) -> None:
    """Whoever asks so slowly comes again; within the ten seconds that the first one would have had."""
    with server() as (process, port), half_asked(process, port, monitor):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=8)
    assert process.returncode == 0


def test_it_ends_with_1_when_its_pager_dies(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever started it starts it again."""

    def die(_: Any) -> None:
        raise RuntimeError("out of everything")

    monkeypatch.setattr("oncall_rota.paging.pager.Pager.tick", die)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    said = oncall("serve", "--listen", "127.0.0.1:0", "--log", "text")
    assert said.code == 1
    assert "the pager has died: RuntimeError: out of everything" in said.err
    assert "error: the pager has died" in said.err
