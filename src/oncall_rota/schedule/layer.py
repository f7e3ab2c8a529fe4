"""One layer, ready to answer: its turns, its hours and its life on one pair of clocks.

A layer's state at an instant is None when it is not active, else the people it puts on call, with causes:
empty when nobody is there to put on, and `VACANT` when the file says `nobody`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from oncall_rota.schedule.cause import Always, Borrowed, OnCall, Turn
from oncall_rota.schedule.model import Block, Layer, Window
from oncall_rota.schedule.rotation import (
    EVER,
    UNITS,
    FixedTurns,
    ListedTurns,
    MonthTurns,
    ShiftTurns,
    Turns,
    WorkingDayTurns,
)
from oncall_rota.schedule.window import (
    MONDAY,
    Holidays,
    Hours,
    Spans,
    clipped,
    difference,
    merged,
    starts_of,
)
from oncall_rota.timeline.zone import WEEK, epoch, wall, zone

if TYPE_CHECKING:
    from datetime import datetime

    from oncall_rota.schedule.plan import Plan

On = tuple[OnCall, ...]
Piece = tuple[int, int, On]
NEVER = 1 << 60
_MEMO = 4096


class _Vacant(tuple[OnCall, ...]):
    """Nobody, because the file says so."""

    __slots__ = ()


VACANT: On = _Vacant()


class LayerPlan:
    """A layer's arithmetic. `others` are the layers of the same schedule, itself included."""

    __slots__ = (
        "_blocks",
        "_except",
        "_first_turns",
        "_from_starts",
        "_hours",
        "_lasts",
        "_memo",
        "_simple",
        "_turns",
        "begins",
        "birth",
        "borrowed",
        "death",
        "elapsed",
        "layer",
        "others",
        "otherwise",
        "zone",
    )

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.zone = zone(layer.timezone)
        self.others: tuple[LayerPlan, ...] = (self,)
        self.borrowed: Plan | None = None
        holidays = Holidays(layer.holidays)
        window = layer.when
        self.otherwise = window is not None and window.otherwise
        self._from_starts = sorted({start % WEEK for start in window.starts}) if window is not None else []
        self._hours = Hours(window, layer.except_, holidays)
        self._except = Hours(layer.except_, None, holidays) if layer.except_ is not None else None
        self._memo: dict[int, On] = {}
        rotation = layer.rotation
        self.elapsed = rotation is not None and rotation.elapsed
        self._blocks = rotation.blocks if rotation is not None else ()
        self._lasts = 0
        if rotation is None:
            self._turns: Turns = ListedTurns([EVER])
            self._first_turns = [0]
        else:
            self._turns = self._counting(window, holidays)
            self._lasts = int(rotation.lasts.total_seconds()) if rotation.lasts is not None else 0
            nominal = self._turns.turns if isinstance(self._turns, WorkingDayTurns) else self._turns
            self._first_turns = [0] + [nominal.turn(self._reading_of(block)) for block in self._blocks[1:]]
        self.birth = EVER if layer.from_clock is None else self._instant_of(layer.from_clock)
        self.death = NEVER if layer.until_clock is None else self._instant_of(layer.until_clock)
        first = self._turns.handoff(0)
        if first == EVER:
            self._lasts = 0
        self.begins = max(self.birth, EVER if first == EVER else self._instant(first))
        self._simple = self._hours.always and not self.otherwise and not self._from_starts

    # -- the hours in which it is active -------------------------------------------------------------

    def covers(self, instant: int) -> bool:
        """Whether its own `when` less `except` is open within its life, `otherwise` left aside."""
        if not self.begins <= instant < self.death:
            return False
        reading = self.zone.reading(instant)
        return self._hours.covers(reading) or (
            bool(self._from_starts) and self._follows_sun(instant, reading)
        )

    def active(self, instant: int) -> bool:
        """Whether it is active: its window, and its life from the first handoff on."""
        if not self.begins <= instant < self.death:
            return False
        if self._simple:
            return True
        reading = self.zone.reading(instant)
        if self._hours.covers(reading):
            return True
        if self._from_starts and self._follows_sun(instant, reading):
            return True
        if not self.otherwise or (self._except is not None and self._except.covers(reading)):
            return False
        return not any(other.covers(instant) for other in self.others if not other.otherwise)

    def _follows_sun(self, instant: int, reading: int) -> bool:
        if self._except is not None and self._except.covers(reading):
            return False
        mine = self.zone.instant(self._start_before(reading))
        return all(other.last_start(instant) <= mine for other in self.others if other._from_starts)

    def _start_before(self, reading: int) -> int:
        week, second = divmod(reading - MONDAY, WEEK)
        index = bisect_right(self._from_starts, second) - 1
        return MONDAY + week * WEEK + (self._from_starts[index] - (WEEK if index < 0 else 0))

    def last_start(self, instant: int) -> int:
        """Its last `… from` start at or before `instant` while it was alive, or `EVER`."""
        start = self.zone.instant(self._start_before(self.zone.reading(min(instant, self.death - 1))))
        return start if start >= self.begins else EVER

    def own_spans(self, low: int, high: int) -> Spans:
        """The instants of `[low, high)` that `covers` says yes to, as merged spans."""
        low, high = max(low, self.begins), min(high, self.death)
        if low >= high:
            return []
        if self._hours.always:
            return [(low, high)]
        walls = self._hours.spans(self.zone.reading(low), self.zone.reading(high - 1) + 1)
        spans = self._in_instants(walls)
        if self._from_starts:
            spans = merged(sorted(spans + self._sun_spans(low, high)))
        return clipped(spans, low, high)

    def spans(self, low: int, high: int) -> Spans:
        """The stretches of `[low, high)` in which it is active."""
        spans = self.own_spans(low, high)
        if self.otherwise:
            low, high = max(low, self.begins), min(high, self.death)
            if low < high:
                taken = [
                    span
                    for other in self.others
                    if not other.otherwise
                    for span in other.own_spans(low, high)
                ]
                rest = difference(
                    difference([(low, high)], merged(sorted(taken))), self._except_spans(low, high)
                )
                spans = merged(sorted(spans + rest))
        return spans

    def _except_spans(self, low: int, high: int) -> Spans:
        if self._except is None:
            return []
        return self._in_instants(self._except.spans(self.zone.reading(low), self.zone.reading(high - 1) + 1))

    def _sun_spans(self, low: int, high: int) -> Spans:
        ends = sorted({start for other in self.others for start in other._sun_starts(low, high, alive=True)})
        spans: Spans = []
        for start in self._sun_starts(low, high, alive=False):
            index = bisect_right(ends, start)
            spans.append((start, ends[index] if index < len(ends) else high))
        return difference(clipped(merged(spans), low, high), self._except_spans(low, high))

    def _sun_starts(self, low: int, high: int, *, alive: bool) -> list[int]:
        first = self.zone.reading(low) - WEEK
        last = self.zone.reading(high) + 1
        weeks = range(first - (first - MONDAY) % WEEK, last, WEEK)
        starts = self.zone.instants([week + second for week in weeks for second in self._from_starts])
        return [start for start in starts if not alive or self.begins <= start < self.death]

    def _in_instants(self, walls: Spans) -> Spans:
        flat = self.zone.instants([bound for span in walls for bound in span])
        return [(flat[at], flat[at + 1]) for at in range(0, len(flat), 2) if flat[at] < flat[at + 1]]

    # -- who is on by turn --------------------------------------------------------------------------

    def turn(self, instant: int) -> int:
        """The turn at an instant at which it is active."""
        return self._turns.turn(instant if self.elapsed else self.zone.reading(instant))

    def state(self, instant: int) -> On | None:
        """Its state at `instant`, by turn."""
        if not (self.begins <= instant < self.death) or not (self._simple or self.active(instant)):
            return None
        if self.borrowed is not None:
            return self._borrowing(self.borrowed.on(instant))
        reading = instant if self.elapsed else self.zone.reading(instant)
        turn = self._turns.turn(reading)
        if self._lasts and reading >= self._turns.handoff(turn) + self._lasts:
            return None
        return self._memo.get(turn) or self.people(turn)

    def pieces(self, low: int, high: int) -> list[Piece]:
        """Its states over `[low, high)`; stretches without one are left out."""
        spans = self.spans(low, high)
        if not spans:
            return []
        if self.borrowed is not None:
            return [
                (max(start, begin), min(end, stop), self._borrowing(on))
                for begin, stop in spans
                for start, end, on in self.borrowed.pieces(begin, stop)
            ]
        low, high = spans[0][0], spans[-1][1]
        first, starts = self._handoffs(low, high)
        ends = [*starts[1:], high]
        if self._lasts:
            ends = [
                min(pair) for pair in zip(ends, self._lasting(low, high, first, len(starts)), strict=True)
            ]
        memo, people = self._memo, self.people
        found: list[Piece] = []
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
                begin, stop = begin if begin > start else start, stop if stop < end else end
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
            dated = (
                str(block.starting_clock.date()) if len(self._blocks) > 1 and block.starting_clock else None
            )
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

    # -- building ------------------------------------------------------------------------------------

    def _counting(self, window: Window | None, holidays: Holidays) -> Turns:
        rotation = self.layer.rotation
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
        return WorkingDayTurns(turns, holidays) if rotation.next_working_day else turns

    def _reading_of(self, block: Block) -> int:
        if block.starting_clock is None:
            return EVER
        reading = wall(block.starting_clock)
        return self.zone.instant(reading) if self.elapsed else reading

    def _instant(self, reading: int) -> int:
        return reading if self.elapsed else self.zone.instant(reading)

    def _instant_of(self, clock: datetime) -> int:
        return self.zone.instant(wall(clock)) if clock.tzinfo is None else epoch(clock)
