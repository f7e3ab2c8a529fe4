"""The threads of a pager: one that decides, some for each channel that send, one that watches.

One thread takes all that waits into one batch, so under load many requests share a commit; a channel that hangs holds
up its own threads and no others.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from oncall_rota.paging.pager import Errand, Pager, Turn
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Reply, Request

MOST = 512  # requests in one batch
TICK = 0.5  # seconds between two looks at what is due
SENDERS = 16  # threads of one channel
HANGS = 30.0  # seconds after which a thread that sends will not end by itself: an attempt has ten
SWITCH = 0.001  # seconds for which one thread may keep the others from deciding, sending and answering
YOUNG = 20_000  # new objects between two searches for cycles: a decision makes none, and what is open lives long

_Waiting = tuple[Request, "Future[Reply] | None"]


class Crew:
    """Runs a pager until `close`. `alarm`: says a sentence to whoever runs this.

    `died`: set when the deciding thread has ended by a fault; nothing is ever paged then, and the process must end.
    """

    def __init__(self, pager: Pager, alarm: Callable[[str], None]) -> None:
        self.pager = pager
        self.died = threading.Event()
        self.ticked = time.monotonic()  # when it last looked at what is due
        self._alarm = alarm
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._channels: dict[str, ThreadPoolExecutor] = {}
        self._closed = False
        self._beginning = threading.Lock()  # requests and errands; at the end none is begun
        self._unfinished = 0  # requests and errands, from when they are known until they have ended
        self._settled = threading.Condition()
        self._running: dict[int, tuple[str, float]] = {}  # by thread: the channel, and since when
        self._thread = threading.Thread(target=self._decide, name="oncall-pager", daemon=True)

    def start(self) -> Self:
        """Begin."""
        sys.setswitchinterval(SWITCH)
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        self._thread.start()
        return self

    @property
    def waiting(self) -> int:
        """About how many requests wait for their commit: who takes signals in sheds load by it."""
        return self._queue.qsize()

    def submit(self, request: Request) -> Future[Reply]:
        """A future of the reply: set when the decision is on disk. Raises nothing; the future may `StoreFailed`."""
        future: Future[Reply] = Future()
        with self._beginning:
            if self._closed or self.died.is_set():
                future.set_exception(StoreFailed("closed", "the pager has ended"))
            else:
                self._put((request, future))
        return future

    def _put(self, waiting: _Waiting) -> None:
        self._count(1)
        self._queue.put(waiting)

    def _count(self, more: int) -> None:
        with self._settled:
            self._unfinished += more
            if not self._unfinished:
                self._settled.notify_all()

    def settle(self, patience: float) -> bool:
        """Wait until all that was asked for is decided, sent and written down; False: not within `patience` seconds.

        What is due later, or waits for a budget or a provider, is not waited for.
        """
        until = time.monotonic() + patience
        while not self.died.is_set():
            with self._settled:
                # In pieces, as a pager that dies finishes nothing.
                left = until - time.monotonic()
                if self._settled.wait_for(lambda: not self._unfinished, max(min(left, TICK), 0.0)):
                    return True
            if left <= 0:
                return False
        return False

    # -- the deciding thread

    def _decide(self) -> None:
        group: list[_Waiting] = []
        try:
            self._dispatch(self.pager.begin())
            ticked = 0.0
            while True:
                group, last = self._group(max(ticked + TICK - time.monotonic(), 0.0))
                if group:
                    self._take(group)
                    self._count(-len(group))
                    if len(group) > 1:
                        self._let_ask(len(group))
                if last:
                    return
                if time.monotonic() - ticked >= TICK:
                    ticked = time.monotonic()
                    self._dispatch(self.pager.tick())
                    self.ticked = time.monotonic()
        except BaseException as error:
            with self._beginning:
                self.died.set()
            self._refuse(group)
            self._say(f"the pager has died: {type(error).__name__}: {error}")
            raise

    def _let_ask(self, answered: int) -> None:
        """Let those who were answered ask again, as long as they do: they then share the next commit."""
        before = -1
        while before < (waiting := self._queue.qsize()) < answered:
            before = waiting
            time.sleep(0)

    def _group(self, patience: float) -> tuple[list[_Waiting], bool]:
        """What waits, at most `MOST`; whether it is the end."""
        group: list[_Waiting] = []
        try:
            found = self._queue.get(timeout=patience) if patience else self._queue.get_nowait()
            while True:
                if found is None:
                    return group, True
                request, future = found
                # Nobody may wait any more; what was asked for is decided all the same.
                waits = future is not None and future.set_running_or_notify_cancel()
                group.append((request, future if waits else None))
                if len(group) >= MOST:
                    break
                found = self._queue.get_nowait()
        except Empty:
            pass
        return group, False

    def _take(self, group: Sequence[_Waiting]) -> None:
        turn = self.pager.take([request for request, _ in group])
        # Pages first: whoever waits for a reply can wait for that.
        self._dispatch(turn)
        for (_, future), reply in zip(group, turn.replies, strict=True):
            if future is None:
                continue
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def _refuse(self, group: Sequence[_Waiting]) -> None:
        """Tell everybody who waits, those whose requests are in hand too, that there will be no reply."""
        group = [*group, *self._group(0.0)[0]]
        while group:
            for _, future in group:
                if future is not None and not future.done():
                    future.set_exception(StoreFailed("closed", "the pager has died"))
            group, _ = self._group(0.0)

    def _dispatch(self, turn: Turn) -> None:
        with self._beginning:
            # At the end nothing is begun any more: a page stays claimed, and is free when the store is closed.
            for errand in () if self._closed else turn.errands:
                channel = errand.channel
                pool = self._channels.get(channel)
                if pool is None:
                    pool = ThreadPoolExecutor(SENDERS, thread_name_prefix=f"oncall-{channel}")
                    self._channels[channel] = pool
                self._count(1)
                pool.submit(self._run, errand)
        for text in turn.alarms:
            self._say(text)

    def _say(self, text: str) -> None:
        """A voice that is gone, such as a closed pipe, is no reason to stop paging."""
        with suppress(Exception):
            self._alarm(text)

    def _run(self, errand: Errand) -> None:
        """In a thread of the channel."""
        self._running[threading.get_ident()] = errand.channel, time.monotonic()
        try:
            request = self.pager.run(errand)
            if request is not None:
                self._put((request, None))
        finally:
            del self._running[threading.get_ident()]
            self._count(-1)

    def stuck(self) -> tuple[str, ...]:
        """Channels all of whose threads hang, by name: whatever they are to send waits for ever."""
        now = time.monotonic()
        hanging = Counter(channel for channel, since in list(self._running.values()) if now - since > HANGS)
        return tuple(sorted(channel for channel, number in hanging.items() if number >= SENDERS))

    def close(self, patience: float = 10.0) -> None:
        """Finish what is being sent, at most `patience` seconds, write it down, and end. The store stays open."""
        with self._beginning:
            if self._closed:
                return
            self._closed = True
        until = time.monotonic() + patience
        ends = [threading.Thread(target=_ended, args=(pool,), daemon=True) for pool in self._channels.values()]
        for each in ends:
            each.start()
        for each in ends:
            each.join(max(until - time.monotonic(), 0.0))
        self._queue.put(None)
        self._thread.join(max(until - time.monotonic(), 1.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ended(pool: ThreadPoolExecutor) -> None:
    """Wait for what is being sent; what was not begun stays claimed, and is free when the store is closed."""
    pool.shutdown(cancel_futures=True)
