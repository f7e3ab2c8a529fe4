"""Many callers, one commit, as the pager's thread takes requests: what a store does when it is written to like that."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from oncall_rota.paging.crew import MOST
from oncall_rota.paging.ports.row import Unit
from oncall_rota.paging.ports.store import Result, Store, Unstorable

_Waiting = tuple[Unit, "Future[Result]"]


class Group:
    """Commits units for any number of threads: under load a commit carries all that came during the one before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> Future[Result]:
        """A future of the unit's result: set when it is on disk. `StoreFailed`, `Unstorable` are raised by it."""
        future: Future[Result] = Future()
        self._queue.put((unit, future))
        return future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            try:
                while len(group) < MOST:
                    following = self._queue.get_nowait()
                    if following is None:
                        self._commit(group)
                        return
                    group.append(following)
            except Empty:
                pass
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit what waits, and end the thread. The store stays open."""
        self._queue.put(None)
        self._thread.join()
