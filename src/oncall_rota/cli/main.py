"""The command line's door. Knows every command's name, and imports the one that is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.main import get_command

from oncall_rota.cli.ending import write_anything
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.errors import UsageError

COMMANDS = {
    "who": "Who is on call, until when, and who is next",
    "me": "My shifts",
    "schedule": "A timeline of who is on call when",
    "why": "Why somebody is on call: layer, turn, override, file and line",
    "validate": "Check rotation files; every mistake in one run",
    "gaps": "When nobody is on call though somebody must be",
    "simulate": "Who would be paged, minute by minute, when nobody answers",
    "take": "Take the shift now, for a while",
    "override": "Add, list, remove and fold overrides",
    "ical": "Calendar feeds of the final shifts",
    "sync": "Let groups of a chat follow who is on call",
    "page": "Page a team or a person, and stay until somebody acknowledges",
    "ack": "Take what paged me",
    "resolve": "Say that it is over",
    "incident": "What is open, its story, and what to do about it",
    "pager": "Drive what is open, in the foreground",
    "serve": "The pager, and a server for monitors, calendars and people",
    "watchdog": "Watch servers from outside",
    "slo": "How well it was paged, from our own records",
    "notify": "Send a test to a person, by every channel of theirs",
    "token": "What programs and calendars are let in by",
    "key": "The keys that links are signed with",
    "migrate": "Bring the store to this program's tables",
    "backup": "Copy the store to a file, while it is in use",
    "restore": "Make a copy the store again",
    "init": "Write a first team",
    "schema": "JSON Schema of the rotation files, for editors",
    "config": "The settings that hold, and where each comes from",
    "doctor": "Versions, time zone data, which folder and why",
    "version": "The version",
}
_HELP = """Who is on call, from files in git.

Examples:
  oncall who                          everybody who is on call now
  oncall who payments --at 'fri 17:00'
  oncall schedule payments --for 8w   a timeline
  oncall override add payments --who carol --from 'fri 17:00' --for 2d
  oncall take 2h                      I am on call now, for two hours
  oncall validate                     check every file
  oncall page payments 'checkout is down'
  oncall ack                          take what paged me

Every command takes -h, --dir DIR (the rotations folder) and --tz ZONE (of local times).
Exit codes: 0 ok, 1 failure, 2 usage, 3 nobody on call or a gap, 4 invalid configuration, 5 unknown name,
6 not delivered, 7 not acknowledged in time, 8 differences found."""


class Commands(Group):
    """Every command by name; the module of one is imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, built from its own module."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"oncall_rota.cli.{cmd_name}")
        app = getattr(module, "app", None)
        if app is None:
            app = new_app()
            app.command(cmd_name, cls=Command)(getattr(module, cmd_name))
        return get_command(app)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command, or what was probably meant."""
        if args[0] not in COMMANDS:
            from oncall_rota.config import suggest

            meant = suggest(args[0], COMMANDS)
            hint = f"did you mean '{ctx.command_path} {meant}'?" if meant else f"'{ctx.command_path} -h' lists them"
            raise UsageError(f"no command {args[0]!r}", hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def application(completion: bool = True) -> typer.Typer:
    """The whole command line; `completion` adds the options that install the shell's completion."""
    app = new_app(cls=Commands, add_completion=completion, no_args_is_help=False, help=_HELP)

    @app.callback(invoke_without_command=True)
    def _oncall(ctx: typer.Context) -> None:
        if ctx.invoked_subcommand is None:
            print(ctx.get_help())

    return app


def main() -> None:
    """`oncall …`: run what the arguments say, and exit."""
    write_anything()
    # Building the completion options costs a few milliseconds that a named command does not need.
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    get_command(application(completion=first not in COMMANDS))(prog_name="oncall")
