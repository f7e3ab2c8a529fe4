"""A disk that has lost its power: what its files may hold then.

Nothing is promised but what was synced. Of the rest, each sector may have been written or not, in any order; so may
the length of a file; and names come and go in the order in which they did, as far as they got.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from power_cut_trace import Event, Made, Removed, Said, Sized, Synced, Written

SECTOR = 512  # bytes that a disk writes whole or not at all

NOTHING = "nothing"
KEPT = (NOTHING, "half", "most", "the later ones", "all but one")  # which unsynced sectors are on the disk
_SHARE = {NOTHING: 0.0, "half": 0.5, "most": 0.9}


class _Change(NamedTuple):
    """`number`: of the event. `data` None: only the length changed, to `size`."""

    number: int
    at: int
    data: bytes | None
    size: int


class File:
    """What is on the disk for sure, and what came after."""

    def __init__(self) -> None:
        self.durable = b""
        self.changes: list[_Change] = []

    @property
    def size(self) -> int:
        return self.changes[-1].size if self.changes else len(self.durable)

    def change(self, number: int, event: Written | Sized) -> None:
        if isinstance(event, Sized):
            self.changes.append(_Change(number, event.size, None, event.size))
        else:
            size = max(self.size, event.at + len(event.data))
            self.changes.append(_Change(number, event.at, event.data, size))

    def settle(self, begun: int) -> None:
        """A sync that began at that event makes what came before it last."""
        done = [change for change in self.changes if change.number < begun]
        self.changes = self.changes[len(done) :]
        content = bytearray(self.durable)
        for _, at, data, size in done:
            content.extend(bytes(max(0, size - len(content))))
            if data is None:
                del content[size:]
            else:
                content[at : at + len(data)] = data
        self.durable = bytes(content)

    def after(self, kept: str, chance: random.Random) -> bytes:
        """What may be found when the power is back."""
        if not self.changes or kept == NOTHING:
            return self.durable
        content = bytearray(self.durable)
        longest = max(change.size for change in self.changes)
        content.extend(bytes(max(0, longest - len(content))))
        writes: dict[int, list[_Change]] = {}  # by sector
        for change in self.changes:
            if change.data:
                for sector in range(change.at // SECTOR, (change.at + len(change.data) - 1) // SECTOR + 1):
                    writes.setdefault(sector, []).append(change)
        reached = _reached(kept, writes, chance)
        for sector, changes in writes.items():
            low, high = sector * SECTOR, sector * SECTOR + SECTOR
            for _, at, data, _ in changes[: reached(sector)]:
                assert data is not None
                begin, end = max(low, at), min(high, at + len(data))
                content[begin:end] = data[begin - at : end - at]
        # The new length more often than not: without it there is nothing to see of what was appended.
        length = chance.choice((self.size, self.size, len(self.durable), chance.choice(self.changes).size))
        return bytes(content[:length])


def _reached(kept: str, writes: dict[int, list[_Change]], chance: random.Random) -> Callable[[int], int]:
    """How many of the writes to a sector have reached it, of those that it was given in turn."""
    if kept == "the later ones":
        since = chance.choice([changes[-1].number for changes in writes.values()]) if writes else 0
        return lambda sector: len(writes[sector]) if writes[sector][-1].number >= since else 0
    if kept == "all but one":
        lost = chance.choice(list(writes)) if writes else -1
        return lambda sector: len(writes[sector]) - (sector == lost)
    share = _SHARE[kept]
    return lambda sector: len(writes[sector]) if chance.random() < share else chance.randrange(len(writes[sector]))


class Disk:
    """A folder as the process sees it, and as the disk has it. `lying`: a file whose syncs the disk only pretends."""

    def __init__(self, lying: str = "") -> None:
        self.number = 0
        self._lying = lying
        self._now: dict[str, File] = {}
        self._durable: dict[str, File] = {}
        self._moves: list[tuple[int, str, File | None]] = []  # names that came and went since the folder was synced

    @property
    def unsynced(self) -> bool:
        """Whether a power cut can find more than one thing."""
        return bool(self._moves) or any(file.changes for file in self._now.values())

    def happen(self, event: Event) -> None:
        """The next event of a trace."""
        match event:
            case Made(name) if name not in self._now:
                self._now[name] = File()
                self._moves.append((self.number, name, self._now[name]))
            case Removed(name):
                del self._now[name]
                self._moves.append((self.number, name, None))
            case Written() | Sized():
                self._now[event.name].change(self.number, event)
            case Synced(name, begun, failed) if name and name != self._lying:
                file = self._now[name]
                if failed:
                    # A kernel takes what it could not write for written: what is not on the disk now never will be.
                    chance = random.Random(self.number)
                    file.durable = file.after(chance.choice(KEPT), chance)
                    file.changes = []
                else:
                    file.settle(begun)
            case Synced("", begun, False):
                self._durable = self._names(sum(number < begun for number, _, _ in self._moves))
                self._moves = [move for move in self._moves if move[0] >= begun]
            case Said() | Made() | Synced():
                pass
        self.number += 1

    def _names(self, moves: int) -> dict[str, File]:
        names = dict(self._durable)
        for _, name, file in self._moves[:moves]:
            if file is None:
                names.pop(name, None)
            else:
                names[name] = file
        return names

    def after(self, kept: str, chance: random.Random) -> dict[str, bytes]:
        """The files that may be found when the power is back."""
        moves = 0 if kept == NOTHING else chance.randint(0, len(self._moves))
        return {name: file.after(kept, chance) for name, file in self._names(moves).items()}
