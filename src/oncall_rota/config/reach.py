"""How people are reached: by their own rules, on channels that have an address of theirs; and is that enough?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from oncall_rota.config import text
from oncall_rota.config.channel import CONSOLE, About
from oncall_rota.config.document import Document, Sequence
from oncall_rota.config.document import Mapping as Node
from oncall_rota.config.draft import Draft
from oncall_rota.config.escalation import Paged
from oncall_rota.config.field import BAD
from oncall_rota.config.people import People
from oncall_rota.config.problem import Mistake, listed
from oncall_rota.config.record import Filled
from oncall_rota.config.settings import Settings
from oncall_rota.schedule.model import Person, Schedule, Team

AT_ONCE = timedelta(0)
FOR_EVER = timedelta.max


class Placed(NamedTuple):
    """One channel of a person's own rules, and where it was written."""

    after: timedelta
    channel: str
    node: Any
    key: Any


def written_rules(rules: Iterable[Filled]) -> Iterator[Placed]:
    """The channels of somebody's rules, in the order written."""
    for rule in rules:
        for written, channels in rule.items():
            try:
                after = text.span(written)
            except Mistake:
                continue  # reported
            node = rule.node[written]
            for channel, place in zip(channels, node if isinstance(node, Sequence) else [node], strict=False):
                if channel is not BAD:
                    yield Placed(after, channel, place, rule.node.keys_at[written])


def address(person: Person, field: str) -> str | None:
    """A person's address on a channel that sends to `field`; everybody has a name."""
    return person.name if field == "name" else person.contacts.get(field)


def addresses(person: Person, channels: Mapping[str, str]) -> dict[str, str]:
    """A person's address on each channel that has one."""
    found = {name: address(person, field) for name, field in channels.items()}
    return {name: each for name, each in found.items() if each}


def people_of(schedule: Schedule, known: dict[int, frozenset[str]]) -> frozenset[str]:
    """Everybody who may be on call in a schedule: by turn, by override, as a cover, and in what it borrows."""
    if id(schedule) not in known:
        known[id(schedule)] = frozenset()  # while it is asked; schedules never go round in a circle
        found = {person for layer in schedule.layers for person in layer.people()}
        found.update(person for line in schedule.overrides for person in line.people)
        found.update(line.cover for line in schedule.away if line.cover and line.cover != "next")
        for layer in schedule.layers:
            if layer.borrows is not None:
                found |= people_of(layer.borrows, known)
        known[id(schedule)] = frozenset(found)
    return known[id(schedule)]


