"""A folder of which a few team files were edited, without reading the others again.

What only the whole folder can tell, such as who can be reached at all, is told by the next whole reading.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from oncall_rota.config.catalog import Catalog, load
from oncall_rota.config.folder import OVERRIDES, PEOPLE, SETTINGS
from oncall_rota.config.footprint import Footprint
from oncall_rota.config.live import NONE_LIVE, Live
from oncall_rota.config.problem import ERROR
from oncall_rota.config.view import View
from oncall_rota.paging.ports.notifier import Declaration

MOST = 50  # teams; for more the whole folder is read


def changed(before: Footprint, now: Footprint) -> frozenset[str]:
    """The files of a folder that changed; empty when there are others than before, too."""
    if [each[0] for each in before] != [each[0] for each in now]:
        return frozenset()
    return frozenset(str(new[0]) for old, new in zip(before, now, strict=True) if old != new)


def edited(
    seen: View,
    names: Collection[str],
    folder: Path,
    notifiers: Mapping[str, Declaration] | None,
    live: Live = NONE_LIVE,
    most: int | None = MOST,
) -> View | None:
    """The folder as it is now, when only these files were edited since it was `seen`, with these live overrides.

    None: it is to be read whole, as more than good files of good teams has changed.
    """
    teams = {_team(name) for name in names}
    if not teams or not teams <= seen.catalog.teams.keys() or not _all_yaml(names):
        return None
    wanted = dependants(seen.catalog, teams)
    if (most is not None and len(wanted) > most) or not wanted <= seen.catalog.teams.keys():
        return None
    found, problems = load(folder, sorted(wanted), notifiers, live)
    mistaken = {_team(each.path) for each in problems if each.severity == ERROR and each.path not in (PEOPLE, SETTINGS)}
    as_they_were = all(found.texts.get(name) == seen.catalog.texts.get(name) for name in (PEOPLE, SETTINGS))
    if mistaken or wanted - found.teams.keys() or not as_they_were or {*found.names} - {*seen.catalog.names}:
        return None
    texts = {name: text for name, text in found.texts.items() if text != seen.catalog.texts[name]}
    catalog = seen.catalog._replace(
        teams={**seen.catalog.teams, **found.teams},
        borrowed={**seen.catalog.borrowed, **found.borrowed},
        texts={**seen.catalog.texts, **texts},
        paged={
            **{name: each for name, each in seen.catalog.paged.items() if name not in found.borrowed},
            **found.paged,
        },
        live={**{name: each for name, each in seen.catalog.live.items() if name not in found.borrowed}, **found.live},
    )
    errors = {path: each for path, each in seen.errors.items() if _team(path) not in wanted}
    return View(catalog, errors, {**seen.files, **{name: text.encode() for name, text in texts.items()}})


def _team(name: str) -> str:
    return name.removesuffix(OVERRIDES) if name.endswith(OVERRIDES) else name.removesuffix(".yaml")


def _all_yaml(names: Collection[str]) -> bool:
    return all(name.endswith(".yaml") for name in names)


def dependants(catalog: Catalog, teams: Collection[str]) -> set[str]:
    """These teams, and all that borrow from them, page them or hand something over to them."""
    found = set(teams)
    grown = True
    while grown:
        more = {
            name
            for name, team in catalog.teams.items()
            if name not in found
            and (
                not found.isdisjoint(catalog.borrowed.get(name, ()))
                or not found.isdisjoint(catalog.paged.get(name, ()))
                or any(each.handover is not None and each.handover.to.team in found for each in team.services.values())
            )
        }
        grown = bool(more)
        found |= more
    return found
