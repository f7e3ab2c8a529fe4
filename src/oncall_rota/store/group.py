"""Many callers, one commit: a thread takes what waits into one transaction, and tells each caller its result."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from oncall_rota.paging.ports.store import Result, Store, StoreFailed, Unit, Unstorable

MOST = 512  # units in one commit: beyond that the first one waits longer than the disk is worth

_Waiting = tuple[Unit, "Future[Result]"]


class GroupCommit:
    """Commits units for any number of threads. Under load a commit carries all that came during the one before.

    A store that fails fails the units of that commit; the thread goes on with the next. `close` first commits what
    waits.
    """

    def __init__(self, store: Store, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="oncall-store", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs: where it does not, nothing is ever committed again."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """About how many units wait for their commit; whoever takes signals in sheds load by it."""
        return self._queue.qsize()

    def submit(self, unit: Unit) -> Future[Result]:
        """A future of the unit's result: set when it is on disk. `StoreFailed`, `Unstorable` are raised by it."""
        future: Future[Result] = Future()
        if self._closed:
            future.set_exception(StoreFailed("closed", "the store is closed"))
        else:
            self._queue.put((unit, future))
        return future

    def _run(self) -> None:
        last = False
        while not last:
            first = self._queue.get()
            group: list[_Waiting] = []
            while True:
                if first is None:
                    last = True
                elif first[1].set_running_or_notify_cancel():
                    group.append(first)
                if len(group) >= self._most:
                    break
                try:
                    first = self._queue.get_nowait()
                except Empty:
                    break
            if group:
                self._commit(group)

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            results = self._store.commit([unit for unit, _ in group])
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers must hear of it and the thread go on
            for _, future in group:
                future.set_exception(error)
            return
        for result, (_, future) in zip(results, group, strict=True):
            if isinstance(result, Unstorable):
                future.set_exception(result)
            else:
                future.set_result(result)

    def close(self) -> None:
        """Commit what waits, and end the thread. The store stays open."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()
        while not self._queue.empty():  # came between the two lines of `submit`
            waiting = self._queue.get()
            if waiting is not None:
                waiting[1].set_exception(StoreFailed("closed", "the store is closed"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
