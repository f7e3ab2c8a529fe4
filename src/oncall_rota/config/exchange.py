"""What servers tell each other through their store: the current revision of every unit, by whoever published last."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from oncall_rota.config.archive import MOST_BEFORE, SETTINGS_UNIT, Archive, mark_of, packed, unpacked
from oncall_rota.config.footprint import commit_of
from oncall_rota.paging.ports.row import Revision
from oncall_rota.paging.ports.store import StoreFailed


class Revisions(Protocol):
    """The part of a `Store` that keeps configurations. Every method may raise `StoreFailed`."""

    def publish(self, revision: Revision) -> None:
        """Make this the current configuration of its team."""
        ...

    def revision(self, team: str) -> Revision | None:
        """The current configuration of a team."""
        ...

    def digests(self) -> dict[str, str]:
        """The digest of each team's current configuration."""
        ...


class Fetched(NamedTuple):
    """What a store keeps of a unit, and since when."""

    archive: Archive
    at: datetime


class Exchange:
    """`news`: the units of which somebody else published a revision that was not looked at yet."""

    def __init__(self, store: Revisions, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._current: dict[str, str] = {}
        self._offered: dict[str, Archive] = {}
        self.news: set[str] = set()

    @property
    def units(self) -> tuple[str, ...]:
        """Every team of which the store keeps anything, sorted; long gone ones too."""
        return tuple(sorted(self._current.keys() - {SETTINGS_UNIT}))

    def hear(self) -> bool:
        """Whether there are more news than before. A store that fails has none."""
        try:
            digests = self._store.digests()
        except StoreFailed:
            return False
        found = {unit for unit, digest in digests.items() if digest != self._current.get(unit)}
        self._current = dict(digests)
        self.news |= found
        return bool(found)

    def fetch(self, unit: str) -> Fetched | None:
        """What the store keeps of a unit. Raises `StoreFailed`, and `ValueError` for what is no archive."""
        found = self._store.revision(unit)
        return None if found is None else Fetched(unpacked(found.content, found.digest), found.at)

    def offer(self, unit: str, archive: Archive) -> None:
        """Publish this unit next time."""
        self._offered[unit] = archive

    def is_offered(self, unit: str) -> bool:
        """Whether a unit is still to be published."""
        return unit in self._offered

    def publish(self, at: datetime) -> tuple[str, ...]:
        """Publish what was offered, as far as the store takes it, the rest next time; what can never be kept is told.

        The settings come last: who follows them has heard of all teams by then.
        """
        told = []
        for unit in sorted(self._offered, key=lambda unit: (unit == SETTINGS_UNIT, unit)):
            archive = self._offered[unit]
            try:
                if self._current.get(unit) != archive.digest:
                    content = packed(archive._replace(before=self._before(unit)))
                    self._store.publish(Revision(unit, archive.digest, commit_of(self._folder), at, content))
                    self._current[unit] = archive.digest
            except StoreFailed:
                break
            except ValueError as error:
                told.append(f"the configuration of {unit!r} cannot be kept in the store: {error}")
            del self._offered[unit]
        return tuple(told)

    def _before(self, unit: str) -> tuple[str, ...]:
        """The marks of what a new revision replaces, and of what that replaced."""
        if unit in self._current:
            with suppress(ValueError):
                found = self.fetch(unit)
                if found is not None:
                    archive = found.archive
                    mark = mark_of(unit, archive.files, archive.teams)
                    return tuple(dict.fromkeys((mark, *archive.before)))[:MOST_BEFORE]
        return ()
