"""A folder that was read, with what was kept in place of what has no meaning in it, as paging asks about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from oncall_rota.config.archive import digest_of
from oncall_rota.config.catalog import Catalog
from oncall_rota.config.kept import Kept, Notifiers, Resort
from oncall_rota.config.page import Paging, read_paging
from oncall_rota.config.policy import Policies
from oncall_rota.config.source import Sources
from oncall_rota.config.view import View, contents
from oncall_rota.paging.configuration import Ahead, Configuration, Settings
from oncall_rota.paging.model import Policy, Reach, ScheduleTarget, Severity, Target, TeamPaging
from oncall_rota.paging.world import Configured
from oncall_rota.schedule.model import Schedule, Team


def configuration(catalog: Catalog, notifiers: Notifiers) -> Configuration:
    """A folder that was read, as paging asks about it; a team without a single meaning is not in it."""
    sources = Sources(catalog, contents(catalog))
    digests = {team: digest_of(sources.needed([team])) for team in catalog.teams}
    return as_paged(read_paging(catalog, notifiers), catalog.teams, digests)


def as_paged(
    found: Paging,
    teams: Mapping[str, Team],
    digests: Mapping[str, str],
    stale: Mapping[str, datetime] = MappingProxyType({}),
) -> Configuration:
    """What the files say about paging, as paging asks about it."""
    return Configuration(
        world=Configured(found.teams, found.people, found.last_resort, teams),
        channels=MappingProxyType(found.channels),
        revisions=MappingProxyType(dict(digests)),
        runbooks=MappingProxyType(
            {
                (team.name, service.name): service.runbook
                for team in teams.values()
                for service in team.services.values()
                if service.runbook is not None
            }
        ),
        quiet=tuple(name for name in found.notices.get("via", ()) if name in found.channels),
        resolved=found.notices.get("resolved") not in ("no", "false"),
        public_url=found.server.get("public_url"),
        stale=MappingProxyType(dict(stale)),
        teams=MappingProxyType(dict(teams)),
        settings=Settings(
            found.sources,
            tuple(found.routes),
            tuple(found.maintenance),
            found.heartbeats,
            found.server,
            found.access,
            found.watchdog,
        ),
        people=MappingProxyType(found.people),
        ahead=Ahead(found.notices.get("handoff"), found.notices.get("changes")),
    )


def combined(
    seen: View, teams: Mapping[str, Team], kept: Mapping[str, Kept], notifiers: Notifiers, policies: Policies
) -> Paging:
    """The paging of a folder's good `teams` and the `kept` ones, which page each other's schedules as they are now."""
    every = together(teams, kept)
    texts = {f"{name}.yaml": each.archive.files[f"{name}.yaml"].decode() for name, each in kept.items()}
    found = read_paging(seen.catalog._replace(teams=every, texts={**seen.catalog.texts, **texts}), notifiers, policies)
    people = dict(found.people)
    for each in kept.values():
        for person, reach in each.people.items():
            people.setdefault(person, _within(reach, found.channels))
    own = {name: _renewed_paging(each.paging, every) for name, each in kept.items()}
    return found._replace(teams={**found.teams, **own}, people=people)


def together(teams: Mapping[str, Team], kept: Mapping[str, Kept]) -> dict[str, Team]:
    """All teams by name; services of kept ones are handed over to schedules as they are now."""
    every = {**teams, **{name: each.team for name, each in kept.items()}}
    return {name: _renewed_team(every[name], every) for name in sorted(every)}


def with_resort(found: Paging, resort: Resort, teams: Mapping[str, Team]) -> Paging:
    """The same with the last resort as it last had a meaning, on the schedules of now where they are still there."""
    if resort.value is None:
        return found
    targets = tuple(_renewed(target, teams) for target in resort.value.targets)
    people = {person: _within(reach, found.channels) for person, reach in resort.people.items()}
    return found._replace(last_resort=resort.value._replace(targets=targets), people={**people, **found.people})


def _renewed(target: Target, teams: Mapping[str, Team]) -> Target:
    return ScheduleTarget(_now(target.schedule, teams)) if isinstance(target, ScheduleTarget) else target


def _now(schedule: Schedule, teams: Mapping[str, Team]) -> Schedule:
    """The schedule of that name as it is now; as it was where it is gone."""
    team = teams.get(schedule.team)
    return schedule if team is None else team.schedules.get(schedule.name, schedule)


def _renewed_team(team: Team, teams: Mapping[str, Team]) -> Team:
    services = {
        name: service
        if service.handover is None
        else service._replace(handover=service.handover._replace(to=_now(service.handover.to, teams)))
        for name, service in team.services.items()
    }
    return team if services == team.services else Team(team.name, team.timezone, team.source, team.schedules, services)


def _renewed_paging(paging: TeamPaging, teams: Mapping[str, Team]) -> TeamPaging:
    return paging._replace(
        severities={name: _renewed_severity(each, teams) for name, each in paging.severities.items()}
    )


def _renewed_severity(severity: Severity, teams: Mapping[str, Team]) -> Severity:
    if severity.policy is None:
        return severity
    steps = tuple(
        step._replace(targets=tuple(_renewed(target, teams) for target in step.targets))
        for step in severity.policy.steps
    )
    return severity._replace(policy=Policy(steps, severity.policy.repeat))


def _within(reach: Reach, channels: Collection[str]) -> Reach:
    """How somebody is reached on the channels that are there."""
    rules = [rule._replace(channels=tuple(each for each in rule.channels if each in channels)) for rule in reach.rules]
    addresses = {name: each for name, each in reach.addresses.items() if name in channels}
    return reach._replace(rules=tuple(rule for rule in rules if rule.channels), addresses=MappingProxyType(addresses))
