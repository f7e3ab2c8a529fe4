"""Checks over all teams that were read: names that coincide, people without a contact, owners that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oncall_rota.config.draft import Draft
from oncall_rota.config.people import People
from oncall_rota.schedule.model import Schedule, Team


def check_names(drafts: Iterable[Draft], people: People, teams: Iterable[str]) -> None:
    """Person, team and schedule names never coincide, so that a bare name is clear."""
    team_names = frozenset(teams)
    for draft in drafts:
        values = draft.values
        if values is None or "schedules" not in values.node or "schedules" not in values:
            names: dict[str, Any] = (
                {"primary": values.node.keys_at["rotation"]} if values is not None and "rotation" in values else {}
            )
        else:
            names = values["schedules"].node.keys_at
        for name, node in names.items():
            other = (
                "a person in people.yaml"
                if name in people.persons
                else f"a team in {name}.yaml"
                if name in team_names
                else ""
            )
            if other:
                draft.document.error(
                    node,
                    "name-collision",
                    f"{name!r} is a schedule here and {other}",
                    "rename one, so that a bare name is clear",
                    fatal=False,
                )


def check_contacts(people: People, paged: Iterable[tuple[Draft, Team, dict[str, Any]]], *, partial: bool) -> None:
    """Everybody needs a contact: an error for people of an escalation, else a warning.

    `paged`: for each team whom its escalations page, schedules and people. `partial`: only these teams' people.
    """
    bare = [person for person in people.persons.values() if not person.contacts and person.until_on is None]
    if not bare:
        return
    named: dict[str, tuple[str, Any]] = {}
    wanted: set[str] = set()
    for draft, team, targets in paged:
        for name, node in targets.items():
            for each in _people(team.schedules[name]) if name in team.schedules else [name]:
                named.setdefault(each, (draft.document.path, node))
        wanted.update(each for schedule in team.schedules.values() for each in _people(schedule))
    for person in bare:
        node = people.document.root.keys_at[person.id]
        hint = "add email: or phone:, or until: with the day on which the person left"
        if person.id in named:
            path, at = named[person.id]
            people.document.error(
                node,
                "no-contact",
                f"{person.id} has no contact, and the escalation in {path}:{at.start_mark.line + 1} pages {person.id}",
                hint,
                fatal=False,
            )
        elif not partial or person.id in wanted:
            people.document.warn(node, "no-contact", f"{person.id} has no contact", hint)


def drop_services(draft: Draft, team: Team, good: set[str]) -> None:
    """Leave out services whose new owner has no single meaning (reported)."""
    for name, service in list(team.services.items()):
        if (
            service.handover is not None
            and service.handover.to.team not in good
            and service.handover.to.team != team.name
        ):
            del team.services[name]
            node = draft.values["services"][name]["handover"].node["to"] if draft.values is not None else None
            if node is not None:
                other = service.handover.to.team
                draft.document.error(
                    node,
                    "handover-broken",
                    f"{other}, to which {name} is handed over, has mistakes of its own",
                    f"repair {other}.yaml",
                    fatal=False,
                )


def _people(schedule: Schedule) -> Iterable[str]:
    for layer in schedule.layers:
        if layer.rotation is not None:
            for block in layer.rotation.blocks:
                for entry in block.order:
                    yield from entry.people
    for override in schedule.overrides:
        yield from override.people
