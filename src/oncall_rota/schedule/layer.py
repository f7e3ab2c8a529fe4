"""One layer, ready to answer: its turns, its hours and its life on one pair of clocks.

A layer's state at an instant is None when it is not active, else the people it puts on call, with causes:
empty when nobody is there to put on, and `VACANT` when the file says `nobody`.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from oncall_rota.schedule.activity import EVER, NEVER, Activity
from oncall_rota.schedule.cause import Always, Borrowed, CalendarCause, OnCall, Turn
from oncall_rota.schedule.model import Away, Block, CalendarShift, Layer, Override
from oncall_rota.schedule.rotation import (
    UNITS,
    FixedTurns,
    ListedTurns,
    MonthTurns,
    ShiftTurns,
    Turns,
    WorkingDayTurns,
)
from oncall_rota.schedule.window import Holidays, starts_of
from oncall_rota.timeline.zone import epoch, wall, zone

if TYPE_CHECKING:
    from datetime import datetime

    from oncall_rota.schedule.plan import Plan

On = tuple[OnCall, ...]
Piece = tuple[int, int, On]
_MEMO = 4096


class _Vacant(tuple[OnCall, ...]):
    """Nobody, because the file says so."""

    __slots__ = ()


VACANT: On = _Vacant()


class LayerPlan:
    """A layer's turns within the hours in which it is active.

    `borrowed`: the schedule that answers in its place; `acted`: the places of the lines that it has obeyed already.
    """

    __slots__ = (
        "_blocks",
        "_events",
        "_first_turns",
        "_lasts",
        "_memo",
        "_turns",
        "acted",
        "activity",
        "begins",
        "borrowed",
        "death",
        "elapsed",
        "layer",
        "zone",
    )

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.zone = zone(layer.timezone)
        self.borrowed: Plan | None = None
        lender = layer.borrows
        lines: list[Away | Override] = [] if lender is None else [*lender.away, *lender.overrides]
        self.acted = frozenset([line.source for line in lines])
        self._memo: dict[int, On] = {}
        rotation = layer.rotation
        holidays = Holidays(layer.holidays)
        self.elapsed = rotation is not None and rotation.elapsed
        self._blocks = rotation.blocks if rotation is not None else ()
        self._turns: Turns = ListedTurns([EVER]) if rotation is None else self._counting(holidays)
        nominal = self._turns.turns if isinstance(self._turns, WorkingDayTurns) else self._turns
        self._first_turns = [0] + [nominal.turn(self._reading_of(block)) for block in self._blocks[1:]]
        first = self._turns.handoff(0)
        self._lasts = 0
        if rotation is not None and rotation.lasts is not None and first != EVER:
            self._lasts = int(rotation.lasts.total_seconds())
        birth = EVER if layer.from_clock is None else self._instant_of(layer.from_clock)
        self.begins = max(birth, EVER if first == EVER else self._instant(first))
        self.death = NEVER if layer.until_clock is None else self._instant_of(layer.until_clock)
        self._events = None if layer.shifts is None else _together(layer.name, layer.shifts)
        self.activity = Activity(layer, self.zone, holidays, self.begins, self.death)

    def turn(self, instant: int) -> int:
        """The turn at an instant at which it is active."""
        return self._turns.turn(instant if self.elapsed else self.zone.reading(instant))

    def state(self, instant: int) -> On | None:
        """Its state at `instant`, by turn."""
        if not (self.begins <= instant < self.death):
            return None
        if not (self.activity.simple or self.activity.active(instant)):
            return None
        if self.borrowed is not None:
            return self._borrowing(self.borrowed.on(instant))
        if self._events is not None:
            return self._events[bisect_right(self._events, instant, key=_start) - 1][2]
        reading = instant if self.elapsed else self.zone.reading(instant)
        turn = self._turns.turn(reading)
        if self._lasts and reading >= self._turns.handoff(turn) + self._lasts:
            return None
        return self._memo.get(turn) or self.people(turn)

    def pieces(self, low: int, high: int) -> list[Piece]:
        """Its states over `[low, high)`; stretches without one are left out."""
        spans = self.activity.spans(low, high)
        if not spans:
            return []
        if self.borrowed is not None:
            return [
                (max(start, begin), min(end, stop), self._borrowing(on))
                for begin, stop in spans
                for start, end, on in self.borrowed.pieces(begin, stop)
            ]
        found: list[Piece] = []
        if self._events is not None:
            for begin, stop in spans:
                at = bisect_right(self._events, begin, key=_start) - 1
                while at < len(self._events) and self._events[at][0] < stop:
                    start, end, on = self._events[at]
                    found.append((max(start, begin), min(end, stop), on))
                    at += 1
            return found
        low, high = spans[0][0], spans[-1][1]
        first, starts = self._handoffs(low, high)
        ends = [*starts[1:], high]
        if self._lasts:
            ends = [min(pair) for pair in zip(ends, self._lasting(low, high, first, len(starts)), strict=True)]
        memo, people = self._memo, self.people
        if len(spans) == 1:
            for turn, (start, end) in enumerate(zip(starts, ends, strict=True), first):
                if start < end:
                    found.append((start, end, memo.get(turn) or people(turn)))
            return found
        index, count = 0, len(spans)
        for turn, (start, end) in enumerate(zip(starts, ends, strict=True), first):
            while index < count and spans[index][1] <= start:
                index += 1
            at = index
            while at < count and spans[at][0] < end:
                begin, stop = spans[at]
                begin, stop = max(start, begin), min(end, stop)
                if begin < stop:
                    found.append((begin, stop, memo.get(turn) or people(turn)))
                at += 1
        return found

    def _handoffs(self, low: int, high: int) -> tuple[int, list[int]]:
        """The turn at `low`, and the instants at which it and the later ones begin, the first cut to `low`."""
        if self.elapsed:
            first, readings = self._turns.handoffs(low + 1, high)
            return first - 1, [low, *readings]
        first, readings = self._turns.handoffs(self.zone.reading(low) + 1, self.zone.reading(high - 1) + 1)
        return first - 1, [low, *self.zone.instants(readings)]

    def _lasting(self, low: int, high: int, first: int, count: int) -> list[int]:
        ends = [self._turns.handoff(turn) + self._lasts for turn in range(first, first + count)]
        return [max(low, min(end, high)) for end in (ends if self.elapsed else self.zone.instants(ends))]

    def people(self, turn: int) -> On:
        """Whose turn it is, with the cause."""
        block, index = self.position(turn)
        entry = block.order[index]
        rotation = self.layer.rotation
        assert rotation is not None
        cause: Turn | Always
        if rotation.every is None:
            cause = Always(self.layer.name, entry.source)
        else:
            dated = str(block.starting_clock.date()) if len(self._blocks) > 1 and block.starting_clock else None
            cause = Turn(self.layer.name, turn, dated, entry.source)
        on = tuple([OnCall(person, cause) for person in entry.people]) or VACANT
        if len(self._memo) >= _MEMO:
            self._memo.clear()
        self._memo[turn] = on
        return on

    def position(self, turn: int) -> tuple[Block, int]:
        """The dated block and the place in its order of the people of `turn`."""
        rotation = self.layer.rotation
        assert rotation is not None
        if rotation.every is None:
            block = self._blocks[turn]
            return block, rotation.offset % len(block.order)
        turn += rotation.offset
        number = max(0, bisect_right(self._first_turns, turn) - 1)
        block = self._blocks[number]
        return block, (turn - self._first_turns[number]) % len(block.order)

    def handoffs_near(self, clock: datetime) -> tuple[int, int]:
        """The two handoffs, as wall readings, at or before and after a wall time of the layer's zone."""
        reading = self.zone.instant(wall(clock)) if self.elapsed else wall(clock)
        turn = self._turns.turn(reading)
        near = (self._turns.handoff(turn), self._turns.handoff(turn + 1))
        return (self.zone.reading(near[0]), self.zone.reading(near[1])) if self.elapsed else near

    def _borrowing(self, on: On) -> On:
        assert self.layer.borrows is not None
        if not on:
            return on
        team, name, source = self.layer.borrows.team, self.layer.borrows.name, self.layer.source
        return tuple([OnCall(each.person, Borrowed(team, name, each.cause, source)) for each in on])

    def _counting(self, holidays: Holidays) -> Turns:
        rotation, window = self.layer.rotation, self.layer.when
        assert rotation is not None
        if rotation.every is None:
            return ListedTurns([self._reading_of(block) for block in self._blocks])
        anchor = self._reading_of(self._blocks[0])
        turns: Turns
        if rotation.every.unit == "month":
            turns = MonthTurns(anchor, rotation.every.number, rotation.month_day or 1)
        elif rotation.every.unit == "shift":
            assert window is not None
            on_holiday = sorted({start for start, _ in window.holidays})
            turns = ShiftTurns(anchor, rotation.every.number, starts_of(window), on_holiday, holidays)
        else:
            turns = FixedTurns(anchor, UNITS[rotation.every.unit] * rotation.every.number)
        if not rotation.next_working_day:
            return turns
        return WorkingDayTurns(turns, holidays, self.zone if self.elapsed else None)

    def _reading_of(self, block: Block) -> int:
        if block.starting_clock is None:
            return EVER
        reading = wall(block.starting_clock)
        return self.zone.instant(reading) if self.elapsed else reading

    def _instant(self, reading: int) -> int:
        return reading if self.elapsed else self.zone.instant(reading)

    def _instant_of(self, clock: datetime) -> int:
        return self.zone.instant(wall(clock)) if clock.tzinfo is None else epoch(clock)


def _together(layer: str, shifts: tuple[CalendarShift, ...]) -> list[Piece]:
    """Events that may overlap -> stretches that do not, with everybody who is on in each."""
    changes: dict[int, list[tuple[bool, int]]] = {}
    for number, each in enumerate(shifts):
        start, end = epoch(each.start_at), epoch(each.end_at)
        if start < end:
            changes.setdefault(start, []).append((True, number))
            changes.setdefault(end, []).append((False, number))
    found: list[Piece] = []
    present: set[int] = set()
    for start, end in pairwise(sorted(changes)):
        for begins, number in changes[start]:
            (present.add if begins else present.discard)(number)
        on: dict[str, OnCall] = {}
        for number in sorted(present):
            for person in shifts[number].people:
                on.setdefault(person, OnCall(person, CalendarCause(layer, shifts[number].source)))
        if on:
            found.append((start, end, tuple(on.values())))
    return found


def _start(piece: Piece) -> int:
    return piece[0]
