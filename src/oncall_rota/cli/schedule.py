"""`oncall schedule`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from oncall_rota.cli.answering import echo
from oncall_rota.cli.option import Dir, Json, Output, Teams, Tz
from oncall_rota.cli.selection import select
from oncall_rota.cli.setting import asked_format, display, present, rotations
from oncall_rota.errors import UnknownName
from oncall_rota.humantime import asked
from oncall_rota.rendering import schedule as rendering

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
    window = asked.window(from_, until, for_, SPAN, now, shown)
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
    rows = rendering.rows(found.schedules, window, causes)
    print(rendering.output(form, window, rows, found.name_of), end="")
