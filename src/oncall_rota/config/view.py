"""A rotations folder at one moment, with its bytes; and why a part of it has no meaning."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from oncall_rota.config.archive import is_calendar, materialised
from oncall_rota.config.catalog import Catalog, load
from oncall_rota.config.folder import OVERRIDES, PEOPLE, SETTINGS
from oncall_rota.config.horizon import HORIZON
from oncall_rota.config.live import NONE_LIVE, Live
from oncall_rota.config.problem import ERROR, Problem
from oncall_rota.config.reader import read
from oncall_rota.config.settings import settings
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.schedule import on_call_at, shifts
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.interval import Interval

MOST_CALENDAR = 8 << 20  # a larger one is not read
# Errors in people.yaml that leave everybody else, and who is on call, clear.
HARMLESS = frozenset(
    {"name-collision", "no-contact", "unknown-channel", "no-address", "unreachable", "best-effort-only"}
)
# Errors of a team that is good itself, and needs another that is not.
OTHERS = frozenset({"borrows-broken", "handover-broken"})
_UNREADABLE = b"\0"  # stands for the bytes of a file that is no text, so that it has no meaning elsewhere either


class View(NamedTuple):
    """A folder as it was read. `errors`: by file; `files`: what its YAML files and calendars hold, by name."""

    catalog: Catalog
    errors: Mapping[str, list[Problem]]
    files: Mapping[str, bytes]

    @property
    def teams(self) -> tuple[str, ...]:
        """The names of the team files, broken ones too, sorted."""
        names = (name for name in self.files if name.endswith(".yaml") and not name.endswith(OVERRIDES))
        return tuple(sorted(name[:-5] for name in names if name not in (PEOPLE, SETTINGS)))


NOTHING = View(Catalog(Path(), {}, {}, (), {}, {}), MappingProxyType({}), MappingProxyType({}))


def view(folder: Path, notifiers: Mapping[str, Declaration], live: Live = NONE_LIVE) -> View:
    """A folder, read now, with these live overrides. Never raises for a user's mistake, or a folder that is gone."""
    catalog, problems = load(folder, None, notifiers, live)
    errors: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.severity == ERROR:
            errors.setdefault(problem.path, []).append(problem)
    return View(catalog, errors, contents(catalog, errors))


def contents(catalog: Catalog, broken: Container[str] = ()) -> dict[str, bytes]:
    """The bytes of the files that a catalogue was made of; calendars are read again. `broken`: files with errors."""
    found = {name: text.encode() if text or name not in broken else _UNREADABLE for name, text in catalog.texts.items()}
    for name in filter(is_calendar, catalog.names):
        try:
            with open(catalog.folder / name, "rb") as stream:
                found[name] = stream.read(MOST_CALENDAR)
        except OSError:
            continue  # which `load` reported, or whoever looks again sees that the folder changed
    return found


@contextmanager
def overlaid(
    seen: View, files: Mapping[str, bytes], notifiers: Mapping[str, Declaration], live: Live = NONE_LIVE
) -> Iterator[View]:
    """The same folder, if it had these files. Its catalogue's folder is gone afterwards. Raises `OSError`."""
    if files == seen.files:
        yield seen
        return
    with materialised(files) as folder:
        yield view(folder, notifiers, live)


def why_settings(seen: View) -> str | None:
    """Why oncall.yaml has no meaning; None when it has one."""
    found = seen.errors.get(SETTINGS)
    return _said(found[0]) if found else None


def why_people(seen: View) -> str | None:
    """Why people.yaml has no meaning; None when it has one."""
    found = [problem for problem in seen.errors.get(PEOPLE, ()) if problem.code not in HARMLESS]
    return _said(found[0]) if found else None


def named(name: str, files: Mapping[str, bytes], notifiers: Mapping[str, Declaration]) -> set[str]:
    """What oncall.yaml or people.yaml cannot lose unnoticed, in words; a file that was cut short names less of it."""
    document = read(name, files.get(name, b""))
    if name != SETTINGS:
        return {"person"} if document.root else set()
    found = settings(document, notifiers)
    resort = {"last resort"} if found.values is not None and found.values.get("last_resort") else set()
    return ({"channel"} if found.channels else set()) | resort


def why_team(seen: View, written: View, team: str) -> str | None:
    """Why a team's own files have no meaning; None when they have one, or lack nothing but another team's.

    `written`: the folder without what was replaced.
    """
    if team in seen.catalog.teams:
        return None
    found = [problem for problem in _own_errors(seen, team) if problem.code not in OTHERS]
    found = _own_errors(written, team) if found else found
    grave = [problem for problem in found if problem.code not in HARMLESS | OTHERS] or found
    return _said(grave[0]) if grave else None


def why_alone(seen: View, team: str) -> str:
    """Why a team without a mistake of its own has no meaning."""
    found = [problem for problem in _own_errors(seen, team) if problem.code in OTHERS]
    return _said(found[0]) if found else f"{printable(team)}.yaml has no meaning without another team's"


def _own_errors(seen: View, team: str) -> list[Problem]:
    return [*seen.errors.get(f"{team}.yaml", ()), *seen.errors.get(f"{team}{OVERRIDES}", ())]


def serves(team: Team, at: datetime) -> bool:
    """Whether anybody has a shift in the 400 days from `at`."""
    window = Interval(at, at + HORIZON)
    return any(
        on_call_at(schedule, at) or shifts(schedule, window)
        for schedule in team.schedules.values()
        if schedule.pages != "copy"
    )


def _said(problem: Problem) -> str:
    return f"{printable(problem.path)}:{problem.line} has no meaning ({problem.message})"


def printable(name: str) -> str:
    """A file's or team's name, whatever its bytes."""
    return name.encode("utf-8", "replace").decode()
