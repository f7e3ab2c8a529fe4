"""A server's watchdog: what its ping stands for, how it watches a peer, and that it cries wolf not once in a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from night import Night, Provider

from oncall_rota.paging.auditor import Audit
from oncall_rota.paging.configuration import Configuration, Settings
from oncall_rota.paging.ports.notifier import Deadline, NotifierError
from oncall_rota.paging.request import Request
from oncall_rota.paging.vitals import Vitals
from oncall_rota.web.health import unwell
from oncall_rota.web.watchdog import SOURCE, Watchdog

PING = "https://hc.example.com/ping/secret"
MINUTE = timedelta(minutes=1)
AUDITED = 10.0  # seconds after a start


class Asked(Provider):
    """A provider that can be asked whether it would take a page. `busy`: it would not, for now; `slow`: seconds."""

    def __init__(self, night: Night, channel: str) -> None:
        super().__init__(night, channel)
        self.busy: NotifierError | None = None
        self.asked = 0

    def rehearse(self, deadline: Deadline) -> str:
        self.asked += 1
        if self.busy is not None:
            raise self.busy
        return "it would"


class NightWatched(Night):
    """A night whose mail can be asked, and whose channels oncall.yaml names."""

    settings = Settings()

    def starts(self) -> None:
        self.providers = {**self.providers, "email": getattr(self, "email", None) or Asked(self, "email")}
        self.email = self.providers["email"]
        super().starts()

    def configuration(self) -> Configuration:
        return super().configuration()._replace(settings=self.settings)


class Server:
    """One server as far as watchdogs go: a real desk on a real store, and an auditor who looks after ten seconds."""

    def __init__(self, world: World, name: str, peers: list[str]) -> None:
        self.world, self.name, self.up = world, name, True
        self.night = NightWatched(world.folder / f"{name[-1]}.db")
        watchdog = {"ping": {"env": "PING_URL"}, "every": MINUTE, "synthetic": "email", "peers": peers}
        self.night.settings = Settings(watchdog=watchdog)
        self.said: list[str] = []
        self.starts()

    def starts(self) -> None:
        """The process begins."""
        self.up, self.began = True, self.world.seconds
        self.auditor = SimpleNamespace(last=Audit(None, 0, "", 0.0), vitals=Vitals(lambda: self.world.seconds))
        self.crew = SimpleNamespace(died=SimpleNamespace(is_set=lambda: False), ticked=float("inf"), stuck=tuple)
        self.premises: Any = SimpleNamespace(
            submit=self._submitted,
            store=self.night.store,
            configuration=self.night.configuration,
            auditor=self.auditor,
            crew=self.crew,
            now=self.night.store.now,
        )
        self.watchdog = Watchdog(
            self.premises, self.name, self.world.fetch, self.said.append, lambda: self.world.seconds, self.world.wait
        )
        self.rounds_at = self.looks_at = self.began + 1

    def _submitted(self, request: Request) -> Future[Any]:
        future: Future[Any] = Future()
        reply = self.night.takes(request)
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)
        return future

    def passes(self) -> None:
        """Whatever it is time for."""
        if not self.up:
            return
        now = self.world.seconds
        if now - self.began >= AUDITED:
            self.auditor.last = Audit(self.night.clock.at, len(self.night.store.due(1, timedelta(seconds=30))), "", 0.0)
        if now >= self.rounds_at:
            self.rounds_at = now + self.world.slow + self.watchdog.round()
        if now >= self.looks_at:
            self.looks_at = now + self.watchdog.look()

    def pages_about_peers(self) -> list[str]:
        """What it has said of others."""
        rows = self.night.store.incidents(("triggered", "acknowledged", "resolved"))
        return [row.key for row in rows if row.source == SOURCE]


class World:
    """Two servers that watch each other, and somebody outside who hears the pings of one, with a minute of grace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = 0.0
        self.slow = 0.0  # seconds that a provider takes
        self.lost = 0  # pings that get lost, one after the other
        self.pings: list[float] = []
        self.servers: dict[str, Server] = {}
        self.servers = {name: Server(self, name, [other]) for name, other in (("https://a", "https://b"),)}
        self.servers["https://b"] = Server(self, "https://b", ["https://a"])
        self.a, self.b = self.servers.values()

    def wait(self, seconds: float) -> bool:
        """Nobody sleeps."""
        return False

    def fetch(self, url: str, seconds: float) -> tuple[int, bytes]:
        """The web as it is now."""
        if url == PING:
            if self.lost:
                self.lost -= 1
                raise OSError("it got lost")
            self.pings.append(self.seconds)
            return 200, b""
        server = self.servers[url.removesuffix("/healthz")]
        if not server.up:
            raise OSError("refused")
        wrong = unwell(server.premises)
        return 503 if wrong else 200, json.dumps({"well": not wrong, "unwell": wrong}).encode()

    def passes(self, seconds: int) -> None:
        """Time passes, second by second for watchdogs, and every ten for whoever is paged."""
        for _ in range(seconds):
            self.seconds += 1
            for server in self.servers.values():
                server.night.clock.at += timedelta(seconds=1)
                if server.up and not self.seconds % 10:
                    server.night._perform(server.night.pager.tick())
                server.passes()

    def longest_silence(self) -> float:
        """Seconds between two pings, or since the last one."""
        heard = [*self.pings, self.seconds]
        return max(after - before for before, after in pairwise(heard))

    def is_quiet(self) -> bool:
        """Whether nobody has been alarmed: by the pings, or by the peers."""
        return self.longest_silence() <= 120 and not (self.a.pages_about_peers() or self.b.pages_about_peers())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Both have been well for five minutes; both ping, and only one is heard outside."""
    monkeypatch.setenv("PING_URL", PING)
    made = World(tmp_path)
    made.b.night.settings = Settings(watchdog={**made.b.night.settings.watchdog, "ping": {"env": "NONE"}})
    monkeypatch.setenv("NONE", "https://a")
    made.passes(300)
    yield made
    for each in made.servers.values():
        each.night.close()


def test_a_day_of_restarts_deployments_and_slow_providers_alarms_nobody(world: World) -> None:
    """24 hours: incidents that are taken, a restart in each three, two deployments, a provider that is slow or busy."""
    opened = 0
    for hour in range(24):
        for minute in range(0, 60, 20):
            found = world.a.night.signal(f"disk-{hour}-{minute}")
            opened += 1
            world.slow = 9.0 if minute == 20 else 0.0
            world.lost = 2 if minute == 40 else 0
            world.passes(100)
            world.a.night.resolves("alice", found.incident_id)
            if minute == 20:  # greylisted, or a connection too many
                world.a.night.email.busy = NotifierError("mail was answered 451")
                world.passes(20)
                world.a.night.email.busy = None
            if not hour % 3 and minute == 0:
                _down(world, world.a, 8)
            if hour in (10, 16) and minute == 40:
                for each in (world.a, world.b):
                    _down(world, each, 45)
            world.passes(1200 - 100)
        assert world.is_quiet(), (hour, world.longest_silence(), world.a.said[-4:], world.b.said[-4:])
    assert opened == 72
    assert len(world.pings) > 1300


def _down(world: World, server: Server, seconds: int) -> None:
    server.up = False
    world.passes(seconds)
    server.starts()


@pytest.mark.parametrize("part", ["provider", "store", "late", "thread", "clock", "process"])
def test_on_such_a_day_a_part_that_breaks_is_noticed(world: World, part: str) -> None:
    """Within two minutes: by the ping that does not come, or by the peer."""
    world.passes(600)
    assert world.is_quiet()
    if part == "provider":
        world.a.night.email.busy = NotifierError("mail was answered 530", permanent=True)
    elif part == "store":
        world.a.night.disk.broken = "full"
    elif part == "late":
        world.a.crew.died = SimpleNamespace(is_set=lambda: True)
    elif part == "thread":
        world.a.auditor.vitals.expect("auditor", 45.0)
    elif part == "clock":
        world.a.auditor.vitals.clocks = "the clock of the process stands still"
    else:
        world.a.up = False
    world.passes(121)
    assert not world.is_quiet()


def test_a_peer_that_is_silent_pages_once_and_is_over_when_it_is_back(world: World) -> None:
    """By whoever is told when nobody's policy is: the last resort; even when we are started anew meanwhile."""
    world.a.up = False
    world.passes(600)
    assert world.b.pages_about_peers() == ["https://a"]
    (row,) = world.b.night.store.incidents()
    assert "is not well: refused" in row.data
    world.b.starts()
    world.a.starts()
    world.passes(60)
    assert world.b.night.store.incidents() == ()
    assert world.b.pages_about_peers() == ["https://a"]


def test_pages_to_nobody_are_in_no_list_and_are_cleared_away(world: World) -> None:
    """They reach nobody, leave no decision behind, and no more than those of ten minutes are kept."""
    world.passes(3600)
    night = world.a.night
    assert night.email.asked > 60
    assert night.sent == []
    every = ("held", "triggered", "acknowledged", "resolved", "recorded")
    assert night.store.incidents(every) == ()
    assert night.store.forget("oncall/synthetic", datetime.max.replace(tzinfo=night.clock.at.tzinfo)) <= 12


def test_without_a_store_nothing_is_rehearsed(world: World) -> None:
    """What is in memory alone was not taken in, and a page to nobody is no exception."""
    world.a.night.disk.broken = "read-only"
    found = world.a.watchdog.rehearsed("email")
    assert (found.well, found.why) == (False, "cannot use the store: read-only")
