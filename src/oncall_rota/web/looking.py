"""Looking again and again in a thread: a look that fails is left to the next one, and no error ends the looking."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from oncall_rota.paging.ports.store import StoreFailed


class Looking:
    """Looks every `every` seconds from the beginning of a `with` until its end, in a thread of that name.

    An error that is not the store's is told to `alarm` behind `wrong`: once, until it is another or a look went well.
    """

    def __init__(self, name: str, every: float, wrong: str, alarm: Callable[[str], None]) -> None:
        self._every = every
        self._wrong = wrong
        self._alarm = alarm
        self._told = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def look(self) -> None:
        """Look once. Raises `StoreFailed`, `TimeoutError`."""
        raise NotImplementedError

    def looked(self) -> None:
        """Called after each look, whatever became of it."""

    def _run(self) -> None:
        while not self._closing.wait(self._every):
            try:
                self.look()
            except (StoreFailed, TimeoutError):
                pass  # which others say; the next look finds what this one did not
            except Exception as error:  # noqa: BLE001 - one look more or less must not end the looking
                if self._told != type(error).__name__:
                    self._told = type(error).__name__
                    self._alarm(f"{self._wrong}: {self._told}")
            else:
                self._told = ""
            self.looked()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
