"""A value that is read in a thread, at most every second: no request waits for a disk that hangs."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from oncall_rota.paging.ports.store import StoreFailed

SOON = 0.4  # seconds; while somebody asks all the time, nobody waits for a reading
EVERY = 0.9  # seconds; with the reading itself, what was revoked is refused within one
PATIENCE = 1.0  # seconds for one reading, after which the last value is used
LASTS = 300.0  # seconds for which a value is used that cannot be read anew

_Value = TypeVar("_Value")


class Fresh(Generic[_Value]):
    """What `read` gives. `monotonic`: seconds of the process's own clock. For one event loop. `every`: so many seconds
    one reading is enough. `soon`: after so many the next one is begun, while nobody waits for it.
    """

    def __init__(
        self,
        read: Callable[[], _Value],
        monotonic: Callable[[], float] = time.monotonic,
        every: float = EVERY,
        soon: float | None = None,
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._every = every
        self._soon = soon
        self._known: tuple[float, _Value] | None = None  # when its reading began
        self._reading: asyncio.Task[None] | None = None

    async def get(self) -> _Value:
        """The value. Raises `StoreFailed` when it could not be read for minutes, or never."""
        age = math.inf if self._known is None else self._monotonic() - self._known[0]
        soon = self._every if self._soon is None else self._soon
        if age >= soon and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._renew())
        if age >= self._every and self._reading is not None:
            await asyncio.wait([self._reading], timeout=PATIENCE)
            if self._reading.done():
                self._reading.result()
        if self._known is None or self._monotonic() - self._known[0] >= LASTS:
            raise StoreFailed("locked", "nobody can be let in: what lets them in cannot be read", "try again")
        return self._known[1]

    async def _renew(self) -> None:
        at = self._monotonic()
        try:
            self._known = at, await run_in_threadpool(self._read)
        except StoreFailed:
            return  # as it was
