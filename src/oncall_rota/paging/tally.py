"""What one process has taken in and sent since it began, counted in memory: for whoever watches the pager."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oncall_rota.paging.job import QUIET, Job, Result
from oncall_rota.paging.request import Act, Acted, Reply, Request
from oncall_rota.paging.signal import Accepted, Signal

UNREADABLE = "/unreadable"  # behind the source of a signal that says that something could not be understood
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; an attempt has ten
TOLD = ("opened", "acknowledged", "resolved")  # of `Accepted`; the rest is a repeat, or changes nothing
MOST = 1000  # names that are counted; whatever comes beyond that is counted as OTHER
OTHER = "other"
# What became of an attempt that began. A page that lay too long, or is another instance's, was not tried.
OUTCOMES: Mapping[str, str] = {
    "sent": "sent",
    "delivered": "sent",
    "failed": "failed",
    "unsure": "unsure",
    "retry": "retried",
}

# A level (`info`, `warning`, `error`), what has happened in a few words, and ids that belong to it.
Tell = Callable[[str, str, Mapping[str, Any]], None]


class Latency:
    """How long something took. `counts`: how often it was at most each of `BUCKETS`, and beyond all of them."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Once more."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


class Tally:
    """Counts, from any thread.

    `signals`: by source and what became of them: that of `Accepted`; `refused`: the store failed, so their sender tries
    again; `unreadable`. `pages`: by channel and outcome, notices left out. `attempts`: by channel. `tell`: told of each
    incident that begins or is answered, and of each page, in words of ours and ids.
    """

    def __init__(self) -> None:
        self.tell: Tell = _untold
        self._counting = threading.Lock()
        self.signals: Counter[tuple[str, str]] = Counter()
        self.pages: Counter[tuple[str, str]] = Counter()
        self.attempts: dict[str, Latency] = {}

    def took(self, requests: Sequence[Request], replies: Sequence[Reply | Exception]) -> None:
        """What became of requests to the desk."""
        for request, reply in zip(requests, replies, strict=True):
            if isinstance(request, Signal):
                source = request.source
                outcome: str = reply.what if isinstance(reply, Accepted) else "refused"
                if source.endswith(UNREADABLE):
                    source, outcome = source.removesuffix(UNREADABLE), "unreadable"
                with self._counting:
                    self.signals[_named(self.signals, source), outcome] += 1
                if isinstance(reply, Accepted) and reply.what in TOLD:
                    self.tell("info", f"incident {reply.what}", {"incident": reply.incident_id, "by": request.source})
            elif isinstance(request, Act) and isinstance(reply, Acted) and reply.incident and not reply.refused:
                what = type(request.event).__name__.lower()
                self.tell("info", f"incident {what}", {"incident": request.incident_id, "by": request.actor})

    def tried(self, job: Job, result: Result, seconds: float) -> None:
        """What came of an attempt, and how long it took."""
        outcome = OUTCOMES.get(result.state)
        if job.what in QUIET or outcome is None or not result.begun:
            return
        with self._counting:
            channel = _named(self.pages, job.channel)
            self.pages[channel, outcome] += 1
            self.attempts.setdefault(channel, Latency()).add(seconds)
        ids = {"page": job.page_id, "incident": job.incident_id, "channel": job.channel}
        if job.person is not None:
            ids["person"] = job.person
        self.tell("info" if outcome == "sent" else "warning", f"page {outcome}", ids)

    def read(self) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int], dict[str, tuple[list[int], float]]]:
        """Signals, pages, and attempts as counts of `BUCKETS` and seconds in all; as they are at one moment."""
        with self._counting:
            attempts = {channel: (list(each.counts), each.seconds) for channel, each in self.attempts.items()}
            return dict(self.signals), dict(self.pages), attempts


def _untold(_: str, __: str, ___: Mapping[str, Any]) -> None:
    """Nobody keeps a log."""


def _named(counted: Mapping[tuple[str, str], int], name: str) -> str:
    """A name that may be one more: a configuration may change for ever, and memory is none of it."""
    return name if len(counted) < MOST or any(each == name for each, _ in counted) else OTHER
