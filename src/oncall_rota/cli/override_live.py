"""Overrides that take effect at once: asked of a server, or kept in the store of this machine."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from oncall_rota.cli.live_office import VARIABLE, live_office
from oncall_rota.cli.live_text import tell
from oncall_rota.cli.override_view import compared, echoed
from oncall_rota.cli.override_wanted import Wanted, entry_of, times_of
from oncall_rota.cli.selection import select
from oncall_rota.cli.setting import rotations
from oncall_rota.cli.terminal import say
from oncall_rota.config import Catalog, load
from oncall_rota.config.live import by_team
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.live import CANCELLED, OverrideAsked
from oncall_rota.paging.office import Office
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.remote.office import HttpOffice
from oncall_rota.rendering import override as rendering
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone, zone

NAME = "oncall override"
NEW = "new"


def add_live(
    wanted: Wanted, dry_run: bool, store: str | None, dir_: str | None, folder: Path | None, shown: Zone, now: datetime
) -> None:
    """Make a live override, and show who is on call before and after it. `folder`: None with a server."""
    with live_office(store, dir_, f"{NAME} add", make=not dry_run) as found:
        if isinstance(found, HttpOffice):
            _add_there(found, wanted, dry_run, shown, now)
        else:
            assert folder is not None
            _add_here(found, wanted, dry_run, folder, shown, now)


def _add_there(found: HttpOffice, wanted: Wanted, dry_run: bool, shown: Zone, now: datetime) -> None:
    team, _, schedule = wanted.name.partition("/")
    told = found.cover(
        team,
        {
            "schedule": schedule or None,
            "who": list(wanted.who) or None,
            "add": list(wanted.also) or None,
            "remove": wanted.without,
            "swap": list(wanted.swap) if wanted.swap else None,
            "instead_of": wanted.instead_of,
            "layer": wanted.layer,
            "from": wanted.from_,
            "until": wanted.until,
            "for": wanted.for_,
            "through": wanted.through,
            "tz": shown.name,
            "reason": wanted.reason,
            "dry_run": dry_run or None,
        },
    )
    row, times = _understood(found, told, shown, now)
    end_with(dry_run, str(row["team"]), str(row["id"]), times)


def _understood(found: HttpOffice, told: dict[str, Any], shown: Zone, now: datetime) -> tuple[dict[str, Any], str]:
    try:
        row = told["override"]
        start_at, end_at = (datetime.fromisoformat(row[name]) for name in ("start", "end"))
        echoed(start_at, end_at, shown, shown, now)
        tell(told, shown, now)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise found.server.gone(f"what it answers has no meaning: {error}", unsure=True) from None
    return row, f"server {found.server.at.host}"


def _add_here(found: Office | None, wanted: Wanted, dry_run: bool, folder: Path, shown: Zone, now: datetime) -> None:
    chosen = select(folder, [wanted.name]).whole()
    team_name, slash, name = wanted.name.partition("/")
    team = chosen.catalog.teams[team_name]
    here = zone(team.timezone)
    times = times_of(wanted, here, shown, now, outward=True)
    entry = json.dumps(entry_of(wanted, times, team, team.schedules[name] if slash else None, chosen.catalog))
    by = os.environ.get(VARIABLE, "").strip() or "the command line"
    made = LiveOverride(NEW, team_name, entry, by, now)
    stand = () if found is None else found.overrides()
    before, after = (_read(folder, team_name, lines) for lines in (stand, (*stand, made)))
    (judged,) = [each for each in after.live[team_name] if each.override.id == NEW]
    if judged.why:
        raise UsageError(judged.why)
    echoed(times.start_at, times.end_at, here, shown, now)
    compared(before, after, team_name, (times.start_at, times.end_at), shown, now)
    if found is not None and not dry_run:
        made = found.add_override(OverrideAsked(team_name, entry, by))
    end_with(dry_run, team_name, made.id, "the store")


def _read(folder: Path, team: str, lines: tuple[LiveOverride, ...]) -> Catalog:
    return load(folder, [team], live=by_team(lines))[0]


def end_with(dry_run: bool, team: str, override_id: str, where: str) -> None:
    """What was done, and how to undo it."""
    if dry_run:
        say("nothing is kept (--dry-run)")
        return
    say(f"it holds now, live in {where}; 'oncall override fold' writes it into the file")
    say(f"to undo: oncall override remove {term_safe(team)} {term_safe(override_id)}")


def remove_live(
    name: str, override_id: str, dry_run: bool, store: str | None, dir_: str | None, shown: Zone, now: datetime
) -> None:
    """Withdraw a live override, and show who is on call before and after that. Raises `UnknownName`."""
    team = name.partition("/")[0]
    with live_office(store, dir_, f"{NAME} remove") as found:
        if isinstance(found, HttpOffice):
            told = found.withdraw(team, override_id, dry_run=dry_run)
            try:
                tell(told, shown, now)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise found.server.gone(f"what it answers has no meaning: {error}", unsure=True) from None
        else:
            stand = () if found is None else found.overrides()
            if found is None or not any((each.id, each.team) == (override_id, team) for each in stand):
                raise UnknownName(f"{team} has no live override {override_id!r}", "'oncall override list' shows them")
            folder = rotations(dir_)
            left = tuple([each for each in stand if each.id != override_id])
            before, after = (_read(folder, team, lines) for lines in (stand, left))
            lines = rendering.lines_of(override_id, before.teams.get(team))
            if lines:
                line = next(iter(lines.values()))
                compared(before, after, team, (line.start_at, line.end_at), shown, now)
            if not dry_run:
                found.cancel_override(override_id, os.environ.get(VARIABLE, "").strip() or "the command line")
    say("nothing is changed (--dry-run)" if dry_run else f"live override {term_safe(override_id)} is {CANCELLED}")
