"""What the requests of one turn of the event loop ask of the desk, handed to it together.

Else the desk begins with the first of them alone, and all others wait for that one's commit before theirs. Nothing
waits for anything: a turn is as long as it takes to read what has arrived.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from oncall_rota.paging.request import Reply, Request


class Together:
    """Of one event loop. `hand_over`: the crew's `submit`, which raises nothing."""

    def __init__(self, hand_over: Callable[[Request], Future[Reply]]) -> None:
        self._hand_over = hand_over
        self._collected: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._decided: deque[tuple[asyncio.Future[Reply], Future[Reply]]] = deque()
        self._is_woken = False

    def submit(self, request: Request) -> asyncio.Future[Reply]:
        """The reply, once the decision is on disk. May raise `StoreFailed` when it is awaited.

        What was asked for is decided, even if nobody awaits it any more.
        """
        loop = asyncio.get_running_loop()
        if not self._collected:
            loop.call_soon(self._turn, loop)
        awaited: asyncio.Future[Reply] = loop.create_future()
        self._collected.append((request, awaited))
        return awaited

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        collected, self._collected = self._collected, []
        for request, awaited in collected:
            self._ask(loop, request, awaited)

    def _ask(self, loop: asyncio.AbstractEventLoop, request: Request, awaited: asyncio.Future[Reply]) -> None:
        def decided(future: Future[Reply]) -> None:
            """In the desk's thread: the loop is woken once for many."""
            self._decided.append((awaited, future))
            if not self._is_woken:
                self._is_woken = True
                with suppress(RuntimeError):  # the loop has ended, and nobody waits
                    loop.call_soon_threadsafe(self._answer)

        self._hand_over(request).add_done_callback(decided)

    def _answer(self) -> None:
        self._is_woken = False  # first: what is decided from here on wakes it again, or is seen below
        while self._decided:
            awaited, future = self._decided.popleft()
            if awaited.done():
                continue  # its request has timed out, or its sender has gone
            error = future.exception()
            if error is None:
                awaited.set_result(future.result())
            else:
                awaited.set_exception(error)
