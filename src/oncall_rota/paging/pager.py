"""The pager: one tick is lease -> decide -> send -> record. It has no thread of its own; `crew` gives it some.

`begin`, `tick` and `take` are called by one thread at a time, `run` by many: it does what a provider is needed for and
says what to take back to the desk.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from typing import Any, NamedTuple

from oncall_rota.paging.bundle import is_held
from oncall_rota.paging.delivery import Place, Standing, attempt
from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.incident import TRIGGERED
from oncall_rota.paging.job import QUIET, Job, page_data
from oncall_rota.paging.outcry import Outcry
from oncall_rota.paging.ports.notifier import LOOK_UP, Cancels, Deadline, Notifier, TellsStatus
from oncall_rota.paging.ports.row import OPEN, IncidentRow, PageRow
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.request import Act, Claimed, Done, Reply, Request, Tick, Told, Unconfirmed
from oncall_rota.paging.signal import Accepted
from oncall_rota.paging.tally import Tally

ALL = 10_000_000  # incidents: no limit
MANY = 500  # incidents, or pages, of one tick; the next one takes what is left
SENDING = "sending"  # of `meta`: by address the page that began last, where a provider takes one at a time
POLLED = (60.0, 90.0)  # seconds after a send; what its provider has not confirmed by the last one is late
FRESH = timedelta(minutes=10)  # a page of a process that has ended is polled so long: its word may have come meanwhile


class Poll(NamedTuple):
    """Ask a provider how far a page has come: its own word may be lost. `last`: what is not there now is late."""

    channel: str
    page_id: str
    provider_id: str
    last: bool = False


class Hush(NamedTuple):
    """Stop what rings."""

    channel: str
    provider_id: str


Errand = Job | Poll | Hush


class Turn(NamedTuple):
    """What a batch or a tick came to: replies as the desk gave them, errands to run, alarms to raise."""

    replies: tuple[Reply | Exception, ...]
    errands: tuple[Errand, ...]
    alarms: tuple[str, ...]


class Pager:
    """Drives incidents. `notifier`: a channel by name, made at its first use; it may raise.

    `only`: while it is not None, these incidents and those that are signalled here, and no others. `tally`: what it
    has taken in and sent.
    """

    def __init__(
        self,
        desk: Desk,
        notifier: Callable[[str], Notifier],
        only: set[str] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._desk = desk
        self._notifier = notifier
        self.only = only
        self._monotonic = monotonic
        self._polls: list[tuple[float, Poll]] = []  # a heap
        self.tally = Tally()
        self._outcry = Outcry(desk.configuration, desk.token, monotonic)

    @property
    def store(self) -> Store:
        """The desk's store."""
        return self._desk.store

    def drive(self, incident_id: str) -> None:
        """Drive this incident, too; from any thread."""
        if self.only is not None:
            self.only.add(incident_id)

    def begin(self) -> Turn:
        """A process starts: whatever is open is looked at, as time has passed without us."""
        errands: list[Errand] = []
        alarms: list[str] = []
        # Not page by page from the store: those of one batch were opened at one instant, which would divide them.
        rows = () if self.only is not None else self.store.incidents(OPEN, limit=ALL)
        for start in range(0, len(rows), MANY):
            turn = self.take([Tick(row) for row in rows[start : start + MANY]])
            errands += turn.errands
            alarms += turn.alarms
        self._watch_on([row for row in rows if row.status == TRIGGERED])
        return Turn((), tuple(errands), tuple(alarms))

    def tick(self) -> Turn:
        """What is due, the pages that are free to take, and what its provider ought to have confirmed."""
        at = self._monotonic()
        due = [Tick(row) for row in self.store.due(MANY) if self.only is None or row.id in self.only]
        turn = self.take([*due, *self._claims(at), *self._overtaken()])
        more: list[Errand] = []
        while self._polls and self._polls[0][0] <= at:
            more.append(heapq.heappop(self._polls)[1])
        said, messages = self._outcry.heard(self.store, self.store.now())
        return turn._replace(errands=(*turn.errands, *more, *messages), alarms=(*turn.alarms, *said))

    def _overtaken(self) -> list[Act]:
        """What was done while the store had failed, and another instance has written over."""
        if not isinstance(self.store, FallbackStore):
            return []
        acts, self.store.acts = self.store.acts, []
        return acts

    def _claims(self, at: float) -> list[Claimed]:
        """Pages that this instance takes over. Those that waited for one address's budget are taken together."""
        if self.only is None:
            rows = list(self.store.claim(MANY))
        else:
            rows = [row for each in sorted(self.only) for row in self.store.claim(MANY, each)]

        def together(row: PageRow) -> tuple[str, ...]:
            held = row.state == "claimed" and is_held(row, page_data(row.data))
            return (row.channel, row.address_ref) if held else (row.id,)

        return [Claimed(tuple(group), at) for _, group in groupby(sorted(rows, key=together), together)]

    def take(self, requests: Sequence[Request]) -> Turn:
        """Decide, write and answer; what is to be done then."""
        if not requests:
            return Turn((), (), ())
        taken = self._desk.take(requests)
        self.tally.took(requests, taken.replies)
        for reply in taken.replies:
            # A signal may belong to an incident whose process has ended: whoever says it again drives it from then on.
            if isinstance(reply, Accepted) and reply.what in ("opened", "merged"):
                self.drive(reply.incident_id)
        for request in requests:
            if isinstance(request, Done):
                self._watch(request)
        hush = [Hush(channel, provider_id) for channel, provider_id in taken.ringing]
        return Turn(taken.replies, (*taken.jobs, *hush), taken.alarms)

    def _watch(self, done: Done) -> None:
        job, result = done.job, done.result
        provider_id = result.provider_id if result.state == "sent" else None
        if result.state in ("unsure", "lost") and all(poll.page_id != job.page_id for _, poll in self._polls):
            # The reply did not come, but a report of the provider's may have, and may be the only one.
            with suppress(StoreFailed):
                row = self.store.page(job.page_id)
                if row is not None and row.state == "sent" and row.owner == self.store.instance:
                    provider_id = row.provider_id
        if provider_id is not None and job.what not in QUIET:
            self._poll(Poll(job.channel, job.page_id, provider_id), 0.0)

    def _watch_on(self, rows: Sequence[IncidentRow]) -> None:
        """What instances that have ended had sent, and nobody has confirmed."""
        with suppress(StoreFailed):
            others = {each.id for each in self.store.instances()} - {self.store.instance}
            # A bundle is about several of them.
            pages = {page.id: page for row in rows for page in self.store.pages(row.id)}
            now = self.store.now()
            for page in pages.values():
                age = now - page.created_at
                sent = page.state == "sent" and page.owner not in others and page_data(page.data).what not in QUIET
                if sent and page.provider_id is not None and age < FRESH:
                    self._poll(Poll(page.channel, page.id, page.provider_id), age.total_seconds())

    def _poll(self, poll: Poll, age: float) -> None:
        """Ask how far a page has come that was sent `age` seconds ago."""
        at = self._monotonic() - age
        if age < POLLED[1]:
            heapq.heappush(self._polls, (at + POLLED[0], poll))
        heapq.heappush(self._polls, (at + POLLED[1], poll._replace(last=True)))

    # -- what providers are needed for; many at a time

    def run(self, errand: Errand) -> Request | None:
        """Run an errand; what to take back to the desk, if anything. Never raises what a notifier does."""
        if isinstance(errand, Job):
            known = _Known(self.store, errand.channel)
            began = self._monotonic()
            result = attempt(errand, self._notifier, self.standing, known, self.place, self._monotonic)
            self.tally.tried(errand, result, self._monotonic() - began)
            return Done(errand, result)
        try:
            if isinstance(errand, Poll) and self._is_known(errand):
                return None
            sender = self._notifier(errand.channel)
            deadline = Deadline(LOOK_UP.total_seconds(), self._monotonic)
            if isinstance(errand, Poll):
                return _polled(errand, sender, deadline)
            if isinstance(sender, Cancels):
                sender.cancel(errand.provider_id, deadline)
        except Exception:  # noqa: BLE001 - a poll comes again, and what cannot be stopped rings on
            return _late(errand) if isinstance(errand, Poll) and errand.last else None
        return None

    def _is_known(self, poll: Poll) -> bool:
        """Whether somebody has said meanwhile what became of a page."""
        try:
            row = self.store.page(poll.page_id)
        except StoreFailed:
            return False
        return row is None or row.state != "sent"

    def standing(self, job: Job) -> Standing:
        """What has become of a claim since it was made; a store that cannot tell is no reason for silence."""
        try:
            if not job.kept:
                return "held"
            if not self.store.holds(job.page_id, job.fence):
                return "lost"
            if job.what in QUIET:
                return "held"
            rows = [self.store.incident(incident_id) for _, incident_id in job.named]
            triggered = any(row is not None and row.status == TRIGGERED for row in rows)
            return "held" if triggered else "cancelled"
        except StoreFailed:
            return "held"

    def place(self, job: Job) -> Place:
        """Where a page stands among those to its address; the one that is `next` is written down before it is sent.

        So the store always tells which single page a call may have been made for that is in no row.
        """
        # By the address itself, which two people may share, however it is spelt.
        number = "".join(filter(str.isalnum, job.address or ""))
        key, mine = f"{SENDING} {job.channel} {self._desk.blind(number)}", f"{job.page_id} {job.fence}"
        try:
            before = self.store.get(key)
            page_id = (before or "").partition(" ")[0]
            if page_id and page_id != job.page_id:
                row = self.store.page(page_id)
                if row is not None and row.state in ("claimed", "unsure"):
                    return "behind"
            if before != mine and not self.store.swap(key, before, mine):
                return "behind"
        except StoreFailed:
            return "again"
        return "again" if page_id == job.page_id else "next"


class _Known(AbstractSet[str]):
    """The ids of one provider that any page of ours has, asked one by one."""

    def __init__(self, store: Store, channel: str) -> None:
        self._store = store
        self._channel = channel

    def __contains__(self, provider_id: object) -> bool:
        return self._store.page_by_provider_id(self._channel, str(provider_id)) is not None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _polled(poll: Poll, sender: Notifier, deadline: Deadline) -> Request | None:
    if not isinstance(sender, TellsStatus):
        return None
    found = sender.status(poll.provider_id, deadline)
    if found.state in ("delivered", "failed"):
        return Told(poll.page_id, found.state, poll.provider_id, found.detail)
    return _late(poll) if poll.last else None


def _late(poll: Poll) -> Unconfirmed:
    return Unconfirmed(poll.page_id, f"not confirmed within {POLLED[1]:.0f} s")
