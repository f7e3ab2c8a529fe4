"""UIDs: by content where nothing is remembered, by slot where something is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from oncall_rota.calendar.writing import Event
from oncall_rota.timeline.zone import DAY

# When a text came about whose making nobody dated. No clock is asked: the same rotations are the same bytes.
STAMP = 1577836800  # 2020-01-01T00:00:00Z
_KEPT = 400 * DAY


class Draft(NamedTuple):
    """An event before it has a UID. `slot`: what it is known by within its schedule, where that is wanted."""

    team: str
    schedule: str
    person: str
    start: int
    end: int
    summary: str
    description: str
    busy: bool
    slot: tuple[str | int, ...] = ()

    @property
    def content(self) -> str:
        """A hash of all that subscribers see."""
        return _hash("content", *self[:8])

    @property
    def slot_uid(self) -> str:
        """The UID by slot: it outlives a change of the content."""
        return _uid(_hash("slot", self.team, self.schedule, *self.slot), self)


class Remembered(NamedTuple):
    """What was last published of one event. `gone`: it was there once, and is no more."""

    sequence: int
    modified: int
    content: str
    end: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What one feed has published, by UID.

    `floor`: every event that is new begins with this SEQUENCE. Raise it above all numbers ever given out (minutes
    since 1970 will do) where a memory was lost or is older than what subscribers have.
    """

    events: Mapping[str, Remembered] = field(default_factory=dict)
    floor: int = 0


def identified(drafts: Sequence[Draft], memory: Memory | None, at: int, low: int) -> tuple[list[Event], Memory | None]:
    """The events of `drafts`, each UID once, and what to remember.

    Without `memory` the UID is the content's: a change is one event less and another more, and no subscriber keeps
    the old one. With it the UID is the slot's; SEQUENCE and LAST-MODIFIED (`at`) move when the content of that event
    does. An event that went and comes back has moved: some clients never take a number twice. `low`: the window's
    start; what went and ended long before is forgotten.
    """
    if memory is None:
        found = {_uid(draft.content, draft): draft for draft in drafts}
        return [_event(uid, draft, STAMP) for uid, draft in found.items()], None
    slots = {draft.slot_uid: draft for draft in drafts}
    assert len(slots) == len(drafts), "two events with one UID"
    floor = memory.floor
    kept: dict[str, Remembered] = {}
    for uid, last in memory.events.items():
        if uid in slots:
            continue
        if last.end < low - _KEPT:
            floor = max(floor, last.sequence + 1)
        else:
            kept[uid] = last._replace(gone=True)
    events = []
    for uid, draft in slots.items():
        now = kept[uid] = _remembered(memory.events.get(uid), draft, floor, at)
        events.append(_numbered(uid, draft, now))
    if floor == memory.floor and kept == memory.events:
        return events, memory
    return events, Memory(kept, floor)


def numbered(drafts: Sequence[Draft], published: Mapping[str, Remembered]) -> list[Event]:
    """The events of `drafts` by slot, with SEQUENCE and LAST-MODIFIED as in `published`, which has all of them."""
    return [_numbered(draft.slot_uid, draft, published[draft.slot_uid]) for draft in drafts]


def _numbered(uid: str, draft: Draft, now: Remembered) -> Event:
    return _event(uid, draft, now.modified)._replace(sequence=now.sequence, modified=now.modified)


def _remembered(last: Remembered | None, draft: Draft, floor: int, at: int) -> Remembered:
    content = draft.content
    if last is None:
        return Remembered(floor, at if floor else STAMP, content, draft.end)
    if last.content == content and not last.gone:
        return last
    return Remembered(max(last.sequence + 1, floor), max(at, last.modified + 1), content, draft.end)


def _event(uid: str, draft: Draft, stamp: int) -> Event:
    return Event(uid, stamp, draft.start, draft.end, draft.summary, draft.description, draft.busy)


def _uid(hashed: str, draft: Draft) -> str:
    return f"{hashed[:32]}@{draft.team}.oncall"


def _hash(*parts: str | int) -> str:
    return sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
