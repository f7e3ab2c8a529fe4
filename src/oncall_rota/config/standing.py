"""The live overrides that stand, as a store keeps them: heard of often, and ended when a file has them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from oncall_rota.config.archive import Archive, digest_of, materialised
from oncall_rota.config.edited import dependants, edited
from oncall_rota.config.kept import Notifiers, lived
from oncall_rota.config.live import Judged, Live, by_team
from oncall_rota.config.source import Sources
from oncall_rota.config.view import View, view
from oncall_rota.paging.live import FOLDED
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.paging.ports.store import StoreFailed

BY = "oncall"  # who ends one that a file has


class Stands(Protocol):
    """A store of live overrides."""

    def overrides(self) -> tuple[LiveOverride, ...]:
        """Those that stand, in order of creation."""
        ...

    def end_override(self, override_id: str, at: datetime, by: str, why: str) -> bool:
        """From now on it does not stand."""
        ...


class Standing:
    """What a keeper knows of live overrides. `present`: those that stood when the store last told, by team."""

    def __init__(self, store: Stands | None) -> None:
        self._store = store
        self._known: tuple[LiveOverride, ...] = ()
        self._filed: dict[str, str] = {}  # those that files have: teams by id
        self._told: set[tuple[str, str]] = set()
        self.present: Live = {}

    def hear(self) -> frozenset[str]:
        """The teams of which the live overrides are not as before. A store that fails says nothing new."""
        if self._store is None:
            return frozenset()
        try:
            found = self._store.overrides()
        except StoreFailed:
            return frozenset()
        if found == self._known:
            return frozenset()
        before, self._known, self.present = self.present, found, by_team(found)
        return frozenset(
            team for team in {*before, *self.present} if list(before.get(team, ())) != list(self.present.get(team, ()))
        )

    def renewed(self, seen: View, teams: Collection[str], notifiers: Notifiers) -> View:
        """The same files with the live overrides of now: of these teams, and of whoever needs them. Raises `OSError`.

        Of the others nothing is read again, however many there are.
        """
        known = sorted({*teams} & seen.catalog.teams.keys())
        if not known:
            return seen
        needed = Sources(seen.catalog, seen.files).needed(dependants(seen.catalog, known))
        with materialised(needed) as folder:
            found = edited(seen, [f"{team}.yaml" for team in known], folder, notifiers, self.present, most=None)
        if found is not None:
            return found._replace(files=seen.files)
        with materialised(seen.files) as folder:
            return view(folder, notifiers, self.present)

    def digest(self, archive: Archive) -> str:
        """What stands for the files of an archive, and the live overrides that act in them."""
        found = lived(archive, self.present)
        if not found:
            return archive.digest
        return digest_of(
            {f"{each.id} {number}": each.entry.encode() for number, each in enumerate(found)}
            | {"": archive.digest.encode()}
        )

    def judge(self, judged: Mapping[str, Sequence[Judged]]) -> list[str]:
        """What became of them: those that files have are to be ended; those without effect are told, once each."""
        said = []
        self._filed = {each.override.id: team for team, several in judged.items() for each in several if each.filed}
        for team, several in sorted(judged.items()):
            for each in several:
                if each.why and (each.override.id, each.why) not in self._told:
                    self._told.add((each.override.id, each.why))
                    said.append(f"live override {each.override.id} of {team} has no effect: {each.why}")
        return said

    def end(self, is_offered: Callable[[str], bool], at: datetime) -> None:
        """End those that files have, once every server has heard of these files; when the store fails, next time."""
        if self._store is None:
            return
        for override_id, team in list(self._filed.items()):
            if is_offered(team):
                continue
            try:
                self._store.end_override(override_id, at, BY, FOLDED)
            except StoreFailed:
                return
            del self._filed[override_id]
