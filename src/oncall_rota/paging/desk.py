"""The desk: requests in, decisions written in one transaction, pages to send out. Without a thread and without a wait.

A batch is decided on what the store says, written whole, and only then answered; what another instance changed
meanwhile is decided anew on what it wrote. A simulation calls `take` as the pager's thread does.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.batch import Batch, Slot
from oncall_rota.paging.case import Scene
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.flapping import LOOKED_AT, Openings
from oncall_rota.paging.job import Job
from oncall_rota.paging.ports.row import OPEN
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.request import Acted, Rehearsed, Reply, Request
from oncall_rota.paging.saved import Recalled
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.steady import Corrected

ROUNDS = 50  # of decisions that follow from decisions, or are made anew; nothing needs a tenth of it
KEPT_KEY = "code_key"  # of `meta`
READ = 10.0  # seconds between two looks at what other instances have opened


class Taken(NamedTuple):
    """What a batch came to. `replies`: one for each request, an exception where it failed. `ringing`: calls to stop,
    by channel and the provider's id. `alarms`: for whoever runs this.
    """

    replies: tuple[Reply | Exception, ...]
    jobs: tuple[Job, ...]
    ringing: tuple[tuple[str, str], ...] = ()
    alarms: tuple[str, ...] = ()


class Desk:
    """Decides for one store. `configuration`: the last good one, asked once a batch. `token`: random bytes as hex.

    `monotonic`: seconds of the process's own clock. `clock`: whose time the store's is, for the audit. `ahead`: by how
    much that is ahead of the wall clock, which tells who is on call. `sign`: a page's own address for one person, from
    then on; None: there is no server.
    """

    def __init__(
        self,
        store: Store,
        configuration: Callable[[], Configuration],
        token: Callable[[int], str] = secrets.token_hex,
        monotonic: Callable[[], float] = time.monotonic,
        clock: str = "system",
        ahead: Callable[[], timedelta] = timedelta,
        sign: Callable[[str, str | None, datetime], str | None] | None = None,
    ) -> None:
        self.store = store
        self.configuration = configuration
        self.token = token
        self._monotonic = monotonic
        self._clock = clock
        self._ahead = ahead
        self._sign = sign
        # What codes are made with: the same for all instances on a store.
        self._secret = bytes.fromhex(store.keep(KEPT_KEY, token(32)))
        self._openings = Openings()
        self._recalled = Recalled()
        self._read_at: float | None = None

    def take(self, requests: Sequence[Request]) -> Taken:
        """Decide, write and answer. Raises `StoreFailed`: then nothing counts as taken."""
        replies: list[Reply | Exception] = [None] * len(requests)
        jobs: list[Job] = []
        ringing: list[tuple[str, str]] = []
        alarms: list[str] = []
        waiting = [Slot(number, request) for number, request in enumerate(requests)]
        if any(isinstance(request, Signal) for request in requests):
            self._read()
        for _ in range(ROUNDS):
            if not waiting:
                break
            batch = Batch(self.store, self.scene(), self._monotonic, self._openings)
            done = batch.take(waiting)
            for number, reply in done.replies.items():
                replies[number] = reply
            jobs += done.jobs
            ringing += done.ringing
            alarms += done.alarms
            waiting = done.waiting
        else:
            failed = StoreFailed("locked", "other instances were quicker again and again", "try again")
            for slot in waiting:
                if slot.number is not None:
                    replies[slot.number] = failed
        if isinstance(self.store, FallbackStore) and self.store.failed is not None:
            replies = [_in_memory(reply, self.store.failed) for reply in replies]
        return Taken(tuple(replies), tuple(jobs), tuple(ringing), tuple(alarms))

    def blind(self, text: str) -> str:
        """A name for a text that tells nobody the text; the same for all instances on a store."""
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:16]

    def _read(self) -> None:
        """What was opened before this process began, and by instances beside it."""
        shared = isinstance(self.store, FallbackStore) and self.store.shared
        at = self._monotonic()
        if self._read_at is None or (shared and at - self._read_at >= READ):
            self._openings.read(self.store.incidents((*OPEN, "resolved"), limit=LOOKED_AT))
            self._read_at = at

    def scene(self) -> Scene:
        """What the decisions of this moment are made with."""
        store, configuration = self.store, self.configuration()
        now = store.now()  # before it is asked how far it is ahead: the clock may have been set back just now
        ahead = self._ahead()
        if ahead:
            configuration = configuration._replace(world=Corrected(configuration.world, ahead))
        return Scene(
            now, configuration, self._secret, self._clock, store.page, self.token, ahead, self._sign, self._recalled
        )


def _in_memory(reply: Reply | Exception, failed: StoreFailed) -> Reply | Exception:
    """A signal that is in memory alone was paged, and yet not taken in: its sender has to try again."""
    if isinstance(reply, Accepted | Rehearsed):
        return failed
    return reply._replace(held=True) if isinstance(reply, Acted) else reply
