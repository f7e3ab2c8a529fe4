"""Checks over all teams that were read: names that coincide, people without a contact, owners that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oncall_rota.config.draft import Draft
from oncall_rota.config.people import People
from oncall_rota.schedule.model import Schedule, Team


def check_names(draft: Draft, people: People, teams: frozenset[str]) -> None:
    """Person, team and schedule names never coincide, so that a bare name is clear."""
    values = draft.values
    if values is None or (people.persons.keys().isdisjoint(draft.written) and teams.isdisjoint(draft.written)):
        return
    nodes = values["schedules"].node.keys_at if "schedules" in values else {"primary": values.node.keys_at["rotation"]}
    for name in draft.written:
        if name in people.persons or name in teams:
            other = "a person in people.yaml" if name in people.persons else f"a team in {name}.yaml"
            draft.document.error(
                nodes[name],
                "name-collision",
                f"{name!r} is a schedule here and {other}",
                "rename one, so that a bare name is clear",
                fatal=False,
            )


class Contacts:
    """Everybody needs a contact: it is an error for people of an escalation to have none, else a warning."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.bare = {person.id for person in people.persons.values() if not person.contacts and person.until_on is None}
        self._paged: dict[str, str] = {}
        self._seen: set[str] = set()

    def see(self, draft: Draft, team: Team, targets: dict[str, Any]) -> None:
        """Take note of a team's people; `targets`: the schedules and people whom its escalations page."""
        if not self.bare:
            return
        for schedule in team.schedules.values():
            self._seen.update(_people(schedule))
        for name, node in targets.items():
            for person in _people(team.schedules[name]) if name in team.schedules else [name]:
                self._paged.setdefault(person, f"{draft.document.path}:{node.start_mark.line + 1}")

    def check(self, *, partial: bool) -> None:
        """Report those without a contact; `partial`: only the people of the teams that were seen."""
        document = self._people.document
        hint = "add email: or phone:, or until: with the day on which the person left"
        for person in sorted(self.bare):
            node = document.root.keys_at[person]
            if person in self._paged:
                message = f"{person} has no contact, and the escalation in {self._paged[person]} pages {person}"
                document.error(node, "no-contact", message, hint, fatal=False)
            elif not partial or person in self._seen:
                document.warn(node, "no-contact", f"{person} has no contact", hint)


def drop_services(draft: Draft, team: Team, good: set[str]) -> None:
    """Leave out services whose new owner has no single meaning (reported)."""
    for name, node in draft.handed_over.items():
        handover = team.services[name].handover
        other = handover.to.team if handover is not None else team.name
        if other not in good and other != team.name:
            del team.services[name]
            draft.document.error(
                node,
                "handover-broken",
                f"{other}, to which {name} is handed over, has mistakes of its own",
                f"repair {other}.yaml",
                fatal=False,
            )


def _people(schedule: Schedule) -> Iterable[str]:
    for layer in schedule.layers:
        yield from layer.people()
    for override in schedule.overrides:
        yield from override.people
