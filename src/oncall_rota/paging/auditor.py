"""The auditor: in a thread of its own it looks whether the pager keeps its word, and says so when it does not.

Its question is I4 of the fault model: no open incident waits for something that was due long ago.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import NamedTuple, Self

from oncall_rota.paging.crew import Crew
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.vitals import AUDITS, Vitals

EVERY = 10.0  # seconds between two looks
LATE = timedelta(seconds=30)  # what is due longer than that is late
STUCK = 60.0  # seconds without a tick, after which nothing is to be expected of the pager any more
REMINDED = 300.0  # seconds after which the same is said again


class Audit(NamedTuple):
    """What one look found. `late`: how many incidents, at most a hundred. `store`: why it cannot tell; empty: it can.

    `stuck`: seconds since the pager looked at what is due, when that is too long; else 0.
    """

    at: datetime | None
    late: int
    store: str
    stuck: float

    @property
    def well(self) -> bool:
        """Whether I4 holds."""
        return not self.late and not self.store and not self.stuck


class Auditor:
    """Looks every ten seconds until `close`. `alarm`: says a sentence. `last`: what the last look found.

    `vitals`: of the process, in which it is heard.

    A pager that is stuck ends the crew: the process must end, and whatever starts it again.
    """

    def __init__(
        self,
        store: Store,
        crew: Crew,
        alarm: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
        vitals: Vitals | None = None,
    ) -> None:
        self.vitals = vitals or Vitals(monotonic)
        self._store = store
        self._crew = crew
        self._alarm = alarm
        self._monotonic = monotonic
        self._closing = threading.Event()
        self._said: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="oncall-auditor", daemon=True)
        self.last = Audit(None, 0, "", 0.0)

    def start(self) -> Self:
        """Begin."""
        self.vitals.expect("auditor", AUDITS)
        self._thread.start()
        return self

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            self.look()
            self.vitals.beat("auditor")

    def look(self) -> Audit:
        """Look once, and say what is wrong."""
        at, late, store = None, 0, ""
        try:
            at, late = self._store.now(), len(self._store.due(100, LATE))
        except StoreFailed as error:
            store = str(error)
        still = self._monotonic() - self._crew.ticked
        self.last = Audit(at, late, store, still if still > STUCK else 0.0)
        if late:
            self._say("late", f"{late} open incidents wait for what was due more than {LATE.seconds} s ago")
        if store:
            self._say("store", f"the auditor cannot read the store: {store}")
        if self.last.stuck:
            self._say("stuck", f"the pager has not looked at what is due for {still:.0f} s")
            self._crew.died.set()
        return self.last

    def _say(self, what: str, text: str) -> None:
        now = self._monotonic()
        if now >= self._said.get(what, now):
            self._said[what] = now + REMINDED
            self._alarm(text)

    def close(self) -> None:
        """End."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
