"""A pager on a real store with real notifiers, to be killed: it says what it has taken in, and sends what it must.

`python pager_worker.py [SHORTER]` is a nursery: it imports everything once, reads orders from the socket that is its
standard input, and becomes by `fork` one worker for each, so that a worker lives within milliseconds. An order is a
JSON object and two file descriptors, the worker's standard input and output. SHORTER: lease, attempt and ticks are
that many times shorter than in the product, as are the freezes of the test.

A worker reads lines of words: `signal KEY TEAM` is answered by `ok KEY INCIDENT` once the decision is on disk, or `no
KEY WHY`; `resolve KEY TEAM` likewise; `settle [now]` by `settled` when no page is on its way; `threads` by their names
and numbers. It begins with `ready`, says `alarm …` in between, and on SIGTERM closes and says `end`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened
    from oncall_rota.paging.configuration import Configuration
    from oncall_rota.paging.ports.notifier import Notifier
    from oncall_rota.paging.request import Reply

CHANNELS = {"hook": "webhook", "sms": "twilio-sms", "call": "twilio-voice", "email": "smtp", "chat": "slack"}
PEOPLE = 3  # of each channel; whoever is `sms3` has a team of the same name, and is paged by SMS alone
SPANS = {  # what is made shorter: before anything else is imported, as some of it is taken over by name
    "oncall_rota.paging.ports.store": ("LEASE",),
    "oncall_rota.paging.ports.notifier": ("ATTEMPT", "LOOK_UP"),
    "oncall_rota.paging.delivery": ("SOON", "TURN"),
    "oncall_rota.paging.crew": ("TICK",),
    "oncall_rota.paging.fallback": ("AGAIN", "READ"),
}
LOADED = (  # the libraries of the notifiers, which are otherwise imported in the worker
    "oncall_rota.control.owner",
    "oncall_rota.notifiers.webhook",
    "oncall_rota.notifiers.smtp",
    "oncall_rota.notifiers.slack",
    "oncall_rota.notifiers.twilio_sms",
    "oncall_rota.notifiers.twilio_voice",
    "oncall_rota.store.sqlite",
    "oncall_rota.store.postgresql",
    "twilio.request_validator",
    "twilio.rest.api.v2010.account.call",
    "twilio.rest.api.v2010.account.message",
    "twilio.twiml.voice_response",
    "slack_sdk.signature",
    "slack_sdk.models.blocks",
    "psycopg",
)


def shorten(by: float) -> None:
    """Divide the spans."""
    for module, names in SPANS.items():
        found = importlib.import_module(module)
        for name in names:
            setattr(found, name, getattr(found, name) / by)


# -- the world that it pages


def settings(urls: Mapping[str, Any]) -> Configuration:
    """Teams of one person each, who is paged at once by one channel. `urls`: of the providers."""
    from oncall_rota.paging.configuration import Configuration
    from oncall_rota.paging.model import Channel, PersonTarget, Policy, Reach, Rule, Severity, Step, TeamPaging
    from oncall_rota.paging.world import Configured
    from oncall_rota.schedule.model import Source

    here = Source("oncall.yaml", 1)
    to = {"hook": "name", "sms": "phone", "call": "phone", "email": "email", "chat": "slack"}
    twilio = {"from": "+441632960001", "account": "AC" + "0" * 32, "token": {"env": "TOKEN"}, "url": urls["twilio"]}
    options: dict[str, dict[str, object]] = {
        "hook": {"url": urls["http"], "secret": {"env": "TOKEN"}, "allow_private": ["127.0.0.0/8"]},
        "sms": twilio,
        "call": twilio,
        "email": {"host": "127.0.0.1", "port": str(urls["smtp"]), "from": "oncall@example.com", "tls": "no"},
        "chat": {"token": {"env": "TOKEN"}, "url": urls["http"]},
    }
    channels = {name: Channel(name, kind, to[name], options[name]) for name, kind in CHANNELS.items()}
    people: dict[str, Reach] = {}
    teams: dict[str, TeamPaging] = {}
    for number, channel in enumerate(CHANNELS):
        for index in range(PEOPLE):
            name = f"{channel}{index}"
            place = {
                "name": name,
                "phone": f"+44163296{number}{index:03}",
                "email": f"{name}@example.com",
                "slack": f"U{number}{index:07}",
            }[to[channel]]
            people[name] = Reach(name, name, (Rule(timedelta(0), (channel,)),), {channel: place})
            policy = Policy((Step((PersonTarget(name),), timedelta(hours=1), here),))
            teams[name] = TeamPaging(name, "UTC", {"critical": Severity(policy, None)}, timedelta(hours=1))
    public_url = "https://oncall.example.com"
    return Configuration(Configured(teams, people, None, {}), channels, resolved=False, public_url=public_url)


class Settled:
    """A configuration that stays as it is."""

    def __init__(self, found: Configuration) -> None:
        self._found = found

    def begin(self) -> None:
        """It was read."""

    def refresh(self) -> tuple[str, ...]:
        """Nothing is new."""
        return ()

    def __call__(self) -> Configuration:
        return self._found


def opened(order: Mapping[str, Any], alarm: Callable[[str], None]) -> AbstractContextManager[Opened]:
    """A whole pager, put together as `oncall pager run` does."""
    from oncall_rota.control.owner import owned
    from oncall_rota.control.place import socket_path
    from oncall_rota.notifiers.registry import make
    from oncall_rota.paging.steady import SteadyClock
    from oncall_rota.store import SCHEMES, open_store

    found = settings(order["urls"])
    clock = SteadyClock()
    made: dict[str, Notifier] = {}
    making = threading.Lock()

    def notifier(name: str) -> Notifier:
        with making:
            if name not in made:
                made[name] = make(found.channels[name], found.public_url, environ={"TOKEN": order["token"]})
            return made[name]

    socket = None if order["store"].startswith(SCHEMES) else socket_path(Path(order["store"]))
    store = open_store(order["store"], clock, "worker")
    return owned(store, Settled(found), notifier, alarm, clock, drive="all", name="worker", socket=socket)


# -- its ears and mouth


def say(*words: object) -> None:
    """A line, in one write: nobody hears half of one."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Worker:
    """Takes lines in until its standard input ends, or it is told to stop."""

    def __init__(self, opened: Opened, born: float) -> None:
        assert opened.crew is not None
        self._answers: SimpleQueue[tuple[str, Future[Reply]]] = SimpleQueue()
        self._born = born
        self._crew = opened.crew

    def run(self) -> None:
        """Until SIGTERM."""
        for name, target in (("answers", self._answer), ("ears", self._hear)):
            threading.Thread(target=target, name=name, daemon=True).start()
        say("ready")
        signal.sigwait({signal.SIGTERM})

    def _hear(self) -> None:
        for line in sys.stdin:
            word, *rest = line.split()
            getattr(self, word)(*rest)

    def signal(self, key: str, team: str, kind: Any = "trigger") -> None:
        """A monitor says something."""
        from oncall_rota.paging.signal import Signal

        future = self._crew.submit(Signal("prod-am", key, f"disk full {key}", kind, team))
        future.add_done_callback(lambda done: self._answers.put((key, done)))

    def resolve(self, key: str, team: str) -> None:
        """A monitor says that it is over."""
        self.signal(key, team, "resolve")

    def settle(self, since: str = "birth") -> None:
        """Wait until whatever was taken over, too, is sent and written down. `since`: or `now`, as a peer may die."""
        from oncall_rota.paging.ports.row import PENDING

        store = self._crew.pager.store
        began = self._born if since == "birth" else time.monotonic()
        while self._crew.ticked <= began:
            time.sleep(0.002)
        while True:
            self._crew.settle(10)
            pages = [page for row in store.incidents(limit=1_000_000) for page in store.pages(row.id)]
            if not any(page.state in PENDING for page in pages):
                break
            time.sleep(0.02)
        say("settled", " ".join(f"{page.id}={page.state}" for page in pages if page.state != "sent"))

    def threads(self) -> None:
        """Who is who."""
        say("threads", " ".join(f"{each.name}={each.native_id}" for each in threading.enumerate()[1:]))

    def _answer(self) -> None:
        while True:
            key, future = self._answers.get()
            error = future.exception()
            if error is not None:
                say("no", key, type(error).__name__, getattr(error, "reason", error))
            else:
                say("ok", key, future.result().incident_id or "-")  # type: ignore[union-attr]


# -- the nursery


def nursery(orders: socket.socket) -> None:
    """Bear a worker for each order, until nobody orders any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever ordered them sees them end
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # every thread of theirs, and one waits for it
    while True:
        data, handles, _, _ = socket.recv_fds(orders, 65536, 2)
        if not data:
            return
        child = os.fork()
        if not child:
            orders.close()
            _become(json.loads(data), handles)
        for handle in handles:
            os.close(handle)
        orders.sendall(f"{child}\n".encode())


def _become(order: Mapping[str, Any], handles: Iterable[int]) -> NoReturn:
    try:
        for target, handle in enumerate(handles):
            os.dup2(handle, target)
            os.close(handle)
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for the rest of its life
        born = time.monotonic()
        with opened(order, lambda text: say("alarm", text)) as pager:
            Worker(pager, born).run()
        say("end")
    except BaseException:
        with contextlib.suppress(OSError):
            say("died", traceback.format_exc(limit=-3).replace("\n", " "))
        raise
    sys.exit()  # as any program: the threads that still send are waited for


if __name__ == "__main__":
    shorten(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for name in LOADED:
        importlib.import_module(name)
    nursery(socket.socket(fileno=0))
