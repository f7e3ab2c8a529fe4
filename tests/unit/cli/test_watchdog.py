"""`oncall watchdog`: servers seen from outside, once or on and on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Oncall = Callable[..., Any]
WELL = json.dumps({"well": True, "unwell": []})
SETTINGS = """\
notifiers:
  hook: {{type: webhook, to: name, url: "{url}/hook", secret: {{env: PING_URL}}, allow_private: [127.0.0.0/8]}}
last_resort: {{targets: [{{via: hook, address: everybody}}]}}
watchdog: {{ping: {{env: PING_URL}}, every: 1m}}
"""


class Web:
    """A server, whoever hears pings, and a telephone: all at one port. `health`: what the server says of itself."""

    def __init__(self) -> None:
        self.health: tuple[int, str] = (200, WELL)
        self.asked: list[str] = []
        self.pinged = 200
        self.rang = threading.Event()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                status, body = web.health if self.path == "/healthz" else (web.pinged, "")
                self._answer(status, body)

            def do_POST(self) -> None:
                web.asked.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                web.rang.set()
                self._answer(200, "{}")

            def _answer(self, status: int, body: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """All that there is outside, which the folder's settings name."""
    made = Web()
    (folder / "oncall.yaml").write_text(SETTINGS.format(url=made.url))
    monkeypatch.setenv("PING_URL", f"{made.url}/ping/secret")
    monkeypatch.setenv("ONCALL_SERVER", made.url)
    yield made
    made.close()


def test_one_look_at_a_server_that_is_well(oncall: Oncall, web: Web) -> None:
    """Exit code 0, and nobody is pinged unless that is asked for."""
    said = oncall("watchdog", "--once", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert (found["version"], found["event"], found["why"]) == (1, "well", None)
    assert web.asked == ["/healthz"]


@pytest.mark.parametrize(
    ("health", "why"),
    [
        ((503, json.dumps({"well": False, "unwell": ["the pager has died", "x\n\x1b[2J"]})), "the pager has died; x"),
        ((200, "<html>"), "it answers 200, and nothing of oncall's"),
        ((404, "[]"), "it answers 404, and nothing of oncall's"),
        ((503, '{"well": false}'), "it is not well"),
    ],
)
def test_one_look_at_a_server_that_is_not(oncall: Oncall, web: Web, health: tuple[int, str], why: str) -> None:
    """Exit code 1, why, and no ping, which would say that all is well."""
    web.health = health
    said = oncall("watchdog", "--once", "--ping")
    assert said.code == 1
    assert said.out.split("\t")[2] == "unwell"
    assert said.out.split("\t")[3].startswith(why)
    assert "\x1b" not in said.out
    assert web.asked == ["/healthz"]


def test_a_server_that_does_not_answer(oncall: Oncall, folder: Path) -> None:
    """What is dead is not well."""
    said = oncall("watchdog", "127.0.0.1:9", "--once")
    assert said.code == 1
    assert "127.0.0.1:9 not well" in said.err


def test_a_ping_when_all_are_well(oncall: Oncall, web: Web) -> None:
    """Its address is a secret, and stays one when it cannot be reached."""
    assert oncall("watchdog", "--once", "--ping").code == 0
    assert web.asked == ["/healthz", "/ping/secret"]
    web.pinged = 500
    said = oncall("watchdog", "--once", "--ping")
    assert said.code == 1
    assert "it was answered 500" in said.out
    assert "secret" not in said.out + said.err


def test_what_cannot_be_asked_is_said(oncall: Oncall, web: Web, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server, no address for the ping, no length of time."""
    assert oncall("watchdog", "--once", "--every", "soon").code == 2
    (folder / "oncall.yaml").write_text("")
    assert "oncall.yaml names no address" in oncall("watchdog", "--once", "--ping").err
    monkeypatch.delenv("ONCALL_SERVER")
    said = oncall("watchdog", "--once")
    assert (said.code, "no server is named" in said.err) == (2, True)


def test_a_server_that_stays_unwell_pages_the_last_resort_without_it(web: Web, folder: Path) -> None:
    """Straight from the rotation files; and SIGTERM ends it in peace."""
    web.health = 503, json.dumps({"well": False, "unwell": ["the pager has died"]})
    process = subprocess.Popen(
        [sys.executable, "-m", "oncall_rota", "watchdog", "--every", "1s", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "unwell"
        paged = json.loads(process.stdout.readline())
        assert (paged["event"], paged["why"]) == ("paged", "hook: sent")
        web.health = 200, WELL
        assert json.loads(process.stdout.readline())["event"] == "well"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
    assert sum("the pager has died" in each for each in web.asked) == 1
