"""Who is outside of a server: somebody who hears its pings, a mail server, a real Prometheus and Alertmanager.

Of each server one part is broken when it has pinged for the first time; noticed is what somebody outside sees of that.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from email import message_from_bytes
from hashlib import sha256
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import urlopen

from aiosmtpd.controller import Controller
from alertmanager import free_port, until

STARTER = Path(__file__).parent / "watchdog_server.py"
PROMETHEUS = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "prometheus", "usr", "bin", "prometheus")
LISTENS = re.compile(r"listens on (http://127\.0\.0\.1:\d+)")
EVERY = 5  # seconds between two pings
GRACE = 3 * EVERY  # after a ping; then whoever hears them says that we are silent
KEY = "key-of-this-test-alone-0123456789"

SETTINGS = f"""\
notifiers:
  email: {{{{type: smtp, to: email, host: 127.0.0.1, port: {{smtp}}, from: oncall@example.com, tls: "no"}}}}
last_resort: {{{{targets: [alice]}}}}
sources:
  prod-am: {{{{type: alertmanager, keys: ["sha256:{sha256(KEY.encode()).hexdigest()}"]}}}}
heartbeats:
  prom-a: {{{{every: 10s, grace: 5s, team: payments, source: prod-am, match: {{{{labels.alertname: Watchdog}}}}}}}}
watchdog: {{{{ping: {{{{env: PING_URL}}}}, every: {EVERY}s, synthetic: email{{more}}}}}}
"""
PEOPLE = "alice: {name: Alice Adams, email: alice@example.com}\n"
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
"""


class _Chosen(Controller):
    """On a port that the system chose; aiosmtpd's own start checks the one that it was told."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mailbox:
    """A mail server; `mails`: what was said to anybody."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self._server = _Chosen(self, hostname="127.0.0.1", port=0)
        self._server.start()
        self.port: int = self._server.port
        self._open = True

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """A mail."""
        mail = message_from_bytes(envelope.content)
        self.mails.append(f"{mail['Subject']}\n{b64decode(mail.get_payload()).decode()}")
        return "250 OK"

    def close(self) -> None:
        """Answer nobody any more."""
        if self._open:
            self._open = False
            self._server.stop(no_assert=True)


class Pings:
    """Whoever hears pings, as a service that watches cron jobs does; by the path of their address."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard[self.path] = time.monotonic()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1})
        self._thread.start()

    def close(self) -> None:
        """Hear nothing any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Watched:
    """A server, of which `part` will break; `more`: of its watchdog's settings, `store`: where its file is."""

    def __init__(
        self, folder: Path, pings: Pings, part: str = "none", more: str = "", store: Path | None = None
    ) -> None:
        folder.mkdir()
        self.mailbox = Mailbox()
        self._pings, self._path = pings, f"/{folder.name}"
        self.store = (store or folder) / "oncall.db"
        self.rotations = folder / "rotations"
        self.rotations.mkdir()
        settings = SETTINGS.format(smtp=self.mailbox.port, more=more)
        for name, text in (("oncall", settings), ("people", PEOPLE), ("payments", PAYMENTS)):
            (self.rotations / f"{name}.yaml").write_text(text)
        self._break = folder / "break"
        self._log = folder / "log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONCALL_")}
        environment["PING_URL"] = f"http://127.0.0.1:{pings.port}{self._path}"
        places = ["--dir", self.rotations, "--store", self.store, "--listen", "127.0.0.1:0"]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, STARTER, part, self._break, "serve", *places], env=environment, stderr=log
            )

    @property
    def url(self) -> str:
        """Where it is, once it listens."""
        found = until(lambda: LISTENS.search(self.said()))
        assert found is not None, self.said()
        return found[1]

    def breaks(self) -> None:
        """From now on its part is broken."""
        self._break.touch()

    def said(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def has_pinged(self) -> bool:
        """Whether its ping was heard."""
        return self._path in self._pings.heard

    def is_silent(self) -> bool:
        """Whether whoever hears its pings says that they have stopped."""
        return time.monotonic() - self._pings.heard[self._path] > GRACE

    def health(self) -> Mapping[str, Any] | None:
        """What /healthz says; None: nothing."""
        with suppress(OSError, HTTPException, ValueError):
            try:
                with urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    found: dict[str, Any] = json.loads(answer.read())
            except HTTPError as refused:
                found = json.loads(refused.read())
            return found
        return None

    def pages(self, words: str) -> bool:
        """Whether somebody got a page with these words."""
        return any(words in mail for mail in list(self.mailbox.mails))

    def close(self) -> None:
        """End it, whatever state it is in."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.mailbox.close()


class Monitors:
    """A Prometheus whose Watchdog always fires, and an Alertmanager that tells a server so, every few seconds."""

    def __init__(self, folder: Path, server: str) -> None:
        folder.mkdir()
        self._ports = free_port(), free_port()
        (folder / "am.yml").write_text(
            "route: {receiver: oncall, group_by: [alertname], group_wait: 0s, group_interval: 2s, "
            "repeat_interval: 3s}\n"
            f"receivers: [{{name: oncall, webhook_configs: [{{url: '{server}/hooks/prod-am', "
            f"http_config: {{authorization: {{credentials: {KEY}}}}}}}]}}]\n"
        )
        (folder / "rules.yml").write_text(
            "groups: [{name: watchdog, rules: [{alert: Watchdog, expr: vector(1), labels: {severity: none}}]}]\n"
        )
        (folder / "prometheus.yml").write_text(
            "global: {evaluation_interval: 2s}\nrule_files: [rules.yml]\n"
            f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{self._ports[0]}']}}]}}]}}\n"
        )
        self._log = (folder / "log").open("wb")
        self.alertmanager = self._started(
            "prometheus-alertmanager", f"--config.file={folder / 'am.yml'}", f"--storage.path={folder / 'am'}",
            f"--web.listen-address=127.0.0.1:{self._ports[0]}", "--cluster.listen-address=",
        )  # fmt: skip
        # How long an alert outlives Prometheus is four times its resend-delay.
        self.prometheus = self._started(
            PROMETHEUS, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self._ports[1]}", "--rules.alert.resend-delay=3s",
        )  # fmt: skip

    def _started(self, *command: str | Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)

    def close(self) -> None:
        """End both."""
        for each in (self.alertmanager, self.prometheus):
            each.kill()
            each.wait(30)
        self._log.close()


def noticed_by(found: Callable[[], bool], limit: float) -> float | None:
    """Seconds until it is found; None: not in time."""
    began = time.monotonic()
    return time.monotonic() - began if until(found, limit) else None


class Outside(threading.Thread):
    """Breaks one part of the world once all of it works, and waits for somebody to notice."""

    def __init__(self, ready: Callable[[], bool], breaks: Callable[[], object], noticed: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._ready, self._breaks, self._noticed = ready, breaks, noticed
        self.seconds: float | None = None
        self.was_ready = False
        self.was_noticed_before = False

    def run(self) -> None:
        """See above."""
        self.was_ready = until(self._ready, 90)
        self.was_noticed_before = self._noticed()
        self._breaks()
        self.seconds = noticed_by(self._noticed, 120)

    def begun(self) -> Self:
        """Start it."""
        self.start()
        return self
