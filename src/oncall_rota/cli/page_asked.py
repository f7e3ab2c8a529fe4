"""Whom `oncall page` is to page, and about what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from oncall_rota.cli.selection import configuration_error, known
from oncall_rota.cli.terminal import warn
from oncall_rota.config import ERROR, Catalog, Problem, paging
from oncall_rota.errors import UnknownName, UsageError

TEAM, PERSON = "team:", "person:"


class Target(NamedTuple):
    """A team, or one person; the other is empty."""

    team: str = ""
    person: str = ""


class Asked(NamedTuple):
    """A page as it was asked for. `target`: empty where only a server may know it. `written`: it, as it was typed.

    `key`: of its signal; `id`: of the incident that it opens, and so of its pages, by whomever it is sent in the end.
    """

    catalog: Catalog
    target: Target
    written: str
    text: str
    severity: str
    service: str | None
    via: str | None
    key: str
    id: str


def target_of(
    written: str, catalog: Catalog, problems: tuple[Problem, ...], service: str | None, *, kept: bool | None = False
) -> Target:
    """What a target means. `kept`: a team whose file has no meaning may be known to a store, as it last had one; None:
    it is not, and the last resort is paged for it.

    Raises `UsageError`, `UnknownName`, `ConfigurationError`.
    """
    found = _named(written, catalog)
    if found is None:
        errors = [each for each in problems if each.severity == ERROR]
        meant = _without_meaning(written, catalog, errors)
        if meant is not None and kept is False:
            raise configuration_error(errors, catalog.folder)
        if meant is not None:
            file = f"{meant.team or 'people'}."
            where = next(
                (f": {each.path}:{each.line}: {each.message}" for each in errors if each.path.startswith(file)), ""
            )
            who = meant.team or meant.person
            how = (
                "is paged as it last was, where that is kept" if kept else "cannot be read, so the last resort is paged"
            )
            warn(f"{who} {how}{where}", "'oncall validate' shows all mistakes")
            return meant
        raise UnknownName(f"no team and no person {written!r}", known(written, [*catalog.teams, *catalog.people]))
    services = catalog.teams[found.team].services if found.team else {}
    if service is not None and service not in services:
        hint = known(service, services) if services else "leave out --service; a team's file lists its services"
        raise UnknownName(f"{written} has no service {service!r}", hint)
    return found


def target_there(written: str, catalog: Catalog, problems: tuple[Problem, ...], service: str | None) -> Target:
    """What a target means, empty where the files do not know it: the server may. Raises as `target_of` does."""
    try:
        return target_of(written, catalog, problems, service, kept=True)
    except UnknownName:
        return Target()


def best_effort(asked: Asked) -> frozenset[str]:
    """The channels of which nobody knows whether a page arrives; none where one was asked for, or no other is there."""
    from oncall_rota.wiring import notifiers

    declared = notifiers()
    channels = paging(asked.catalog, declared).channels
    soft = {each.name for each in channels.values() if each.type in declared and declared[each.type].best_effort}
    return frozenset() if asked.via in soft or soft == channels.keys() else frozenset(soft)


def _without_meaning(written: str, catalog: Catalog, errors: Iterable[Problem]) -> Target | None:
    """A team or a person whose file has no meaning; None: nobody has ever heard of that name."""
    team = written.removeprefix(TEAM)
    if f"{team}.yaml" in catalog.names:
        return Target(team=team)
    if not catalog.people and any(each.path == "people.yaml" for each in errors):
        return Target(person=written.removeprefix(PERSON))
    return None


def _named(written: str, catalog: Catalog) -> Target | None:
    """What a name means; None when nothing has it. Raises `UsageError` when two things do."""
    if written.startswith(TEAM):
        team = written.removeprefix(TEAM)
        return Target(team=team) if team in catalog.teams else None
    if written.startswith(PERSON):
        person = written.removeprefix(PERSON)
        return Target(person=person) if person in catalog.people else None
    if written in catalog.teams and written in catalog.people:
        raise UsageError(f"{written!r} is a team and a person", f"write team:{written} or person:{written}")
    if written in catalog.teams:
        return Target(team=written)
    return Target(person=written) if written in catalog.people else None
