"""Forty-odd secrets, each in the place where such a thing is: none is in anything that a server says.

A real `oncall serve`, whose providers refuse everything and repeat in their refusal what they were sent.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

SETTINGS = """\
server: {{public_url: "http://127.0.0.1:1"}}
notifiers:
  sms: {{type: twilio-sms, to: phone, from: "+441632960001", account: ACbeef, token: {{env: SMS_TOKEN}},
    old_token: {{env: SMS_OLD}}, url: "{url}"}}
  call: {{type: twilio-voice, to: phone, from: "+441632960001", account: ACbeef, token: {{env: CALL_TOKEN}},
    url: "{url}"}}
  push: {{type: ntfy, to: push, url: "{url}", token: {{env: PUSH_TOKEN}}, allow_private: [127.0.0.0/8]}}
  chat: {{type: slack, to: slack, token: {{env: CHAT_TOKEN}}, signing_secret: {{env: CHAT_SIGNING}}, url: "{url}"}}
  mail: {{type: smtp, to: email, host: 127.0.0.1, port: {closed}, tls: no, from: oncall@example.com,
    user: oncall, password: {{file: smtp}}}}
  hook: {{type: webhook, to: push, url: {{env: HOOK_URL}}, secret: {{env: HOOK_SECRET}}, allow_private: [127.0.0.0/8]}}
  sink: {{type: webhook, to: slack, url: "{url}/taken", secret: {{env: SINK_SECRET}}, allow_private: [127.0.0.0/8]}}
last_resort: {{every: 5m, targets: [bob]}}
sources:
  am: {{type: alertmanager, keys: [{{env: AM_KEY}}]}}
  any: {{type: generic, keys: [{{env: ANY_KEY}}]}}
  pd: {{type: pagerduty, keys: [{{env: PD_KEY}}]}}
  og: {{type: opsgenie, keys: [{{env: OG_KEY}}]}}
heartbeats: {{backup: {{every: 24h, grace: 1h, team: payments, severity: error, keys: [{{env: HB_KEY}}]}}}}
access: {{login: link, board: [{{env: BOARD_KEY}}], metrics: loopback}}
notices: {{via: [sink]}}
"""
PEOPLE = """\
alice: {{name: Alice Adams, phone: "{alice_phone}", email: {alice_mail}, push: {alice_push}, slack: {alice_slack},
  notify: [0m: sms, 0m: call, 0m: push, 0m: chat, 0m: mail, 0m: hook, 0m: sink]}}
bob: {{name: Bob Brown, phone: "{bob_phone}", email: {bob_mail}, notify: [0m: sms, 0m: mail]}}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""
OF_PROVIDERS = ("SMS_TOKEN", "SMS_OLD", "CALL_TOKEN", "PUSH_TOKEN", "CHAT_TOKEN", "CHAT_SIGNING", "HOOK_SECRET",
    "SINK_SECRET")  # fmt: skip
OF_SOURCES = ("AM_KEY", "ANY_KEY", "PD_KEY", "OG_KEY", "HB_KEY", "BOARD_KEY")
CONTACTS = {
    "alice_phone": "+447700900551", "bob_phone": "+447700900552", "alice_mail": "canary-alice@example.com",
    "bob_mail": "canary-bob@example.com", "alice_push": "canary-topic-alice", "alice_slack": "UCANARY9",
}  # fmt: skip


