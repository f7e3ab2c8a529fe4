"""Work that waits in simulated time in the middle of a production function: a thread, but one runs at a time.

Whoever resumes a strand stands still until it waits again or has ended, so the order of things is that of the events,
and the same seed is the same run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process of this work is dead. No production code may catch it, nor does."""


class _Thread:
    """A thread that runs one strand after the other."""

    def __init__(self) -> None:
        self.go, self.back = threading.Lock(), threading.Lock()
        self.go.acquire()
        self.back.acquire()
        self.strand: Strand | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            self.go.acquire()
            assert self.strand is not None
            self.strand.body()
            self.back.release()


_IDLE: list[_Thread] = []
_running: list[Strand] = []  # at most one


class Strand:
    """One piece of work. `ended` gets what it returns or raises; `later` is asked to resume it after a wait."""

    def __init__(
        self,
        work: Callable[[], Any],
        ended: Callable[[Any, BaseException | None], None],
        later: Callable[[Strand, int], None],
    ) -> None:
        self._work = work
        self._ended = ended
        self._later = later
        self._thread: _Thread | None = _IDLE.pop() if _IDLE else _Thread()
        self._thread.strand = self
        self._result: Any = None
        self._error: BaseException | None = None
        self.over = False
        self.killed = False

    def body(self) -> None:
        """In its thread."""
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - the one who resumed it hears of it
            self._error = error
        self.over = True

    def resume(self) -> None:
        """Let it go on until it waits again or ends."""
        if self._thread is None:
            return
        thread = self._thread
        _running.append(self)
        thread.go.release()
        thread.back.acquire()
        _running.pop()
        if self.over:
            thread.strand = self._thread = None
            _IDLE.append(thread)
            self._ended(self._result, self._error)

    def kill(self) -> None:
        """End it where it waits."""
        self.killed = True
        self.resume()

    def wait(self, span: int) -> None:
        """In its thread: let so many microseconds pass."""
        thread = self._thread
        assert thread is not None
        self._later(self, span)
        thread.back.release()
        thread.go.acquire()
        if self.killed:
            raise Killed


def present() -> Strand | None:
    """The strand that runs, if any."""
    return _running[-1] if _running else None
