"""Which policy an incident follows, and from when on: asked anew at every step, by the last good configuration."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.paging.hours import opening
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.model import SEVERITIES, PersonTarget, Policy, Severity, Step
from oncall_rota.paging.world import World
from oncall_rota.schedule.model import Source


def is_graver(one: str, other: str) -> bool:
    """Whether one severity is graver than another; an unknown one is as grave as critical."""
    ranks = [SEVERITIES.index(each) if each in SEVERITIES else 0 for each in (one, other)]
    return ranks[0] < ranks[1]


def severity_of(incident: Incident, world: World) -> Severity:
    """How the incident's severity is paged: an unknown one as critical, an unknown team by the last resort alone."""
    team = world.team(incident.team)
    if team is None:
        return Severity(Policy(()), None)
    return team.severity(incident.severity)


def policy_of(incident: Incident, now: datetime, world: World) -> Policy:
    """The steps that the incident goes through; none when its team or its severity is not paged any more."""
    if incident.person is not None:
        return Policy((Step((PersonTarget(incident.person),), None, Source("", 0)),))
    return world.policy(incident.team, incident.service, incident.severity, now) or Policy(())


def opening_of(incident: Incident, at: datetime, world: World) -> datetime:
    """The first instant from `at` on in the hours of the incident's severity; a page to a person never waits."""
    team = world.team(incident.team)
    hours = severity_of(incident, world).hours
    if incident.person is not None or team is None or hours is None:
        return at
    return opening(hours, team.holidays, team.timezone, at)
