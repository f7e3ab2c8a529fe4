"""Live overrides, and what one changes, as programs and people are told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.rendering.incident import told
from oncall_rota.rendering.text import instant
from oncall_rota.schedule import gaps, shifts
from oncall_rota.schedule.model import Override, Schedule, Team
from oncall_rota.timeline.interval import Interval

Row = dict[str, Any]


def pieces(schedule: Schedule, window: Interval, name_of: Callable[[str], str]) -> list[Row]:
    """Who is on call in a window, and where nobody is, in order."""
    on = [(each.start, each.end, each.person) for each in shifts(schedule, window)]
    found = sorted(on + [(gap.start, gap.end, "") for gap in gaps(schedule, window)])
    return [
        {
            "person": person or None,
            "name": name_of(person) if person else None,
            "start": instant(start),
            "end": instant(end),
        }
        for start, end, person in found
    ]


def changes(pairs: Iterable[tuple[Schedule, Schedule]], window: Interval, name_of: Callable[[str], str]) -> list[Row]:
    """Who is on call in a window before and after a change, for each schedule in which that is not the same."""
    found = []
    for old, new in pairs:
        before, after = pieces(old, window, name_of), pieces(new, window, name_of)
        if before != after:
            found.append({"team": new.team, "schedule": new.name, "before": before, "after": after})
    return found


def override(each: LiveOverride, lines: dict[str, Override]) -> Row:
    """A live override. `lines`: what it is in each schedule; empty: it has no effect."""
    line = next(iter(lines.values()), None)
    return {
        "id": each.id,
        "team": each.team,
        "entry": json.loads(each.entry),
        "by": each.created_by,
        "created_at": told(each.created_at),
        "start": None if line is None else _instant(line.start_at),
        "end": None if line is None else _instant(line.end_at),
        "schedules": [*lines],
        "effective": bool(lines),
    }


def lines_of(override_id: str, team: Team | None) -> dict[str, Override]:
    """What a live override is in each schedule of a team; nothing where it has no effect."""
    found = {}
    for name, schedule in team.schedules.items() if team is not None else ():
        for line in schedule.overrides:
            if line.id == override_id and line.by is not None:
                found[name] = line
    return found


def _instant(at: datetime) -> str:
    return instant(int(at.timestamp()))
