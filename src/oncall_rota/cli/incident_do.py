"""`oncall incident ack`, `resolve`, `snooze`, `decline`, `reassign` and `note`."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.incident_option import By, MaybeRefs, Ref, Refs
from oncall_rota.cli.incident_people import people, who_are_you, world_of
from oncall_rota.cli.incident_row import Shown, plain, short_id
from oncall_rota.cli.incident_write import FORMATS, IN_MEMORY, Deed, Given, do, one_there, scene
from oncall_rota.cli.option import Dir, DryRun, Json, RowsOutput, Store, Tz
from oncall_rota.cli.server_office import is_configured, of_server, reached
from oncall_rota.cli.setting import asked_format, asked_span
from oncall_rota.cli.terminal import say, warn
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.paging.incident import (
    ACKNOWLEDGED,
    RESOLVED,
    Acknowledged,
    Declined,
    Reassigned,
    Resolved,
    Snoozed,
)
from oncall_rota.paging.reference import Named, one_named
from oncall_rota.rendering.text import json_text

SNOOZE = timedelta(hours=1)  # of a page to a person, and where no rotations folder says a team's


def ack(
    references: MaybeRefs = None,
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Take incidents: nobody else is paged for them, until they have been open for too long.

    Examples:
      oncall ack                           the only one that paged me ($ONCALL_USER)
      oncall ack 4f2a                      by the code of my page, which says who I am, too
      oncall ack 3f2a9c1b --by alice       by the beginning of its id

    The first one has it; whoever comes later is told who that is, and exits with 0, as it is taken. So it is when it is
    over already. Exit code 2 when several are meant and none was named, 5 when there is no such incident.
    -o plain columns: as of 'oncall incident list'.
    """
    given = Given("oncall ack", by, store, dir_, tz, output, json, dry_run)
    deed = Deed(lambda me, _: Acknowledged(me), (ACKNOWLEDGED, RESOLVED))
    do(given, references or [], deed, scene(given), waiting=True)


def resolve(
    references: MaybeRefs = None,
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Say that incidents are over. Those who were paged are told, quietly.

    Examples:
      oncall resolve                       the only open one that paged me ($ONCALL_USER)
      oncall resolve 4f2a
      oncall resolve 3f2a9c1b 91cc04d2 --by alice

    Exit code 0 also when it was over already; 2 when several are meant and none was named.
    -o plain columns: as of 'oncall incident list'.
    """
    given = Given("oncall resolve", by, store, dir_, tz, output, json, dry_run)
    do(given, references or [], Deed(lambda me, _: Resolved(me), (RESOLVED,)), scene(given))


def decline(
    references: Refs,
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Say that I cannot take it: the next step is paged now.

    Examples:
      oncall incident decline 4f2a
      oncall incident decline 4f2a --dry-run     who would be paged

    Exit code 1 when somebody else has it already, or it is over.
    """
    given = Given("oncall incident decline", by, store, dir_, tz, output, json, dry_run)
    do(given, references, Deed(_declined), scene(given))


def _declined(me: str, meant: Named) -> Declined:
    # By the code of a page it is that page which is declined: twice is no more than once.
    return Declined(me, meant.page if me == meant.whose else None)


def snooze(
    references: Refs,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="SPAN", help="How long: 30m, 2h; else the team's 'snooze'.")
    ] = None,
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Take it, and be paged again after a time if it is still open.

    Examples:
      oncall incident snooze 4f2a
      oncall incident snooze 4f2a --for 2h

    Exit code 1 when it is over already.
    """
    given = Given("oncall incident snooze", by, store, dir_, tz, output, json, dry_run)
    around = scene(given)
    ends_at = None if for_ is None else asked_span(for_, "--for", around.now, around.shown)
    if ends_at is None and is_configured(store):
        from oncall_rota.remote.office import USUAL

        ends_at = USUAL  # the server knows the team's
    world = world_of(around.people) if ends_at is None else None

    def snoozed(me: str, meant: Named) -> Snoozed:
        team = world.team(meant.row.team) if world is not None else None
        return Snoozed(me, ends_at or around.now + (team.snooze if team is not None else SNOOZE))

    do(given, references, Deed(snoozed), around)


def reassign(
    reference: Ref,
    person: Annotated[
        str,
        typer.Argument(
            metavar="PERSON", help="Who is to take it.", autocompletion=completion.people, show_default=False
        ),
    ],
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Give it to somebody, who is paged now; the policy follows from its first step if they do not answer.

    Examples:
      oncall incident reassign 4f2a carol
      oncall incident reassign 3f2a alice --by alice     take it over from whoever has it

    Exit code 1 when it is over already.
    """
    given = Given("oncall incident reassign", by, store, dir_, tz, output, json, dry_run)
    around = scene(given)
    to = person if is_configured(store) else around.people.id(person)
    do(given, [reference], Deed(lambda me, _: Reassigned(me, to)), around)


def note(
    reference: Ref,
    text_: Annotated[str, typer.Argument(metavar="TEXT|-", help="- reads standard input.", show_default=False)],
    by: By = None,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """Write something down about an incident, for whoever reads its story.

    Examples:
      oncall incident note 3f2a 'restarted db-1'
      journalctl -u shop -n 1 | oncall incident note 3f2a -
    """
    form = asked_format(output, json, FORMATS)
    me = None if is_configured(store) else people(dir_).asking(by)
    words = (sys.stdin.read(4000) if text_ == "-" else text_).strip()
    if not words:
        raise UsageError("there is nothing to write down")
    with reached(store, dir_, "oncall incident note", by=by) as found:
        remote = of_server(found)
        meant = one_named(found.office, reference, me) if remote is None else one_there(remote, reference)
        author = me or meant.whose
        if author is None and remote is None:
            raise who_are_you()
        acted = None if dry_run else found.office.remark(meant.row.id, author or "", words)
    if acted is not None and acted.incident is None:
        raise OncallError(f"incident {meant.row.id} is gone")
    told = Shown.of(meant.row)
    done = f"{short_id(meant.row.id)}: written down for {told.incident.headline}"
    if form == "json":
        print(json_text({"version": 1, "dry_run": dry_run, "incidents": [told.mapping]}))
    elif not (form == "table" and sys.stdout.isatty()):
        print("\n".join(plain([told])))
    say("nothing is written (--dry-run)" if dry_run else done)
    if acted is not None and acted.held:
        warn(IN_MEMORY)
