"""A whole server without a thread or a socket: the pager of the stories, behind the real doors.

`asks` is one request as ASGI has it. Time stands still unless `night.passes` says otherwise.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode, urlsplit

from night import Disk, Night

from oncall_rota.notifiers.http_door import Response
from oncall_rota.paging.auditor import Audit
from oncall_rota.paging.configuration import Configuration, Settings
from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.hearing import Hearing
from oncall_rota.paging.link import Links
from oncall_rota.paging.office import StoreOffice
from oncall_rota.paging.pager import Pager
from oncall_rota.paging.ports.notifier import Notifier, NotifierError
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Request
from oncall_rota.paging.token import TokenAsked, TokenKept, added, digest_of
from oncall_rota.paging.vitals import Vitals
from oncall_rota.schedule.model import Team
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.web.access_gate import Gate
from oncall_rota.web.access_token import Tokens
from oncall_rota.web.app import DOORS, application
from oncall_rota.web.door import Door
from oncall_rota.web.feed_kept import Feeds
from oncall_rota.web.fetching import Fetching
from oncall_rota.web.premises import Premises, Routings
from oncall_rota.web.query_now import Present
from oncall_rota.web.together import Together

PUBLIC = "https://oncall.example.com"
Pieces = Sequence[bytes | None]
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class NightOfLinks(Night):
    """A night whose server has an address."""

    settings = Settings()
    teams: Mapping[str, Team] = {}  # of the configuration, for what looks there
    runbook = "https://runbooks.example.com/checkout"

    def configuration(self) -> Configuration:
        found = super().configuration()
        return found._replace(
            public_url=PUBLIC,
            settings=self.settings,
            teams=self.teams,
            people=self.field.people,
            runbooks={("payments", "checkout"): self.runbook},
        )

    def starts(self) -> None:
        self.disk = Disk(SqliteStore(self.path, self.clock))
        self.store = FallbackStore(self.disk, self.clock.now, monotonic=self.clock.monotonic)  # type: ignore[arg-type]
        links = Links(self.store, self.configuration, self.clock.monotonic)
        desk = Desk(self.store, self.configuration, self.token, self.clock.monotonic, sign=links)
        self.pager = Pager(desk, self.providers.__getitem__, monotonic=self.clock.monotonic)
        self._perform(self.pager.begin())

    def link_to(self, who: str, number: int = -1) -> str:
        """The path of the link that somebody got with a page."""
        ack_url = self.to(who)[number].message.ack_url
        assert ack_url is not None
        return ack_url.removeprefix(PUBLIC)


class House:
    """`doors`: in place of the real ones."""

    def __init__(self, night: NightOfLinks, doors: Sequence[Door] = DOORS) -> None:
        self.night = night
        self.doors = doors
        self.submitted: list[Request] = []
        self.client = ("192.0.2.7", 40000)
        self.internet: dict[str, Response] = {}
        self.fetched: list[str] = []
        self.silent = False  # the desk never answers
        self.stops = False  # the desk has ended
        given: dict[str, Any] = {
            "submit": self.submit,
            "office": StoreOffice(night.store, self.submit),
            "hearing": Hearing(night.store, self.submit, night.configuration),
            "store": night.store,
            "configuration": night.configuration,
            "notifier": self.notifier,
            "crew": SimpleNamespace(
                died=threading.Event(), ticked=time.monotonic(), waiting=0, pager=night.pager, stuck=tuple
            ),
            "auditor": SimpleNamespace(last=Audit(None, 0, "", 0.0), vitals=Vitals()),
            "started_at": night.clock.at,
            "gate": Gate(night.store, night.configuration, night.clock.now, night.clock.monotonic),
            "routing": Routings(),
            "present": Present(),
            "together": Together(self.submit),
            "fetching": Fetching(self.fetch),
            "feeds": Feeds(night.store, night.clock.now, monotonic=night.clock.monotonic),
        }
        self.premises = Premises(**{name: given[name] for name in Premises._fields})
        self._application = application(self.premises, doors)
        self.metrics = self._application.state.metrics
        self._runner = asyncio.Runner()

    def submit(self, request: Request) -> Future[Any]:
        """As the crew's, at once."""
        self.submitted.append(request)
        future: Future[Any] = Future()
        if self.silent:
            return future
        if self.stops:
            future.set_exception(StoreFailed("closed", "the pager has ended"))
            return future
        try:
            reply = self.night.takes(request)
            if isinstance(reply, Exception):
                raise reply
            future.set_result(reply)
        except Exception as error:  # noqa: BLE001 - as the crew's
            future.set_exception(error)
        return future

    def notifier(self, channel: str) -> Notifier:
        """A channel's provider."""
        found: Any = self.night.providers[channel]
        return found

    def fetch(self, url: str) -> Response:
        """What is at an address of the internet: nothing but what a test has put there; `*`: everywhere else."""
        self.fetched.append(url)
        found = self.internet.get(url) or self.internet.get("*")
        if found is None:
            raise NotifierError("no such host")
        return found

    def close(self) -> None:
        """End the loop."""
        self._runner.close()

    def token(self, scope: str, **more: Any) -> tuple[str, TokenKept]:
        """A token that is kept, and what is told of it."""
        text = f"token-of-{scope}-{len(self.night.store.tokens())}"
        label = more.pop("label", scope)
        return text, added(self.night.store, TokenAsked(scope, digest_of(text).hex(), label, **more))

    def form(self, subject: str) -> str:
        """The hidden field of a form that was given out."""
        return self._runner.run(self.premises.gate.forms.new(subject))

    def settles(self) -> None:
        """What was begun in passing has ended."""
        self._runner.run(self._settled())

    async def _settled(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)

    def tokens(self) -> Tokens:
        """Those in memory."""
        return self._runner.run(self.premises.gate.tokens.get())

    def asks(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | Pieces = b""
    ) -> Answer:
        """One request. `body` in pieces: its length is not told before; None is one that never comes."""
        return self._runner.run(self._ask(method, address, headers or {}, body))

    def posts(self, address: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """A form, as a browser sends it."""
        return self.asks("POST", address, {**FORM, **(headers or {})}, urlencode(fields).encode())

    async def _ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes | Pieces) -> Answer:
        parts = urlsplit(address)
        told = {"content-length": str(len(body))} if isinstance(body, bytes) else {"transfer-encoding": "chunked"}
        named = {"host": "oncall.example.com", **told, **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()],
            "client": self.client,
            "server": ("oncall.example.com", 443),
        }
        waiting = [body] if isinstance(body, bytes) else list(body)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not waiting:
                return {"type": "http.disconnect"}
            piece = waiting.pop(0)
            if piece is None:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        await self._application(scope, receive, send)
        names = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], names, b"".join(each.get("body", b"") for each in sent[1:]))
