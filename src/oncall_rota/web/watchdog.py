"""The watchdog of a server: a page to nobody, a look through our own door, a ping to the outside; and our peers.

The ping is the only thing that somebody outside hears of us. It is sent when all of that went well, so whatever of us
dies, blocks or stands still ends it: this thread too.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from oncall_rota.intake.routing import NOWHERE
from oncall_rota.notifiers.secret import NoSecret, resolved
from oncall_rota.paging.job import page_data
from oncall_rota.paging.ports.row import PENDING, SYNTHETIC
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Rehearse, Rehearsed
from oncall_rota.paging.signal import Signal
from oncall_rota.paging.vitals import Rehearsal
from oncall_rota.paging.watchdog import EVERY, LOOKS, Clocks, Fetch, Peers, judged, patience, told
from oncall_rota.timeline.clock import SystemClock
from oncall_rota.web.premises import Premises

SOURCE = "watchdog"  # of what it says of peers; a peer's address is the key
ANSWER = 5.0  # seconds for a door of ours, or a peer's
PING = 10.0  # seconds for the ping
TRIES = 3  # of a ping: a lost packet is no silence
GOES = 25.0  # seconds for a page to nobody: two attempts
KEPT = timedelta(minutes=10)  # so long the pages to nobody stay in the store
IDLE = 15.0  # seconds between two looks whether there is anything to do


class Watchdog:
    """Two threads until the end: one for us, one for our peers. `own`: our own door. `alarm`: told sentences.

    `wait`: seconds to wait, and whether it ended by our end.
    """

    def __init__(
        self,
        premises: Premises,
        own: str,
        fetch: Fetch,
        alarm: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._premises = premises
        self._own = own
        self._fetch = fetch
        self._alarm = alarm
        self._monotonic = monotonic
        self._closing = threading.Event()
        self._wait = wait or self._closing.wait
        self._said: tuple[str, ...] = ()
        self._peers = Peers()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("oncall-watchdog", self._run), ("oncall-peers", self._look_on))
        ]

    @property
    def _settings(self) -> Mapping[str, Any]:
        settings: Mapping[str, Any] = self._premises.configuration().settings.watchdog
        return settings

    # -- ourselves

    def _run(self) -> None:
        premises = self._premises
        clocks = Clocks({"on the wall": SystemClock().now, "of the store": premises.now}, self._monotonic)
        wait = 1.0
        while not self._wait(wait):
            try:
                premises.auditor.vitals.clocks = clocks.wrong(wait)
                wait = self.round()
            except Exception as error:  # noqa: BLE001 - a round more or less must not end the watch
                wait = IDLE
                self._say((f"the watchdog cannot look: {type(error).__name__}",))

    def round(self) -> float:
        """One round; seconds until the next."""
        settings = self._settings
        if not settings:
            return IDLE
        every: timedelta = settings.get("every", EVERY)
        wrong: list[str] = []
        if "synthetic" in settings:
            self._premises.auditor.vitals.rehearsal = found = self.rehearsed(settings["synthetic"])
            if not found.well:
                wrong.append(f"a page to nobody did not go out by {settings['synthetic']}: {found.why}")
        if self._premises.auditor.last.at is None:
            wrong.append("the auditor has not looked yet")
        wrong += self._through_our_door() if not wrong else ()
        done = judged(wrong, every)
        if done.pings and "ping" in settings:
            done = judged(self._ping(settings["ping"]), every)
        self._say(done.wrong)
        return done.wait

    def rehearsed(self, channel: str) -> Rehearsal:
        """Send a page to nobody by the desk, the store, a claim and a thread of the channel, and see it end."""
        premises = self._premises
        at = premises.now()
        try:
            reply = premises.submit(Rehearse(secrets.token_hex(8), channel)).result(GOES)
            assert isinstance(reply, Rehearsed)
            until = self._monotonic() + GOES
            while self._monotonic() < until:
                row = premises.store.page(reply.page_id)
                if row is not None and row.state not in PENDING:
                    premises.store.forget(SYNTHETIC, at - KEPT)
                    why = page_data(row.data).why
                    return Rehearsal(at, row.state == "sent", why or row.state)
                if self._wait(0.05):
                    return Rehearsal(at, False, "this process ends")
        except TimeoutError:
            return Rehearsal(at, False, f"the pager decided nothing within {GOES:.0f} s")
        except StoreFailed as error:
            return Rehearsal(at, False, str(error))
        return Rehearsal(at, False, f"it was not sent within {GOES:.0f} s")

    def _through_our_door(self) -> tuple[str, ...]:
        wrong = told(self._fetch, self._own, ANSWER)
        return (f"our own door says: {wrong}",) if wrong else ()

    def _ping(self, written: Any) -> tuple[str, ...]:
        try:
            url = resolved(written).reveal()
        except NoSecret as error:
            return (f"watchdog.ping: {error}",)
        why = ""
        for _ in range(TRIES):
            try:
                status, _body = self._fetch(url, PING)
            except OSError as error:
                why = str(error)
            else:
                if 200 <= status < 300:
                    return ()
                why = f"it was answered {status}"
            if self._wait(1.0):
                break
        return (f"the ping did not arrive: {why}",)

    def _say(self, wrong: tuple[str, ...]) -> None:
        """What is new."""
        if wrong != self._said and not self._closing.is_set():
            self._said = wrong
            self._alarm("the watchdog is silent: " + "; ".join(wrong) if wrong else "the watchdog pings again")

    # -- others

    def _look_on(self) -> None:
        wait = 1.0
        while not self._wait(wait):
            wait = IDLE
            try:
                wait = self.look()
            except StoreFailed:
                continue  # which others say
            except Exception as error:  # noqa: BLE001 - see above
                self._alarm(f"peers cannot be looked at: {type(error).__name__}")

    def look(self) -> float:
        """Look at each peer once; seconds until the next look. Raises `StoreFailed`, `TimeoutError`."""
        settings = self._settings
        peers: list[str] = settings.get("peers", [])
        limit = patience(settings.get("every", EVERY))
        self._peers.keep(peers)
        for peer in peers:
            began = self._monotonic()
            wrong = told(self._fetch, peer, ANSWER)
            verdict = self._peers.seen(peer, wrong, began, limit)
            if verdict == "silent":
                self._alarm(f"{_host(peer)} is not well: {wrong}")
                self._submit(peer, f"the other oncall, {_host(peer)}, is not well: {wrong}", settings.get("team"))
            elif verdict == "back" and self._premises.store.open_by_keys([(SOURCE, peer)]):
                self._submit(peer, f"{_host(peer)} is well", None, over=True)
        return limit / LOOKS

    def _submit(self, peer: str, text: str, team: str | None, over: bool = False) -> None:
        lines = () if team else ("no team is named for it in oncall.yaml (watchdog.team)",)
        signal = Signal(
            SOURCE, peer, text, "resolve" if over else "trigger", team or NOWHERE, lines=lines, cause="a peer's silence"
        )
        self._premises.submit(signal).result(GOES)

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for each in self._threads:
            each.join()


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
