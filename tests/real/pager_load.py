"""Monitors that never rest, workers that are killed or frozen, and what everybody got in the end."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

from clients import Clients
from pager_nursery import LIMIT, Child, until
from pager_provider import Taken
from pager_worker import CHANNELS, PEOPLE

CLIENTS = 8
OPEN = 10  # incidents of one client that are open at once
LAG = 0.25  # seconds in which a provider has noted what came; its client may be dead by then
DOUBLED = 0.3  # of the signals are sent twice


class Answered(NamedTuple):
    """A signal that was answered. `at`: seconds of `time.monotonic`."""

    key: str
    team: str
    incident_id: str
    at: float


class Count(NamedTuple):
    """What came of it. `copies`: pages beyond the first, by channel. `longest`: seconds from the answer to the page."""

    answered: int
    doubled: int
    lost: tuple[Answered, ...]
    copies: Counter[str]
    split: tuple[str, ...]
    unfair: tuple[str, ...]
    longest: float
    alarms: tuple[str, ...]


class Load(Clients):
    """Clients of some workers. Each says its signal until it is answered, and goes on when it was paged for.

    `place`: the workers of this moment.
    """

    def __init__(self, taken: Taken, place: Callable[[], list[Child]], seed: int, pace: float = 0.0) -> None:
        super().__init__(CLIENTS, seed)
        self._taken = taken
        self._place = place
        self._pace = pace
        self.answered: list[Answered] = []
        self.doubled = 0

    def talk(self, number: int, chance: random.Random) -> None:
        """One signal after the other; the oldest incidents are resolved."""
        mine: list[Answered] = []
        for turn in count():
            if self._over.is_set():
                return
            team = f"{chance.choice(list(CHANNELS))}{chance.randrange(PEOPLE)}"
            done = self._said(f"c{number}-{turn}", team, chance)
            if done is None:
                return
            self.answered.append(done)
            mine.append(done)
            until(lambda done=done: self._taken.of(done.incident_id) or self._over.is_set(), LIMIT)
            if len(mine) > OPEN:
                old = mine.pop(0)
                for worker in self._place()[:1]:
                    worker.tell("resolve", old.key, old.team)
            if self._pace:
                time.sleep(chance.uniform(0, 2 * self._pace))

    def _said(self, key: str, team: str, chance: random.Random) -> Answered | None:
        """Say a signal until somebody answers; None: it is all over."""
        while not self._over.is_set():
            workers = self._place()
            if not workers:
                time.sleep(0.002)
                continue
            worker, other = chance.choice(workers), chance.choice(workers)
            heard = worker.tell("signal", key, team)
            if chance.random() < DOUBLED:
                self.doubled += 1
                other.tell("signal", key, team)
            incident_id = worker.answers(key, 15) if heard else None
            if incident_id is not None:
                return Answered(key, team, incident_id, time.monotonic())
        return None

    # -- in the end

    def counted(self, workers: list[Child]) -> Count:
        """Compare what was answered with what was taken. `workers`: all there ever were."""
        pages = {name: self._taken.of(name) for name in {each.incident_id for each in self.answered}}
        lost = [each for each in self.answered if not pages[each.incident_id]]
        copies: Counter[str] = Counter()
        unfair: list[str] = []
        for each in self.answered:
            for page_id, times in pages[each.incident_id].items():
                copies[each.team.rstrip("0123456789")] += times - 1
                if times - 1 > self._hit(page_id):
                    moments = [(f"{at:.3f}", self._nearest(at)) for at in self._taken.at[page_id]]
                    unfair.append(f"{page_id} of {each.key}: {moments}")
        split = [f"{name}: {dict(found)}" for name, found in pages.items() if len(found) > 1]
        waits = [self._first(pages[each.incident_id]) - each.at for each in self.answered if pages[each.incident_id]]
        alarms = [text for worker in workers for text in worker.alarms]
        return Count(
            len(self.answered), self.doubled, tuple(lost), copies, tuple(split), tuple(unfair), max(waits),
            tuple(alarms),
        )  # fmt: skip

    def _first(self, pages: Counter[str]) -> float:
        return min(self._taken.at[page_id][0] for page_id in pages)

    def _nearest(self, at: float) -> str:
        begin, end = min(self.faults, key=lambda fault: abs(fault[0] - at))
        return f"fault {begin - at:+.3f} to {end - at:+.3f}"

    def _hit(self, page_id: str) -> int:
        """How many faults there were from when a page was taken first until it was taken last."""
        first, last = self._taken.at[page_id][0], self._taken.at[page_id][-1]
        return sum(begin <= last and end >= first - LAG for begin, end in self.faults)


def killed(
    load: Load, workers: list[Child], bear: Callable[[int], Child], kills: int, chance: random.Random, longest: float
) -> None:
    """Kill one of the workers again and again, each time after a while of at most `longest` seconds."""
    for _ in range(kills):
        time.sleep(chance.uniform(0.01, longest))
        index = chance.randrange(len(workers))
        began = time.monotonic()
        workers[index].kill()
        load.faults.append((began, time.monotonic()))
        workers[index] = bear(index)


def frozen(load: Load, workers: list[Child], freezes: int, chance: random.Random, span: float) -> None:
    """Stop one of the workers for so long again and again, as a machine that is paused; then it goes on."""
    for _ in range(freezes):
        time.sleep(chance.uniform(0.01, span / 4))
        worker = chance.choice(workers)
        began = time.monotonic()
        worker.send(signal.SIGSTOP)
        time.sleep(span)
        worker.send(signal.SIGCONT)
        load.faults.append((began, time.monotonic()))
