"""What has no meaning in a folder, what is done about it, and what was said of it already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

FOLDER = "."  # the key of a fault of the whole folder; others are teams, and the two files of the settings


class Fault(NamedTuple):
    """`why` something has no meaning. `kept_at`: since when its last good version is as it is; None: there is none.

    `instead`: what holds then.
    """

    why: str
    instead: str
    kept_at: datetime | None

    def sentence(self, now: datetime) -> str:
        """What somebody is told."""
        if self.kept_at is None:
            return f"{self.why}, and no good configuration of it was kept: {self.instead}"
        form = "%H:%M" if self.kept_at.date() == now.date() else "%Y-%m-%d %H:%M"
        return f"{self.why}: its last good configuration of {self.kept_at:{form}} UTC stays"


class Faults:
    """The faults of now, each told once; `since`: when each began."""

    def __init__(self) -> None:
        self._told: dict[str, Fault] = {}
        self.since: dict[str, datetime] = {}

    def tell(self, faults: Mapping[str, Fault], stale: Iterable[str], now: datetime) -> tuple[str, ...]:
        """The sentences that are new. `stale`: the names of all that has no meaning now."""
        self.since = {name: self.since.get(name, now) for name in stale}
        gone = FOLDER in faults  # which says it all
        new = [
            fault.sentence(now)
            for name, fault in sorted(faults.items())
            if self._told.get(name) != fault and (name == FOLDER or not gone)
        ]
        self._told = dict(faults)
        return tuple(new)
