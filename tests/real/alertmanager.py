"""A real Alertmanager, a real `oncall serve`, and somebody between them who writes down what was answered."""

from __future__ import annotations

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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar
from urllib.request import Request, urlopen

LIMIT = 60.0  # seconds, for what takes few
KEY = "key-of-this-test-alone-0123456789"
SETTINGS = f"""\
notifiers:
  sms: {{type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}}
last_resort: {{targets: [alice]}}
sources:
  prod-am: {{type: alertmanager, keys: ["sha256:{sha256(KEY.encode()).hexdigest()}"]}}
  old-pd: {{type: pagerduty, keys: ["sha256:{sha256((KEY + "-pd").encode()).hexdigest()}"]}}
  old-og: {{type: opsgenie, keys: ["sha256:{sha256((KEY + "-og").encode()).hexdigest()}"]}}
"""
PEOPLE = 'alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}\n'
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""
_Value = TypeVar("_Value")


def until(found: Callable[[], _Value], patience: float = LIMIT) -> _Value:
    """What is found as soon as it is true; whatever it is at the end of the patience."""
    end = time.monotonic() + patience
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def key_of(group_key: str) -> str:
    """The key that Alertmanager gives a group at PagerDuty and Opsgenie, and we give it too."""
    return sha256(group_key.encode()).hexdigest()


class Kept(NamedTuple):
    """An incident in the file of the store."""

    source: str
    key: str
    status: str
    data: str


class Server:
    """`oncall serve` on one store and one port, started, ended and killed as one likes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.path = folder / "oncall.db"
        self.sent = folder / "sent"
        self.port = free_port()
        self._environment = {
            **os.environ,
            "ONCALL_STORE": str(self.path),
            "ONCALL_DIR": str(folder / "rotations"),
            "ONCALL_ALLOW_EXEC": "1",
        }
        (folder / "rotations").mkdir()
        for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
            (folder / "rotations" / f"{name}.yaml").write_text(text.replace("SENT", str(self.sent)))
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Begin, and wait until it listens."""
        command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", f"127.0.0.1:{self.port}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, "--wait-lock", "30s"], env=self._environment, stderr=log)
        assert until(self._listens), self._log.read_text()
        return self

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def tell(self, what: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(what)

    def ended(self) -> int:
        """Wait for its end; the status."""
        assert self._process is not None
        return self._process.wait(LIMIT)

    def close(self) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self.tell(signal.SIGTERM)
            self.ended()

    def incidents(self) -> list[Kept]:
        """Those in the file, whoever has it."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as store:
            rows = store.execute("SELECT source, key, status, data FROM incidents ORDER BY opened_at").fetchall()
        store.close()
        return [Kept(*row) for row in rows]

    def keys(self) -> list[str]:
        """Of those incidents."""
        return [each.key for each in self.incidents()]

    def pages(self) -> str:
        """All that the telephone got."""
        return self.sent.read_text() if self.sent.exists() else ""


class Alertmanager:
    """One of Debian's. `receiver`: the lines of its configuration that tell whom it tells.

    Every name of an alert is a group of its own. It says what is new about a group once in `interval`, and as long as
    that lasts it tries again what was not taken.
    """

    def __init__(self, folder: Path, receiver: str, interval: str = "1s") -> None:
        folder.mkdir()
        self.port = free_port()
        (folder / "am.yml").write_text(
            "route: {receiver: oncall, group_by: [alertname], group_wait: 0s, repeat_interval: 4h, "
            f"group_interval: {interval}}}\nreceivers:\n- name: oncall\n{receiver}"
        )
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                "prometheus-alertmanager",
                f"--config.file={folder / 'am.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address=",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        assert until(self._is_ready), (folder / "log").read_text()

    def _is_ready(self) -> bool:
        assert self._process.poll() is None
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def fires(self, *alerts: dict[str, str], lasts: timedelta = timedelta(hours=1)) -> None:
        """Alerts by their labels, for so long from now on; shorter than nothing ends what fires."""
        at = datetime.now(UTC)
        known = [
            {
                "labels": {"severity": "critical", **labels},
                "annotations": {"summary": f"{labels['alertname']} is wrong"},
                "startsAt": (at - timedelta(seconds=5)).isoformat(),
                "endsAt": (at + lasts).isoformat(),
            }
            for labels in alerts
        ]
        asked = Request(
            f"http://127.0.0.1:{self.port}/api/v2/alerts",
            json.dumps(known).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=10) as answer:
            assert answer.status == 200

    def ends(self, *alerts: dict[str, str]) -> None:
        """They are over."""
        self.fires(*alerts, lasts=timedelta(seconds=-1))

    def said(self, metric: str = "alertmanager_notifications_total") -> int:
        """How many notifications it has made, by its own count."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode()
        return int(sum(float(each) for each in re.findall(rf"^{metric}{{.*}} (\S+)$", lines, re.MULTILINE)))

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(LIMIT)
        self._log.close()


class Answered(NamedTuple):
    """One request and what came of it. `key`: of its group. `at`: of the monotonic clock."""

    key: str
    status: str
    answer: int
    at: float


class Between:
    """Hands every request on to a server's port, and writes down what it was answered; 502 when nobody answered."""

    def __init__(self, port: int) -> None:
        self.seen: list[Answered] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name: self.headers[name] for name in ("Authorization", "Content-Type", "User-Agent")}
                status, answer = _handed_on(port, self.path, body, headers)
                told = json.loads(body)
                seen.append(Answered(key_of(told["groupKey"]), told["status"], status, time.monotonic()))
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def taken(self, status: str = "firing") -> set[str]:
        """The keys of groups that were answered with a 2xx."""
        return {each.key for each in list(self.seen) if each.status == status and 200 <= each.answer < 300}

    def close(self) -> None:
        """Hand nothing on any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LIMIT)


def _handed_on(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 502, b""
    finally:
        connection.close()
