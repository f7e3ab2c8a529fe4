"""Commands and groups as the whole product shows them: help, common options, errors, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from oncall_rota.cli.ending import ended

_COMMON = ("--dir", "--tz")


class _ReaderLeft(Exception):
    """A broken pipe on its way past Typer, which would end with 1 and say so by itself."""


class Command(TyperCommand):
    """A command whose help begins with what it does and examples, as they were written."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Text and examples, then usage and options."""
        _format_help(self, ctx, formatter)


class Group(TyperGroup):
    """A group of commands that reports errors as the whole product does."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Text and examples, then usage, options and commands."""
        _format_help(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`oncall --dir X who` is `oncall who --dir X`: common options go on to the command."""
        try:
            rest: list[str] = super().parse_args(ctx, _hoisted(args))
        except BrokenPipeError as error:  # help that nobody reads to its end
            raise _ReaderLeft from error
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a pipe that nobody reads any more goes to `ended`."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, say in one line what went wrong, and exit with the code that cli.md gives it."""

        def call() -> int | None:
            try:
                code: int | None = super(Group, self).main(
                    args, prog_name, complete_var, False, windows_expand_args, **extra
                )
                return code
            except typer.TyperException as error:
                return _told_usage(error)
            except typer.Abort:
                return 130
            except _ReaderLeft:
                raise BrokenPipeError from None

        code = ended(call)
        if not standalone_mode:
            return code
        sys.exit(code)


def new_app(**settings: Any) -> typer.Typer:
    """A Typer application without rich, whose help answers to `-h` as well."""
    return typer.Typer(
        add_completion=settings.pop("add_completion", False),
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        **settings,
    )


def _hoisted(args: list[str]) -> list[str]:
    if args[:1] in (["--version"], ["-V"]):
        return ["version", *args[1:]]
    common: list[str] = []
    rest = list(args)
    while rest and rest[0].partition("=")[0] in _COMMON:
        count = 1 if "=" in rest[0] else 2
        common += rest[:count]
        rest = rest[count:]
    if not common or not rest or rest[0].startswith("-"):
        return [*rest, *common] if rest else args
    return [rest[0], *common, *rest[1:]]


def _format_help(command: Any, ctx: Any, formatter: Any) -> None:
    import inspect

    from oncall_rota.cli.terminal import in_lines, terminal

    formatter.write("\n".join(in_lines(inspect.cleandoc(command.help or ""), terminal(), indent=0)) + "\n\n")
    command.format_usage(ctx, formatter)
    command.format_options(ctx, formatter)


def _told_usage(error: typer.TyperException) -> int:
    from oncall_rota.cli.terminal import fail

    ctx = getattr(error, "ctx", None)
    fail(error.format_message(), f"'{ctx.command_path} -h' shows how it is used" if ctx else "")
    return int(error.exit_code)
