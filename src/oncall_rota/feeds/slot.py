"""Which slot of the plan a shift stands in: the identity of an event that outlives a change of its content.

A slot is one person's place in a layer's turn as the layers alone have it, without absences and overrides: (layer,
the turn's start in that layer, place in the entry). Of the shifts that begin within a slot, the first that its own
person keeps is the slot's event; if that person keeps none, the first of whoever stands in is. Every further one has
its own start in its key as well. So an override of a whole turn changes one event's person, one that cuts a turn's
beginning moves one event's start, and one that splits a turn leaves the first part its event.

A slot without a beginning (one person, always on) has no first shift: there every key has the shift's start. A shift
that is in no slot (`add`, or an override of a hole) is known by its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from oncall_rota.feeds.window import Limits, Whole, beginnings, endings, whole_shifts
from oncall_rota.schedule import shifts
from oncall_rota.schedule.cause import Always, AwayCover, Cause, OverrideCause, Turn
from oncall_rota.schedule.model import Schedule
from oncall_rota.schedule.plan import Plan, plan
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import moment

Key = tuple[str | int, ...]
EVER = "ever"


class Slot(NamedTuple):
    """`layer` is its number in the schedule; `nominal` None: it has no beginning."""

    start: int
    end: int
    layer: int
    name: str
    place: int
    person: str
    nominal: int | None

    @property
    def key(self) -> Key:
        """What it is known by within its schedule."""
        return (self.name, EVER if self.nominal is None else self.nominal, self.place)


def slot_keys(schedule: Schedule, found: Sequence[Whole], within: Limits) -> dict[tuple[int, str], Key]:
    """The key of each shift of `found`, by start and person. No two are the same."""
    if not found:
        return {}
    low, high = min(each.start for each in found), max(each.start for each in found) + 1
    slots = _slots(_by_turn(schedule), low, high, within)
    # What is whole depends on the slot, not on the window: a slot's first shift may be over already.
    span = (
        max(within.floor, min([low, *[slot.start for slot in slots]])),
        min(within.ceiling, max([high, *[slot.end for slot in slots]])),
    )
    everything = whole_shifts(schedule, within, span)
    keys: dict[tuple[int, str], Key] = {}
    standing: dict[Slot | None, list[Whole]] = {}
    for each, slot in zip(everything, _assigned(everything, slots), strict=True):
        standing.setdefault(slot, []).append(each)
    for slot, members in standing.items():
        keys |= _named(slot, members)
    return {(each.start, each.person): keys[each.start, each.person] for each in found}


def _by_turn(schedule: Schedule, combine: str = "all") -> Schedule:
    """The schedule as its layers alone have it, all of them at once; borrowed ones too."""
    layers = [
        layer if layer.borrows is None else layer._replace(borrows=_by_turn(layer.borrows, layer.borrows.combine))
        for layer in schedule.layers
    ]
    return Schedule(schedule.team, schedule.name, schedule.timezone, schedule.source, tuple(layers), combine)


def _slots(by_turn: Schedule, low: int, high: int, within: Limits) -> list[Slot]:
    """The slots in which the instants of `[low, high)` lie, whole, sorted by start, layer and place."""

    def find(start: int, end: int) -> list[tuple[tuple[str, Cause], int, int]]:
        found = shifts(by_turn, Interval(moment(start), moment(end)), causes=True)
        return [((each.person, each.cause), each.start, each.end) for each in found]

    begun, ended = beginnings(find, low, within.floor), endings(find, high, within.ceiling)
    ready = plan(by_turn)
    found: list[Slot] = []
    for key, start, end in find(low, high):
        nominal: int | None = start
        if start == low:
            start = begun.get(key, start)
            nominal = start if start > within.floor else None
        if end == high:
            end = ended.get(key, end)
        number, name, place = _placed(ready, key, max(start, low))
        found.append(Slot(start, end, number, name, place, key[0], nominal))
    return sorted(found, key=lambda slot: (slot.start, slot.layer, slot.place, slot.person))


def _placed(ready: Plan, key: tuple[str, Cause], at: int) -> tuple[int, str, int]:
    """The layer's number and name, and the person's place in the entry."""
    for number, layer in enumerate(ready.layers):
        on = layer.state(at) or ()
        for place, each in enumerate(on):
            if (each.person, each.cause) == key:
                return number, layer.layer.name, place
    return len(ready.layers), "", 0


def _assigned(found: Sequence[Whole], slots: Sequence[Slot]) -> Iterable[Slot | None]:
    """The slot in which each shift begins, or None."""
    index = 0
    open_: list[Slot] = []
    ranks: dict[tuple[int, Cause], int] = {}
    for each in found:
        while index < len(slots) and slots[index].start <= each.start:
            open_.append(slots[index])
            index += 1
        open_ = [slot for slot in open_ if slot.end > each.start]
        cause = each.causes[0]
        rank = ranks[each.start, cause] = ranks.get((each.start, cause), -1) + 1
        yield _slot_of(each, cause, rank, sorted(open_, key=lambda slot: (slot.layer, slot.place)))


def _slot_of(each: Whole, cause: Cause, rank: int, candidates: Sequence[Slot]) -> Slot | None:
    layer = None
    owner = each.person
    if isinstance(cause, AwayCover):
        owner, inner = cause.person, cause.inner
        layer = inner.layer if isinstance(inner, Turn | Always) else None
    elif isinstance(cause, Turn | Always):
        layer = cause.layer
    elif isinstance(cause, OverrideCause):
        if cause.verb == "add":
            return None
        if cause.instead_of is None:  # `who` takes all places: its people stand in them in order
            return candidates[min(rank, len(candidates) - 1)] if candidates else None
        owner = cause.instead_of
    for slot in candidates:
        if slot.person == owner and layer in (None, slot.name):
            return slot
    return next((slot for slot in candidates if layer in (None, slot.name)), None)


def _named(slot: Slot | None, members: Sequence[Whole]) -> dict[tuple[int, str], Key]:
    """Keys of the shifts of one slot, which are sorted by start and person."""
    head: Whole | None = None
    if slot is not None and slot.nominal is not None:
        head = next((each for each in members if each.person == slot.person), members[0])
    base: Key = slot.key if slot is not None else ("", "", 0)
    keys: dict[tuple[int, str], Key] = {}
    times: dict[str | int, int] = {}
    for each in members:
        if each is head:
            keys[each.start, each.person] = base
            continue
        start = EVER if each.first_cut else each.start
        number = times[start] = times.get(start, -1) + 1
        keys[each.start, each.person] = (*base, start, number) if number else (*base, start)
    return keys
