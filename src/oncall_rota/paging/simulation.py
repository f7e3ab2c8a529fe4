"""What would happen: the engine of escalation with another clock, and nothing sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import Acknowledged, Action, Event, Incident, Note, Opened, Page, Ticked
from oncall_rota.paging.model import PersonTarget, Policy, ScheduleTarget, Target
from oncall_rota.paging.world import World


class Moment(NamedTuple):
    """What is decided at one instant."""

    at: datetime
    actions: tuple[Action, ...]


class Stretch(NamedTuple):
    """Moments that follow each other, `times` over; `last_at`: when they begin for the last time."""

    moments: tuple[Moment, ...]
    times: int
    last_at: datetime


class NeverFires(NamedTuple):
    """A personal rule that comes to nothing. `wait`: its step's, which is over before; None: it has no address."""

    person: str
    after: timedelta
    channels: tuple[str, ...]
    wait: timedelta | None


def played(
    incident: Incident, world: World, ack_after: timedelta | None, until_at: datetime
) -> tuple[tuple[Moment, ...], Incident]:
    """Everything that is decided about `incident` from its opening on, and how it stands at the end.

    It ends with an acknowledgement `ack_after` the opening, by the person paged first, or the first such page if that
    is later; else when nothing is due before `until_at`.
    """
    ack_at = None if ack_after is None else incident.opened_at + ack_after
    found: list[Moment] = []
    now, happening = incident.opened_at, _OPENED
    while True:
        incident, actions = decide(incident, happening, now, world)
        if actions:
            found.append(Moment(now, actions))
        following = incident.next_at
        if isinstance(happening, Acknowledged):
            break
        if ack_at is not None and incident.paged and (following is None or ack_at <= following):
            now, happening = max(ack_at, now), Acknowledged(incident.paged[0], "simulated")
        elif following is None or following > until_at:
            break
        else:
            now, happening = following, Ticked()
    return tuple(found), incident


_OPENED: Event = Opened()


def stretches(moments: Iterable[Moment]) -> tuple[Stretch, ...]:
    """The policy's way, then the rounds of the last resort; rounds that are alike are one."""
    cut: list[list[Moment]] = [[]]
    for each in moments:
        if cut[-1] and any(isinstance(action, Note) and action.kind in _ENDS for action in each.actions):
            cut.append([])
        cut[-1].append(each)
    found: list[Stretch] = []
    before: list[tuple[object, ...]] = []
    for part in cut:
        alike = [(each.at - part[0].at, *map(_essence, each.actions)) for each in part]
        # The end may cut the last round short.
        if len(found) > 1 and alike == before[: len(alike)]:
            found[-1] = found[-1]._replace(times=found[-1].times + 1, last_at=part[0].at)
        elif part:
            found.append(Stretch(tuple(part), 1, part[0].at))
            before = alike
    return tuple(found)


_ENDS = ("last-resort", "end")


def _essence(action: Action) -> object:
    """What a round is compared by: whom it tells how, and whom it does not reach."""
    if isinstance(action, Page):
        return action.person, action.channel, action.address
    return action.text if isinstance(action, Note) and action.kind not in (*_ENDS, "step") else type(action)


def never_firing(policy: Policy, world: World, at: datetime) -> tuple[NeverFires, ...]:
    """The rules of those whom a policy pages at `at` that no step of it waits for, or that have no address."""
    longest: dict[str, timedelta | None] = {}
    for step in policy.steps:
        for person in _people(step.targets, world, at):
            before = longest.get(person, timedelta(0))
            longest[person] = None if before is None or step.wait is None else max(before, step.wait)
    found = []
    for person, wait in longest.items():
        reach = world.reach(person)
        for rule in reach.rules if reach is not None else ():
            known = tuple([channel for channel in rule.channels if reach and channel in reach.addresses])
            lost = tuple([channel for channel in rule.channels if channel not in known])
            if lost:
                found.append(NeverFires(person, rule.after, lost, None))
            if known and wait is not None and rule.after >= wait:
                found.append(NeverFires(person, rule.after, known, wait))
    return tuple(found)


def _people(targets: Iterable[Target], world: World, at: datetime) -> list[str]:
    people: list[str] = []
    for target in targets:
        if isinstance(target, PersonTarget):
            people.append(target.person)
        elif isinstance(target, ScheduleTarget):
            people += world.on_call(target.schedule, at)
    return list(dict.fromkeys(people))
