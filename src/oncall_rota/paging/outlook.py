"""What comes next about an open incident: the engine that pages, from the present state on, and nothing sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.direct import ByOneChannel
from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import ACKNOWLEDGED, Action, Event, Incident, Refused, Ticked
from oncall_rota.paging.simulation import Moment
from oncall_rota.paging.world import World

FAR = timedelta(hours=24)
MOST = 100  # moments


class Rehearsed(NamedTuple):
    """What an event would make of an incident. `refused`: why it has no effect."""

    incident: Incident
    actions: tuple[Action, ...]
    refused: str


def to_come(incident: Incident, world: World, now: datetime, most: int = MOST) -> tuple[Moment, ...]:
    """What is decided in a day in which nobody does anything; of an acknowledged incident only what comes first."""
    world = _narrowed(incident, world)
    found: list[Moment] = []
    for _ in range(1 if incident.status == ACKNOWLEDGED else most):
        following = incident.next_at
        if following is None or following > now + FAR:
            break
        at = max(following, now)
        incident, actions = decide(incident, Ticked(), at, world)
        if actions:
            found.append(Moment(at, actions))
    return tuple(found)


def rehearsed(incident: Incident, event: Event, world: World, now: datetime) -> Rehearsed:
    """What an event would do now, without doing it."""
    changed, actions = decide(incident, event, now, _narrowed(incident, world))
    refused = next((each.text for each in actions if isinstance(each, Refused)), "")
    return Rehearsed(changed, actions, refused)


def _narrowed(incident: Incident, world: World) -> World:
    """The world by the one channel that the page was asked for, if it was."""
    return world if incident.via is None else ByOneChannel(world, incident.via)
