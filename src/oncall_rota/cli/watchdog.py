"""`oncall watchdog`: servers seen from outside, by a process that needs none of them."""

from __future__ import annotations

import json as json_
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from oncall_rota.cli.option import Dir, Json
from oncall_rota.cli.server_office import SERVER
from oncall_rota.cli.setting import present, rotations
from oncall_rota.cli.terminal import say, warn
from oncall_rota.config import load, paging
from oncall_rota.errors import FolderNotFound, OncallError, UsageError
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.model import CRITICAL
from oncall_rota.paging.watchdog import LOOKS, Peers, patience, told
from oncall_rota.rendering.text import instant, term_safe, tsv_row
from oncall_rota.timeline.duration import parse
from oncall_rota.timeline.zone import epoch

if TYPE_CHECKING:
    from oncall_rota.config import Catalog
    from oncall_rota.remote.address import Address

PAGED = "paged"
ANSWER, PING = 5.0, 10.0  # seconds for a server, and for whoever hears our ping


class Asked(NamedTuple):
    """What is to be watched. `catalog` None: there is no folder. `ping`: what oncall.yaml says of it, or None."""

    servers: tuple[Address, ...]
    every: timedelta
    catalog: Catalog | None
    ping: Any


def watchdog(
    servers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVER]...", help=f"Servers; else ${SERVER}, else server.public_url.", show_default=False
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and leave, as for cron; 1 when one is not well.")
    ] = False,
    ping: Annotated[bool, typer.Option("--ping", help="Ping watchdog.ping of oncall.yaml while all are well.")] = False,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Page the last resort when one is not well for long.")
    ] = True,
    every: Annotated[str, typer.Option("--every", metavar="SPAN", help="How often.")] = "1m",
    json: Json = False,
    dir_: Dir = None,
) -> None:
    """Watch servers from outside, in the foreground, until SIGTERM or Ctrl-C.

    Examples:
      oncall watchdog --once || mail -s 'oncall is not well' ops@example.com
      oncall watchdog https://oncall-a.example.com https://oncall-b.example.com
      oncall watchdog --once --ping           from cron, on another machine

    It asks each server's /healthz. One that does not answer, or is not well, for 90 s (or three times --every, when
    that is less) is told to the last resort of the rotation files, once, straight from here: no server is needed for
    that. A server that has a watchdog: in its oncall.yaml pings by itself; --ping is for one that cannot.
    A line for each server, when something is new: when, server, well or unwell, and why; --json: an object each.
    """
    asked = _asked(servers, every, dir_)
    if ping and asked.ping is None:
        raise UsageError("--ping: oncall.yaml names no address", "add watchdog: {ping: {env: PING_URL}}")
    watch = _Watch(asked, ping=ping, page=page and not once, json=json)
    if once:
        watch.look()
        if watch.wrong:
            raise OncallError(f"{', '.join(sorted(watch.wrong))} not well")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    say(f"watches {', '.join(each.host for each in asked.servers)}")
    while True:
        watch.look()
        if stop.wait(watch.limit / LOOKS):
            return


def _asked(servers: Sequence[str] | None, every: str, dir_: str | None) -> Asked:
    from oncall_rota.remote.address import address
    from oncall_rota.wiring import notifiers

    try:
        span = parse(every)
    except ValueError as error:
        raise UsageError(f"--every: {error}") from None
    catalog, settings, public = None, {}, None
    try:
        catalog, _ = load(rotations(dir_))
    except FolderNotFound:
        if dir_:
            raise
        warn("there are no rotation files: nobody can be paged from here", "--dir names a folder")
    else:
        found = paging(catalog, notifiers())
        settings, public = found.watchdog, found.server.get("public_url")
    named = list(servers or filter(None, [os.environ.get(SERVER, "").strip() or public]))
    if not named:
        raise UsageError("no server is named", f"write its address, or set ${SERVER}")
    return Asked(tuple(map(address, named)), span, catalog, settings.get("ping"))


class _Watch:
    """Looks. `wrong`: servers that were not well when it looked last, and why."""

    def __init__(self, asked: Asked, *, ping: bool, page: bool, json: bool) -> None:
        self._asked, self._ping, self._page, self._json = asked, ping, page, json
        self._peers = Peers()
        self._pinged: float | None = None
        self._said: dict[str, str] = {}
        self.wrong: dict[str, str] = {}
        self.limit = patience(asked.every)

    def look(self) -> None:
        """Ask each server, and tell what is new."""
        from oncall_rota.wiring.outbound import fetched

        self.wrong = {}
        for each in self._asked.servers:
            wrong = told(fetched, each.url, ANSWER)
            if wrong:
                self.wrong[each.host] = wrong
            if self._said.get(each.host) != wrong:
                self._said[each.host] = wrong
                self._tell(each.host, "unwell" if wrong else "well", wrong)
            verdict = self._peers.seen(each.url, wrong, time.monotonic(), self.limit)
            if verdict == "silent" and self._page and self._asked.catalog is not None:
                what, ways = _paged(self._asked.catalog, f"the server {each.host} is not well: {wrong}")
                self._tell(each.host, what, ways)
                if what != PAGED:
                    self._peers.untold(each.url)
        if self._ping and not self.wrong:
            self._pings(fetched)

    def _pings(self, fetched: Callable[[str, float], tuple[int, bytes]]) -> None:
        from oncall_rota.notifiers.secret import NoSecret, resolved

        now = time.monotonic()
        if self._pinged is not None and now - self._pinged < self._asked.every.total_seconds():
            return
        try:
            status, _ = fetched(resolved(self._asked.ping).reveal(), PING)
            why = "" if 200 <= status < 300 else f"it was answered {status}"
        except (OSError, NoSecret) as error:
            why = str(error)
        if why:
            self.wrong["the ping"] = why
            self._tell("the ping", "failed", why)
        else:
            self._pinged = now

    def _tell(self, server: str, what: str, why: str) -> None:
        at = instant(epoch(present()))
        if self._json:
            told: Mapping[str, object] = {"version": 1, "at": at, "server": server, "event": what, "why": why or None}
            print(json_.dumps(told), flush=True)
        else:
            row = (at, server, what, why)
            print("  ".join(map(term_safe, row)) if sys.stdout.isatty() else tsv_row(row), flush=True)


def _paged(catalog: Catalog, text: str) -> tuple[str, str]:
    """Page the last resort from here; what became of it, and by what."""
    from oncall_rota.wiring.direct import direct_paging

    now = present()
    incident = Incident(secrets.token_hex(8), "oncall itself", CRITICAL, text, now)
    run = direct_paging(catalog, incident, None, now, send=True)
    ways = ", ".join(f"{each.page.channel}: {each.error or 'sent'}" for each in run.tries)
    return PAGED if run.reached else "not-paged", ways or "there is no last resort"
