"""Keeps the answers of `who` for the hours to come, rendered, for the front door to find.

Only answers that need no word on standard error and end with 0 are marked as known; where one would not, or where
the answer hangs from more than the schedule and the moment, the front door must go the long way.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oncall_rota import front
from oncall_rota.cli.answering import is_quiet
from oncall_rota.cli.selection import Selection
from oncall_rota.rendering import who
from oncall_rota.rendering.text import json_text, term_safe
from oncall_rota.schedule import must_cover_within, steady_stretches
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment

AHEAD = 26 * 3600
_SETTLED = 20_000_000  # ns; a file's times move in steps of a few milliseconds


def keep(found: Selection, names: Iterable[str], form: str, now: datetime, started_ns: int) -> None:
    """Write the answers of every team in `names`, or of all teams, from `now` on, if they can be believed later.

    `started_ns` is the clock before the first file was read: a file that changed since may not be what was read.
    """
    kept = front.cache_folder(os.environ)
    if kept is None or form not in front.FORMATS or any(each.severity == "error" for each in found.problems):
        return
    teams = dict.fromkeys(name.partition("/")[0] for name in names)
    scopes = {team: [*found.catalog.teams[team].schedules.values()] for team in teams} if teams else {}
    with contextlib.suppress(OSError, ValueError):
        os.makedirs(kept, mode=0o700, exist_ok=True)
        if not front.is_private(kept):
            return
        for scope, schedules in (scopes or {front.EVERY_TEAM: found.schedules}).items():
            inputs = [front.signature(path) for path in _inputs(found, schedules)]
            newest = max(int(time) for line in inputs for time in line.split(" ", 2)[:2])
            if newest < started_ns - _SETTLED:
                path = front.kept_in(kept, os.stat(found.folder), scope, form)
                write_whole(path, _answers(found, scope, schedules, form, now, inputs))


def _answers(
    found: Selection,
    scope: str,
    schedules: Sequence[Schedule],
    form: str,
    now: datetime,
    inputs: Sequence[str],
) -> bytes:
    last = epoch(now) + AHEAD
    pieces = [
        _piece(found, schedule, stretch, scope, form)
        for schedule in schedules
        for stretch in steady_stretches(schedule, Interval(now, moment(last)))
    ]
    place = os.path.abspath(found.folder)
    head = front.FIELD.join([front.MAGIC, place, str(epoch(now)), str(last), str(len(schedules)), *inputs])
    body = front.RECORD.join([head, *pieces]).encode()
    return body + b"\n" + front.checksum(body).encode()


def _piece(found: Selection, schedule: Schedule, stretch: Interval, scope: str, form: str) -> str:
    """One stretch: its ends, whether it may be told by the team's or the schedule's name, and its text."""
    row = who.row(schedule, stretch.start_at, found.name_of)
    by_team = by_name = is_quiet(found, schedule, row, stretch)
    if not row["on_call"]:
        by_name = False
        if scope == front.EVERY_TEAM:
            by_team = by_team and not must_cover_within(schedule, stretch)
        else:
            by_team = by_team and found.catalog.teams[schedule.team].first is not schedule
    flags = ("." if by_team else "x") + ("." if by_name else "x")
    start, end = epoch(stretch.start_at), epoch(stretch.end_at)
    label = f"{schedule.team}/{schedule.name}"
    return f"{start:012}{end:012}" + front.FIELD.join([flags, label, _text(form, row)])


def _text(form: str, row: Mapping[str, Any]) -> str:
    if form == "json":
        return json_text(row, "    ")
    if form == "names":
        people = [(each["id"], term_safe(each["name"])) for each in row["on_call"]]
        return "\n".join([f"{id_}{front.PART}{name}" for id_, name in people])
    return who.plain([row])


def _inputs(found: Selection, schedules: Iterable[Schedule]) -> list[str]:
    """All files that the answers rest on: the folder's, and those of the time zone database."""
    return [os.fspath(found.folder), *map(os.fspath, found.catalog.files), *_zone_files(schedules)]


def _zone_files(schedules: Iterable[Schedule]) -> list[str]:
    names = {layer.timezone for each in schedules for layer in each.layers} | {each.timezone for each in schedules}
    found = []
    for name in sorted(names):
        for base in zoneinfo.TZPATH:
            path = os.path.join(base, name)
            if os.path.isfile(path):
                found.append(path)
                break
        else:
            module = sys.modules.get("tzdata")
            if module is None or module.__file__ is None:
                raise ValueError(f"no file for {name}")
            found.append(os.path.join(os.path.dirname(module.__file__), "zoneinfo", name))
    return found


def write_whole(path: str, data: bytes) -> None:
    """Put a file into the cache in one step; a reader sees the old one or the new one."""
    name = f"{path}.{os.getpid()}"  # tempfile would cost more than the writing
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
