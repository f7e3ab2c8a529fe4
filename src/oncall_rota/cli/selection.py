"""The schedules that TEAM[/SCHEDULE] arguments mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from oncall_rota.cli.terminal import path_text
from oncall_rota.config import Catalog, Problem, load
from oncall_rota.config import known as known
from oncall_rota.errors import ConfigurationError, UnknownName
from oncall_rota.schedule.model import Schedule, Team

if TYPE_CHECKING:
    from oncall_rota.config.live import Live

_NONE_LIVE: Live = MappingProxyType({})


class Selection:
    """What was asked for.

    `schedules`: in the order in which they are told. `named`: every schedule that was named, and the first one of every
    team that was named. `broken`: problems of files that have no single meaning. `problems`: all problems of the files
    that were read.
    """

    __slots__ = ("broken", "catalog", "folder", "named", "problems", "schedules")

    def __init__(self, folder: Path, catalog: Catalog, problems: tuple[Problem, ...]) -> None:
        self.folder = folder
        self.catalog = catalog
        self.problems = problems
        self.schedules: list[Schedule] = []
        self.named: list[Schedule] = []
        self.broken: tuple[Problem, ...] = ()

    def whole(self) -> Selection:
        """Itself, or an error when anything that was asked for has no single meaning."""
        if self.broken:
            raise configuration_error(self.broken, self.folder)
        return self

    def name_of(self, person: str) -> str:
        """A person's name as people write it, or the id."""
        return display_name(self.catalog, person)


def configuration_error(problems: Sequence[Problem], folder: Path, hint: str = "") -> ConfigurationError:
    """The error that ends a command; the problems are shown before it unless a hint says they were."""
    errors = sum(each.severity == "error" for each in problems)
    count = f"{errors} {'error' if errors == 1 else 'errors'}"
    return ConfigurationError(f"{count} in the rotation files of {path_text(folder)}", hint, () if hint else problems)


def select(folder: Path, names: Sequence[str] | None, live: Live = _NONE_LIVE) -> Selection:
    """Read what `names` need and no more. No names: every team, read whole. `live`: overrides that no file has.

    Raises `UnknownName`. Teams that have no single meaning are left out and told in `broken`.
    """
    asked = [name.partition("/") for name in names or ()]
    catalog, problems = load(folder, teams=sorted({team for team, _, _ in asked}) if asked else None, live=live)
    found = Selection(folder, catalog, tuple(problems))
    errors = tuple(each for each in problems if each.severity == "error")
    if not asked:
        found.schedules = [each for team in catalog.teams.values() for each in team.schedules.values()]
        read = {team.source.path for team in catalog.teams.values()}
        found.broken = tuple(each for each in errors if _is_team(each.path) and _team_path(each.path) not in read)
        if errors and not catalog.teams:
            found.broken = errors
        return found
    for team_name, slash, schedule_name in asked:
        team = catalog.teams.get(team_name)
        if team is None:
            check_team(folder, team_name)
            found.broken = errors or found.broken
            continue
        if not slash:
            _add(found.schedules, team.schedules.values())
            _add(found.named, [team.first])
            continue
        _add(found.schedules, [schedule_of(team, schedule_name)])
        _add(found.named, [schedule_of(team, schedule_name)])
    return found


def check_team(folder: Path, name: str) -> None:
    """Raises `UnknownName` where no file is this team's."""
    if not _has_file(folder, name):
        raise _unknown_team(name, folder)


def _has_file(folder: Path, team: str) -> bool:
    try:
        return team not in ("people", "oncall") and "." not in team and (folder / f"{team}.yaml").exists()
    except OSError:  # too long for a file's name
        return False


def schedule_of(team: Team, name: str) -> Schedule:
    """One schedule of a team by name. Raises `UnknownName`."""
    if name in team.schedules:
        return team.schedules[name]
    raise UnknownName(f"team {team.name!r} has no schedule {name!r}", known(name, team.schedules))


def person_named(catalog: Catalog, name: str) -> str:
    """A person's id, if there is such a person. Raises `UnknownName`."""
    if name in catalog.people:
        return name
    raise UnknownName(f"no person {name!r} in people.yaml", known(name, catalog.people))


def display_name(catalog: Catalog, person: str) -> str:
    """A person's name as people write it, or the id."""
    found = catalog.people.get(person)
    return found.name if found and found.name else person


def _unknown_team(name: str, folder: Path) -> UnknownName:
    stems = [path.name.removesuffix(".yaml") for path in sorted(folder.glob("*.yaml"))]
    teams = [stem for stem in stems if "." not in stem and stem not in ("people", "oncall")]
    return UnknownName(f"no team {name!r} in {path_text(folder)}", known(name, teams))


def _add(to: list[Schedule], schedules: Iterable[Schedule]) -> None:
    to.extend(each for each in schedules if each not in to)


def _is_team(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and path not in ("people.yaml", "oncall.yaml")


def _team_path(path: str) -> str:
    return path.replace(".overrides.yaml", ".yaml")
