"""Whom a step pages: its targets at the moment it starts -> pages now and later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from oncall_rota.paging.incident import Due
from oncall_rota.paging.model import AddressTarget, PersonTarget, ScheduleTarget, Step, Target
from oncall_rota.paging.world import World


class Reached(NamedTuple):
    """What a step comes to. `empty`: the schedules in which nobody is on; `mute`: people whom no channel reaches."""

    due: tuple[Due, ...] = ()
    empty: tuple[str, ...] = ()
    mute: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it reaches anybody; copies do not count."""
        return any(not each.copy for each in self.due)

    @property
    def lacking(self) -> tuple[tuple[str, str], ...]:
        """What it does not reach: a kind for the audit, and a clause."""
        found = [("nobody", f"nobody is on call in {name}") for name in self.empty]
        found += [("mute", f"no channel reaches {person}") for person in self.mute]
        if self.due and not self.counts:
            found.append(("copies", "only copies are sent"))
        elif not self.due and not found:
            found.append(("nobody", "nobody is named"))
        return tuple(found)


def reached_by(step: Step, turn: int, now: datetime, world: World) -> Reached:
    """The pages of a step: of all its targets, or with round robin of the first from `turn` on that reaches anybody."""
    if not step.round_robin:
        return reached(step.targets, now, world)
    tried = Reached()
    for number in range(len(step.targets)):
        found = reached([step.targets[(turn + number) % len(step.targets)]], now, world)
        tried = Reached(tried.due + found.due, tried.empty + found.empty, tried.mute + found.mute)
        if found.counts:
            break
    return tried


def reached(targets: Sequence[Target], now: datetime, world: World) -> Reached:
    """The pages of targets from now on: each person once, by their own rules, in the order of the targets.

    Where others are paged, nobody is missed who would get a copy.
    """
    others = not all(map(_copies, targets))
    people: dict[str, bool] = {}
    due: list[Due] = []
    empty: list[str] = []
    for target in targets:
        if isinstance(target, AddressTarget):
            due.append(Due(now, None, target.via, target.address))
        elif isinstance(target, PersonTarget):
            people[target.person] = False
        elif isinstance(target, ScheduleTarget):
            on = world.on_call(target.schedule, now)
            if not on and not (others and _copies(target)):
                empty.append(f"{target.schedule.team}/{target.schedule.name}")
            for person in on:
                people[person] = people.get(person, True) and _copies(target)
    mute: list[str] = []
    for person, copy in people.items():
        pages = personal(person, now, world, copy)
        due += pages
        if not pages:
            mute.append(person)
    return Reached(tuple(due), tuple(empty), tuple(mute))


def _copies(target: Target) -> bool:
    """Whether whoever is on call there gets copies only."""
    return isinstance(target, ScheduleTarget) and target.schedule.pages == "copy"


def personal(person: str, now: datetime, world: World, copy: bool = False) -> list[Due]:
    """A person's own rules from now on; nothing when no channel has an address."""
    reach = world.reach(person)
    if reach is None:
        return []
    return [
        Due(now + rule.after, person, channel, reach.addresses[channel], copy)
        for rule in reach.rules
        for channel in rule.channels
        if channel in reach.addresses
    ]
