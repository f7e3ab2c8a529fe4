"""Stories of the whole pager: a real store, the real desk, no threads, a clock to turn and providers to break.

Every send is written down in `sent`. `night.passes("5m")` lets time pass as the pager's thread would: a tick whenever
something may be due, errands run at once.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from fake_phones import CHANNELS, Field

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.incident import Acknowledged, Event, Resolved
from oncall_rota.paging.message import Message
from oncall_rota.paging.model import Channel, Limit
from oncall_rota.paging.pager import Pager, Turn
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Receipt
from oncall_rota.paging.ports.row import IncidentRow, PageRow
from oncall_rota.paging.ports.store import Reason, StoreFailed
from oncall_rota.paging.request import Act, Request
from oncall_rota.paging.signal import Signal
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.timeline.duration import parse

STEP = timedelta(seconds=1)


class Sent(NamedTuple):
    """One message that reached a provider."""

    at: datetime
    channel: str
    address: str
    message: Message


class Disk:
    """A store whose disk can be broken. `broken`: why nothing can be written; None: it works."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.broken: Reason | None = None
        self.unreadable = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found) or name in ("now", "close"):
            return found
        writes = name in ("commit", "claim", "put", "keep", "publish", "instances", "prune")

        def method(*given: Any, **named: Any) -> Any:
            if self.broken is not None and (writes or self.unreadable):
                raise StoreFailed(self.broken, f"cannot use the store: {self.broken}")
            return found(*given, **named)

        return method


class Provider:
    """One channel's provider. `refuses`: what it raises, one after the other; then it takes what comes."""

    def __init__(self, night: Night, channel: str) -> None:
        self._night = night
        self._channel = channel
        self.declaration = Declaration(channel, channel, (), channel, channel)
        self.refuses: deque[NotifierError] = deque()

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        if self.refuses:
            raise self.refuses.popleft()
        self._night.sent.append(Sent(self._night.clock.at, self._channel, address, message))
        return Receipt(f"{self._channel}-{len(self._night.sent)}")


class FakeClock:
    """Both clocks at once."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Night:
    """One pager and all around it."""

    def __init__(self, path: Path) -> None:
        self.field = Field()
        self.clock = FakeClock(self.field.now)
        self.path = path
        self.channels = {name: Channel(name, name, name, {}) for name in CHANNELS}
        self.providers = {name: Provider(self, name) for name in CHANNELS}
        self.sent: list[Sent] = []
        self.alarms: list[str] = []
        self.resolved = True  # `notices: {resolved: yes}`
        self.quiet: tuple[str, ...] = ()  # `notices: {via: …}`
        self._tokens = count(1)
        self.starts()

    def starts(self) -> None:
        """A process starts on the store."""
        self.disk = Disk(SqliteStore(self.path, self.clock))
        self.store = FallbackStore(self.disk, self.clock.now, monotonic=self.clock.monotonic)  # type: ignore[arg-type]
        desk = Desk(self.store, self.configuration, self.token, self.clock.monotonic)
        self.pager = Pager(desk, self.providers.__getitem__, monotonic=self.clock.monotonic)
        self._perform(self.pager.begin())

    def close(self) -> None:
        """It ends in peace."""
        self.disk.broken = None
        self.store.close()

    def token(self, length: int) -> str:
        """Not random at all."""
        return f"{next(self._tokens):0{2 * length}x}"

    def configuration(self) -> Configuration:
        """As the field stands now."""
        return Configuration(self.field.world, self.channels, resolved=self.resolved, quiet=self.quiet)

    def limits(self, channel: str, burst: int, refill: str) -> None:
        """A budget for each person on a channel."""
        self.channels[channel] = self.channels[channel]._replace(limit=Limit(burst, parse(refill)))

    # -- what happens

    def _perform(self, turn: Turn) -> Turn:
        self.alarms += turn.alarms
        waiting = list(turn.errands)
        while waiting:
            following = self.pager.run(waiting.pop(0))
            if following is not None:
                more = self.pager.take([following])
                self.alarms += more.alarms
                waiting += more.errands
        return turn

    def takes(self, request: Request) -> Any:
        """One request; its reply, or the exception."""
        return self._perform(self.pager.take([request])).replies[0]

    def signal(self, key: str = "disk", **more: Any) -> Any:
        """A monitor says that something is wrong with payments."""
        return self.takes(Signal("prod-am", key, more.pop("summary", f"{key} is full"), team="payments", **more))

    def acts(self, incident_id: str, event: Event, actor: str) -> Any:
        """Somebody does something."""
        return self.takes(Act(incident_id, event, actor))

    def acknowledges(self, who: str, incident_id: str) -> Any:
        """Somebody takes it."""
        return self.acts(incident_id, Acknowledged(who), who)

    def resolves(self, who: str, incident_id: str) -> Any:
        """It is over."""
        return self.acts(incident_id, Resolved(who), who)

    def passes(self, span: str) -> None:
        """Time passes, and the pager ticks every second."""
        until = self.clock.at + parse(span)
        while self.clock.at < until:
            self.clock.at += STEP
            self._perform(self.pager.tick())

    # -- what is seen

    def to(self, who: str) -> list[Sent]:
        """What somebody got, but for notices."""
        return [each for each in self.sent if each.address.startswith(f"{who}/") and each.message.kind == "page"]

    def channels_to(self, who: str) -> list[str]:
        """By which channels, in order."""
        return [each.channel for each in self.to(who)]

    def notices_to(self, who: str) -> list[str]:
        """What somebody was told quietly."""
        return [
            each.message.summary
            for each in self.sent
            if each.address.startswith(f"{who}/") and each.message.kind == "notice"
        ]

    def row(self, incident_id: str) -> IncidentRow:
        """The incident as it is kept."""
        row = self.store.incident(incident_id)
        assert row is not None
        return row

    def pages(self, incident_id: str) -> tuple[PageRow, ...]:
        """Its pages as they are kept."""
        return self.store.pages(incident_id)
