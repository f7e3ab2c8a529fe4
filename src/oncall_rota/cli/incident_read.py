"""`oncall incident list` and `show`."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.incident_next import to_come
from oncall_rota.cli.incident_office import REMEDY, Driving, driving, is_there
from oncall_rota.cli.incident_option import By, Ref
from oncall_rota.cli.incident_people import People, people
from oncall_rota.cli.incident_row import Shown, plain, table
from oncall_rota.cli.incident_story import Told, document, told_by
from oncall_rota.cli.incident_story import plain as story_plain
from oncall_rota.cli.incident_story_text import text
from oncall_rota.cli.incident_write import FORMATS
from oncall_rota.cli.option import Dir, Json, RowsOutput, Store, Tz
from oncall_rota.cli.selection import check_team
from oncall_rota.cli.server_office import SERVER, is_configured, of_server, reached
from oncall_rota.cli.setting import asked_format, display, present, rotations
from oncall_rota.cli.store_place import place, shown
from oncall_rota.cli.terminal import say, terminal, warn
from oncall_rota.config import suggest
from oncall_rota.errors import FolderNotFound, UnknownName, UsageError
from oncall_rota.paging.ports.row import OPEN, IncidentRow
from oncall_rota.paging.reference import STATUSES, one_named
from oncall_rota.rendering.incident import listed
from oncall_rota.rendering.text import json_text

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened


def list_(
    team: Annotated[
        str | None, typer.Option("--team", metavar="T", help="Only this team's.", autocompletion=completion.teams)
    ] = None,
    status: Annotated[str, typer.Option("--status", metavar="S", help=f"{', '.join(STATUSES)}.")] = "open",
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="At most so many.", min=1, max=9999)] = 100,
    output: RowsOutput = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """List incidents, newest first.

    Examples:
      oncall incident list
      oncall incident list --team payments --status all --limit 20
      oncall incident list --json

    Needs no rotations folder.
    -o plain columns: id, status, severity, team, service, person, opened, acknowledged by, next, signals, summary.
    """
    form = asked_format(output, json, FORMATS)
    if status not in STATUSES:
        meant = suggest(status, STATUSES)
        hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(STATUSES)}"
        raise UsageError(f"--status: no status {status!r}", hint)
    where = f"${SERVER}" if is_configured(store) else place(store, dir_)
    rows: tuple[IncidentRow, ...] = ()
    driven, ever = Driving(), False
    if is_configured(store) or is_there(where):
        with reached(store, dir_, "oncall incident list") as found:
            rows = found.office.incidents(STATUSES[status], team, limit + 1)
            driven = driving(found)
            ever = bool(rows or found.office.incidents(STATUSES["all"], team, 1))
    if team is not None and not ever:
        _check_team(team, store, dir_)
    every = [Shown.of(row) for row in rows[:limit]]
    if form == "json":
        print(json_text(listed(rows, limit)))
    elif every:
        tty = form == "table" and sys.stdout.isatty()
        print("\n".join(table(every, present(), terminal()) if tty else plain(every)))
    if not every:
        what = "no incident" if status == "all" else f"no incident is {status}"
        say(f"{what}{f' of team {team}' if team else ''} in {where if is_configured(store) else shown(where)}")
    elif len(rows) > limit:
        say(f"there are more; --limit {limit * 10} shows them")
    if driven.nobody and any(row.status in OPEN for row in rows):
        warn("nobody drives what is open: no further page is sent", REMEDY)


def _check_team(name: str, store: str | None, dir_: str | None) -> None:
    """That no incident was ever of this team is an answer for a team that there is. Raises `UnknownName`."""
    if is_configured(store):
        return  # the files here need not be the server's
    with suppress(FolderNotFound):
        check_team(rotations(dir_), name)


def show(
    reference: Ref,
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """All about one incident: how it stands, its pages, its story, and what comes next.

    Examples:
      oncall incident show 3f2a
      oncall incident show 4f2a --by alice      by the code of a page, with the codes of alice's
      oncall incident show 3f2a --json

    Needs no rotations folder; with one, what comes next is told too: it is the engine that pages. The code of a page is
    shown to the person themself.
    -o plain: rows that begin with incident, page, audit or next.
    """
    form = asked_format(output, json, FORMATS)
    known, zone = people(dir_), display(tz).zone
    with reached(store, dir_, "oncall incident show") as found:
        remote = of_server(found)
        told = _told(found, reference, known, by) if remote is None else told_by(remote, reference, known)
    if form == "json":
        print(document(told))
    elif form == "table" and sys.stdout.isatty():
        print("\n".join(text(told, zone, terminal())))
    else:
        print("\n".join(story_plain(told)))


def _told(found: Opened, reference: str, known: People, by: str | None) -> Told:
    """Everything about one incident of a store. Raises `UnknownName`, `UsageError`."""
    me = known.asking(by)
    row = one_named(found.office, reference, me).row
    story = found.office.story(row.id)
    if story is None:
        raise UnknownName(f"no incident {reference!r}")
    now = present()
    return Told(story, to_come(story.incident, known, now), known, me, driving(found), now)
