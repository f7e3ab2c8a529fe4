"""Who watches the watcher: what a watchdog makes of what it has seen. Without a thread, a socket or a clock.

Whoever is outside hears of us as long as we are well, so a doubt is silence. A peer is given some time, as one that is
started anew is silent for seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from oncall_rota.paging.message import clean

EVERY = timedelta(minutes=1)  # between two pings, when nothing is written
SOON = 4  # after a round without a ping the next one comes in this part of the time
LONGEST = 90.0  # seconds for which a peer may be silent; with a round more it is told within two minutes
ROUNDS = 3  # for so many it may be, when they are shorter
LOOKS = 6  # at a peer, in that time
SET = timedelta(seconds=60)  # a clock that moves by more at once was set

# A URL and seconds -> status and body. Raises `OSError`.
Fetch = Callable[[str, float], tuple[int, bytes]]
Verdict = Literal["silent", "back"]


class Round(NamedTuple):
    """One round of a watchdog. `wrong`: why there is no ping, in sentences; none: there is one.

    `wait`: seconds until the next.
    """

    wrong: tuple[str, ...]
    wait: float

    @property
    def pings(self) -> bool:
        """Whether it is told outside that all is well."""
        return not self.wrong


def judged(wrong: Sequence[str], every: timedelta) -> Round:
    """What follows from what was found wrong."""
    seconds = every.total_seconds()
    return Round(tuple(wrong), seconds / SOON if wrong else seconds)


def patience(every: timedelta) -> float:
    """For how many seconds a peer may be silent."""
    return min(LONGEST, ROUNDS * every.total_seconds())


def told(fetch: Fetch, server: str, seconds: float) -> str:
    """Why a server is not well, as its /healthz or its silence says; empty: it is."""
    try:
        status, body = fetch(f"{server.rstrip('/')}/healthz", seconds)
    except OSError as error:
        return str(error)
    facts: Any = None
    with suppress(ValueError, RecursionError):
        facts = json.loads(body)
    if not isinstance(facts, dict) or not isinstance(facts.get("well"), bool):
        return f"it answers {status}, and nothing of oncall's"
    if facts["well"]:
        return ""
    reasons = facts.get("unwell")
    known = clean("; ".join(map(str, reasons))) if isinstance(reasons, list) else ""
    return known or "it is not well"


class Peers:
    """What is known of other servers. Seconds are of one monotonic clock."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._told: set[str] = set()

    def seen(self, peer: str, wrong: str, at: float, patience: float) -> Verdict | None:
        """One look at a peer. `wrong`: why it is not well; empty: it is. `silent`: to be told, once; `back`: it is well
        again, or is seen well for the first time: what was told by whoever watched before us is over.
        """
        first = peer not in self._since
        if not wrong:
            was = peer in self._told
            self._since[peer] = at
            self._told.discard(peer)
            return "back" if was or first else None
        since = self._since.setdefault(peer, at)
        if at - since < patience or peer in self._told:
            return None
        self._told.add(peer)
        return "silent"

    def untold(self, peer: str) -> None:
        """Nobody could be told: it is to be told at the next look."""
        self._told.discard(peer)

    def keep(self, peers: Sequence[str]) -> None:
        """Forget those that are in no file any more."""
        for name in self._since.keys() - set(peers):
            del self._since[name]
            self._told.discard(name)


class Clocks:
    """Clocks by name, looked at after a wait that something else has measured: the system, in which nobody can be
    wrong about time without everybody being.
    """

    def __init__(self, clocks: Mapping[str, Callable[[], datetime]], monotonic: Callable[[], float]) -> None:
        self._clocks = clocks
        self._monotonic = monotonic
        self._last = self._read()

    def _read(self) -> tuple[float, dict[str, datetime]]:
        return self._monotonic(), {name: read() for name, read in self._clocks.items()}

    def wrong(self, waited: float) -> str:
        """What is wrong with them after at least `waited` seconds; empty: nothing."""
        (before, then), (after, now) = self._last, self._read()
        self._last = after, now
        passed = after - before
        if passed < waited / 2:
            return f"the clock of the process stands still: {waited:.0f} s were {passed:.0f} s"
        for name, at in now.items():
            moved = (at - then[name]).total_seconds()
            if 0 <= moved < waited / 2:
                return f"the clock {name} stands still: {waited:.0f} s were {moved:.0f} s"
            if abs(moved - passed) > SET.total_seconds():
                return f"the clock {name} was set by {moved - passed:+.0f} s"
        return ""
