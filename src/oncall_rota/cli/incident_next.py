"""What comes next about an open incident, as rows."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.cli.incident_people import People, world_of
from oncall_rota.cli.terminal import warn
from oncall_rota.paging import outlook
from oncall_rota.paging.incident import Event, Incident
from oncall_rota.paging.outlook import Rehearsed
from oncall_rota.paging.world import Configured, World
from oncall_rota.rendering.course import Row, rows, waiting

_NOWHERE: World = Configured({}, {}, None, {})


def to_come(incident: Incident, people: People, now: datetime) -> tuple[Row, ...]:
    """Pages, and what is recorded about them, for a day in which nobody does anything.

    Of an acknowledged incident only what comes first. Without a rotations folder, or where it has no meaning: what its
    step still has to send.
    """
    world = world_of(people)
    unclear = world is not None and _is_unclear(incident, people, world)
    if unclear:
        warn("what comes next cannot be told: the rotation files have a mistake", "'oncall validate' shows all")
    if world is None or people.catalog is None or unclear:
        return tuple(waiting(incident))
    moments = outlook.to_come(incident, world, now)
    return tuple(rows(moments, incident.opened_at, people.name))


def _is_unclear(incident: Incident, people: People, world: World) -> bool:
    """Whether a pager goes by a last good configuration of which the folder does not tell."""
    assert people.catalog is not None
    broken = world.team(incident.team) is None and (people.catalog.folder / f"{incident.team}.yaml").exists()
    return broken or not people.catalog.people


def rehearsed(incident: Incident, event: Event, people: People, now: datetime) -> Rehearsed:
    """What an event would do now, without doing it; nobody is paged without a rotations folder."""
    return outlook.rehearsed(incident, event, world_of(people) or _NOWHERE, now)
