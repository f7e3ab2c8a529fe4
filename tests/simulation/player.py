"""Drives the production desk and pager as the crew's threads do, but when simulated time says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from strand import Killed, Strand, present
from timeflow import SECOND
from trip import Fault, Trip

from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.job import Job
from oncall_rota.paging.pager import Errand, Pager, Turn
from oncall_rota.paging.ports.notifier import Notifier
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import Done, Reply, Request

if TYPE_CHECKING:
    from world import World

TICK = SECOND // 2  # as the crew's
Replied = Callable[["Reply | Exception"], None]


class Server:
    """One life of a process: from its start until it ends or is killed."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.alive = True
        self.begun = False
        self.frozen_until = 0
        self.slept = 0  # of its own monotonic clock
        self.inbox: list[tuple[Request, Replied | None]] = []
        self.hands: Counter[str] = Counter()  # pages that it is at, by id
        self.windows: Counter[str] = Counter()  # of these: what may have been sent, and is not written down
        self.strands: dict[Strand, Trip | None] = {}
        self.turn_at: int | None = None
        self.tick_at: int | None = None
        self.ticked_at = -TICK
        self.busy: Strand | None = None
        self.fault: Fault | None = None  # of this round
        self.unanswered: list[tuple[Request, Replied | None]] = []  # taken up, and not answered yet
        self.phase = world.random.randrange(TICK)
        self.raw = world.place.open(name)
        self._watched(self.raw)
        self.store = FallbackStore(self.raw, world.machine.wall, world.place.shared, self.monotonic)
        self.desk = Desk(
            self.store, lambda: world.setting.present.configuration, world.token, self.monotonic, "system",
            ahead=world.place.ahead,
        )  # fmt: skip
        self.pager = Pager(self.desk, self._notifier, monotonic=self.monotonic)
        self.plan(world.random.randrange(1000, 50_000))

    def monotonic(self) -> float:
        """Seconds of its clock that nobody sets."""
        return self.world.machine.monotonic() - self.slept / SECOND

    @property
    def awake(self) -> bool:
        """Whether it does anything now."""
        return self.alive and self.world.flow.at >= self.frozen_until

    def _notifier(self, channel: str) -> Notifier:
        """Asked for after the claim was checked and before the send."""
        trip = self.world.trip
        if trip is not None:
            trip.checked_at = self.world.flow.at
            if trip.page_id and not trip.in_window:
                trip.in_window = True
                self.windows[trip.page_id] += 1
            self.world.faults.point(self, "before-send")
        return self.world.carrier.notifier(self, channel)

    def _watched(self, raw: Store) -> None:
        """Faults fall before and after what is written, and the checks hear of it."""
        commit, claim = raw.commit, raw.claim

        def watched_commit(batch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            self.world.faults.point(self, "before-commit")
            results = commit(batch)
            self.world.wrote(batch)
            self.world.faults.point(self, "after-commit")
            return results

        def watched_claim(limit=100, only=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            rows = claim(limit, only)
            if rows:
                self.world.dirty = True
                self.world.faults.point(self, "after-claim")
            return rows

        raw.commit, raw.claim = watched_commit, watched_claim  # type: ignore[method-assign]

    # -- what comes in

    def submit(self, request: Request, replied: Replied | None = None) -> None:
        """Take a request in, to be decided soon."""
        self.inbox.append((request, replied))
        self.plan(self.world.random.randrange(500, 15_000))

    def plan(self, after: int) -> None:
        """Look at what there is to do so many microseconds from now, or before."""
        at = self.world.flow.at + after
        if self.turn_at is None or at < self.turn_at:
            self.turn_at = at
            self.world.flow.call(after, lambda: self._turn(at))

    def plan_tick(self, due: int) -> None:
        """Something is due at that true time."""
        at = max(due, self.ticked_at + TICK, self.world.flow.at)
        at += (self.phase - at) % TICK
        if self.tick_at is None or at < self.tick_at or self.tick_at < self.world.flow.at:
            self.tick_at = at
            self.world.flow.call(at - self.world.flow.at, lambda: self._turn(at))

    def _turn(self, at: int) -> None:
        """A round of the deciding thread: what came in, then what is due."""
        if not self.alive or at not in (self.turn_at, self.tick_at):
            return
        ticks = at == self.tick_at
        if at == self.turn_at:
            self.turn_at = None
        if ticks:
            self.tick_at = None
        if self.busy is not None:
            return  # in the middle of a round: when that is over it looks again
        if not self.awake:
            self.plan(self.frozen_until - self.world.flow.at)
            return
        if ticks and self.begun:
            # Others may have done what it was planned for.
            needed_at = self.world.next_at(self)
            ticks = needed_at is not None and needed_at <= self.world.flow.at
            if not ticks and not self.inbox:
                if needed_at is not None:
                    self.plan_tick(needed_at)
                return
        self.fault = self.world.faults.draw_turn(self)
        if self.fault is None or self.fault.kind != "freeze":
            self.turn(ticks)
            return
        self.busy = Strand(lambda: self._round(ticks), self._decided, self._later)
        self.strands[self.busy] = None
        self._resume(self.busy)

    def turn(self, ticks: bool) -> None:
        """A round that nothing stops."""
        try:
            self._round(ticks)
        except Killed:
            pass
        except Exception as error:  # noqa: BLE001 - a pager that dies is what the simulation is to find
            self.world.fail("I4", f"the pager has died: {error!r}")

    def _round(self, ticks: bool) -> None:
        world = self.world
        world.deciding(self)
        if not self.begun:
            self.begun = ticks = True
            self._dispatch(self.pager.begin())
        if self.inbox:
            group, self.inbox = self.inbox, []
            self._take(group)
        if ticks:
            self.ticked_at = world.flow.at
            self._dispatch(self.pager.tick())
            world.replan = True

    def _decided(self, _: None, error: BaseException | None) -> None:
        self.busy = None
        if isinstance(error, Exception):
            self.world.fail("I4", f"the pager has died: {error!r}")
        self.world.replan = True
        if self.alive and self.inbox:
            self.plan(1000)

    def _take(self, group: list[tuple[Request, Replied | None]]) -> None:
        self.unanswered = group  # when it dies now, nobody hears of these
        turn = self.pager.take([request for request, _ in group])
        self._dispatch(turn)
        self.unanswered = []
        for (_, replied), reply in zip(group, turn.replies, strict=True):
            if replied is not None:
                replied(reply)

    def _put_down(self, done: Done, trip: Trip, reply: Reply | Exception) -> None:
        if isinstance(reply, ConnectionError):
            return
        page_id = done.job.page_id
        self.hands[page_id] -= 1
        if trip.in_window:
            self.windows[page_id] -= 1
        fences = self.world.place.rows("SELECT fence FROM pages WHERE id = ?", page_id)
        if trip.refused and fences == [(done.job.fence,)]:
            self.world.truth.refused.setdefault(page_id, self.world.flow.at)

    # -- what goes out

    def _dispatch(self, turn: Turn) -> None:
        for errand in turn.errands:
            if isinstance(errand, Job):
                self.hands[errand.page_id] += 1
            self.world.flow.call(self.world.faults.queueing(), lambda errand=errand: self._start(errand))  # type: ignore[misc]
        for text in turn.alarms:
            self.world.alarm(text)

    def _start(self, errand: Errand) -> None:
        if not self.alive:
            return
        if not self.awake:
            self.world.flow.call(self.frozen_until - self.world.flow.at, lambda: self._start(errand))
            return
        fault = self.world.faults.draw_errand(self, errand)
        inline = fault is None and not (isinstance(errand, Job) and errand.unsure)
        trip = Trip(errand.page_id if isinstance(errand, Job) else "", fault, inline)
        if inline:
            self.world.trip = trip
            request = self.pager.run(errand)
            self.world.trip = None
            self.world.flow.call(trip.lag, lambda: self._ran(trip, request, None))
            return
        strand = Strand(lambda: self.pager.run(errand), lambda *ended: self._ran(trip, *ended), self._later)
        self.strands[strand] = trip
        self._resume(strand)

    def _ran(self, trip: Trip, request: Request | None, error: BaseException | None) -> None:
        if not self.alive:
            return
        if isinstance(error, Exception):
            self.world.fail("I4", f"an errand raised {error!r}")
        elif isinstance(request, Done):
            self.submit(request, lambda reply: self._put_down(request, trip, reply))
        elif request is not None:
            self.submit(request)

    def _later(self, strand: Strand, span: int) -> None:
        self.world.flow.call(span, lambda: self._resume(strand))

    def _resume(self, strand: Strand) -> None:
        if strand not in self.strands:
            return
        if not self.awake:
            self.world.flow.call(self.frozen_until - self.world.flow.at, lambda: self._resume(strand))
            return
        before, self.world.trip = self.world.trip, self.strands[strand]
        strand.resume()
        self.world.trip = before
        if strand.over:
            self.strands.pop(strand, None)

    # -- how it ends

    def freeze(self, span: int) -> None:
        """It does nothing for so long."""
        self.frozen_until = max(self.frozen_until, self.world.flow.at + span)
        self.hit(self.windows)

    def die(self) -> None:
        """It is gone, wherever it was; whoever calls this from inside it raises `Killed` then."""
        self.alive = False
        self.hit(self.windows)
        inside = present()
        for strand in list(self.strands):
            if strand is not inside:
                strand.kill()
        self.strands.clear()
        lost, self.inbox = [*self.unanswered, *self.inbox], []
        for _, replied in lost:
            if replied is not None:
                replied(ConnectionError("no answer"))

    def hit(self, pages: Counter[str]) -> None:
        """A fault has come upon these pages."""
        for page_id, count in pages.items():
            if count > 0:
                self.world.truth.hits[page_id] += 1
