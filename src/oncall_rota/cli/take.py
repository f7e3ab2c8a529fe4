"""`oncall take`: I am on call now, for a while."""

from __future__ import annotations

from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.live_office import live_office, myself
from oncall_rota.cli.option import Dir, DryRun, Store, Tz
from oncall_rota.cli.override_live import add_live
from oncall_rota.cli.override_wanted import Wanted
from oncall_rota.cli.selection import select
from oncall_rota.cli.server_office import is_configured
from oncall_rota.cli.setting import display, present, rotations
from oncall_rota.config.reach import people_of
from oncall_rota.errors import UsageError

MINE = "-"  # to a server: the only team of the person whose token it is


def take(
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How long: 2h, 45m, 1d.", show_default=False)],
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEAM[/SCHEDULE]]",
            help="Of what; the first schedule of my team when I am in one team only.",
            autocompletion=completion.schedules,
        ),
    ] = None,
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", metavar="P", help="Only where P is on.", autocompletion=completion.people),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="R", help="Why, for people.")] = None,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Take the shift now: it holds at once, and is folded into the team's file later.

    Examples:
      oncall take 2h
      oncall take 45m payments/secondary --reason 'bob is on a train'
      oncall take 1d payments --instead-of alice

    I am whose token $ONCALL_TOKEN is, else $ONCALL_USER. With $ONCALL_SERVER that server takes it; else the store of
    this machine, through the process that has it.
    """
    now, shown = present(), display(tz).zone
    there = is_configured(store)
    with live_office(store, dir_, "oncall take") as found:
        me = myself(found)
    folder = None if there else rotations(dir_)
    if name is None:
        name = MINE
        if folder is not None:
            known: dict[int, frozenset[str]] = {}
            teams = select(folder, None).whole().catalog.teams.values()
            mine = [each.name for each in teams if any(me in people_of(one, known) for one in each.schedules.values())]
            if len(mine) != 1:
                what = f"{me} serves {' and '.join(mine)}" if mine else f"{me} serves no team"
                raise UsageError(what, f"name the team: oncall take {span} TEAM")
            (name,) = mine
    wanted = Wanted(name, (me,), (), None, None, instead_of, None, "now", None, span, None, reason)
    add_live(wanted, dry_run, store, dir_, folder, shown, now)
