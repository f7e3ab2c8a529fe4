"""A team or the last resort as it last had a meaning, with what it borrows and its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from oncall_rota.config.archive import SETTINGS_UNIT, Archive, materialised, own_files
from oncall_rota.config.catalog import load
from oncall_rota.config.folder import OVERRIDES, PEOPLE, SETTINGS
from oncall_rota.config.live import NONE_LIVE, Live, of_teams
from oncall_rota.config.page import Paging, read_paging
from oncall_rota.config.reach import people_of
from oncall_rota.paging.model import LastResort, PersonTarget, Reach, ScheduleTarget, Target, TeamPaging
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.schedule.model import Schedule, Team

Notifiers = Mapping[str, Declaration]


class Kept(NamedTuple):
    """A team as it last had a meaning, with what it borrows and its people. `at`: since when it is as it is.

    `live`: the live overrides that it was read with, its own and those of whatever else is in the archive.
    """

    team: Team
    paging: TeamPaging
    people: Mapping[str, Reach]
    archive: Archive
    at: datetime
    live: tuple[LiveOverride, ...] = ()


class Resort(NamedTuple):
    """The last resort as it last had a meaning, and its people."""

    value: LastResort | None
    people: Mapping[str, Reach]


def kept_of(team: Team, paging: Paging, archive: Archive, at: datetime, live: Live = NONE_LIVE) -> Kept:
    """A good team, to be kept."""
    own = paging.teams[team.name]
    steps = [step for each in own.severities.values() if each.policy is not None for step in each.policy.steps]
    targets = [target for step in steps for target in step.targets]
    people = _people([*team.schedules.values()], targets)
    reached = {each: paging.people[each] for each in people if each in paging.people}
    return Kept(team, own, reached, archive, at, lived(archive, live))


def lived(archive: Archive, live: Live) -> tuple[LiveOverride, ...]:
    """Those of the live overrides that what is in an archive follows from."""
    if not live:
        return ()
    names = [name for name in archive.files if name.endswith(".yaml") and not name.endswith(OVERRIDES)]
    return of_teams(live, [name[:-5] for name in names])


def resort_of(paging: Paging) -> Resort:
    """The last resort, to be kept."""
    targets = paging.last_resort.targets if paging.last_resort is not None else ()
    people = _people([], targets)
    return Resort(paging.last_resort, {each: paging.people[each] for each in people if each in paging.people})


def _people(schedules: list[Schedule], targets: Iterable[Target]) -> set[str]:
    """Everybody in schedules and targets."""
    known: dict[int, frozenset[str]] = {}
    found: set[str] = set()
    for target in targets:
        if isinstance(target, ScheduleTarget):
            schedules.append(target.schedule)
        elif isinstance(target, PersonTarget):
            found.add(target.person)
    for schedule in schedules:
        found |= people_of(schedule, known)
    return found


def revived(name: str, archive: Archive, at: datetime, notifiers: Notifiers, live: Live = NONE_LIVE) -> Kept | None:
    """A team out of its archive; None when it has no meaning for this version. Raises `OSError`."""
    with materialised(archive.files) as folder:
        catalog, _ = load(folder, None, notifiers, live)
        team = catalog.teams.get(name)
        return None if team is None else kept_of(team, read_paging(catalog, notifiers), archive, at, live)


def revived_resort(archive: Archive, notifiers: Notifiers) -> Resort:
    """The last resort out of the archive of the settings. Raises `OSError`."""
    with materialised(archive.files) as folder:
        catalog, _ = load(folder, None, notifiers)
        return resort_of(read_paging(catalog, notifiers))


def settings_files(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files of the settings, by the YAML file that they belong to."""
    own = own_files(SETTINGS_UNIT, files)
    oncall = {SETTINGS: own[SETTINGS]} if SETTINGS in own else {}
    return {SETTINGS: oncall, PEOPLE: {name: data for name, data in own.items() if name not in oncall}}
