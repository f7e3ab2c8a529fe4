"""Monitors: what they signal, again and again until they are answered; and what each answer must have been."""

from __future__ import annotations

import hashlib
from random import Random
from typing import TYPE_CHECKING

from setting import PEOPLE, TEAMS
from timeflow import DAY, HOUR, MINUTE, SECOND

from oncall_rota.paging.incident import Acknowledged, Event
from oncall_rota.paging.ports.row import OPEN
from oncall_rota.paging.request import Acted, Reply
from oncall_rota.paging.signal import Accepted, Signal

if TYPE_CHECKING:
    from world import World

SUMMARIES = ("disk full", "disk full", "latency", "it burns", "certificate \u202eends", "queue\nlong")
SOURCES = ("prod-am", "prod-am", "eu-am", "cli")
WEEK = 7 * DAY
FLAPS = 4  # so often a key is opened again before its incident is kept open


def kept(key: str) -> str:
    """A key as the store has it: on one line, and told apart from one that was on one line already."""
    line = " ".join(key.split())
    return line if line == key else f"{line} {hashlib.sha256(key.encode()).hexdigest()[:16]}"


class Ledger:
    """What has been answered, and so must be true."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.open: dict[tuple[str, str], str] = {}  # the incident of each source and key
        self.acknowledged: set[str] = set()
        self.opened: set[str] = set()

    def accepted(self, signal: Signal, reply: Accepted) -> None:
        """A monitor was answered."""
        key = (signal.source, kept(signal.key))
        known, fail = self.open.get(key), self._world.fail
        if reply.what == "opened":
            self.opened.add(reply.incident_id)
        if not self._world.in_order:
            return  # it was true when it was written
        if reply.what == "opened":
            if known is not None and known != reply.incident_id:
                fail("I1", f"{key} was open as {known}, and opened again")
            rows = self._world.place.rows("SELECT status FROM incidents WHERE id = ?", reply.incident_id)
            if not rows:
                fail("I1", f"{key} was accepted, and there is no incident {reply.incident_id}")
            elif rows[0][0] != "recorded":
                self.open[key] = reply.incident_id
        elif reply.what == "merged":
            if known != reply.incident_id:
                fail("I1", f"{key} was merged into {reply.incident_id}, and what is open for it is {known}")
        elif reply.what == "resolved":
            if known != reply.incident_id:
                fail("I3", f"{key} resolved {reply.incident_id}, and what was open for it is {known}")
            rows = self._world.place.rows("SELECT status FROM incidents WHERE id = ?", reply.incident_id)
            if rows[0][0] != "resolved":
                fail("I3", f"the end of {reply.incident_id} was accepted, and it is {rows[0][0]}")
            self.open.pop(key, None)
        elif reply.what == "kept":
            text = "SELECT count(*) FROM incidents WHERE source = ? AND key = ?"
            times = self._world.place.rows(text, *key)[0][0]
            if known != reply.incident_id or times <= FLAPS:
                fail("I3", f"{key} is kept open as {reply.incident_id}, and {known} is, opened {times} times")
        elif reply.what == "acknowledged":
            if known != reply.incident_id:
                fail("I3", f"{key} acknowledged {reply.incident_id}, and what is open for it is {known}")
        elif known is not None and signal.kind == "resolve":
            fail("I3", f"the end of {key} was ignored, and {known} is open for it")

    def acted(self, incident_id: str, event: Event, reply: Acted) -> None:
        """Somebody was answered."""
        if reply.incident is None:
            self._world.fail("I1", f"there is no incident {incident_id}, to which somebody was paged")
            return
        if not self._world.in_order:
            return
        if isinstance(event, Acknowledged) and not reply.refused and incident_id in self.acknowledged:
            self._world.fail("I3", f"{incident_id} was acknowledged twice")
        (self.acknowledged.add if reply.incident.status == "acknowledged" else self.acknowledged.discard)(incident_id)
        if reply.incident.status == "resolved":
            self.open = {key: name for key, name in self.open.items() if name != incident_id}

    def seen(self, incident_id: str, key: tuple[str, str], status: str) -> None:
        """What is in the store after an event."""
        (self.acknowledged.add if status == "acknowledged" else self.acknowledged.discard)(incident_id)
        if status in OPEN:
            self.open[key] = incident_id
        elif self.open.get(key) == incident_id:
            del self.open[key]


class Monitors:
    """All sources of signals."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._ending: set[str] = set()
        self.moments: list[int] = []  # at which troubles come

    def begin(self, count: int, flaps: int, near: list[int]) -> None:
        """So many troubles of their own keys in the week, and of one key. `near`: moments at which some come."""
        random = self._random
        moments = [random.randrange(WEEK - DAY) for _ in range(max(count // 4, 1))]
        moments += [min(max(at + random.randrange(-20 * MINUTE, 5 * MINUTE), 0), WEEK - DAY) for at in near]
        self.moments = moments
        for number in range(count + flaps):
            at = random.choice(moments) + random.choice((0, random.randrange(3 * SECOND), random.randrange(HOUR)))
            if number < count:
                key = random.choice((f"k{number}", f"k {number}", f"k\n{number}"))
                lasts = int(random.choice((5 * SECOND, 3 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR)) * random.random())
            else:
                at, key, lasts = moments[0] + random.randrange(HOUR), "flaps", random.randrange(2 * MINUTE)
            source = random.choice(SOURCES) if number < count else SOURCES[0]
            self._world.flow.call(at, lambda made=(source, key, lasts): self._trouble(*made))  # type: ignore[misc]

    def _trouble(self, source: str, key: str, lasts: int) -> None:
        random, world = self._random, self._world
        person = random.choice(PEOPLE) if random.random() < 0.06 else None
        team = "" if person else random.choice((*TEAMS, *TEAMS, *TEAMS, *TEAMS, "no-such-team"))
        severity = random.choices(("critical", "error", "warning", "odd", "info"), (50, 25, 15, 5, 5))[0]
        signal = Signal(source, key, random.choice(SUMMARIES), "trigger", team, severity, person=person)
        self._send(signal)
        for _ in range(random.choice((0, 0, 1, 2))):
            world.flow.call(random.randrange(lasts + 1), lambda: self._send(signal))
        if random.random() < 0.05:
            world.flow.call(random.randrange(lasts + 1), lambda: self._send(signal._replace(kind="acknowledge")))
        over = signal._replace(kind="resolve")
        if random.random() < 0.8:
            world.flow.call(lasts, lambda: self._send(over))
        if random.random() < 0.15:
            world.flow.call(lasts + random.randrange(MINUTE), lambda: self._send(over))

    def _send(self, signal: Signal, patience: int = 5 * SECOND) -> None:
        world, random = self._world, self._random
        answered = False

        def replied(reply: Reply | Exception) -> None:
            nonlocal answered
            if isinstance(reply, Accepted):
                answered = True
                world.ledger.accepted(signal, reply)
                if reply.what in ("opened", "merged") and reply.incident_id not in self._ending:
                    self._ending.add(reply.incident_id)
                    # Nothing stays open for ever: whoever looks at the list in the end closes it.
                    after = random.randrange(10 * MINUTE, 2 * HOUR)
                    world.flow.call(after, lambda: world.people.ends(reply.incident_id, "grace"))

        def once_more() -> None:
            if not answered:
                self._send(signal, min(patience * 2, 10 * MINUTE))

        server = world.some_server()
        if server is not None:
            world.log(f"signal {signal.kind} {signal.source} {signal.key!r}")
            server.submit(signal, replied)
        world.flow.call(random.randrange(patience, patience * 4), once_more)
