"""Clients that never rest: threads that talk until it is over, and whose errors are told in the end."""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod

PATIENCE = 180.0  # seconds, for the last words of all


class Clients(ABC):
    """So many; each `talk`s with a chance of its own, which the seed decides.

    `faults`: what was done to their servers meanwhile, seconds of `time.monotonic`, from and until.
    """

    def __init__(self, number: int, seed: int) -> None:
        self._seed = seed
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._client, args=(each,)) for each in range(number)]
        self._failed: list[BaseException] = []
        self.faults: list[tuple[float, float]] = []

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say nothing more."""
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        if self._failed:
            raise self._failed[0]

    def _client(self, number: int) -> None:
        try:
            self.talk(number, random.Random(f"{self._seed}-{number}"))
        except BaseException as error:  # noqa: BLE001 - told by `stop`
            self._failed.append(error)

    @abstractmethod
    def talk(self, number: int, chance: random.Random) -> None:
        """What one client does until `_over` is set."""
