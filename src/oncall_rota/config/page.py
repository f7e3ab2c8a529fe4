"""All that a folder says about paging, typed: teams, people, channels, the last resort, and the rest of oncall.yaml."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Names
from types import MappingProxyType
from typing import Any, NamedTuple

from oncall_rota.config.catalog import Catalog
from oncall_rota.config.channel import About, kinds
from oncall_rota.config.field import BAD
from oncall_rota.config.folder import PEOPLE, SETTINGS
from oncall_rota.config.people import People, people
from oncall_rota.config.policy import document_of, target_named, team_paging
from oncall_rota.config.problem import ERROR, Problem
from oncall_rota.config.reach import AT_ONCE, Placed, addresses, written_rules
from oncall_rota.config.record import Filled
from oncall_rota.config.resort import EVERY
from oncall_rota.config.settings import Settings, settings
from oncall_rota.paging.model import (
    AddressTarget,
    Channel,
    LastResort,
    Limit,
    Reach,
    Rule,
    Target,
    TeamPaging,
    Wishes,
)
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.schedule.model import Person, Team
from oncall_rota.timeline import duration

# What a metered channel may send to a person when nothing is written; calls, which ring, less often.
SMS_LIMIT = Limit(5, duration.parse("1m"))
CALL_LIMIT = Limit(3, duration.parse("4m"))
CALLS = "twilio-voice"


class Paging(NamedTuple):
    """What a folder says about paging.

    `last_resort` None: there is none. The others are oncall.yaml's own keys with plain values: texts, lists, spans as
    `timedelta`, dates and times as they were written, secrets as `{"env": NAME}` or `{"file": NAME}`. `problems`: the
    mistakes of oncall.yaml and people.yaml, read by the declarations that were given.
    """

    teams: dict[str, TeamPaging]
    people: dict[str, Reach]
    channels: dict[str, Channel]
    last_resort: LastResort | None
    sources: dict[str, dict[str, Any]]
    routes: list[dict[str, Any]]
    maintenance: list[dict[str, Any]]
    heartbeats: dict[str, dict[str, Any]]
    server: dict[str, Any]
    access: dict[str, Any]
    notices: dict[str, Any]
    watchdog: dict[str, Any]
    slack: dict[str, Any]
    problems: tuple[Problem, ...] = ()


def read_paging(
    catalog: Catalog,
    notifiers: Names[str, Declaration] | None,
    policies: Callable[[Catalog, Team], TeamPaging] = team_paging,
) -> Paging:
    """The paging of a catalogue; a value with a mistake, which `load` told, is left out or its default.

    `policies`: how a team is paged, for who asks again and again.
    """
    document = document_of(catalog, SETTINGS)
    said = settings(document, notifiers)
    values = said.values if said.values is not None else Filled()
    persons = document_of(catalog, PEOPLE)
    found = people(persons, said.contacts, said.channels, catalog.teams)
    about = kinds(notifiers)
    given = values.get("notifiers", {})
    channels = {
        name: _channel(name, each, said, about)
        for name, each in given.items()
        if isinstance(each, Filled) and "type" in each
    }
    mistakes = (*document.problems, *persons.problems)
    return Paging(
        {name: policies(catalog, team) for name, team in catalog.teams.items()},
        {name: _reach(person, found, channels) for name, person in catalog.people.items()},
        channels,
        _last_resort(values.get("last_resort"), catalog, channels),
        **{key: plain(_sound(key, values.get(key, kind()))) for key, kind in _PLAIN.items()},
        problems=tuple(sorted(each for each in mistakes if each.severity == ERROR)),
    )


_PLAIN: dict[str, type[Any]] = {
    "sources": dict,
    "routes": list,
    "maintenance": list,
    "heartbeats": dict,
    "server": dict,
    "access": dict,
    "notices": dict,
    "watchdog": dict,
    "slack": dict,
}


def _sound(key: str, value: Any) -> Any:
    """Without the routes and windows that have a mistake: with a part of its match left out one would take too much."""
    if key not in ("routes", "maintenance") or not isinstance(value, list):
        return value
    return [each for each in value if not _has_mistake(each)]


def _has_mistake(value: Any) -> bool:
    if isinstance(value, Filled):
        return value.keys() != value.node.keys() - {"<<"} or any(map(_has_mistake, value.values()))
    return value is BAD or (isinstance(value, list) and any(map(_has_mistake, value)))


def plain(value: Any) -> Any:
    """The same without what only messages need: mappings as `dict`, lists as `list`, mistakes left out."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if each is not BAD}
    if isinstance(value, list):
        return [plain(each) for each in value if each is not BAD]
    return value


def _channel(name: str, values: Filled, said: Settings, about: Names[str, About]) -> Channel:
    assert said.document is not None
    kind: str = values["type"]
    options = {key: plain(value) for key, value in values.items() if key not in ("type", "to", "limit")}
    return Channel(
        name,
        kind,
        said.channels[name],
        MappingProxyType(options),
        _limit(values, kind, about.get(kind)),
        said.document.source(values.node),
    )


def _limit(values: Filled, kind: str, about: About | None) -> Limit | None:
    limit = values.get("limit")
    if limit == "none":
        return None
    if isinstance(limit, Filled) and "burst" in limit and "then" in limit:
        return Limit(limit["burst"], limit["then"])
    if about is None or not about.metered:
        return None
    return CALL_LIMIT if kind == CALLS else SMS_LIMIT


def _reach(person: Person, found: People, channels: dict[str, Channel]) -> Reach:
    """A person's rules; every channel with an address, at once, where there are none or they reach nobody."""
    own = addresses(person, {name: channel.to for name, channel in channels.items()})
    rules = [rule for rule in written_rules(found.rules.get(person.id, ())) if rule.channel in own]
    rules = rules or [Placed(AT_ONCE, name, None, None) for name in own]
    after = sorted({rule.after for rule in rules})
    steps = [Rule(each, tuple(dict.fromkeys(rule.channel for rule in rules if rule.after == each))) for each in after]
    said = found.wishes.get(person.id, Filled())
    wishes = Wishes(tuple([each for each in said.get("via", ()) if each in channels]), said.get("quiet"))
    return Reach(person.id, person.name, tuple(steps), MappingProxyType(own), person.timezone, wishes)


def _last_resort(values: Any, catalog: Catalog, channels: dict[str, Channel]) -> LastResort | None:
    """None also when none of its targets is there, which was reported."""
    if not isinstance(values, Filled):
        return None
    targets: list[Target] = []
    for written in values.get("targets") or ():
        if isinstance(written, Filled):
            if written.get("via") in channels and "address" in written:
                targets.append(AddressTarget(written["via"], written["address"]))
        elif written is not BAD and (found := target_named(catalog, written)) is not None:
            targets.append(found)
    return LastResort(values.get("every", EVERY), tuple(targets)) if targets else None
