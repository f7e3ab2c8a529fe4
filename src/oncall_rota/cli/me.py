"""`oncall me`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.option import Dir, Json, Output, Tz
from oncall_rota.cli.selection import Selection, display_name, person_named, select
from oncall_rota.cli.setting import asked_format, asked_span, display, present, rotations
from oncall_rota.cli.terminal import BOLD, DIM, Cell, rows_in_columns, terminal
from oncall_rota.errors import UsageError
from oncall_rota.rendering.schedule import COLUMNS, document
from oncall_rota.rendering.text import csv_row, instant, term_safe, tsv_row
from oncall_rota.schedule import Shift, mapping, shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch


def me(
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="How far to look: 8w, 90d.")] = "8w",
    person: Annotated[
        str | None,
        typer.Option(
            "--person", metavar="P", help="Whose shifts; else $ONCALL_USER.", autocompletion=completion.people
        ),
    ] = None,
    output: Output = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """My shifts: those of $ONCALL_USER or --person, in every team.

    Examples:
      oncall me                          the next eight weeks
      oncall me --for 52w -o csv
      oncall me --person carol

    -o plain columns: start, end, team, schedule, person, name, cause, path, line.
    """
    form = asked_format(output, json)
    asked = person or os.environ.get("ONCALL_USER")
    if not asked:
        raise UsageError("who are you?", "give --person ID, or set ONCALL_USER to your id in people.yaml")
    now = present()
    shown = display(tz).zone
    window = Interval(now, asked_span(for_, "--for", now, shown))
    found = select(rotations(dir_), None).whole()
    id_ = person_named(found.catalog, asked)
    rows = [(each, [shift for shift in shifts(each, window) if shift.person == id_]) for each in found.schedules]
    if form == "json":
        print(document(window, [(each, on, ()) for each, on in rows], person=id_))
        return
    flat = sorted([(shift, each) for each, on in rows for shift in on], key=lambda pair: (pair[0].start, pair[1].name))
    if form == "table" and sys.stdout.isatty():
        print("\n".join(_table(found, id_, flat, now, for_, shown)))
    elif form == "names":
        print(term_safe(display_name(found.catalog, id_)))
    else:
        lines = [csv_row(COLUMNS)] if form == "csv" else []
        lines += _lines(found, flat, form == "csv")
        if lines:
            print("\n".join(lines))


def _lines(found: Selection, flat: Iterable[tuple[Shift, Schedule]], csv: bool) -> list[str]:
    written = csv_row if csv else tsv_row
    lines = []
    for shift, each in flat:
        cause = mapping(shift.cause)
        name = display_name(found.catalog, shift.person)
        when = (instant(shift.start), instant(shift.end))
        lines.append(
            written(
                (
                    *when,
                    each.team,
                    each.name,
                    shift.person,
                    name,
                    cause["kind"],
                    cause.get("path", ""),
                    str(cause.get("line", "")),
                )
            )
        )
    return lines


def _table(
    found: Selection, id_: str, flat: list[tuple[Shift, Schedule]], now: datetime, span: str, shown: Zone
) -> list[str]:
    from oncall_rota.cli.schedule_chart import marked
    from oncall_rota.humantime import moment_text, span_text, spoken

    screen = terminal()
    name = term_safe(display_name(found.catalog, id_))
    if not flat:
        return [f"{screen.paint(name, BOLD)} is not on call within {span}."]
    first = flat[0][0]
    now_on = [pair for pair in flat if pair[0].start <= epoch(now)]
    together = now_on or [pair for pair in flat if pair[0].start == first.start]
    place = term_safe(" and ".join([f"{where.team}/{where.name}" for _, where in together]))
    if now_on:
        ends_at = min(shift.end_at for shift, _ in now_on)
        until = "until" if all(shift.end_at == ends_at for shift, _ in now_on) else "the first of them until"
        heading = f"is on call now for {place}, {until} {moment_text(ends_at, shown, now)}"
        heading += f" ({spoken(ends_at - now)})."
    else:
        heading = f"is next on call {spoken(first.start_at - now)}, for {place}."
    cells = []
    for shift, each in flat:
        current = shift.start <= epoch(now)
        cells.append(
            [
                Cell("now" if current else moment_text(shift.start_at, shown, now), BOLD if current else ""),
                Cell(moment_text(shift.end_at, shown, now)),
                Cell(span_text(shift.end_at - shift.start_at), DIM),
                Cell(term_safe(f"{each.team}/{each.name}")),
                Cell("override" if marked(shift.cause) else "", DIM),
            ]
        )
    head = f"{screen.paint(name, BOLD)} {heading}"
    return [head, "", *rows_in_columns(("FROM", "UNTIL", "", "SCHEDULE", ""), cells, screen)]
