"""A schedule, ready to answer at an instant or over a stretch of time.

Both answers rest on the same layers, and where an absence or an override is in force on the same steps; they
differ only in how the layers' turns are found. Instants are whole seconds since 1970 UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from oncall_rota.schedule.layer import VACANT, LayerPlan, On, Piece
from oncall_rota.schedule.model import Away, Override, Schedule
from oncall_rota.schedule.override import Step, combined, overridden, relieved
from oncall_rota.timeline.zone import epoch

Lines = tuple[tuple[Away, ...], tuple[Override, ...]]
_NO_LINES: Lines = ((), ())


class Plan:
    """Get it with `plan`, which makes it once for each schedule."""

    __slots__ = ("_bounds", "_lines", "combine", "layers", "schedule")

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.combine = schedule.combine
        self.layers = tuple([LayerPlan(layer) for layer in schedule.layers])
        activities = tuple([layer.activity for layer in self.layers])
        for activity in activities:
            activity.others = activities
        written: list[Away | Override] = [*schedule.away, *schedule.overrides]
        lines = [(epoch(line.start_at), epoch(line.end_at), line) for line in written]
        bounds = {bound for start, end, _ in lines if start < end for bound in (start, end)}
        self._bounds = sorted(bounds)
        self._lines = self._in_force(lines)

    def _in_force(self, lines: list[tuple[int, int, Away | Override]]) -> list[Lines]:
        """The lines in force from each bound on, in the order in which they apply."""
        begin: dict[int, list[int]] = {}
        finish: dict[int, list[int]] = {}
        for number, (start, end, _) in enumerate(lines):
            if start < end:
                begin.setdefault(start, []).append(number)
                finish.setdefault(end, []).append(number)
        now: set[int] = set()
        found: list[Lines] = []
        for bound in self._bounds:
            now.difference_update(finish.get(bound, ()))
            now.update(begin.get(bound, ()))
            active = [lines[number][2] for number in sorted(now)]
            away = tuple([line for line in active if isinstance(line, Away)])
            overrides = tuple([line for line in active if isinstance(line, Override)])
            found.append((away, overrides) if active else _NO_LINES)
        return found

    def lines_at(self, instant: int) -> Lines:
        """The absences and overrides in force at `instant`."""
        index = bisect_right(self._bounds, instant)
        return self._lines[index - 1] if index else _NO_LINES

    def on(self, instant: int) -> On:
        """Who is on call at `instant`, in no order; `VACANT` when nobody is and the file says so."""
        bounds = self._bounds
        if bounds:
            index = bisect_right(bounds, instant)
            if index and self._lines[index - 1] is not _NO_LINES:
                states = [layer.state(instant) for layer in self.layers]
                return self.resolved(states, self._lines[index - 1], instant)
        if self.combine == "last wins":
            vacant: On = ()
            for layer in reversed(self.layers):
                state = layer.state(instant)
                if state:
                    return state
                if state is VACANT:
                    vacant = VACANT
            return vacant
        return combined(self.combine, self.layers, [layer.state(instant) for layer in self.layers])

    def resolved(self, states: list[On | None], lines: Lines, instant: int, steps: list[Step] | None = None) -> On:
        """The answer that absences and overrides make of the layers' `states`."""
        away, overrides = lines
        if away:
            relieved(self.layers, states, away, instant, lambda: self._busy(instant), steps)
        return self.together(states, overridden(self.layers, states, overrides, steps))

    def together(self, states: Sequence[On | None], beside: On | None) -> On:
        """What the layers and the people beside them (None: no line put any) come to."""
        found = combined(self.combine, self.layers, states)
        if beside is None:
            return found
        if not beside:
            return found or beside
        people = {each.person for each in found}
        return (*found, *[each for each in beside if each.person not in people])

    def _busy(self, instant: int) -> set[str]:
        """Those on in the schedule that this one follows, and by turn in those that follow it."""
        busy: set[str] = set()
        if self.schedule.leader is not None:
            busy.update(each.person for each in plan(self.schedule.leader).on(instant))
        for follower in self.schedule.followers:
            other = plan(follower)
            busy.update(each.person for each in other.by_turn(instant))
        return busy

    def by_turn(self, instant: int) -> On:
        """Who would be on call without absences and overrides."""
        return combined(self.combine, self.layers, [layer.state(instant) for layer in self.layers])

    def pieces(self, low: int, high: int) -> list[Piece]:
        """Who is on call over `[low, high)`: pieces that touch, cut where anything may change."""
        rows = [layer.pieces(low, high) for layer in self.layers]
        cuts = {low, high}
        for row in rows:
            for start, end, _ in row:
                cuts.add(start)
                cuts.add(end)
        first, last = bisect_right(self._bounds, low), bisect_right(self._bounds, high)
        if first != last or (first and self._lines[first - 1] is not _NO_LINES):
            cuts.update(self._bounds[first:last])
            cuts.update(self._related_cuts(low, high))
        times = sorted(cuts)
        return self._swept(rows, times)

    def _swept(self, rows: list[list[Piece]], times: list[int]) -> list[Piece]:
        found: list[Piece] = []
        last_wins = self.combine == "last wins"
        iterators = [iter(row) for row in rows]
        end_of_row: Piece = (times[-1], times[-1], ())
        heads = [next(iterator, end_of_row) for iterator in iterators]
        count = len(rows)
        bounds, lines = self._bounds, self._lines
        bound = bisect_right(bounds, times[0])
        next_bound = bounds[bound] if bound < len(bounds) else times[-1]
        in_force = lines[bound - 1] if bound else _NO_LINES
        states: list[On | None] = [None] * count
        for at in range(len(times) - 1):
            start = times[at]
            for index in range(count):
                head = heads[index]
                if head[1] <= start:
                    head = heads[index] = next(iterators[index], end_of_row)
                states[index] = head[2] if head[0] <= start < head[1] else None
            while next_bound <= start and bound < len(bounds):
                in_force = lines[bound]
                bound += 1
                next_bound = bounds[bound] if bound < len(bounds) else times[-1]
            on: On
            if in_force is not _NO_LINES:
                on = self.resolved(states[:], in_force, start)
            elif last_wins:
                on = ()
                for state in reversed(states):
                    if state:
                        on = state
                        break
                    if state is VACANT:
                        on = VACANT
            else:
                on = combined(self.combine, self.layers, states)
            found.append((start, times[at + 1], on))
        return found

    def _related_cuts(self, low: int, high: int) -> set[int]:
        """Where `cover: next` may change because a schedule that follows or is followed changes."""
        if not any(line.cover == "next" for line in self.schedule.away):
            return set()
        cuts: set[int] = set()
        if self.schedule.leader is not None:
            cuts.update(start for start, _, _ in plan(self.schedule.leader).pieces(low, high))
        for follower in self.schedule.followers:
            for layer in plan(follower).layers:
                for start, end, _ in layer.pieces(low, high):
                    cuts.update((start, end))
        return cuts


def plan(schedule: Schedule) -> Plan:
    """The schedule's plan, made at the first call."""
    found = schedule.plan
    if found is None:
        found = Plan(schedule)
        for layer in found.layers:
            if layer.layer.borrows is not None:
                layer.borrowed = plan(layer.layer.borrows)
        schedule.plan = found  # only when it is whole: another thread may ask at any time
    assert isinstance(found, Plan)
    return found
