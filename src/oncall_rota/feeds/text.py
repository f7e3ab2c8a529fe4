"""What an event says: why somebody is on, and who comes after."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from oncall_rota.feeds.name import Names, cleaned
from oncall_rota.feeds.window import Whole
from oncall_rota.schedule import answer
from oncall_rota.schedule.cause import Always, AwayCover, Borrowed, CalendarCause, Cause, OverrideCause, Turn
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.zone import moment, zone

_MOST_CAUSES = 4


class Following(NamedTuple):
    """Who is on at `at`, when something ends: `new` begin then, `staying` were on already."""

    at: int
    new: tuple[str, ...]
    staying: tuple[str, ...] = ()


class Sequel:
    """Answers who comes after an instant, from the shifts of a window, and from the engine beyond it."""

    __slots__ = ("_high", "_schedule", "_shifts", "_starts")

    def __init__(self, schedule: Schedule, found: Sequence[Whole], high: int) -> None:
        self._schedule = schedule
        self._high = high
        self._shifts = found
        self._starts = sorted({each.start for each in found})

    def after(self, ends: Sequence[int]) -> dict[int, Following | None]:
        """Who is on at each of `ends`, or else the first people after it; None: nobody for 400 days."""
        begun: dict[int, list[str]] = {}
        for each in self._shifts:
            begun.setdefault(each.start, []).append(each.person)
        answers: dict[int, Following | None] = {}
        on: list[Whole] = []
        index = 0
        for end in sorted(set(ends)):
            while index < len(self._shifts) and self._shifts[index].start < end:
                on.append(self._shifts[index])
                index += 1
            on = [each for each in on if each.end > end]
            answers[end] = self._after(end, begun, on)
        return answers

    def _after(self, end: int, begun: dict[int, list[str]], on: list[Whole]) -> Following | None:
        if end < self._high:
            if end in begun or on:
                return Following(end, tuple(begun.get(end, ())), tuple(sorted(each.person for each in on)))
            at = bisect_right(self._starts, end)
            if at < len(self._starts) and self._starts[at] < self._high:
                return Following(self._starts[at], tuple(begun[self._starts[at]]))
        told = answer(self._schedule, moment(end - 1))
        before = {each.person for each in told.on_call}
        people = tuple(each.person for each in told.next)
        if told.next_from_at is None or not people:
            return None
        if told.until_at is not None and told.next_from_at == told.until_at:
            staying = tuple(person for person in people if person in before)
            return Following(end, tuple(person for person in people if person not in before), staying)
        return Following(int(told.next_from_at.timestamp()), people)


def mark(causes: Sequence[Cause]) -> str:
    """What stands behind the title of a shift that is not by turn alone."""
    kinds = {kind for cause in causes for kind in _kinds(cause)}
    if OverrideCause in kinds:
        return " (override)"
    return " (cover)" if AwayCover in kinds else ""


def _kinds(cause: Cause) -> set[type]:
    inner = cause.inner if isinstance(cause, AwayCover | Borrowed) else None
    return {type(cause)} | (_kinds(inner) if inner is not None else set())


def description(each: Whole, schedule: Schedule, names: Names, following: Following | None) -> str:
    """Lines for people: who is on call for what, why, and who is next.

    No line numbers and no reasons: a line added above would change every event, and a reason may be private.
    """
    lines = [f"{names[each.person]} is on call for {schedule.team}/{schedule.name}."]
    causes = list(dict.fromkeys(_words(cause, names, len(schedule.layers) > 1) for cause in each.causes))
    lines += causes[:_MOST_CAUSES]
    if len(causes) > _MOST_CAUSES:
        lines.append(f"And {len(causes) - _MOST_CAUSES} more reasons.")
    if not each.last_cut:
        lines.append(next_words(each.end, schedule, names, following))
    return "\n".join(lines)


def gap_description(end: int, schedule: Schedule, names: Names, following: Following | None) -> str:
    """Lines for people about a gap."""
    lines = [f"Nobody is on call for {schedule.team}/{schedule.name}, and somebody must be."]
    return "\n".join([*lines, next_words(end, schedule, names, following)])


def next_words(end: int, schedule: Schedule, names: Names, following: Following | None) -> str:
    """Who comes after `end`."""
    if following is None:
        return "Nobody is next."
    if following.at == end:
        if following.new:
            return f"Hands over to {_people(following.new, names)}."
        return f"{_people(following.staying, names)} {'stays' if len(following.staying) == 1 else 'stay'} on call."
    clock = moment(zone(schedule.timezone).clock(following.at))
    return f"Next on call: {_people(following.new, names)}, from {clock:%Y-%m-%d %H:%M} {schedule.timezone}."


def _people(people: Sequence[str], names: Names) -> str:
    shown = [names[person] for person in people]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _words(cause: Cause, names: Names, layered: bool) -> str:
    """One cause as a sentence. `layered`: the layer's name says something."""
    if isinstance(cause, Turn | Always):
        turn = "By turn" if isinstance(cause, Turn) else "Always on"
        return f"{turn}, layer {cleaned(cause.layer)}." if layered else f"{turn}."
    if isinstance(cause, CalendarCause):
        return f"From {cleaned(cause.source.path)}."
    if isinstance(cause, AwayCover):
        return f"Covers for {names[cause.person]}."
    if isinstance(cause, Borrowed):
        return f"From {cause.team}/{cause.schedule}: {_words(cause.inner, names, False)}"
    place = f"({cleaned(cause.source.path)})"
    if cause.instead_of is not None:
        return f"Override {place}, instead of {names[cause.instead_of]}."
    return f"Override {place}, as well." if cause.verb == "add" else f"Override {place}."
