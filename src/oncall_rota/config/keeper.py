"""The last good configuration, kept while a folder changes, breaks, or is gone; and shared with the other servers.

A *unit* is a team, or the settings: oncall.yaml, people.yaml and which teams there are. A unit is as our folder has
it, or as another server published it later, for as long as our folder's own files of it stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from oncall_rota.config.archive import SETTINGS_UNIT, Archive, archived, is_calendar, mark_of
from oncall_rota.config.combined import as_paged, combined, together, with_resort
from oncall_rota.config.edited import edited
from oncall_rota.config.exchange import Exchange, Fetched, Revisions
from oncall_rota.config.fault import FOLDER, Fault, Faults
from oncall_rota.config.folder import PEOPLE, SETTINGS
from oncall_rota.config.kept import Kept, Resort, kept_of, lived, resort_of, revived, revived_resort, settings_files
from oncall_rota.config.page import Paging
from oncall_rota.config.policy import Policies
from oncall_rota.config.side import Sides
from oncall_rota.config.source import Sources, effective
from oncall_rota.config.standing import Standing, Stands
from oncall_rota.config.view import (
    NOTHING,
    View,
    named,
    overlaid,
    printable,
    serves,
    view,
    why_alone,
    why_people,
    why_settings,
    why_team,
)
from oncall_rota.config.watch import Watch
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.model import ScheduleTarget
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.paging.world import Configured
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.clock import Clock

PATIENCE = timedelta(seconds=30)  # after what nobody foresaw, such as a full disk
SERVES = timedelta(hours=1)  # for which a team that has shifts to come is not looked at again


class _Files(NamedTuple):
    """The last good version of oncall.yaml or people.yaml, with its calendars; empty: there was none, which is good."""

    files: Mapping[str, bytes]
    at: datetime


class Keeper:
    """Keeps `current`, which any thread may read at any time; one thread calls `refresh`.

    `alone`: whether no other server has the store open; asked when it starts. `allow_empty`: whether a team may change
    into one without any shift to come, and the settings into ones without channels or people. `overrides`: where live
    ones are kept; None: there are none.
    """

    def __init__(
        self,
        folder: Path,
        notifiers: Mapping[str, Declaration],
        store: Revisions,
        clock: Clock,
        *,
        alone: Callable[[], bool] = lambda: True,
        allow_empty: bool = False,
        overrides: Stands | None = None,
    ) -> None:
        self.current = Configuration(Configured({}, {}, None, {}), {})
        self._notifiers = notifiers
        self._clock = clock
        self._allow_empty = allow_empty
        self._live = Standing(overrides)
        self._watch = Watch(
            folder,
            lambda: view(folder, notifiers, self._live.present),
            lambda seen, names: edited(seen, names, folder, notifiers, self._live.present),
        )
        self._policies = Policies()
        self._serving: dict[str, tuple[Team, datetime]] = {}
        self._exchange = Exchange(store, folder)
        self._sides = Sides(self._exchange, alone, self._take)
        self._written = NOTHING
        self._faults = Faults()
        self._again = True  # whether to compose even without a change
        self._failed: tuple[str, datetime] | None = None
        # What is good, or was.
        self._names: tuple[str, ...] = ()
        self._kept: dict[str, Kept] = {}
        self._settings: dict[str, _Files] = {}
        self._resort: Resort | None = None
        self._settings_digest = ""

    def refresh(self) -> tuple[str, ...]:
        """Look whether the folder or another server has something new; gives sentences to tell, each once a change.

        Called several times a second. The first call reads the folder at once. Never raises for a user's mistake, a
        folder that is gone, or a store that fails.
        """
        now = self._clock.now()
        if self._failed is not None and timedelta(0) <= now - self._failed[1] < PATIENCE:
            return ()
        told: tuple[str, ...] = ()
        try:
            # Before the revisions: what has ended there since, as a file has it, is in the one that is heard of then.
            changed = self._live.hear()
            seen = self._watch.look()
            if self._exchange.hear() or seen is not None or self._again or changed:
                self._written = self._written if seen is None else seen
                if changed and seen is None:
                    self._written = self._live.renewed(self._written, changed, self._notifiers)
                    self._watch.replace(self._written)
                told = self._compose(now)
            told += self._exchange.publish(now)
            self._live.end(self._exchange.is_offered, now)
            self._failed = None
        except Exception as error:  # noqa: BLE001 - whatever it is, it must neither end paging nor go unsaid
            what = f"the configuration could not be looked at ({type(error).__name__}: {error}): it stays as it was"
            told = (what,) if self._failed is None or self._failed[0] != what else ()
            self._failed, self._again = (what, now), True
        return told

    def _compose(self, now: datetime) -> tuple[str, ...]:
        """Make one configuration out of what is good and what was; gives what is to be said about it."""
        self._sides.begin()
        faults: dict[str, Fault] = {}
        with ExitStack() as opened:
            seen = self._settled(opened, faults, now)
            names = self._all_names()
            whys = self._mistaken(seen, names, now)
            held = self._sides.following | whys.keys()
            kept = {name: self._as_it_stands(name) for name in names if name in held and name in self._kept}
            # Whoever needs one of those reads it as it was.
            seen = opened.enter_context(overlaid(seen, effective(seen, kept), self._notifiers, self._live.present))
            good, kept = self._sorted(seen, names, whys, kept, faults)
            paging = combined(seen, good, kept, self._notifiers, self._policies)
        teams = together(good, kept)
        if not self._written.teams:
            why = "has no team file" if self._watch.settled else "keeps changing"
            kept_at = max((each.at for each in kept.values()), default=None)
            faults[FOLDER] = Fault(f"the rotations folder {why}", "nobody can be paged", kept_at)
        if self._resort is not None and faults.keys() & {SETTINGS, FOLDER}:
            paging = with_resort(paging, self._resort, teams)
        sources = Sources(seen.catalog, effective(seen, kept), kept)
        digests = {name: self._live.digest(each.archive) for name, each in kept.items()}
        for name, team in good.items():
            needed, last = sources.needed([name]), self._kept.get(name)
            archive = last.archive if last is not None and last.archive.files == needed else archived(needed)
            digests[name] = self._live.digest(archive)
            if name not in faults:
                self._keep(name, team, paging, archive, now)
        if SETTINGS not in faults and FOLDER not in faults:
            self._resort = resort_of(paging)
        broken = [faults[name] for name in (SETTINGS, PEOPLE) if name in faults]
        if FOLDER not in faults and all(fault.kept_at is not None for fault in broken):
            self._offer_settings(names, sources, paging)
        stale = {*names, SETTINGS, PEOPLE} if FOLDER in faults else faults
        told = self._faults.tell(faults, stale, now)
        self.current = as_paged(paging, teams, digests, self._faults.since)
        self._again = self._sides.again
        self._sides.begun = self._sides.begun or bool(self._written.teams)
        return (*told, *dict.fromkeys(self._sides.notes), *self._live.judge(seen.catalog.live))

    def _as_it_stands(self, name: str) -> Kept:
        """A team as it is kept, with the live overrides of now."""
        kept = self._kept[name]
        if kept.live != lived(kept.archive, self._live.present):
            found = revived(name, kept.archive, kept.at, self._notifiers, self._live.present)
            if found is not None:
                kept = self._kept[name] = found
        return kept

    def _settled(self, opened: ExitStack, faults: dict[str, Fault], now: datetime) -> View:
        """The folder with the last good oncall.yaml and people.yaml in place of those without a meaning."""
        seen = self._written
        judged = ((SETTINGS, why_settings), (PEOPLE, why_people))
        if self._settings.keys() != {SETTINGS, PEOPLE} and seen.teams:
            self._sides.fall_back(SETTINGS_UNIT)  # at the start: was anything lost since?
        whole = bool(seen.teams) and not any(judge(seen) or self._why_silent(name, seen) for name, judge in judged)
        self._sides.choose(SETTINGS_UNIT, mark_of(SETTINGS_UNIT, seen.files, seen.teams) if whole else None)
        follows = SETTINGS_UNIT in self._sides.following
        for name, judge in judged:
            why = judge(seen) or self._why_silent(name, seen)
            last = self._settings.get(name)
            if why is not None:
                faults[name] = Fault(why, "it is used as far as it can be read", last.at if last else None)
            elif not follows:
                own = settings_files(seen.files)[name]
                if seen.teams and (last is None or last.files != own):
                    self._settings[name] = _Files(own, now)
                continue
            if last is not None:
                files = {file: data for file, data in seen.files.items() if file != name}
                seen = opened.enter_context(
                    overlaid(seen, {**files, **last.files}, self._notifiers, self._live.present)
                )
        return seen

    def _why_silent(self, name: str, seen: View) -> str | None:
        """A file that was cut short, or is gone, is no less broken than one that cannot be read."""
        last = self._settings.get(name)
        if self._allow_empty or last is None or last.files.get(name) == seen.files.get(name):
            return None
        lost = named(name, last.files, self._notifiers) - named(name, seen.files, self._notifiers)
        return f"{name} names no {min(lost)} any more" if lost else None

    def _all_names(self) -> tuple[str, ...]:
        """The teams that there are; as they last were when the folder has none."""
        if self._written.teams and SETTINGS_UNIT not in self._sides.following:
            self._names = self._written.teams
        return self._names or self._exchange.units

    def _mistaken(self, seen: View, names: tuple[str, ...], now: datetime) -> dict[str, str]:
        """The teams whose own files have no meaning, and why; for all, whose version holds."""
        whys: dict[str, str] = {}
        written = frozenset(self._written.teams)
        calendars = [name for name in self._written.files if is_calendar(name)]
        for name in names:
            mark = None
            if name in written:
                why = why_team(seen, self._written, name) or self._why_empty(name, seen.catalog.teams.get(name), now)
                if why is None:
                    mark = mark_of(name, self._written.files, calendars=calendars)
                else:
                    whys[name] = why
            self._sides.choose(name, mark)
        return whys

    def _why_empty(self, name: str, team: Team | None, now: datetime) -> str | None:
        """A team that nobody serves any more, and that somebody served before, is a mistake until somebody insists."""
        if team is None or self._allow_empty:
            return None
        known = self._serving.get(name)
        if known is not None and known[0] is team and timedelta(0) <= now - known[1] < SERVES:
            return None
        if serves(team, now):
            self._serving[name] = team, now
            return None
        if name not in self._kept:
            self._sides.fall_back(name)
        last = self._kept.get(name)
        return f"{name}.yaml leaves nobody on call in the next 400 days" if last and serves(last.team, now) else None

    def _sorted(
        self,
        seen: View,
        names: tuple[str, ...],
        whys: Mapping[str, str],
        held: Mapping[str, Kept],
        faults: dict[str, Fault],
    ) -> tuple[dict[str, Team], dict[str, Kept]]:
        """The teams as our folder has them, and those as they were or as another server has them."""
        good: dict[str, Team] = {}
        kept = dict(held)
        for name in names:
            team = seen.catalog.teams.get(name)
            why = whys.get(name)
            if name in held:
                if why is not None:
                    faults[name] = Fault(why, "", held[name].at)
                continue
            if team is not None:
                good[name] = team
                if why is not None:
                    faults[name] = Fault(why, "it is used as far as it can be read", None)
                continue
            if name not in self._kept:
                self._sides.fall_back(name)
            shown = printable(name)
            last = self._as_it_stands(name) if name in self._kept else None
            if last is not None:
                kept[name] = last
            faults[name] = Fault(
                why or why_alone(seen, name),
                f"nobody is paged for {shown} until it is repaired",
                last.at if last is not None else None,
            )
        return good, kept

    def _keep(self, name: str, team: Team, paging: Paging, archive: Archive, now: datetime) -> None:
        """Keep a good team, and offer it to the other servers when it is new."""
        before = self._kept.get(name)
        same = before is not None and before.archive.digest == archive.digest
        self._kept[name] = kept_of(
            team, paging, archive, before.at if before is not None and same else now, self._live.present
        )
        if not same or name in self._sides.ours:
            self._exchange.offer(name, archive)

    def _offer_settings(self, names: tuple[str, ...], sources: Sources, paging: Paging) -> None:
        """Offer the settings to the other servers when they are new."""
        if SETTINGS_UNIT in self._sides.following:
            return
        targets = paging.last_resort.targets if paging.last_resort is not None else ()
        paged = sorted({each.schedule.team for each in targets if isinstance(each, ScheduleTarget)})
        archive = archived(sources.needed(paged), names)
        if archive.digest != self._settings_digest or SETTINGS_UNIT in self._sides.ours:
            self._settings_digest = archive.digest
            self._exchange.offer(SETTINGS_UNIT, archive)

    def _take(self, unit: str, found: Fetched) -> None:
        """Keep what the store has. Raises `ValueError`, and `OSError`."""
        if unit == SETTINGS_UNIT:
            self._resort = revived_resort(found.archive, self._notifiers)
            for name, files in settings_files(found.archive.files).items():
                self._settings[name] = _Files(files, found.at)
            self._names = found.archive.teams
            self._settings_digest = found.archive.digest
        elif unit not in self._kept or self._kept[unit].archive.digest != found.archive.digest:
            kept = revived(unit, found.archive, found.at, self._notifiers, self._live.present)
            if kept is None:
                raise ValueError("it has no meaning for this version of the program")
            self._kept[unit] = kept
