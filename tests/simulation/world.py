"""A seeded week: monitors, people, providers, faults and edits around the production engine on a real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from carrier import Carrier
from faults import Faults
from invariants import Invariants
from monitor import WEEK, Ledger, Monitors
from people import People
from place import Place
from player import Server
from setting import ZONES, Setting, changes
from timeflow import HOUR, SECOND, Flow, Machine
from trip import Trip
from truth import Attempt, Taken, Truth

from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.row import Unit

ASTRAY = 55 * SECOND  # a clock that is off by more makes a provider's list useless

MICROSECOND = timedelta(microseconds=1)
OFTEN = SECOND  # what only time can bring about is looked at so often


class Violated(AssertionError):
    """An invariant does not hold. `invariant`: I1 to I7."""

    def __init__(self, seed: int, invariant: str, text: str, trace: Sequence[str]) -> None:
        super().__init__(f"seed {seed}: {invariant}: {text}\n" + "\n".join(trace))
        self.seed = seed
        self.invariant = invariant
        self.text = text


class World:
    """One week from a seed. `rough`: how much goes wrong in it. `tally`: how often what happened."""

    def __init__(self, seed: int, folder: Path, template: Path, rough: float | None = None) -> None:
        self.seed = seed
        self.random = random = Random(seed)
        self.flow = Flow()
        zone = random.choice(ZONES)
        self.machine = Machine(self.flow, _start(random, zone))
        self.tally: Counter[str] = Counter()
        self.trace: list[str] = []
        self.failed: tuple[str, str] | None = None
        self.dirty = self.replan = True
        self._looked_at = 0
        self.live = 0  # microseconds in which some server was awake
        self.last_decision = (0, self.machine.wall())
        self.setting = Setting(Random(seed + 1), zone, self.machine.true())
        self.truth = Truth()
        self.carrier = Carrier(self, Random(seed + 2))
        self.people = People(self, Random(seed + 3))
        self.ledger = Ledger(self)
        self.monitors = Monitors(self, Random(seed + 4))
        shared = random.random() < 0.5
        path = folder / f"week-{seed}.db"
        self.place = Place(path, template, self.machine.wall, self.machine.monotonic, shared)
        self.names = ("a", "b") if shared else ("a",)
        self.faults = Faults(self, random, rough)
        self.servers: dict[str, Server | None] = {}
        self.trip: Trip | None = None  # the errand that runs
        self.invariants = Invariants(self)
        self._tokens = Random(seed + 5)
        self._made: dict[str, tuple[int, object, timedelta]] = {}
        self.rivals = self.overtaken = False  # another server has decided in the middle of this decision

    # -- running

    def run(self) -> Counter[str]:
        """The week; what happened. Raises `Violated`."""
        try:
            for name in self.names:
                self.start(name)
            self._plan_week()
            while True:
                before = self.flow.at
                able_from = min([max(each.frozen_until, before) for each in self.living() if each.begun], default=None)
                more = self.flow.step(WEEK)
                if able_from is not None:
                    self.live += max(self.flow.at - able_from, 0)
                self._after()
                if not more:
                    break
            self.invariants.at_the_end()
            self._raise()
            self.tally["sends"] += self.truth.sends
            self.tally["copies"] += self.truth.copies
            self.tally["incidents"] += self.place.rows("SELECT count(*) FROM incidents")[0][0]
            self.tally.update([f"audit {row[0]}" for row in self.place.rows("SELECT kind FROM audit")])
            self.tally.update([f"page {row[0]}" for row in self.place.rows("SELECT state FROM pages")])
            return self.tally
        finally:
            self.close()

    def close(self) -> None:
        """End what runs, and delete the store."""
        for server in self.living():
            server.die()
            self.place.kill(server.raw)
        self.servers.clear()
        self.place.close()

    def _after(self) -> None:
        if self.dirty:
            self.invariants.look()
        if self.dirty or self.live - self._looked_at > OFTEN:
            self._looked_at = self.live
            self.invariants.pass_time()
        self.replan |= self.dirty
        self.dirty = False
        if self.replan:
            self.replan = False
            self._plan_ticks()
        self._raise()

    def _raise(self) -> None:
        if self.failed is not None:
            raise Violated(self.seed, *self.failed, self.trace[-60:])

    def _plan_ticks(self) -> None:
        """Ticks that find nothing are left out: a round when the first thing is due would be the first to do any."""
        for server in self.living():
            at = self.next_at(server)
            if at is not None:
                server.plan_tick(at)

    def next_at(self, server: Server) -> int | None:
        """When a tick of a server will find anything, in true time."""
        at = None
        dues = [due for due in (self.invariants.due, self.invariants.lease) if due is not None]
        if dues:
            at = self.flow.at + (min(dues) - self.place.now()) // timedelta(microseconds=1)
        if server.pager._polls:
            poll = self.flow.at + int((server.pager._polls[0][0] - server.monotonic()) * SECOND) + 1
            at = poll if at is None else min(at, poll)
        return at

    def living(self) -> list[Server]:
        """The processes that are there, frozen or not."""
        return [server for server in self.servers.values() if server is not None and server.alive]

    def some_server(self) -> Server | None:
        """One that takes requests; a frozen one does for a while, as far as its sender can tell."""
        found = [each for each in self.living() if each.awake or len(each.inbox) < 5]
        return self.random.choice(found) if found else None

    def log(self, text: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{self.flow.at / SECOND:.3f} {text}")

    def count(self, what: str) -> None:
        """Something happened."""
        self.tally[what] += 1

    def fail(self, invariant: str, text: str) -> None:
        """An invariant does not hold: said after the event, as production code might catch it here."""
        if self.failed is None:
            self.failed = (invariant, text)

    def token(self, count: int) -> str:
        """Random bytes, the same for the same seed."""
        return self._tokens.randbytes(count).hex()

    def made(self, page_id: str) -> None:
        """A page is in the store for the first time."""
        self._made[page_id] = (self.machine.stepped, self.place.clock, self.place.ahead())

    def astray(self, page_id: str) -> bool:
        """Whether the clocks are, or were, so wrong that a provider's list does not tell of a page."""
        stepped, clock, ahead = self._made.get(page_id, (0, None, timedelta(0)))
        off = max(abs(stepped), abs(self.machine.stepped)) > ASTRAY
        return off or (clock is not self.place.clock and ahead > ASTRAY * MICROSECOND)

    # -- the week

    def _plan_week(self) -> None:
        random, flow = self.random, self.flow
        near = self._handoffs()
        self.monitors.begin(20, random.choice((0, 0, 2, 8)), near)
        for _ in range(random.randrange(8)):
            at = random.choice(near) if near and random.random() < 0.5 else random.randrange(WEEK)
            flow.call(max(at + random.randrange(-HOUR, HOUR), 0), self._edit)
        self.faults.begin()

    def _handoffs(self) -> list[int]:
        """Some moments of the week at which people change."""
        found = []
        for rota in self.setting.present.rotas.values():
            previous = None
            for hour in range(24 * 6):
                at = self.machine.true() + timedelta(hours=hour)
                on = rota.on(at)
                if previous not in (None, on):
                    found.append(hour * HOUR)
                previous = on
        return found

    def _edit(self) -> None:
        what = self.setting.edit(self.machine.wall(), self.flow.at)
        self.log(f"edit {what}: {self.setting.present.number}")
        self.count("edit")

    def start(self, name: str) -> None:
        """A process starts."""
        self.servers[name] = Server(self, name)
        self.dirty = True
        self.log(f"start {name}")

    @property
    def in_order(self) -> bool:
        """Whether an answer that is given now was decided just now, and after every other one."""
        return self.last_decision[0] == self.flow.at and not self.overtaken

    # -- what servers do

    def deciding(self, server: Server) -> None:
        """A round begins: what it decides is decided by the configuration and the clock of now, or later."""
        self.overtaken = self.rivals
        self.last_decision = (self.flow.at, self.machine.wall())

    def wrote(self, batch: Sequence[Unit]) -> None:
        """A server has written a batch."""
        self.dirty = True
        self.invariants.touched(batch)

    def begins(self, server: Server, attempt: Attempt, message: Message, address: str) -> None:
        """A send begins."""
        self.log(f"send {server.name} {attempt.channel} {message.page_id}")
        self.truth.begins(attempt)
        self.invariants.sending(attempt, message, address)

    def found(self, taken: Taken, message: Message) -> None:
        """A look-up has found what may be the page."""
        self.log(f"found {taken.provider_id} for {message.page_id}")
        self.truth.told.add(message.page_id)
        self.invariants.found(taken, message)

    def alarm(self, text: str) -> None:
        """Whoever runs this is told."""
        self.log(f"alarm {text}")
        self.count("alarm")
        self.invariants.said(text)


def _start(random: Random, zone: str) -> datetime:
    """A Monday or so; often one whose week changes the clock."""
    days = changes(zone, random.randrange(2025, 2030))
    if days and random.random() < 0.6:
        day = random.choice(days) - timedelta(days=random.randrange(1, 6))
    else:
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=random.randrange(1000))
    return day + timedelta(seconds=random.randrange(86400))
