"""Which files the pages of a team follow from, and what their bytes are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from oncall_rota.config.archive import SETTINGS_UNIT, is_calendar, nobodys, own_files
from oncall_rota.config.catalog import Catalog
from oncall_rota.config.folder import OVERRIDES
from oncall_rota.config.kept import Kept
from oncall_rota.config.view import View


class Sources:
    """Which of a folder's `files` the pages of its teams follow from; `kept`: teams that are not as in the folder."""

    def __init__(
        self, catalog: Catalog, files: Mapping[str, bytes], kept: Mapping[str, Kept] = MappingProxyType({})
    ) -> None:
        self._catalog = catalog
        self._files = files
        self._kept = kept
        self._calendars = [name for name in files if is_calendar(name)]
        self._own: dict[str, dict[str, bytes]] = {}
        self._everybodys = own_files(SETTINGS_UNIT, files, self._calendars) | nobodys(files)

    def needed(self, teams: Iterable[str]) -> dict[str, bytes]:
        """Their own files, those of the teams that they borrow from, page or hand over to, and everybody's."""
        wanted: set[str] = set()
        waiting = list(teams)
        found = dict(self._everybodys)
        while waiting:
            name = waiting.pop()
            if name in wanted:
                continue
            wanted.add(name)
            waiting += self._others(name)
            if name not in self._own:
                self._own[name] = own_files(name, self._files, self._calendars)
            found |= self._own[name]
        return found

    def _others(self, name: str) -> list[str]:
        """The teams without which a team's files are not what they are."""
        if name in self._kept:
            files = self._kept[name].archive.files
            return [file[:-5] for file in files if file.endswith(".yaml") and not file.endswith(OVERRIDES)]
        team = self._catalog.teams.get(name)
        services = team.services.values() if team is not None else ()
        to = [service.handover.to.team for service in services if service.handover is not None]
        return [*self._catalog.borrowed.get(name, ()), *self._catalog.paged.get(name, ()), *to]


def effective(seen: View, kept: Mapping[str, Kept]) -> dict[str, bytes]:
    """The files in effect: those of the folder, and in place of a broken team's own the kept ones."""
    found = dict(seen.files)
    for name, each in kept.items():
        for file in (f"{name}.yaml", f"{name}{OVERRIDES}"):
            found.pop(file, None)
            if file in each.archive.files:
                found[file] = each.archive.files[file]
    for each in kept.values():  # what they borrow, or their calendar, may be gone from the folder
        found = {**each.archive.files, **found}
    return found
