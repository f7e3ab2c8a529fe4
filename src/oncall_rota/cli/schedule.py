"""`oncall schedule`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from oncall_rota.cli.answering import echo
from oncall_rota.cli.option import Dir, Json, Output, Teams, Tz
from oncall_rota.cli.selection import Selection, display_name, select
from oncall_rota.cli.setting import asked_at, asked_format, asked_span, display, present, rotations
from oncall_rota.cli.who_text import csv_row, instant, json_text, term_safe, tsv_row
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.schedule import Gap, Shift, gaps, mapping, shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch

SPAN = "4w"
COLUMNS = ("start", "end", "team", "schedule", "person", "name", "cause", "path", "line")


def schedule(
    names: Teams = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="Where it begins; today when left out.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Where it ends, not included.")] = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help=f"How long, instead of --until: 2w, 90d; else {SPAN}."),
    ] = None,
    causes: Annotated[bool, typer.Option("--causes", help="Entries also break where the cause changes.")] = False,
    output: Output = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """A timeline of who is on call when.

    Examples:
      oncall schedule payments                     four weeks from today
      oncall schedule payments/primary --for 52w
      oncall schedule --from 2026-12-21 --until 2027-01-04
      oncall schedule payments --for 8w -o csv

    -o plain columns: start, end, team, schedule, person, name, cause, path, line;
    a gap has no person, and 'gap' or 'declared gap' for its cause.
    """
    form = asked_format(output, json)
    now = present()
    shown = display(tz).zone
    window = asked_window(from_, until, for_, SPAN, now, shown)
    found = select(rotations(dir_), names).whole()
    if not found.schedules:
        raise UnknownName(f"no team in {found.folder}", "'oncall init' writes a first one")
    if form == "table" and sys.stdout.isatty():
        from oncall_rota.cli.schedule_chart import drawn

        print(drawn(found, window, now, shown))
        return
    for text, word, at in ((from_, "from", window.start_at), (until, "until", window.end_at)):
        if text is not None:
            echo(found, at, shown, word)
    rows = [(each, shifts(each, window, causes), gaps(each, window)) for each in found.schedules]
    if form == "json":
        print(document(window, rows))
        return
    if form == "names":
        people = sorted({shift.person for _, on, _ in rows for shift in on})
        lines = [term_safe(display_name(found.catalog, person)) for person in people]
    else:
        lines = list(_lines(found, rows, form == "csv"))
    if lines:
        print("\n".join(lines))


def asked_window(
    from_: str | None, until: str | None, for_: str | None, default: str, now: datetime, shown: Zone
) -> Interval:
    """The window of `--from` (today), and `--until` or `--for`."""
    if until is not None and for_ is not None:
        raise UsageError("give --until or --for, not both")
    start_at = asked_at(from_ or "today", "--from", now, shown)
    if until is None:
        return Interval(start_at, asked_span(for_ or default, "--for", start_at, shown))
    end_at = asked_at(until, "--until", now, shown)
    if end_at <= start_at:
        raise UsageError(f"--until {until!r} is not after --from {from_ or 'today'!r}")
    return Interval(start_at, end_at)


Row = tuple[Schedule, Sequence[Shift], Sequence[Gap]]


def document(window: Interval, rows: Iterable[Row], **more: Any) -> str:
    """The JSON of `oncall schedule -o json`."""
    table = list(rows)
    on = [(shift.start, each.team, each.name, shift.person, shift) for each, found, _ in table for shift in found]
    off = [(gap.start, each.team, each.name, gap) for each, _, found in table for gap in found]
    return json_text(
        {
            "version": 1,
            **more,
            "from": instant(epoch(window.start_at)),
            "until": instant(epoch(window.end_at)),
            "shifts": [
                {
                    "team": team,
                    "schedule": name,
                    "person": person,
                    "start": instant(start),
                    "end": instant(shift.end),
                    "cause": mapping(shift.cause),
                }
                for start, team, name, person, shift in sorted(on, key=lambda each: each[:4])
            ],
            "gaps": [
                {
                    "team": team,
                    "schedule": name,
                    "start": instant(start),
                    "end": instant(gap.end),
                    "declared": gap.declared,
                }
                for start, team, name, gap in sorted(off, key=lambda each: each[:3])
            ],
        }
    )


def _lines(found: Selection, rows: Iterable[Row], csv: bool) -> Iterable[str]:
    """Shifts and gaps, sorted by start, team, schedule, person."""
    table: list[tuple[int, str, str, str, int, Mapping[str, Any]]] = []
    for each, on, off in rows:
        table += [(s.start, each.team, each.name, s.person, s.end, mapping(s.cause)) for s in on]
        table += [
            (
                gap.start,
                each.team,
                each.name,
                "",
                gap.end,
                {"kind": "declared gap" if gap.declared else "gap"},
            )
            for gap in off
        ]
    written = csv_row if csv else tsv_row
    if csv:
        yield csv_row(COLUMNS)
    for start, team, name, person, end, cause in sorted(table, key=lambda row: row[:4]):
        called = display_name(found.catalog, person) if person else ""
        where = (str(cause.get("path", "")), str(cause.get("line", "")))
        yield written((instant(start), instant(end), team, name, person, called, cause["kind"], *where))
