"""`oncall override add`, `list`, `remove`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.option import Dir, DryRun, Json, OneSchedule, Tz
from oncall_rota.cli.override_edit import add_override, listed, remove_override
from oncall_rota.cli.override_text import line_text
from oncall_rota.cli.override_wanted import Wanted
from oncall_rota.cli.selection import select
from oncall_rota.cli.setting import asked_format, display, present, rotations
from oncall_rota.cli.terminal import DIM, say, terminal
from oncall_rota.errors import UsageError
from oncall_rota.rendering.text import csv_row, instant, json_text, tsv_row
from oncall_rota.schedule.model import Override
from oncall_rota.timeline.zone import epoch

FORMATS = ("table", "plain", "json", "csv")
COLUMNS = ("number", "verb", "people", "person", "layer", "start", "end", "reason", "path", "line")

app = new_app(
    cls=Group,
    help="""Add, list and remove overrides; the files keep every other byte.

Examples:
  oncall override add payments --who carol --from 'fri 17:00' --for 2d
  oncall override list payments
  oncall override remove payments 2""",
)


@app.command("add", cls=Command)
def add(
    name: OneSchedule,
    who: Annotated[
        list[str] | None,
        typer.Option("--who", metavar="P", help="Takes the window; 'nobody' too.", autocompletion=completion.people),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="P", help="On call as well.", autocompletion=completion.people),
    ] = None,
    without: Annotated[
        str | None,
        typer.Option("--remove", metavar="P", help="Off call in every layer.", autocompletion=completion.people),
    ] = None,
    swap: Annotated[
        tuple[str, str] | None,
        typer.Option("--swap", metavar="P P", help="Each takes the other's turns.", autocompletion=completion.people),
    ] = None,
    instead_of: Annotated[
        str | None,
        typer.Option(
            "--instead-of", metavar="P", help="With --who: only where P is on.", autocompletion=completion.people
        ),
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="L", help="Only that layer, while it is active.")
    ] = None,
    from_: Annotated[str, typer.Option("--from", metavar="WHEN", help="Where it begins.")] = "now",
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Where it ends, not included.")] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long: 2d, 12h.")] = None,
    through: Annotated[
        str | None, typer.Option("--through", metavar="DATE", help="Whole days, this one included.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="R", help="Why, for people.")] = None,
    dry_run: DryRun = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Add an override. Shows before and after, and how to undo it.

    Examples:
      oncall override add payments --who carol --from 'fri 17:00' --for 2d
      oncall override add payments --who erin --instead-of alice --from '24 dec' --through '26 dec'
      oncall override add payments --swap bob carol --from 2026-12-21 --until 2027-01-04
      oncall override add payments --who nobody --from '25 dec' --through '26 dec' --reason closed

    Times are read in your zone, and written and echoed in the team's.
    """
    wanted = Wanted(
        name, tuple(who or ()), tuple(also or ()), without, swap, instead_of, layer, from_, until, for_, through, reason
    )
    add_override(wanted, dry_run, rotations(dir_), display(tz).zone, present(), dir_)


@app.command("list", cls=Command)
def list_(
    name: OneSchedule,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FORMAT", help="table, plain, json or csv.")
    ] = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """List a team's overrides by their numbers.

    In the order in which they apply.

    Examples:
      oncall override list payments
      oncall override list payments --all --json

    -o plain columns: number, verb, people, person, layer, start, end, reason, path, line.
    """
    form = asked_format(output, json, FORMATS)
    now = present()
    shown = display(tz).zone
    found = select(rotations(dir_), [name]).whole()
    every = listed(found.schedules)
    rows = [(number, each) for number, each in every if all_ or each.end_at > now]
    if form == "json":
        print(json_text({"version": 1, "overrides": [_mapping(number, each) for number, each in rows]}))
        return
    if not rows:
        say(f"no override to come; --all shows {len(every)} that are over" if every else f"{name} has no override")
    if form == "table" and sys.stdout.isatty():
        screen = terminal()
        for number, each in rows:
            print(f"{screen.paint(f'{number:3}', DIM)}  {line_text(each, found.catalog, shown, now, screen)}")
        return
    written = csv_row if form == "csv" else tsv_row
    lines = [csv_row(COLUMNS)] if form == "csv" else []
    for number, each in rows:
        cells = _mapping(number, each)
        cells["people"] = "; ".join(each.people) if form == "csv" else ",".join(each.people)
        lines.append(written([str(cells[key] or "") for key in COLUMNS]))
    if lines:
        print("\n".join(lines))


@app.command("remove", cls=Command)
def remove(
    name: OneSchedule,
    number: Annotated[
        int | None, typer.Argument(metavar="[N]", help="Its number in 'list'; may be left out when there is one.")
    ] = None,
    dry_run: DryRun = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Remove an override by its number. Shows before and after, and how to undo it.

    Examples:
      oncall override list payments
      oncall override remove payments 2
    """
    if number is not None and number < 1:
        raise UsageError(f"no override {number}", "numbers begin with 1; 'oncall override list' shows them")
    remove_override(name, number, dry_run, rotations(dir_), display(tz).zone, present(), dir_)


def _mapping(number: int, each: Override) -> dict[str, object]:
    return {
        "number": number,
        "id": each.id,
        "verb": each.verb,
        "people": list(each.people),
        "person": each.person,
        "layer": each.layer,
        "start": instant(epoch(each.start_at)),
        "end": instant(epoch(each.end_at)),
        "reason": each.reason,
        "path": each.source.path,
        "line": each.source.line,
    }
