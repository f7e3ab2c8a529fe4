"""An override's window in both zones, and who is on call in it before and after an edit."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.cli.schedule_chart import times_text
from oncall_rota.cli.selection import display_name
from oncall_rota.cli.terminal import BOLD, DIM, RED, columns_of, fitted, say, terminal, warn
from oncall_rota.config import Catalog
from oncall_rota.humantime import moment_text, span_text
from oncall_rota.rendering.text import term_safe
from oncall_rota.schedule import gaps, shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone

_MOST = 8
Line = tuple[int, int, str]


def echoed(start_at: datetime, end_at: datetime, team: Zone, shown: Zone, now: datetime) -> None:
    """Say the window on the team's clock, and on one's own where that is another one."""
    for each in dict.fromkeys((team, shown)):
        times = f"{moment_text(start_at, each, now)} - {moment_text(end_at, each, now)}"
        say(f"{times}  {each.name}" + (f" ({span_text(end_at - start_at)})" if each is team else ""))


def compared(
    before: Catalog, after: Catalog, team: str, window: tuple[datetime, datetime], shown: Zone, now: datetime
) -> None:
    """Print who is on call in the window, before and after, for every schedule of the team that changes."""
    changed = 0
    for name, schedule in after.teams[team].schedules.items():
        old = before.teams[team].schedules.get(name)
        was, will = (_lines(old, window) if old else []), _lines(schedule, window)
        if was == will:
            continue
        changed += 1
        print(terminal().paint(term_safe(f"{team}/{name}"), BOLD))
        names = [*_names(was, before), *_names(will, after)]
        width = max([columns_of(name) for name in names], default=0)
        _print("before", was, _names(was, before), width, shown, now)
        _print("after", will, _names(will, after), width, shown, now)
    if not changed:
        warn("nobody's shifts change", "'oncall why' shows which line decides")


def _lines(schedule: Schedule, window: tuple[datetime, datetime]) -> list[Line]:
    span = Interval(*window)
    on = [(shift.start, shift.end, shift.person) for shift in shifts(schedule, span)]
    return sorted(on + [(gap.start, gap.end, "") for gap in gaps(schedule, span)])


def _names(lines: list[Line], catalog: Catalog) -> list[str]:
    """Those of the lines that are shown."""
    return [term_safe(display_name(catalog, person)) if person else "nobody" for _, _, person in lines[:_MOST]]


def _print(label: str, lines: list[Line], names: list[str], width: int, shown: Zone, now: datetime) -> None:
    screen = terminal()
    dash = "–" if screen.unicode else "-"
    for index, ((start, end, person), name) in enumerate(zip(lines[:_MOST], names, strict=False)):
        head = screen.paint(f"{label if not index else '':8}", DIM)
        who = screen.paint(fitted(name, width), "" if person else RED)
        print(f"  {head}{who}  {times_text(start, end, shown, now, dash)}")
    if len(lines) > _MOST:
        print(f"  {'':8}and {len(lines) - _MOST} more")
