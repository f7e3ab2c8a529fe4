"""`oncall schedule`."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from oncall_rota.cli.answering import echo
from oncall_rota.cli.option import Dir, Json, Output, Teams, Tz
from oncall_rota.cli.selection import select
from oncall_rota.cli.setting import asked_at, asked_format, asked_span, display, present, rotations
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.rendering import schedule as rendering
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone

SPAN = "4w"


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
    told = rendering.text(form, window, rendering.rows(found.schedules, window, causes), found.name_of)
    if told:
        print(told)


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
