"""Why somebody is on call: every layer, every absence and override in force, and what each one did."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from oncall_rota.schedule.cause import OnCall
from oncall_rota.schedule.layer import On
from oncall_rota.schedule.model import Away, Layer, Override, Schedule
from oncall_rota.schedule.override import Step
from oncall_rota.schedule.plan import plan
from oncall_rota.timeline.zone import epoch


class LayerState(NamedTuple):
    """One layer by turn. `active` False: outside its window, its life or, with `lasts`, its hours."""

    layer: Layer
    active: bool
    turn: int | None
    people: tuple[OnCall, ...]


class Change(NamedTuple):
    """What one absence or override did: who was on before it, and after."""

    line: Away | Override
    before: tuple[OnCall, ...]
    after: tuple[OnCall, ...]


class Explanation(NamedTuple):
    """`on_call` is the answer; `without_overrides` what it would have been without absences and overrides."""

    layers: tuple[LayerState, ...]
    changes: tuple[Change, ...]
    on_call: tuple[OnCall, ...]
    without_overrides: tuple[OnCall, ...]


def explanation(schedule: Schedule, at: datetime) -> Explanation:
    """How the answer at an aware instant comes about."""
    ready, instant = plan(schedule), epoch(at)
    states = [layer.state(instant) for layer in ready.layers]
    layers = []
    for layer, state in zip(ready.layers, states, strict=True):
        counted = state is not None and layer.layer.rotation is not None and layer.layer.rotation.every is not None
        turn = layer.turn(instant) if counted else None
        layers.append(LayerState(layer.layer, state is not None, turn, _sorted(state or ())))
    steps: list[Step] = []
    before = without = _sorted(ready.by_turn(instant))
    ready.resolved(states[:], ready.lines_at(instant), instant, steps)
    changes = []
    for step in steps:
        after = _sorted(ready.together(step.states, step.beside))
        changes.append(Change(step.line, before, after))
        before = after
    return Explanation(tuple(layers), tuple(changes), _sorted(ready.on(instant)), without)


def _sorted(on: On) -> tuple[OnCall, ...]:
    return tuple(sorted(on, key=lambda each: each.person))
