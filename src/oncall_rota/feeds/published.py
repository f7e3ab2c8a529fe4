"""What the feeds of each team have published, kept in a store, so that all servers on it number events alike.

One value a team, for all feeds that show its shifts: UIDs are slots, and a slot has one SEQUENCE whatever the feed, the
person or the style. A new number is never below the minutes since 1970. So it is above all that were ever given out,
also when those were lost with a store, came after the copy that was restored, or could not be written down.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from oncall_rota.feeds.feed import remembered
from oncall_rota.feeds.identity import Memory, Remembered
from oncall_rota.feeds.name import EveryForm
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.interval import Interval

KEY = "feed:"
TRIES = 5  # how often another server may have been quicker
MOST = 256  # teams whose numbers stay in memory


class Values(Protocol):
    """What a store is asked; both raise `StoreFailed`."""

    def get(self, key: str) -> str | None:
        """The value kept under a key."""

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put a value where another one is, or none; False: there is a third one."""


class Numbers(NamedTuple):
    """SEQUENCE and LAST-MODIFIED of a team's events, by UID. `sure`: the store has them."""

    version: Hashable
    text: str | None
    memory: Memory
    sure: bool = True

    @property
    def events(self) -> Mapping[str, Remembered]:
        """By UID."""
        return self.memory.events


class Published:
    """The numbers of all teams. Its methods wait for the store, and may be called from any thread."""

    def __init__(self, store: Values, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._known: OrderedDict[str, Numbers] = OrderedDict()

    def numbers(self, team: Team, names: EveryForm, window: Interval, version: Hashable, at: datetime) -> Numbers:
        """Of one team; the same object while nothing has changed.

        `version`: all that the team's events follow from. `at`: the present. With a store that fails, from what is
        known, and not `sure`.
        """
        last = self._known.get(team.name)
        try:
            found = self._written(team, names, window, (version, window), at, last)
        except StoreFailed:
            if last is not None and last.version == (version, window):
                return last
            before = last.memory if last is not None else Memory()
            memory = self._after(team, names, window, before, at)
            found = Numbers((version, window), last.text if last is not None else None, memory, sure=False)
        self._known[team.name] = found
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found

    def _written(
        self,
        team: Team,
        names: EveryForm,
        window: Interval,
        version: Hashable,
        at: datetime,
        last: Numbers | None,
    ) -> Numbers:
        key = f"{KEY}{team.name}"
        for _ in range(TRIES):
            text = self._store.get(key)
            if last is not None and last.sure and (last.version, last.text) == (version, text):
                return last
            before = memory_of(text)
            memory = self._after(team, names, window, before, at)
            if text is not None and memory.events == before.events:
                return Numbers(version, text, memory)
            new = memory_text(memory)
            if self._store.swap(key, text, new):
                return Numbers(version, new, memory)
        raise StoreFailed("locked", f"other servers keep changing what is kept of the feeds of {team.name}")

    def _after(self, team: Team, names: EveryForm, window: Interval, before: Memory, at: datetime) -> Memory:
        floor = int(at.timestamp()) // 60
        return remembered(team.schedules.values(), names, window, Memory(before.events, floor), at)


def memory_text(memory: Memory) -> str:
    """A memory as a store keeps it."""
    events = {uid: [*each[:4], int(each.gone)] for uid, each in sorted(memory.events.items())}
    return json.dumps({"version": 1, "events": events}, separators=(",", ":"))


def memory_of(text: str | None) -> Memory:
    """A memory that was kept; what cannot be read counts as lost, since every new number is above those that were."""
    try:
        events = json.loads(text or "{}").get("events", {})
        found = {
            uid: Remembered(int(sequence), int(modified), str(content), int(end), bool(gone))
            for uid, (sequence, modified, content, end, gone) in events.items()
        }
    except (ValueError, TypeError, LookupError, AttributeError):
        return Memory()
    return Memory(found)
