"""What absences and overrides make of the layers' turns, and what the layers make together.

Turn, then `away`, then the overrides in line order, each acting on the result of the lines before, then
`combine`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from oncall_rota.schedule.cause import AwayCover, Cause, OnCall, OverrideCause
from oncall_rota.schedule.layer import VACANT, LayerPlan, On
from oncall_rota.schedule.model import Away, Override


class Step(NamedTuple):
    """What one line did: the layers' states and the people beside them, after it."""

    line: Away | Override
    states: tuple[On | None, ...]
    beside: On


def combined(combine: str, layers: Sequence[LayerPlan], states: Sequence[On | None]) -> On:
    """Who is on call where several layers meet. An empty answer is `VACANT` when a layer says `nobody`."""
    found: On = ()
    if combine == "last wins":
        for state in reversed(states):
            if state:
                return state
    elif combine == "first wins":
        for state in states:
            if state:
                return state
    else:
        if combine == "priority":
            top = max(
                (layer.layer.priority for layer, state in zip(layers, states, strict=True) if state),
                default=0,
            )
            on = [s for layer, s in zip(layers, states, strict=True) if s and layer.layer.priority == top]
        else:
            on = [state for state in states if state]
        if len(on) == 1:
            return on[0]
        found = _once([each for state in on for each in state])
    if not found and any(state is VACANT for state in states):
        return VACANT
    return found


def relieved(
    layers: Sequence[LayerPlan],
    states: list[On | None],
    away: Sequence[Away],
    instant: int,
    busy: Callable[[], set[str]],
    steps: list[Step] | None = None,
) -> None:
    """Put cover in the place of those who are away at `instant`; `busy` are those on in related schedules."""
    in_force: dict[str, Away] = {}
    for line in away:
        in_force.setdefault(line.person, line)
    for index, state in enumerate(states):
        if not state or not any(each.person in in_force for each in state):
            continue
        acted = layers[index].acted
        lines = {person: line for person, line in in_force.items() if line.source not in acted}
        people = list(state)
        for each in state:
            if each.person in lines:
                at = people.index(each)
                cover = _cover(each.person, lines, layers[index], {one.person for one in people}, instant, busy)
                if cover is None or any(one.person == cover for one in people):
                    del people[at]
                else:
                    people[at] = OnCall(cover, AwayCover(each.person, lines[each.person].source, each.cause))
                if steps is not None:
                    seen: list[On | None] = [*states]
                    seen[index] = tuple(people)
                    steps.append(Step(lines[each.person], tuple(seen), ()))
        states[index] = tuple(people)


def _cover(
    person: str,
    lines: dict[str, Away],
    layer: LayerPlan,
    on: set[str],
    instant: int,
    busy: Callable[[], set[str]],
) -> str | None:
    seen: set[str] = set()
    while person in lines:
        if person in seen:
            return None
        seen.add(person)
        cover = lines[person].cover
        if cover is None:
            return None
        if cover == "next":
            return _next(lines, layer, on, instant, busy())
        person = cover
    return person


def _next(lines: dict[str, Away], layer: LayerPlan, on: set[str], instant: int, busy: set[str]) -> str | None:
    if layer.layer.rotation is None:
        return None  # another schedule, or a calendar: there is no list to go on in
    block, index = layer.position(layer.turn(instant))
    for entry in block.order[index + 1 :] + block.order[:index]:
        for person in entry.people:
            if person not in lines and person not in on and person not in busy:
                return person
    return None


def overridden(
    layers: Sequence[LayerPlan],
    states: list[On | None],
    lines: Sequence[Override],
    steps: list[Step] | None = None,
) -> On | None:
    """Apply the lines to `states`; return the people beside the layers, `VACANT` when a line says nobody."""
    beside: On | None = None
    for line in lines:
        if line.verb in ("who", "add"):
            cause = OverrideCause(line.verb, line.id, None, line.source, line.by)
            put = tuple(OnCall(person, cause) for person in line.people) or VACANT
            if line.layer is not None:
                for index, layer in enumerate(layers):
                    state = states[index]
                    if layer.layer.name == line.layer and state is not None:
                        states[index] = put if line.verb == "who" else _joined(state, put)
            elif line.verb == "who":
                # A layer that was active stays so: a later line may put somebody into it.
                states[:] = [None if state is None else () for state in states]
                beside = put
            else:
                beside = _joined(beside or (), put)
        else:
            for index, state in enumerate(states):
                if state and line.layer in (None, layers[index].layer.name) and line.source not in layers[index].acted:
                    states[index] = _changed(state, line)
            if beside and line.layer is None:
                beside = _changed(beside, line)
        if steps is not None:
            steps.append(Step(line, tuple(states), beside or ()))
    return beside


def _changed(on: On, line: Override) -> On:
    if line.verb == "remove":
        return tuple(each for each in on if each.person not in line.people)
    places: dict[str, tuple[str, ...]]
    if line.verb == "swap":
        first, second = line.people
        places = {first: (second,), second: (first,)}
    else:
        places = {line.person or "": line.people}
    if not any(each.person in places for each in on):
        return on
    found: list[OnCall] = []
    for each in on:
        if each.person in places:
            cause: Cause = OverrideCause(line.verb, line.id, each.person, line.source, line.by)
            found += [OnCall(person, cause) for person in places[each.person]]
        else:
            found.append(each)
    return _once(found) or VACANT


def _joined(on: On, put: On) -> On:
    return _once([*on, *put])


def _once(people: list[OnCall]) -> On:
    found: dict[str, OnCall] = {}
    for each in people:
        found.setdefault(each.person, each)
    return tuple(found.values())
