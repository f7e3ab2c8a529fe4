"""Whose version of a unit holds: our folder's, or what another server published later."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from oncall_rota.config.archive import mark_of
from oncall_rota.config.exchange import Exchange, Fetched
from oncall_rota.paging.ports.store import StoreFailed

Take = Callable[[str, Fetched], None]


class Sides:
    """`following`: the units of which another server's version holds. `ours`: those of which our files just changed.

    Another's holds from when it is published until our folder's own files of the unit change. A server that starts
    alone believes its folder; one that starts beside others follows them where its files were replaced while it was
    away.
    `take` is given what is to be followed, or fallen back on; it may raise `ValueError`.
    """

    def __init__(self, exchange: Exchange, alone: Callable[[], bool], take: Take) -> None:
        self._exchange = exchange
        self._alone = cache(alone)  # asked only when it starts
        self._take = take
        self._marks: dict[str, str] = {}  # of our folder's own files, when they last had a meaning
        self.following: set[str] = set()
        self.ours: set[str] = set()
        self.begun = False  # whether our folder was ever read
        self.again = False  # whether the store failed in the middle, so that something is still to be asked
        self.notes: list[str] = []

    def begin(self) -> None:
        """Forget what the last round of choices left to be told and done."""
        self.again = False
        self.notes.clear()
        self.ours.clear()

    def choose(self, unit: str, mark: str | None) -> None:
        """Settle whose version holds. `mark`: that of our files; None when they have no meaning, or are gone."""
        news = self._exchange.news
        if mark is not None and mark != self._marks.get(unit):
            self._marks[unit] = mark
            if not self._is_behind(unit, mark):
                self.following.discard(unit)
                self.ours.add(unit)
                news.discard(unit)
        if unit in news and (self._exchange.is_offered(unit) or self._looked_at(unit, mark)):
            news.discard(unit)

    def fall_back(self, unit: str) -> None:
        """Take what the store has, old or new, for as long as ours has no meaning after all."""
        follows = unit in self.following
        self._looked_at(unit, None)
        if not follows:
            self.following.discard(unit)

    def _is_behind(self, unit: str, mark: str) -> bool:
        if self.begun or unit not in self._exchange.news:
            return False
        try:
            if self._alone():
                return False
            found = self._exchange.fetch(unit)
        except (StoreFailed, ValueError):
            return False
        return found is not None and mark in found.archive.before

    def _looked_at(self, unit: str, mark: str | None) -> bool:
        """Follow, or fall back on, what the store has; whether that is settled."""
        try:
            found = self._exchange.fetch(unit)
            if found is None:
                return True
            if mark == mark_of(unit, found.archive.files, found.archive.teams):
                self.following.discard(unit)  # it is what we have; files that others share are followed as theirs
                return True
            self._take(unit, found)
            if self.begun or not self._alone():
                self.following.add(unit)
        except StoreFailed:
            self.again = True
            return False
        except ValueError as error:
            self.notes.append(f"what the store keeps of {unit!r} cannot be used: {error}")
        return True