class Echo(BaseHTTPRequestHandler):
    """A provider that takes what is sent to /taken, and refuses all else with the whole request in its words."""

    taken: list[str]
    asked: list[str]

    def do_POST(self) -> None:
        """Each refusal is another one."""
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.asked.append(self.path)
        if self.path == "/taken":
            self.taken.append(body)
            self._answer(200, "{}")
        else:
            said = f"{self.path} {self.headers} {body}"
            status = (401, 500, 400, 429)[len(self.asked) % 4]
            self._answer(status, json.dumps({"code": 20003, "message": said, "error": said, "ok": False}), said)

    do_PUT = do_GET = do_POST  # noqa: N815

    def _answer(self, status: int, body: str, reason: str = "") -> None:
        self.send_response(status, re.sub(r"\s+", " ", reason)[:300] or None)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Not on standard error."""


class Server:
    """A server on a folder of such secrets; `planted` grows with each that is shown to it."""

    def __init__(self, folder: Path, provider: str) -> None:
        self.planted = {name: f"canary-{name.lower().replace('_', '-')}-7f3a" for name in (*OF_PROVIDERS, *OF_SOURCES)}
        self.planted |= CONTACTS | {"HOOK_URL": "canary-hook-path-7f3a", "smtp": "canary-smtp-7f3a"}
        self.outputs: dict[str, str] = {}
        self.store = folder / "oncall.db"
        (folder / "secrets").mkdir()
        (folder / "secrets" / "smtp").write_text(self.planted["smtp"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = free.getsockname()[1]
        rotations = folder / "rotations"
        rotations.mkdir()
        (rotations / "oncall.yaml").write_text(SETTINGS.format(url=provider, closed=closed))
        (rotations / "people.yaml").write_text(PEOPLE.format(**CONTACTS))
        (rotations / "payments.yaml").write_text(PAYMENTS)
        secrets = {name: text for name, text in self.planted.items() if name.isupper()}
        self.environment = {
            **os.environ, **secrets, "HOOK_URL": f"{provider}/{self.planted['HOOK_URL']}",
            "ONCALL_SECRETS_DIR": str(folder / "secrets"), "ONCALL_DIR": str(rotations),
            "ONCALL_STORE": str(self.store), "PYTHONASYNCIODEBUG": "1",
        }  # fmt: skip
        self._log = folder / "log"
        with self._log.open("w") as log:
            command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", "127.0.0.1:0"]
            self.process = subprocess.Popen(command, stderr=log, stdout=log, env=self.environment)
        self.port = int(waited(self._listens)[1])

    def _listens(self) -> re.Match[str] | None:
        assert self.process.poll() is None, self.log
        return re.search(r"listens on http://127\.0\.0\.1:(\d+)", self.log)

    @property
    def log(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def plant(self, name: str) -> str:
        """One more secret."""
        self.planted[name] = f"canary-{name}-7f3a"
        return self.planted[name]

    def asks(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str = "", own: str = ""
    ) -> tuple[int, str]:
        """One request. `own`: a secret that whoever asks may be told, as it is theirs."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body.encode(), headers or {})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (ConnectionResetError, BrokenPipeError):
            return 0, ""  # turned away before its body was read, which may cost it the answer
        finally:
            connection.close()
        whole = f"{answer.status} {answer.reason}\n{answer.headers}\n{text}"
        self.outputs[f"{method} {path} #{len(self.outputs)}"] = whole.replace(own, "") if own else whole
        return answer.status, text

    def raw(self, text: str) -> None:
        """What is no HTTP."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(text.encode())
            connection.shutdown(socket.SHUT_WR)
            told = b""
            while part := connection.recv(65536):
                told += part
        self.outputs[f"raw #{len(self.outputs)}"] = told.decode()

    def oncall(self, *arguments: str) -> str:
        """What a command says."""
        done = subprocess.run(
            [sys.executable, "-m", "oncall_rota", *arguments],
            env=self.environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        self.outputs[" ".join(["oncall", *arguments])] = done.stdout + done.stderr
        return done.stdout

    def ends(self) -> None:
        """It is told to, and everything that it wrote down is an output too."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0
        self.outputs["log"] = self.log
        with sqlite3.connect(self.store) as store:
            self.outputs["audit"] = str(store.execute("SELECT * FROM audit").fetchall())
            self.outputs["incidents"] = str(store.execute("SELECT * FROM incidents").fetchall())
            self.outputs["pages"] = str(store.execute("SELECT * FROM pages").fetchall())
        store.close()

    def found(self) -> list[str]:
        """Which secrets are where."""
        # A number counts without its plus as well, and what went through an address is quoted there.
        return sorted(
            f"{name} in {place}: …{text[max(text.find(secret) - 80, 0) : text.find(secret) + 20]!r}"
            for name, planted in self.planted.items()
            for secret in {planted, planted.removeprefix("+"), base64.b64encode(planted.encode()).decode()[:-3]}
            for place, text in self.outputs.items()
            if secret in text
        )


def waited(look: Any, patience: float = 30.0) -> Any:
    """What it gives, as soon as it gives something."""
    until = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


