"""`oncall override fold`: live overrides become lines of the teams' files, by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from oncall_rota.cli.live_office import live_office
from oncall_rota.cli.override_edit import Made, spans
from oncall_rota.cli.override_text import what_text
from oncall_rota.cli.terminal import path_text, say, warn
from oncall_rota.config import Catalog, load
from oncall_rota.config.edit import added, override_path
from oncall_rota.config.live import Judged, by_team
from oncall_rota.errors import DifferencesFound, OncallError
from oncall_rota.paging.live import entry_of
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.rendering.text import term_safe
from oncall_rota.schedule.model import Override


class Folded(NamedTuple):
    """What came of one. `written`: a line was, or would be; False: it has no effect, or cannot be written."""

    override: LiveOverride
    written: bool


def fold(
    teams: Sequence[str], folder: Path, store: str | None, dir_: str | None, now: datetime, *, write: bool, check: bool
) -> None:
    """Write those of these teams, or of all, that no file has. Raises `DifferencesFound` with `check`."""
    with live_office(store, dir_, "oncall override fold") as found:
        stand = () if found is None else found.overrides()
    done = [
        each
        for team, lives in sorted(by_team(stand).items())
        if not teams or team in teams
        for each in _folded(folder, team, tuple(lives), now, write=write and not check)
    ]
    left = [each.override.id for each in done if not each.written]
    if not done:
        say("nothing is left to fold")
    if check and done:
        raise DifferencesFound(f"{len(done)} live overrides are left to fold", "'oncall override fold' writes them")
    if left:
        raise OncallError(f"{len(left)} could not be folded: {', '.join(left)}", "'oncall override remove' ends one")


def _folded(folder: Path, team: str, lives: tuple[LiveOverride, ...], now: datetime, *, write: bool) -> list[Folded]:
    """One after the other, in order of creation, so that each stands below those that it overlaps."""
    done = []
    for number, each in enumerate(lives):
        catalog, _ = load(folder, [team], live={team: lives[: number + 1]})
        judged = {one.override.id: one for one in catalog.live.get(team, ())}.get(each.id)
        if judged is None or judged.why:
            why = judged.why if judged is not None else f"{term_safe(team)}'s files have no meaning"
            warn(f"live override {each.id} of {term_safe(team)} is left: {term_safe(why)}")
            done.append(Folded(each, written=False))
        elif not judged.filed:
            done.append(_one(folder, catalog, judged, now, write=write))
    return done


def _one(folder: Path, catalog: Catalog, judged: Judged, now: datetime, *, write: bool) -> Folded:
    each = judged.override
    lines = [
        line
        for schedule in catalog.teams[each.team].schedules.values()
        for line in schedule.overrides
        if line.id == each.id
    ]
    start_at, end_at = min(line.start_at for line in lines), max(line.end_at for line in lines)
    path = override_path(folder, each.team)
    before = path.read_bytes() if path.exists() else b""
    entry = {**entry_of(each.entry), "id": each.id}
    filed, _ = load(folder, [each.team])
    after = added(before, entry, start_at, end_at, spans(before, path.name, filed.teams[each.team]))
    say(f"{'folds' if write else 'would fold'} {each.id} into {path_text(path)}: {what_text(lines[0], catalog)}")
    _flag_overlaps(catalog, lines[0])
    if write:
        try:
            made = Made(folder, each.team, path, before, after, now)
            made.refuse_what_is_wrong()
            made.replace()
        except OncallError as error:
            warn(f"live override {each.id} is left: {error}", error.hint)
            return Folded(each, written=False)
    return Folded(each, written=True)


def _flag_overlaps(catalog: Catalog, line: Override) -> None:
    """Say which lines of the files it overlaps: a person may want to look at both."""
    said: set[str] = set()
    for schedule in catalog.teams.values():
        for one in schedule.schedules.values():
            if line not in one.overrides:
                continue
            for other in one.overrides:
                place = f"{other.source.path}:{other.source.line}"
                meet = other.start_at < line.end_at and line.start_at < other.end_at
                if other.by is None and meet and place not in said:
                    said.add(place)
                    warn(f"{line.id} overlaps {term_safe(place)} ({what_text(other, catalog)}): the later line decides")
