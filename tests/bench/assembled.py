"""A whole pager in this process, its store on disk; its phones only note which signals they were paged for, when."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from oncall_rota.config import configuration, load
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.crew import Crew
from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.message import Message
from oncall_rota.paging.pager import Pager
from oncall_rota.paging.ports.notifier import Deadline, Declaration, Receipt
from oncall_rota.paging.signal import Signal
from oncall_rota.paging.steady import SteadyClock
from oncall_rota.store import SCHEMES, open_store
from oncall_rota.wiring import notifiers

_MARK = re.compile(r"\bmark-([\w-]+)\.")  # with its end: a bundle's summary may be cut short


class Phones:
    """Every channel's notifier. `first`: when a signal's mark was handed to one, seconds of `time.perf_counter`.

    `takes`: how long each provider needs to answer.
    """

    def __init__(self, settings: Configuration, takes: timedelta = timedelta(0)) -> None:
        declared = notifiers()
        self.first: dict[str, float] = {}
        self.pages = 0
        self._made = {
            name: _Phone(self, declared[channel.type], takes.total_seconds())
            for name, channel in settings.channels.items()
        }

    def __call__(self, channel: str) -> _Phone:
        """The notifier of a channel."""
        return self._made[channel]

    def wait_for(self, marks: Collection[str], seconds: float) -> None:
        """Return when somebody was paged for all of these. Raises `AssertionError` when that takes longer."""
        until = time.perf_counter() + seconds
        while missing := [mark for mark in marks if mark not in self.first]:
            assert time.perf_counter() < until, f"nobody was paged for {missing[:3]} and others, {len(missing)} in all"
            time.sleep(0.01)

    def paged(self, message: Message, at: float) -> None:
        """Note what a page is about."""
        self.pages += 1
        for text in (message.summary, *message.lines):
            for mark in _MARK.findall(text):
                self.first.setdefault(mark, at)


class _Phone:
    def __init__(self, phones: Phones, declaration: Declaration, takes: float) -> None:
        self.declaration = declaration
        self._phones = phones
        self._takes = takes

    def send(self, message: Message, _: str, __: Deadline) -> Receipt:
        """Note the moment, and take the page."""
        self._phones.paged(message, time.perf_counter())
        if self._takes:
            time.sleep(self._takes)
        return Receipt(None)


def marked(mark: str, team: str, key: str | None = None) -> Signal:
    """A signal that can be told from others on a phone. `key`: its own when left out."""
    return Signal("prod-am", key or mark, f"disk full on db-1 mark-{mark}.", team=team, lines=("cluster: eu1",))


def settings_of(rotations: Path) -> Configuration:
    """A folder, read."""
    catalog, problems = load(rotations)
    assert not problems, problems[:3]
    return configuration(catalog, notifiers())


@contextmanager
def crewed(where: str, settings: Configuration, phones: Phones) -> Iterator[Crew]:
    """A crew at work on a new store: a file, or a database's address."""

    def alarm(text: str) -> None:
        raise AssertionError(text)

    clock = SteadyClock()
    with FallbackStore(open_store(where, clock), clock.now, shared=where.startswith(SCHEMES)) as store:
        desk = Desk(store, lambda: settings)
        with Crew(Pager(desk, phones), alarm).start() as crew:
            yield crew
        assert not crew.died.is_set()
        assert not store.check()
