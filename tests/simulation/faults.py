"""Kills, freezes, clocks that are set, machines that sleep: at moments of the week, and at points of the work."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from carrier import OUTAGES, Outage
from monitor import WEEK
from setting import CHANNELS
from strand import Killed, present
from timeflow import DAY, HOUR, MINUTE, SECOND
from trip import Fault, Trip

from oncall_rota.paging.job import Job
from oncall_rota.paging.pager import Errand
from oncall_rota.paging.request import Done

if TYPE_CHECKING:
    from player import Server
    from world import World

FREEZES = (2 * SECOND, 12 * SECOND, 20 * SECOND, 20 * SECOND, MINUTE, 10 * MINUTE)
DOWN = (SECOND, SECOND, 5 * SECOND, 5 * SECOND, MINUTE, 10 * MINUTE, 6 * HOUR)
STEPS = (30 * SECOND, 5 * MINUTE, HOUR, DAY, -10 * SECOND, -5 * MINUTE, -HOUR, -HOUR, -6 * HOUR)
SLEEPS = (10 * SECOND, 5 * MINUTE, HOUR, 6 * HOUR)


class Faults:
    """What goes wrong in a week; `rough` says how much."""

    def __init__(self, world: World, random: Random, rough: float | None) -> None:
        self.world = world
        self.random = random
        self._congested_until = 0
        drawn = random.choice((0.0, 0.5, 1.0, 1.0, 2.5))
        self.rough = drawn if rough is None else rough

    def begin(self) -> None:
        """Plan what comes at moments of the week, much of it when there is trouble."""
        random, flow, moments = self.random, self.world.flow, self.world.monitors.moments
        rough = self.rough > 0
        for _ in range(random.randrange(4) if rough else 0):
            at = random.choice(moments) if random.random() < 0.7 else random.randrange(WEEK)
            flow.call(at + random.randrange(20 * MINUTE), self._step)
        for _ in range(random.randrange(3) if rough else 0):
            flow.call(random.randrange(WEEK), lambda: self._suspend(random.choice(SLEEPS)))
        for _ in range(random.randrange(4) if rough else 0):
            at = random.choice(moments) if random.random() < 0.5 else random.randrange(WEEK)
            flow.call(at + random.randrange(20 * MINUTE), self._some_dies)
        for _ in range(random.randrange(5) if rough else 0):
            begins = random.randrange(WEEK)
            ends = begins + random.choice((MINUTE, 10 * MINUTE, HOUR, 6 * HOUR))
            self.world.carrier.outages.append(Outage(random.choice(CHANNELS), random.choice(OUTAGES), begins, ends))
            self.world.count("outage")

    def _some_dies(self) -> None:
        living = self.world.living()
        if living:
            self._kill(self.random.choice(living), self.random.random() < 0.3)

    def _kill(self, server: Server, gently: bool = False) -> None:
        self.world.log(f"{'stop' if gently else 'kill'} {server.name}")
        self.world.count("stop" if gently else "kill")
        self.world.invariants.disturbed()
        server.die()
        if gently:
            server.raw.close()  # what it had is free for the other one
            for other in self.world.living():
                other.plan_tick(self.world.flow.at)
        else:
            self.world.place.kill(server.raw)
        self.world.dirty = True
        self.world.flow.call(self.random.choice(DOWN), lambda: self._restart(server.name))

    def _restart(self, name: str) -> None:
        if self.world.machine.asleep:
            self.world.flow.call(MINUTE, lambda: self._restart(name))
        else:
            self.world.start(name)

    def _step(self) -> None:
        by = self.random.choice(STEPS)
        self.world.machine.stepped += by
        self.world.place.now()  # a server looks at its clock twice a second
        self.world.log(f"clock {by / SECOND:+.0f} s")
        self.world.count("clock step")
        self._leases_over(by)
        if self.random.random() < 0.5:
            self.world.flow.call(self.random.randrange(2 * HOUR), lambda: self._put_right(by))
        self.world.replan = True

    def _put_right(self, by: int) -> None:
        self.world.machine.stepped -= by
        self.world.place.now()
        self.world.log(f"clock {-by / SECOND:+.0f} s")
        self._leases_over(-by)
        self.world.replan = True

    def _leases_over(self, by: int) -> None:
        """A clock that is set forward ends leases, which whoever has them does not notice at once."""
        if by > 0:
            for server in self.world.living():
                server.hit(server.hands)

    def _suspend(self, span: int) -> None:
        self.world.log(f"suspend {span / SECOND:.0f} s")
        self.world.count("suspend")
        self.world.invariants.disturbed()
        self.world.machine.sleep(span)
        self.world.flow.call(span, self._wake)
        for server in self.world.living():
            server.freeze(span)
            server.hit(server.hands)

    def _wake(self) -> None:
        self.world.log("wake")
        self.world.replan = True

    # -- faults in the middle of things

    def queueing(self) -> int:
        """How long an errand waits for a thread."""
        now = self.world.flow.at
        if self.rough and self.random.random() < 0.004 * self.rough:
            self.world.count("congestion")
            self._congested_until = now + 2 * MINUTE
        if now < self._congested_until:
            return self.random.randrange(40 * SECOND)
        return self.random.randrange(100, 3000)

    def draw_turn(self, server: Server) -> Fault | None:
        """What a round of the deciding thread meets."""
        if self.random.random() >= 0.012 * self.rough:
            return None
        point = self.random.choice(("before-commit", "after-commit", "after-commit", "after-claim"))
        kinds = ("kill", "kill", "freeze", "rival", "rival") if self.world.place.shared else ("kill", "freeze")
        return Fault(self.random.choice(kinds), point, self.random.choice(FREEZES))

    def draw_errand(self, server: Server, errand: Errand) -> Fault | None:
        """What an errand meets."""
        if self.random.random() >= 0.02 * self.rough or not isinstance(errand, Job):
            return None
        points = ["before-send", "in-send", "in-send", "after-answer"] + ["in-look-up"] * (2 * errand.unsure)
        kind = self.random.choice(("kill", "kill", "freeze", "freeze", "sleep", "step"))
        return Fault(kind, self.random.choice(points), self.random.choice(FREEZES))

    def point(self, server: Server, name: str) -> None:
        """Work of a server has come to that point: the fault that was drawn for it hits."""
        deciding = name in ("before-commit", "after-commit", "after-claim")
        of: Server | Trip | None = server if deciding else self.world.trip
        if of is None or of.fault is None or of.fault.point != name:
            return
        fault, of.fault = of.fault, None
        strand = present()
        self._strike(server, fault)
        if strand is not None and not server.awake and (not deciding or server.busy is strand):
            strand.wait(1)

    def wait(self, server: Server, span: int, name: str) -> None:
        """Work of a server waits, at a point at which a fault may hit it."""
        if self.world.trip is not None and self.world.trip.inline:
            self.world.trip.lag += span
            return
        self.point(server, name)
        strand = present()
        assert strand is not None
        strand.wait(span)

    def _strike(self, server: Server, fault: Fault) -> None:
        self.world.log(f"{fault.kind} {server.name} {fault.point}")
        if fault.kind == "kill":
            self.world.count(f"kill {fault.point}")
            self._kill(server)
            raise Killed
        if fault.kind == "freeze" or (fault.kind == "sleep" and self.world.place.shared):
            self.world.count(f"freeze {fault.point}")
            self.world.invariants.disturbed()
            server.freeze(fault.span)
            if fault.kind == "sleep":
                server.slept += fault.span
        elif fault.kind == "sleep":
            self._suspend(fault.span)
        elif fault.kind == "step":
            self._step()
        elif fault.kind == "rival":
            self._rival(server)

    def _rival(self, server: Server) -> None:
        """Before this one has written it, the other one decides about the same."""
        for other in self.world.living():
            if other is not server and other.awake and other.begun and other.busy is None:
                self.world.count("rival")
                other.fault = None
                other.inbox += [each for each in server.unanswered if not isinstance(each[0], Done)]
                self.world.rivals = True
                other.turn(True)
                self.world.rivals, self.world.overtaken = False, True
