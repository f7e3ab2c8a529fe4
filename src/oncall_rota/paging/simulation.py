"""What would happen: the engine of escalation with another clock, and nothing sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import Acknowledged, Action, Event, Incident, Note, Opened, Page, Ticked
from oncall_rota.paging.model import PersonTarget, Policy, ScheduleTarget, Target
from oncall_rota.paging.reach import targets_of
from oncall_rota.paging.world import World

LAST_RESORTS = 3  # rounds of the last resort that are played


class Moment(NamedTuple):
    """What happens at one instant."""

    at: datetime
    action: Action


class NeverFires(NamedTuple):
    """A personal rule whose delay is longer than the step waits."""

    person: str
    after: timedelta
    channels: tuple[str, ...]
    step: int


def played(
    incident: Incident, world: World, ack_after: timedelta | None, until_at: datetime
) -> tuple[tuple[Moment, ...], Incident]:
    """Everything that is decided about `incident` from its opening on, and how it stands at the end.

    It ends with an acknowledgement `ack_after` the opening, by the person paged first, when nothing is due any more,
    after a few rounds of the last resort, or at `until_at`.
    """
    ack_at = None if ack_after is None else incident.opened_at + ack_after
    found: list[Moment] = []
    now, resorts = incident.opened_at, 0
    happening: Event = Opened()
    while True:
        incident, actions = decide(incident, happening, now, world)
        found += [Moment(now, action) for action in actions]
        resorts += sum(isinstance(action, Note) and action.kind == "last-resort" for action in actions)
        if isinstance(happening, Acknowledged) or resorts >= LAST_RESORTS:
            break
        following = incident.next_at
        if ack_at is not None and incident.paged and (following is None or ack_at <= following):
            now, happening = max(ack_at, now), Acknowledged(incident.paged[0], "simulated")
            continue
        if following is None or following > until_at:
            break
        now, happening = following, Ticked()
    return tuple(found), incident


def never_firing(policy: Policy, world: World, at: datetime) -> tuple[NeverFires, ...]:
    """The personal rules of those whom a policy pages at `at` that come after the next step has begun."""
    found: dict[NeverFires, None] = {}
    for number, step in enumerate(policy.steps):
        if step.wait is None:
            continue
        for person in _people(targets_of(step, 0), world, at):
            reach = world.reach(person)
            for rule in reach.rules if reach is not None else ():
                if rule.after >= step.wait:
                    found[NeverFires(person, rule.after, rule.channels, number)] = None
    return tuple(found)


def pages(moments: Iterable[Moment]) -> tuple[tuple[datetime, Page], ...]:
    """Only what would be sent."""
    return tuple([(each.at, each.action) for each in moments if isinstance(each.action, Page)])


def _people(targets: Iterable[Target], world: World, at: datetime) -> list[str]:
    people: list[str] = []
    for target in targets:
        if isinstance(target, PersonTarget):
            people.append(target.person)
        elif isinstance(target, ScheduleTarget):
            people += world.on_call(target.schedule, at)
    return list(dict.fromkeys(people))
