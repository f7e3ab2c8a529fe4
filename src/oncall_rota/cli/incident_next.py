"""What comes next about an open incident: the engine that pages, from the present state on, and nothing sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.cli.incident_people import People, world_of
from oncall_rota.cli.simulated import Row, Simulated, rows
from oncall_rota.paging.direct import ByOneChannel
from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import ACKNOWLEDGED, Action, Event, Incident, Refused, Ticked
from oncall_rota.paging.simulation import Moment
from oncall_rota.paging.world import Configured, World

FAR = timedelta(hours=24)
MOST = 100  # moments; rounds of the last resort that are alike are one row
_NOWHERE: World = Configured({}, {}, None, {})


class Rehearsed(NamedTuple):
    """What an event would make of an incident. `refused`: why it has no effect."""

    incident: Incident
    actions: tuple[Action, ...]
    refused: str


def to_come(incident: Incident, people: People, now: datetime) -> tuple[Row, ...]:
    """Pages, and what is recorded about them, for a day in which nobody does anything.

    Of an acknowledged incident only what comes first. Without a rotations folder: what its step still has to send.
    """
    world = world_of(people)
    if world is None or people.catalog is None:
        return tuple(
            [
                Row(
                    each.at,
                    each.at - incident.opened_at,
                    1,
                    each.at,
                    "copy" if each.copy else "page",
                    "" if incident.ended or incident.step < 0 else str(incident.step + 1),
                    each.person or "",
                    each.person or each.address,
                    each.channel,
                )
                for each in incident.due
            ]
        )
    moments = _moments(incident, _narrowed(incident, world), now)
    told = Simulated(incident, moments, incident, (), world.last_resort(), now + FAR)
    return tuple(rows(told, people.catalog))


def _moments(incident: Incident, world: World, now: datetime) -> tuple[Moment, ...]:
    found: list[Moment] = []
    for _ in range(1 if incident.status == ACKNOWLEDGED else MOST):
        following = incident.next_at
        if following is None or following > now + FAR:
            break
        at = max(following, now)
        incident, actions = decide(incident, Ticked(), at, world)
        if actions:
            found.append(Moment(at, actions))
    return tuple(found)


def rehearsed(incident: Incident, event: Event, people: People, now: datetime) -> Rehearsed:
    """What an event would do now, without doing it; nobody is paged without a rotations folder."""
    world = world_of(people)
    changed, actions = decide(incident, event, now, _NOWHERE if world is None else _narrowed(incident, world))
    refused = next((each.text for each in actions if isinstance(each, Refused)), "")
    return Rehearsed(changed, actions, refused)


def _narrowed(incident: Incident, world: World) -> World:
    return world if incident.via is None else ByOneChannel(world, incident.via)
