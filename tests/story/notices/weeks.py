"""Weeks of a team in a few words: files that people edit, a server beside them, and what lands on the phones.

The pager, its store, the reading of files and the looking for notices are the real ones; only the clock is turned.
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from night import Night

from oncall_rota import wiring
from oncall_rota.config.keeper import Keeper
from oncall_rota.paging.configuration import Configuration
from oncall_rota.timeline.duration import parse
from oncall_rota.web.notices import Notices

PAYMENTS = """\
team: payments
timezone: Europe/London
rotation:
  people: [alice, bob, carol]
  every: week
  handoff: monday 09:00
  starting: 2026-06-15
escalation:
  - {notify: primary, wait: 5m}
"""
PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900001"}
bob: {name: Bob Brown, email: bob@example.com, push: bob-push, phone: "+447700900002"}
carol: {name: Carol Chen, email: carol@example.com, timezone: America/New_York}
dave: {name: Dave Dunn, email: dave@example.com}
"""
SETTINGS = """\
server: {public_url: https://oncall.example.com}
notifiers:
  push: {type: ntfy, to: push, url: https://ntfy.example.com}
  email: {type: smtp, host: mx.example.com, from: oncall@example.com}
  sms: {type: twilio-sms, to: phone, from: "+441632960001", account: {env: SID}, token: {env: TOKEN}}
notices: {handoff: 1h, changes: 8w, via: [push, email]}
"""


class Phone:
    """What one person gets quietly, by any channel; in order of time."""

    def __init__(self) -> None:
        self.inbox: list[tuple[str, str, tuple[str, ...]]] = []

    def expects_notice(self, text: str, *lines: str, by: str = "") -> None:
        """The next notice says that, in its line and in those below it."""
        assert self.inbox, "no notice came"
        channel, summary, below = self.inbox.pop(0)
        assert text in summary, summary
        for line in lines:
            assert any(line in each for each in below), below
        assert by in ("", channel), channel

    def expects_nothing(self) -> None:
        """It is silent."""
        assert self.inbox == []


class Weeks(Night):
    """A server that follows the folder. Without `look`ing every second: twice a minute is as often as it matters."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "rotations"
        self.folder.mkdir()
        self.phones: dict[str, Phone] = {}
        self.read = 0
        for name, text in (("payments", PAYMENTS), ("people", PEOPLE), ("oncall", SETTINGS)):
            self.writes(name, text)
        super().__init__(path / "oncall.db")

    def writes(self, name: str, text: str) -> None:
        """Somebody edits a file."""
        (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    def edits(self, name: str, old: str, new: str) -> None:
        """Somebody changes a few words in a file."""
        text = (self.folder / f"{name}.yaml").read_text(encoding="utf-8")
        assert old in text, text
        self.writes(name, text.replace(old, new))

    def starts(self) -> None:
        self.keeper: Keeper | None = None
        super().starts()
        self.keeper = Keeper(self.folder, wiring.notifiers(), self.store, self.clock, overrides=self.store)
        said = self.keeper.refresh()
        assert said == (), said
        self.servers = [self.server()]

    def restarts(self, after: str = "0s") -> None:
        """The process ends, and some time later there is a new one."""
        self.close()
        self.clock.at += parse(after)
        self.starts()

    def server(self) -> Notices:
        """What looks for notices, of one server."""
        premises: Any = SimpleNamespace(
            store=self.store, configuration=self.configuration, now=self.store.now, submit=self.submit
        )
        return Notices(premises, self.alarms.append)

    def submit(self, request: Any) -> Future[Any]:
        """As the crew's, at once."""
        future: Future[Any] = Future()
        future.set_result(self.takes(request))
        return future

    def configuration(self) -> Configuration:
        if self.keeper is None:
            return super().configuration()
        return self.keeper.current

    def passes(self, span: str, step: str = "30s") -> None:
        """Time passes."""
        until = self.clock.at + parse(span)
        while self.clock.at < until:
            self.clock.at = min(until, self.clock.at + parse(step))
            assert self.keeper is not None
            self.keeper.refresh()
            self._perform(self.pager.tick())
            for server in self.servers:
                server.look()
        self._deliver()

    def until(self, text: str, step: str = "30s") -> None:
        """Time passes until then, UTC."""
        span = datetime.fromisoformat(text).replace(tzinfo=UTC) - self.clock.at
        assert span > timedelta(0)
        self.passes(f"{int(span.total_seconds())}s", step)

    def _deliver(self) -> None:
        for each in self.sent[self.read :]:
            if each.message.kind == "notice":
                who = each.address.removesuffix("-push").removesuffix("@example.com")
                self.phone(who).inbox.append((each.channel, each.message.summary, each.message.lines))
        self.read = len(self.sent)

    def phone(self, who: str) -> Phone:
        """Somebody's phone."""
        return self.phones.setdefault(who, Phone())

    def silent(self, *but: str) -> None:
        """Nobody's phone has anything unread, but for these."""
        assert {who for who, phone in self.phones.items() if phone.inbox} <= set(but), {
            who: phone.inbox for who, phone in self.phones.items()
        }
