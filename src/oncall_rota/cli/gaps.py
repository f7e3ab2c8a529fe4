"""`oncall gaps`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from oncall_rota.cli.option import Dir, Json, Output, TeamNames, Tz
from oncall_rota.cli.selection import select
from oncall_rota.cli.setting import asked_format, asked_span, display, present, rotations
from oncall_rota.cli.terminal import BOLD, DIM, RED, Cell, rows_in_columns, say, terminal
from oncall_rota.errors import NobodyOnCall
from oncall_rota.rendering.text import csv_row, instant, json_text, term_safe, tsv_row
from oncall_rota.schedule import Gap
from oncall_rota.schedule import gaps as gaps_of
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch

FORMATS = ("table", "plain", "json", "csv")
COLUMNS = ("start", "end", "team", "schedule")
Found = tuple[Gap, Schedule]


def gaps(
    names: TeamNames = None,
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="How far to look: 12w, 52w.")] = "12w",
    all_: Annotated[
        bool, typer.Option("--all", help="Also what may be: outside must_cover, or said by 'nobody'.")
    ] = False,
    output: Output = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """When nobody is on call though somebody must be. Exit code 3 when that is ever.

    Examples:
      oncall gaps                         every team, twelve weeks from now
      oncall gaps payments --for 52w
      oncall gaps --json

    -o plain columns: start, end, team, schedule, and 'gap' or 'declared gap'.
    """
    form = asked_format(output, json, FORMATS)
    now = present()
    shown = display(tz).zone
    window = Interval(now, asked_span(for_, "--for", now, shown))
    found = select(rotations(dir_), names).whole()
    every = [(gap, each) for each in found.schedules for gap in gaps_of(each, window) if all_ or not gap.declared]
    every.sort(key=lambda pair: (pair[0].start, pair[1].team, pair[1].name))
    if form == "json":
        print(_document(window, every))
    elif form == "table" and sys.stdout.isatty():
        if every:
            print("\n".join(_table(every, now, shown)))
    else:
        written = csv_row if form == "csv" else tsv_row
        lines = [csv_row((*COLUMNS, "cause"))] if form == "csv" else []
        for gap, each in every:
            cause = "declared gap" if gap.declared else "gap"
            lines.append(written((instant(gap.start), instant(gap.end), each.team, each.name, cause)))
        if lines:
            print("\n".join(lines))
    holes = sum(not gap.declared for gap, _ in every)
    if holes:
        count = f"{holes} {'gap' if holes == 1 else 'gaps'}"
        raise NobodyOnCall(f"{count} within {for_}", "'oncall override add TEAM --who PERSON …' fills one")
    say(f"no gap within {for_}")


def _document(window: Interval, every: Sequence[Found]) -> str:
    rows = [
        {
            "team": each.team,
            "schedule": each.name,
            "start": instant(gap.start),
            "end": instant(gap.end),
            "declared": gap.declared,
        }
        for gap, each in every
    ]
    start, end = instant(epoch(window.start_at)), instant(epoch(window.end_at))
    return json_text({"version": 1, "from": start, "until": end, "gaps": rows})


def _table(every: Sequence[Found], now: datetime, shown: Zone) -> list[str]:
    from oncall_rota.humantime import moment_text, span_text

    cells = []
    for gap, each in every:
        style = DIM if gap.declared else f"{BOLD};{RED}"
        cells.append(
            [
                Cell(term_safe(f"{each.team}/{each.name}")),
                Cell(moment_text(gap.start_at, shown, now), style),
                Cell(moment_text(gap.end_at, shown, now), style),
                Cell(span_text(gap.end_at - gap.start_at)),
                Cell("declared" if gap.declared else "", DIM),
            ]
        )
    return rows_in_columns(("SCHEDULE", "NOBODY FROM", "UNTIL", "", ""), cells, terminal())