class Reaching:
    """Whom all escalations page, and for how long: seen team by team, judged at the end."""

    def __init__(self, people: People, settings: Settings, kinds: Mapping[str, About]) -> None:
        self.people, self.settings, self.kinds = people, settings, kinds
        self._steps: list[tuple[str, list[str], timedelta | None]] = []
        self._places: list[tuple[Document, Any]] = []
        self._known: dict[int, frozenset[str]] = {}
        self._longest: dict[str, timedelta] = {}
        given: Mapping[str, Any] = settings.values.get("notifiers", {}) if settings.values is not None else {}
        self._types = {name: each.get("type", "") for name, each in given.items()}

    def see(self, draft: Draft, paged: Paged) -> None:
        """Take note of a team's steps."""
        self._steps += [(draft.name, names, wait) for names, wait, _ in paged.steps]
        self._places += [(draft.document, node) for _, _, node in paged.steps]

    def see_resort(self, names: Iterable[str], every: timedelta) -> None:
        """Take note of the last resort."""
        self._steps.append(("", list(names), every))

    def check(self, teams: Mapping[str, Team]) -> None:
        """Report people whom no channel reaches, and rules that never fire."""
        self._longest = self._paged(teams)
        self._console_alone()
        if self.settings.channels:
            self._without_address()
            self._without_channel()
            self._misshapen()
            self._without_trust(teams)
        self._never_fires()

    def _paged(self, teams: Mapping[str, Team]) -> dict[str, timedelta]:
        """For everybody who is paged, the longest step that pages them."""
        found: dict[str, timedelta] = {}
        for own, names, wait in self._steps:
            for name in names:
                for person in self._people(own, name, teams):
                    if self._is_here(person):
                        found[person] = max(found.get(person, AT_ONCE), FOR_EVER if wait is None else wait)
        return found

    def _people(self, own: str, name: str, teams: Mapping[str, Team]) -> Iterable[str]:
        team, slash, schedule = name.rpartition("/")
        found = teams.get(team if slash else own)
        if found is not None and schedule in found.schedules:
            made = found.schedules[schedule]
            return people_of(made, self._known) if made.pages != "copy" else ()
        return () if slash else (name,)

    def _is_here(self, person: str) -> bool:
        return person in self.people.persons and self.people.persons[person].until_on is None

    def _about(self, channel: str) -> About | None:
        return self.kinds.get(self._types.get(channel, ""))

    def _rules(self, person: str) -> list[Placed]:
        """The rules of a person that name a channel there is; without any, every channel with an address, at once."""
        rules = [rule for rule in written_rules(self.people.rules.get(person, ())) if rule.channel in self._types]
        if rules:
            return rules
        everywhere = addresses(self.people.persons[person], self.settings.channels)
        return [Placed(AT_ONCE, channel, None, None) for channel in everywhere]

    def _without_address(self) -> None:
        """Rules that name a channel on which the person has no address."""
        lacking: dict[tuple[int, bool], tuple[Placed, str, list[str]]] = {}
        for person, rules in self.people.rules.items():
            known = self.people.persons[person]
            if known.until_on is not None or not known.contacts:
                continue  # no contact at all is reported as such
            for rule in written_rules(rules):
                field = self.settings.channels.get(rule.channel)
                if field and not address(known, field):
                    key = id(rule.node), person in self._longest
                    lacking.setdefault(key, (rule, field, []))[2].append(person)
        for (_, paged), (rule, field, persons) in lacking.items():
            people = listed(persons, "and", 5)
            lack = "lacks it" if len(persons) == 1 else "lack it"
            report = self.people.document.error if paged else self.people.document.warn
            report(
                rule.node,
                "no-address",
                f"{rule.channel} sends to {field!r}, and {people} {lack}: this rule reaches nobody",
                f"add {field}: to {people}, or take {rule.channel} out of the rule",
                **({"fatal": False} if paged else {}),
            )

    def _without_channel(self) -> None:
        """People without rules, and without an address on any channel."""
        known_fields = list(dict.fromkeys(field for field in self.settings.channels.values() if field))
        fields, either = listed(known_fields, "and"), listed(f"{field}:" for field in known_fields)
        for person in sorted(self._longest):
            known = self.people.persons[person]
            if person in self.people.rules or not known.contacts or "" in self.settings.channels.values():
                continue
            if not addresses(known, self.settings.channels):
                self.people.document.error(
                    self.people.document.root.keys_at[person],
                    "unreachable",
                    f"{person} may be paged, and no channel of oncall.yaml reaches {person}: they send to {fields}",
                    f"add {either} to {person}",
                    fatal=False,
                )

    def _misshapen(self) -> None:
        """Addresses that a channel refuses, such as a telephone number without its country."""
        shaped: dict[str, tuple[str, About | None]] = {}
        for name, field in self.settings.channels.items():
            shaped.setdefault(field, (name, self._about(name)))
        for person, known in self.people.persons.items():
            for field, written in known.contacts.items() if known.until_on is None else ():
                channel, about = shaped.get(field, ("", None))
                if about is None or not about.shape or re.fullmatch(about.shape, written, re.ASCII):
                    continue
                paged = person in self._longest
                report = self.people.document.error if paged else self.people.document.warn
                report(
                    self.people.document.root[person][field],
                    "bad-address",
                    f"{channel} cannot send to this {field} of {person}",
                    f"write it as in {about.example}",
                    **({"fatal": False} if paged else {}),
                )

    def _without_trust(self, teams: Mapping[str, Team]) -> None:
        """People and steps of which every channel is best effort: nobody knows whether such a page arrived."""
        if self._only_console():
            return
        soft = {name for name in self._types if (about := self._about(name)) is not None and about.best_effort}
        if not soft:
            return
        rules = {person: self._rules(person) for person in self._longest}
        firm = {
            person: min((rule.after for rule in own if rule.channel not in soft), default=FOR_EVER)
            for person, own in rules.items()
            if own
        }
        lacking: dict[int, tuple[Any, list[str], dict[str, None]]] = {}
        for person in sorted(firm):
            if firm[person] and firm[person] >= self._longest[person]:
                entry = self.people.document.root[person]
                own = entry.get("notify") if isinstance(entry, Node) else None
                node = own or self.people.document.root.keys_at[person]
                found = lacking.setdefault(id(node), (node, [], {}))
                found[1].append(person)
                found[2].update(dict.fromkeys(rule.channel for rule in rules[person] if rule.channel in soft))
        for node, persons, channels in lacking.values():
            self.people.document.error(
                node,
                "best-effort-only",
                f"{listed(persons, 'and', 5)} would be paged by {listed(channels, 'and')} alone, and nobody knows "
                "whether such a page arrives",
                "add a channel of another kind, such as sms, call, email or push",
                fatal=False,
            )
        told = {person for _, persons, _ in lacking.values() for person in persons}
        self._soft_steps(teams, firm, told)

    def _soft_steps(self, teams: Mapping[str, Team], firm: dict[str, timedelta], told: set[str]) -> None:
        """Steps that end before anybody in them is paged by more than best effort."""
        for (own, names, wait), (document, node) in zip(self._steps, self._places, strict=False):
            people = {each for name in names for each in self._people(own, name, teams) if each in firm}
            if node is None or wait is None or not people or people <= told:
                continue
            if all(firm[person] and firm[person] >= wait for person in people):
                document.error(
                    node,
                    "best-effort-only",
                    f"this step is over after {span_text(wait)}, and until then {listed(sorted(people), 'and', 5)} "
                    "would be paged by best effort alone: nobody knows whether such a page arrives",
                    "let it wait longer, or let the rules of one of them begin with another channel",
                    fatal=False,
                )

    def _only_console(self) -> bool:
        return bool(self._types) and set(self._types.values()) <= {CONSOLE}

    def _console_alone(self) -> None:
        if self._only_console() and self.settings.document is not None and self.settings.values is not None:
            self.settings.document.warn(
                self.settings.values.node.keys_at["notifiers"],
                "console-only",
                "pages go to the terminal alone, and wake nobody",
                "add a notifier such as {type: smtp, to: email, host: …, from: …}",
            )

    def _never_fires(self) -> None:
        """Rules of which the delay is as long as the longest step that pages the person, or longer."""
        idle: dict[int, tuple[Placed, list[str], timedelta]] = {}
        for person, longest in self._longest.items():
            for rule in written_rules(self.people.rules.get(person, ())):
                if rule.after and rule.after >= longest:
                    found = idle.setdefault(id(rule.key), (rule, [], longest))
                    if person not in found[1]:
                        found[1].append(person)
                    idle[id(rule.key)] = (rule, found[1], max(found[2], longest))
        for rule, persons, longest in idle.values():
            self.people.document.warn(
                rule.key,
                "rule-never-fires",
                f"no step that pages {listed(sorted(persons), 'and', 3)} waits longer than {span_text(longest)}, so "
                f"this rule never fires: it would come {span_text(rule.after)} after the step began",
                f"choose a time below {span_text(longest)}, or let a step wait longer",
            )


def span_text(span: timedelta) -> str:
    """`5m`, `1h30m`, as people write it."""
    seconds = int(span.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0m"
