"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from oncall_rota.cli import completion

Teams = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TEAM[/SCHEDULE]]...",
        help="A team (all its schedules) or one schedule; every team when left out.",
        autocompletion=completion.schedules,
        show_default=False,
    ),
]
TeamNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TEAM]...",
        help="Teams; every team when left out.",
        autocompletion=completion.teams,
        show_default=False,
    ),
]
OneSchedule = Annotated[
    str,
    typer.Argument(
        metavar="TEAM[/SCHEDULE]",
        help="A team, or one of its schedules.",
        autocompletion=completion.schedules,
    ),
]
FeedOf = Annotated[
    str | None,
    typer.Argument(
        metavar="[TEAM[/SCHEDULE]]",
        help="A team, all its schedules in one feed, or one schedule.",
        autocompletion=completion.schedules,
        show_default=False,
    ),
]
FeedOfPerson = Annotated[
    str | None,
    typer.Option("--person", metavar="P", help="One person's shifts, in every team.", autocompletion=completion.people),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FORMAT",
        help="table, plain (tab-separated, no header), json, csv or names.",
    ),
]
RowsOutput = Annotated[
    str, typer.Option("--output", "-o", metavar="FORMAT", help="table, plain (tab-separated) or json.")
]
Json = Annotated[bool, typer.Option("--json", help="The same as -o json.")]
Dir = Annotated[
    str | None,
    typer.Option("--dir", metavar="DIR", help="The rotations folder or its parent; else $ONCALL_DIR, else found."),
]
Tz = Annotated[
    str | None,
    typer.Option("--tz", metavar="ZONE", help="Zone of local times; else $ONCALL_TZ, else the system's."),
]
AllowEmpty = Annotated[
    bool,
    typer.Option("--allow-empty", help="Take a folder as it is that leaves a team without anybody, or no channels."),
]
LogForm = Annotated[
    str | None,
    typer.Option("--log", metavar="json|text", help="How it talks; else text on a terminal and JSON lines elsewhere."),
]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="SPAN", help="How long it is good: 90d, 52w; else for ever.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="WHERE",
        help="The store: a file or postgresql://…; else $ONCALL_STORE, else server.store of oncall.yaml.",
    ),
]
