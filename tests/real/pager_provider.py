"""The other side of every channel of `pager_worker`, on loopback: each takes pages, and notes which it has taken."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from fake_twilio import TOKEN, FakeTwilio


class Taken:
    """Which pages were taken, and how often: by incident and page. `slowest`: an answer comes after a while of at
    most so many seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pages: dict[str, Counter[str]] = {}  # by incident
        self.at: dict[str, list[float]] = {}  # by page: seconds of `time.monotonic`
        self.arrived = threading.Condition(self._lock)
        self.slowest = 0.0
        self.over = threading.Event()

    def note(self, page_id: str) -> None:
        """A page was taken. Its id begins with its incident's."""
        with self.arrived:
            self.pages.setdefault(page_id.partition("-")[0], Counter())[page_id] += 1
            self.at.setdefault(page_id, []).append(time.monotonic())
            self.arrived.notify_all()

    def of(self, incident_id: str) -> Counter[str]:
        """How often each page of an incident was taken."""
        with self._lock:
            return Counter(self.pages.get(incident_id, {}))

    def pause(self) -> None:
        """Before an answer, in a thread of its own."""
        if self.slowest:
            self.over.wait(random.uniform(0, self.slowest))


class Twilio(FakeTwilio):
    """Its list is up to date to the second."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        super().__init__()
        _hardened(self._http)

    @property
    def now(self) -> datetime:
        """When a message is made."""
        return datetime.now(UTC)

    @now.setter
    def now(self, _: datetime) -> None:
        """The time is what it is."""

    def answer(self, *request: Any) -> Any:
        """With a pause, in which a client may die."""
        found = super().answer(*request)
        self._taken.pause()
        return found

    def add(self, letters: str, kept: Any, number: str, form: dict[str, list[str]], age: int = 0) -> dict[str, Any]:
        """A message or a call, which arrives at once."""
        made = super().add(letters, kept, number, form, age)
        made["status"] = "delivered" if letters == "SM" else "completed"
        self._taken.note(parse_qs(urlsplit(form["StatusCallback"][0]).query)["page"][0])
        return made


class Providers:
    """All of them, each in threads of its own. `urls`: what an order to the nursery says of them."""

    def __init__(self) -> None:
        self.taken = Taken()
        self._end = ExitStack()
        self.urls: dict[str, Any] = {}

    def __enter__(self) -> Self:
        http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.taken))
        _hardened(http)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self._end.callback(thread.join)
        self._end.callback(http.shutdown)
        self._end.callback(http.server_close)
        self.twilio = twilio = self._end.enter_context(Twilio(self.taken))
        mail = _Mail(_Mailbox(self.taken), "127.0.0.1", 0, ident="mail of the tests")
        logging.getLogger("mail.log").disabled = True  # aiosmtpd's own words are not ours
        mail.start()
        self._end.callback(mail.stop)
        self.urls = {"http": f"http://127.0.0.1:{http.server_port}", "twilio": twilio.url, "smtp": mail.port}
        return self

    def __exit__(self, *_: object) -> None:
        self.taken.over.set()
        self._end.close()

    def order(self, store: str) -> dict[str, Any]:
        """What a worker on a store is told."""
        return {"store": store, "urls": self.urls, "token": TOKEN}


def _hardened(server: ThreadingHTTPServer) -> None:
    """Many clients may come at once, and one that died in the middle of a word is what is tested here."""
    server.socket.listen(128)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]


def _handler(taken: Taken) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Webhooks, and Slack's one method."""

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of the tests."""

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            data = self.rfile.read(length)
            if len(data) < length:
                return  # half of a page: its sender died
            key = self.headers.get("Idempotency-Key")
            taken.note(key or json.loads(data)["metadata"]["event_payload"]["page_id"])
            taken.pause()
            body = b"" if key else b'{"ok": true, "ts": "1.2"}'
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

    return Handler


class _Mailbox:
    """An aiosmtpd handler that takes every mail."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's
        """The mail, with the same id each time."""
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content)
        page_id = mail["X-Oncall-Page"]
        assert mail["Message-ID"] == f"<oncall-{page_id}@example.com>"
        self._taken.note(page_id)
        return "250 OK"


class _Mail(Controller):
    """aiosmtpd's own start checks the port that it was told."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
