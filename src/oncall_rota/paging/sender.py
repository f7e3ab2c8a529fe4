"""The threads of one channel: they send what they are handed, and a provider that hangs holds up no others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

_Errand = TypeVar("_Errand")


class Senders(Generic[_Errand]):
    """At most `most` threads, made as errands come. `run` must raise nothing.

    They end with the process, whatever their provider does; a pool of the standard library would wait for it.
    """

    def __init__(self, name: str, run: Callable[[_Errand], None], most: int) -> None:
        self._name = name
        self._run = run
        self._most = most
        self._queue: SimpleQueue[_Errand | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def put(self, errand: _Errand) -> None:
        """Run it as soon as a thread is free. To be called by one thread at a time, and not after `end`."""
        self._queue.put(errand)
        if len(self._threads) < self._most:
            made = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(made)
            made.start()

    def _work(self) -> None:
        while (errand := self._queue.get()) is not None:
            self._run(errand)

    def end(self) -> None:
        """Begin nothing more."""
        try:
            while True:
                self._queue.get_nowait()
        except Empty:
            pass
        for _ in self._threads:
            self._queue.put(None)

    def join(self, until: float) -> None:
        """Wait for what is being sent, until this moment of `time.monotonic` at most."""
        for each in self._threads:
            each.join(max(until - time.monotonic(), 0.0))
