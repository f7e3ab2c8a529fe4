"""The last resort of oncall.yaml: whom it pages, and whether it fails together with everything else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from oncall_rota.config.problem import listed
from oncall_rota.config.reach import Reaching, addresses, people_of, written_rules
from oncall_rota.config.record import Filled, with_nodes

if TYPE_CHECKING:
    from oncall_rota.config.reference import References

EVERY = timedelta(minutes=5)


class LastResort:
    """One look at it. `written`: what stands under the key; `references`: what tells whether a name is there."""

    def __init__(self, written: Filled, references: References) -> None:
        self.written, self.references = written, references
        self.settings, self.people, self.document = references.settings, references.people, references.document
        self._known: dict[int, frozenset[str]] = {}

    def check(self, reaching: Reaching) -> None:
        """Report what is not there, and what fails with everything else; `reaching` learns whom it pages."""
        names, ways = [], []
        for target, node in with_nodes(self.written, "targets"):
            if isinstance(target, Filled):
                if "via" in target and self.references.channel(target["via"], target.node["via"]):
                    ways.append(target["via"])
            elif self.references.target(target, node):
                names.append(target)
        reaching.see_resort(names, self.written.get("every", EVERY))
        if not self.settings.channels:
            return
        people = {person for name in names for person in self._people(name)}
        own = {*ways, *(channel for person in people for channel in self._channels(person))}
        self._trusted(own)
        self._shared(own)

    def _people(self, name: str) -> Iterable[str]:
        team, slash, schedule = name.partition("/")
        return people_of(self.references.teams[team].schedules[schedule], self._known) if slash else (name,)

    def _channels(self, person: str) -> set[str]:
        """The channels by which a person is paged."""
        known = self.people.persons.get(person)
        if known is None:
            return set()
        reached = addresses(known, self.settings.channels)
        rules = {rule.channel for rule in written_rules(self.people.rules.get(person, ()))} & reached.keys()
        return rules or set(reached)

    def _trusted(self, own: set[str]) -> None:
        abouts = [self.references.about(channel) for channel in own]
        if own and all(about is not None and about.best_effort for about in abouts):
            self.document.error(
                self.written.node.keys_at["targets"],
                "best-effort-only",
                f"the last resort would be told by {listed(sorted(own), 'and')} alone, and nobody knows whether such "
                "a page arrives",
                "add a target by a channel of another kind, such as sms, call, email or push",
            )

    def _shared(self, own: set[str]) -> None:
        """A last resort that fails together with everything else."""
        people = self.people.persons.values()
        every = {channel for person in people if person.until_on is None for channel in self._channels(person.id)}
        providers, others = self._providers(own), self._providers(every)
        if len(providers) == 1 and providers == others:
            (provider,) = providers
            self.document.warn(
                self.written.node.keys_at["targets"],
                "shared-provider",
                f"the last resort is told by {listed(sorted(own), 'and')} alone, as is everybody else: when "
                f"{provider} fails, nobody is told anything",
                "add a target by another provider, e.g. {via: email, address: all@example.com}",
            )

    def _providers(self, channels: Iterable[str]) -> set[str]:
        """What fails together: providers, told apart by server where they are one's own."""
        found = set()
        for channel in channels:
            given, about = self.references.values["notifiers"].get(channel, {}), self.references.about(channel)
            server = given.get("host") or given.get("url")
            name = about.provider if about is not None else given.get("type", channel)
            own = isinstance(server, str) and name != "twilio"
            found.add(f"{name} ({server})" if own else name)
        return found
