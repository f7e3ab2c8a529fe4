"""`oncall who`: its options. What it does is in `answering`, which the front door calls without Typer."""

from __future__ import annotations

from typing import Annotated

import typer

from oncall_rota.cli import answering, completion
from oncall_rota.cli.option import Dir, Json, Output, Teams, Tz


def who(
    names: Teams = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="WHEN", help="Another moment: 'fri 17:00', +2h, 2026-06-01T09:00Z."),
    ] = None,
    next_: Annotated[bool, typer.Option("--next", help="Who is next, instead of who is on call.")] = False,
    service: Annotated[
        str | None,
        typer.Option("--service", metavar="S", help="The first line of a service.", autocompletion=completion.services),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option("--field", metavar="F", help="Only this of each person: phone, email, slack, id, …"),
    ] = None,
    output: Output = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Who is on call, until when, and who is next.

    Examples:
      oncall who                                   every team, now
      oncall who payments                          one team, all its schedules
      oncall who payments/primary --at 'fri 17:00'
      oncall who payments --next
      oncall who --service checkout-api --field phone
      oncall who payments --json | jq -r '.results[0].on_call[].id'

    With $ONCALL_SERVER (and $ONCALL_TOKEN) that server is asked, for 2 seconds at most; when it is dead, the rotation
    files here answer, and standard error says as of when. The JSON has it as source: server or checkout. With --dir the
    files answer.
    -o plain columns: team/schedule, ids, names, since, until, next ids, next from.
    Exit code 3 when nobody is on call for what was named.
    """
    answering.run(answering.Question(tuple(names or ()), at, next_, service, field, output, json, dir_, tz))
