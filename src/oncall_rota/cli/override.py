"""`oncall override add`, `list`, `remove`, `fold`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.live_office import live_office
from oncall_rota.cli.option import Dir, DryRun, Json, OneSchedule, Store, TeamNames, Tz
from oncall_rota.cli.override_edit import add_override, listed, remove_override
from oncall_rota.cli.override_fold import fold as fold_live
from oncall_rota.cli.override_live import add_live, remove_live
from oncall_rota.cli.override_text import line_text
from oncall_rota.cli.override_wanted import Wanted
from oncall_rota.cli.selection import select
from oncall_rota.cli.server_office import is_configured
from oncall_rota.cli.setting import asked_format, display, present, rotations
from oncall_rota.cli.terminal import DIM, say, terminal, warn
from oncall_rota.config.live import NONE_LIVE, Live, by_team
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.rendering.text import csv_row, instant, json_text, term_safe, tsv_row
from oncall_rota.schedule.model import Override
from oncall_rota.timeline.zone import epoch

FORMATS = ("table", "plain", "json", "csv")
COLUMNS = ("number", "verb", "people", "person", "layer", "start", "end", "reason", "path", "line")

app = new_app(
    cls=Group,
    help="""Add, list, remove and fold overrides; the files keep every other byte.

Examples:
  oncall override add payments --who carol --from 'fri 17:00' --for 2d
  oncall override list payments
  oncall override remove payments 2
  oncall override fold

With $ONCALL_SERVER an override is live: it takes effect at once, and 'fold' writes it into the file.""",
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
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--file",
            help="At once, on the server or in the store of this machine; or in the file. With $ONCALL_SERVER: live.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    store: Store = None,
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
    if live is None:
        live = store is not None or (dir_ is None and is_configured())
    if live:
        folder = None if is_configured(store) else rotations(dir_)
        add_live(wanted, dry_run, store, dir_, folder, display(tz).zone, present())
    else:
        add_override(wanted, dry_run, rotations(dir_), display(tz).zone, present(), dir_)


@app.command("list", cls=Command)
def list_(
    name: OneSchedule,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FORMAT", help="table, plain, json or csv.")
    ] = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """List a team's overrides by their numbers, and behind them the live ones by their ids.

    In the order in which they apply. With $ONCALL_SERVER or --store, the live ones too.

    Examples:
      oncall override list payments
      oncall override list payments --all --json

    -o plain columns: number, verb, people, person, layer, start, end, reason, path, line.
    """
    form = asked_format(output, json, FORMATS)
    now = present()
    shown = display(tz).zone
    found = select(rotations(dir_), [name], _live(store, dir_)).whole()
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
            label = f"{number:3}" if each.by is None else f"live {term_safe(each.id or '')} by {term_safe(each.by)}"
            print(f"{screen.paint(label, DIM)}  {line_text(each, found.catalog, shown, now, screen)}")
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
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="[N]", help="Its number in 'list', or a live one's id; may be left out when there is one."
        ),
    ] = None,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Remove an override by its number, or a live one by its id. Shows before and after, and how to undo it.

    Examples:
      oncall override list payments
      oncall override remove payments 2
      oncall override remove payments o3f2a91c0
    """
    if which is not None and not _is_number(which):
        remove_live(name, which, dry_run, store, dir_, display(tz).zone, present())
        return
    number = None if which is None else int(which)
    if number is not None and number < 1:
        raise UsageError(f"no override {number}", "numbers begin with 1; 'oncall override list' shows them")
    remove_override(name, number, dry_run, rotations(dir_), display(tz).zone, present(), dir_)


@app.command("fold", cls=Command)
def fold(
    teams: TeamNames = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 8 when something is left to fold.")
    ] = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """Write live overrides into the teams' files, by their ids; past ones too, so that git has them.

    Examples:
      oncall override fold
      oncall override fold payments --dry-run
      oncall override fold && git commit -am 'Fold live overrides'

    What a file has already is left as it is: from then on the file alone decides. Overlaps are told.
    """
    fold_live(list(teams or ()), rotations(dir_), store, dir_, present(), write=not dry_run, check=check)


def _live(store: str | None, dir_: str | None) -> Live:
    """Those that are to be shown as well. A server that is dead keeps nobody from reading files."""
    if store is None and (dir_ is not None or not is_configured()):
        return NONE_LIVE
    try:
        with live_office(store, dir_, "oncall override list") as found:
            return NONE_LIVE if found is None else by_team(found.overrides())
    except OncallError as error:
        warn(f"{error}\nlive overrides are not shown", error.hint)
        return NONE_LIVE


def _is_number(text: str) -> bool:
    """Ids of live overrides begin with a letter."""
    return text.removeprefix("-").isdecimal()


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
        **({} if each.by is None else {"number": None, "live": True, "by": each.by, "path": None, "line": None}),
    }
