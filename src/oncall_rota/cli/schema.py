"""`oncall schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from oncall_rota.cli.option import Dir, Tz
from oncall_rota.config import schema as schema_of
from oncall_rota.config import suggest
from oncall_rota.errors import UsageError
from oncall_rota.rendering.text import json_text

KINDS = ("team", "overrides", "people", "oncall")


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="[team|overrides|people|oncall]",
            help="Which file: a team's, its overrides, people.yaml or oncall.yaml.",
            autocompletion=lambda incomplete: [each for each in KINDS if each.startswith(incomplete)],
        ),
    ] = "team",
    _dir: Dir = None,
    _tz: Tz = None,
) -> None:
    """JSON Schema of the rotation files, for editors; the same rules as validate.

    Examples:
      oncall schema team > .oncall-team.schema.json
      oncall schema people > .oncall-people.schema.json
      # then, in the first line of a team's file:
      # yaml-language-server: $schema=../.oncall-team.schema.json
    """
    if kind not in KINDS:
        meant = suggest(kind, KINDS)
        raise UsageError(f"no schema {kind!r}", f"did you mean {meant!r}?" if meant else f"there is {', '.join(KINDS)}")
    from oncall_rota.wiring import notifiers

    print(json_text(schema_of(kind, notifiers())))