@pytest.fixture
def provider() -> Iterator[ThreadingHTTPServer]:
    """All providers at one address."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), type("OneEcho", (Echo,), {"taken": [], "asked": []}))
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def server(tmp_path: Path, provider: ThreadingHTTPServer) -> Iterator[Server]:
    """A server, killed at the end if it still runs."""
    made = Server(tmp_path, f"http://127.0.0.1:{provider.server_port}")
    yield made
    made.process.kill()
    made.process.wait(30)


def bearer(key: str) -> dict[str, str]:
    """A key in a header."""
    return {"authorization": f"Bearer {key}", "content-type": "application/json"}


def alerts(server: Server) -> None:
    """Keys where they belong, wrong ones there too, and things that look like keys all over the bodies."""
    plant, asks, has = server.plant, server.asks, server.planted
    disk = {"status": "firing", "labels": {"alertname": "Disk"}, "annotations": {}, "startsAt": "2026-01-05T00:00:00Z"}
    firing = json.dumps({"version": "4", "groupKey": "g", "status": "firing", "alerts": [disk]})
    said = json.dumps({"summary": "disk", "team": "payments", "token": plant("token-in-body")})
    assert asks("POST", "/hooks/am", bearer(has["AM_KEY"]), firing)[0] < 300
    assert asks("POST", f"/hooks/generic/{has['ANY_KEY']}", {}, said)[0] == 202
    assert asks("POST", f"/api/v2/generic/incoming?token={has['ANY_KEY']}", {}, said)[0] < 300
    password = base64.b64encode(f"user:{has['ANY_KEY']}".encode()).decode()
    assert asks("POST", "/hooks/any", {"authorization": f"Basic {password}"}, said)[0] == 202
    event = {"event_action": "trigger", "payload": {"summary": "cpu", "source": "x", "severity": "critical"}}
    assert asks("POST", "/v2/enqueue", {}, json.dumps({**event, "routing_key": has["PD_KEY"]}))[0] == 202
    asks("POST", "/v2/enqueue", {}, json.dumps({**event, "routing_key": plant("wrong-routing-key")}))
    genie = {"authorization": f"GenieKey {has['OG_KEY']}"}
    assert asks("POST", "/v2/alerts", genie, json.dumps({"message": "mem", "alias": "m"}))[0] == 202
    asks("POST", "/v2/alerts", {"authorization": f"GenieKey {plant('wrong-genie-key')}"}, "{}")
    assert asks("GET", "/heartbeats/backup", bearer(has["HB_KEY"]))[0] < 300
    asks("GET", f"/heartbeats/backup?key={plant('wrong-heartbeat-key')}")
    asks("POST", "/hooks/am", bearer(plant("wrong-key")), firing)
    asks("POST", f"/hooks/generic/{plant('wrong-key-in-path')}", {}, firing)
    asks("POST", f"/hooks/any?key={plant('wrong-key-in-query')}", {}, firing)
    asks(
        "POST",
        f"/hooks/any?{urlencode({'password': plant('password-in-query')})}",
        bearer(has["ANY_KEY"]),
        '{"summary": "asked"}',
    )
    odd = {"summary": "odd", "auth": {"password": plant("password-inside")}, "api_key": plant("api-key-in-body")}
    asks("POST", "/hooks/any", bearer(has["ANY_KEY"]), json.dumps(odd))
    odd = {"summary": "odder", "Authorization": f"Bearer {plant('authorization-in-body')}"}
    asks("POST", "/hooks/any", bearer(has["ANY_KEY"]), json.dumps(odd))
    broken = (
        f'{{"routing_key": "{plant("broken-routing-key")}", "authorization": "Bearer {plant("broken-authorization")}", '
        f'"password": "{plant("broken-password")}", "url": "https://user:{plant("broken-url")}@example.com/"'
    )
    assert asks("POST", "/hooks/any", bearer(has["ANY_KEY"]), broken)[0] == 400
    asks("POST", "/hooks/am", {**bearer(has["AM_KEY"]), "content-encoding": plant("content-encoding")}, firing)


def visitors(server: Server, provider: ThreadingHTTPServer) -> None:
    """Links, tokens, sessions and forms: those of their owners, and those that nobody gave out."""
    plant, asks, has = server.plant, server.asks, server.planted
    taken = provider.RequestHandlerClass.taken  # type: ignore[attr-defined]
    link = waited(lambda: re.search(r"/a/([A-Za-z0-9_-]{40,})", "".join(taken)))[1]
    has["link"] = link
    status, text = asks("GET", f"/a/{link}", own=link)
    assert status == 200
    once = re.search('name="once" value="([^"]+)"', text)
    assert once is not None
    has["form"] = once[1]
    server.outputs.popitem()  # the form's owner has it
    form = {"content-type": "application/x-www-form-urlencoded"}
    asks("POST", f"/a/{link}", form, urlencode({"once": plant("wrong-form"), "do": "acknowledge"}), own=link)
    server.outputs.popitem()  # a new form
    asks("POST", f"/a/{link}", form, urlencode({"once": has["form"], "do": plant("no-such-button")}))
    asks("GET", f"/a/{plant('wrong-link')}")
    page = asks("GET", f"/sign-in?next=/{plant('next')}")[1]
    has.pop("next")  # where somebody wanted to go is theirs
    once = re.search('name="once" value="([^"]+)"', page)
    assert once is not None
    server.outputs.popitem()
    asks("POST", "/sign-in", form, urlencode({"once": once[1], "who": "alice", "next": "/"}))
    has["sign-in-form"] = once[1]
    signing = waited(lambda: re.search(r"/sign-in/([A-Za-z0-9_-]{40,})", "".join(taken)))[1]
    has["sign-in-link"] = signing
    page = asks("GET", f"/sign-in/{signing}")[1]
    once = re.search('name="once" value="([^"]+)"', page)
    assert once is not None
    server.outputs.popitem()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("POST", f"/sign-in/{signing}", urlencode({"once": once[1]}), form)
    session = re.search(r"oncall=([^;]+)", connection.getresponse().headers["set-cookie"] or "")
    connection.close()
    assert session is not None
    has["session"] = session[1]
    asks("GET", "/", {"cookie": f"oncall={session[1]}"}, own=link)  # where alice sees what is open
    asks("GET", "/", {"cookie": f"oncall={plant('wrong-session')}"})
    asks("GET", f"/sign-in/{plant('wrong-sign-in-link')}")
    asks("GET", f"/ical/{plant('wrong-feed-token')}")
    asks("GET", f"/{plant('in-no-door')}?{plant('in-no-query')}=1")
    made = server.oncall("token", "create", "responder", "laptop", "--person", "alice")
    has["token"] = made.split()[-1]
    server.outputs.popitem()  # it is shown once
    asks("GET", "/metrics", bearer(has["token"]))
    asks("GET", "/metrics", bearer(has["BOARD_KEY"]))
    asks("GET", "/metrics", bearer(plant("wrong-board-key")))
    callback = urlencode({"From": CONTACTS["alice_phone"], "Body": plant("callback-body")})
    asks(
        "POST", f"/in/sms?page={plant('callback-query')}", {**form, "x-twilio-signature": plant("signature")}, callback
    )
    asks("POST", "/in/chat", {"x-slack-signature": plant("slack-signature")}, plant("slack-body"))


def failing(server: Server) -> None:
    """The store cannot be written, so that all goes another way."""
    store = sqlite3.connect(server.store, isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    said = json.dumps({"summary": "while it fails", "token": server.plant("token-while-it-fails")})
    assert server.asks("POST", f"/hooks/generic/{server.planted['ANY_KEY']}", {}, said)[0] == 503
    for path in ("/healthz", "/metrics"):
        server.asks("GET", path)
    store.execute("ROLLBACK")
    store.close()
    waited(lambda: server.asks("GET", "/readyz")[0] == 200)


def test_no_planted_secret_is_in_anything_that_is_said(server: Server, provider: ThreadingHTTPServer) -> None:
    """Answers, log, metrics, health, what commands show, what is written down, and what `ps` shows."""
    alerts(server)
    visitors(server, provider)
    server.raw(f"GET /{server.plant('no-http')} HTTP/9.9\r\nx: {server.plant('no-header')}\r\n\r\n")
    server.raw(f"{server.plant('no-method')} \x00\r\n\r\n")
    broken_off = server.plant("broken-off")
    server.raw(f"POST /hooks/any HTTP/1.1\r\nauthorization: Bearer {broken_off}\r\ncontent-length: 9\r\n\r\n")
    asked = provider.RequestHandlerClass.asked  # type: ignore[attr-defined]
    waited(lambda: {"/chat.postMessage", f"/{server.planted['HOOK_URL']}", "/"} <= set(asked))
    for path in ("/healthz", "/readyz", "/metrics"):
        assert server.asks("GET", path)[0] == 200
    failing(server)
    ids = [each["id"] for each in json.loads(server.oncall("incident", "list", "--json"))["incidents"]]
    for each in ids:
        server.oncall("incident", "show", each)
        server.oncall("incident", "show", each, "--json")
    server.oncall("token", "list")
    server.oncall("serve", "--check", "--log", "json")
    server.outputs["ps"] = Path(f"/proc/{server.process.pid}/cmdline").read_bytes().decode()
    server.ends()
    assert len(server.planted) >= 40
    assert len(ids) >= 5
    assert "sms was answered" in server.outputs["audit"]  # so the refusals were read
    assert not (found := server.found()), "\n".join(found)
