"""Options and arguments that the commands about incidents share."""

from __future__ import annotations

from typing import Annotated

import typer

from oncall_rota.cli import completion

Ref = Annotated[
    str,
    typer.Argument(metavar="REF", help="An incident's id, its unique beginning, or a page's code.", show_default=False),
]
Refs = Annotated[
    list[str],
    typer.Argument(
        metavar="REF...", help="Incidents' ids, their unique beginnings, or codes of pages.", show_default=False
    ),
]
MaybeRefs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REF]...",
        help="Incidents' ids, their unique beginnings, or codes of pages; when left out the only one that paged me.",
        show_default=False,
    ),
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="P", help="Who I am; else $ONCALL_USER.", autocompletion=completion.people),
]
