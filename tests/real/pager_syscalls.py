"""One page, and a kill at every system call of it, each on what the kill before has left."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from pager_nursery import Child, Nursery, until
from pager_provider import Providers
from pager_trace import EVERY_CALL, Point, kill_at, points, tracing

QUIET = 0.03  # seconds after a page was taken in which it is written down
ASKED = ("sms", "call")  # channels whose provider is asked before anything is sent again


class Kill(NamedTuple):
    """What came of one. `fired`: the point was reached. `copies`: of the one page, beyond the first."""

    channel: str
    point: Point
    fired: bool
    answered: bool
    copies: int


class Lane:
    """Workers on one store, one after the other; beside a peer that lives on, where there is one."""

    def __init__(self, nursery: Nursery, providers: Providers, store: str, folder: Path, peer: bool) -> None:
        self._nursery = nursery
        self._providers = providers
        self._order: dict[str, Any] = providers.order(store)
        self._log = folder / "calls"
        self._numbers = count()
        self._worker: Child | None = None
        self._peer = nursery.worker(self._order) if peer else None

    def walk(self, channel: str, every: int = 1) -> list[Kill]:
        """A kill at each point of one page by that channel, or at every so manieth."""
        found = self._points(channel)
        return [self._kill(channel, point) for point in found[::every]]

    def _warm(self, channel: str) -> Child:
        """A worker that has sent a page by the channel: all of its threads are there, and idle."""
        while self._worker is None or self._worker.gone:
            self._worker = self._nursery.worker(self._order)
            self._worker.settle()
            self._paged(self._worker, channel, f"warm{next(self._numbers)}")
            if f"oncall-{channel}_1" in self._worker.threads():
                self._worker.kill()  # nobody knows which of the two will send the next page
        return self._worker

    def _paged(self, worker: Child, channel: str, key: str) -> str:
        worker.tell("signal", key, f"{channel}0")
        incident_id = worker.answers(key)
        assert incident_id is not None, worker.alarms
        left = worker.settle()
        assert left == "", left
        return incident_id

    def _over(self, worker: Child, channel: str, key: str) -> None:
        """So that nothing of it is open any more."""
        del worker.accepted[key]
        worker.tell("resolve", key, f"{channel}0")
        assert worker.answers(key) is not None

    def _points(self, channel: str) -> list[Point]:
        worker = self._warm(channel)
        key = f"k{next(self._numbers)}"
        with tracing(worker.pid, self._log, *EVERY_CALL):
            worker.tell("signal", key, f"{channel}0")
            incident_id = worker.answers(key)
            assert incident_id is not None
            assert until(lambda: self._providers.taken.of(incident_id))
            time.sleep(QUIET)
        found = points(self._log.read_text(errors="replace"), worker.threads(), f"signal {key}")
        assert found, self._log.read_text(errors="replace")
        self._paged(worker, channel, key)
        self._over(worker, channel, key)
        return found

    def _kill(self, channel: str, point: Point) -> Kill:
        worker = self._warm(channel)
        key = f"k{next(self._numbers)}"
        taken = self._providers.taken
        with tracing(worker.threads()[point.thread], self._log, *kill_at(point)) as tracer:
            worker.tell("signal", key, f"{channel}0")
            told = worker.answers(key)
            if told is not None and until(lambda: worker.gone or taken.of(told)):
                until(lambda: worker.gone, QUIET)
            if worker.gone:
                tracer.wait(60)
                assert "killed by SIGKILL" in self._log.read_text(errors="replace")
        fired = until(lambda: worker.gone, QUIET)  # a kill of the last moment may take one more to be seen
        if fired:
            worker.bury()
            told = worker.accepted.get(key)
        # Whoever was not answered says it again, as a monitor does; one who was answered may.
        worker = self._warm(channel)
        incident_id = self._paged(worker, channel, key)
        assert told in (None, incident_id), "an incident that was answered is lost"
        sent: Counter[str] = taken.of(incident_id)
        assert len(sent) == 1, f"{point}: {sent}"
        self._over(worker, channel, key)
        return Kill(channel, point, fired, told is not None, sent.total() - 1)

    def close(self) -> list[str]:
        """End the workers; what they cried."""
        workers = [each for each in (self._worker, self._peer) if each is not None]
        for worker in workers:
            worker.kill()
        return [text for worker in workers for text in worker.alarms]
