"""`oncall validate`."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Container, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from oncall_rota.cli import problem_text
from oncall_rota.cli.answering import on_clocks
from oncall_rota.cli.judged import horizon_problems
from oncall_rota.cli.option import Dir, Json, Tz
from oncall_rota.cli.setting import asked_at, asked_format, display, present, rotations
from oncall_rota.cli.terminal import say
from oncall_rota.config import Problem, load
from oncall_rota.errors import FolderNotFound, UsageError

FORMATS = ("text", "json", "github")
STDIN = "<stdin>"
_TEAM = re.compile(rb"^team:[ \t]*[\"']?([a-z0-9][a-z0-9-]{0,62})[\"']?[ \t\r]*(?:#.*)?$", re.MULTILINE)
_NOT_TEAMS = ("people", "oncall")


class Checked(NamedTuple):
    """What one PATH came to: its problems, and the folder that their paths are relative to."""

    folder: Path | None
    problems: tuple[Problem, ...]


def validate(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…|-]",
            help="Folders or files of a folder; - reads a team's file from standard input.",
            show_default=False,
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="WHEN", help="Where the 400 days begin that are looked at; today."),
    ] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="text, json or github.")] = "text",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Check rotation files; every mistake of all files in one run. Exit code 4 when any is an error.

    Examples:
      oncall validate                          the whole folder
      oncall validate rotations/payments.yaml  the problems of one file
      git show main:rotations/payments.yaml | oncall validate -
      oncall validate -o github                annotations of a code review
    """
    form = asked_format(output, json, FORMATS)
    shown = display(tz).zone
    from_at = asked_at(from_ or "today", "--from", present(), shown)
    if from_ is not None:
        say(f"from {on_clocks(from_at, shown, ())}")
    checked = [_checked(path, dir_, from_at) for path in paths or (None,)]
    problems = list(dict.fromkeys(problem for each in checked for problem in each.problems))
    if form == "json":
        print(problem_text.document(problems))
    else:
        for each in checked:
            if form == "github":
                print("".join(problem_text.github(one, each.folder) + "\n" for one in each.problems), end="")
            else:
                problem_text.tell(each.problems, each.folder, sys.stdout)
    say(_count(problems))
    if any(each.severity == "error" for each in problems):
        raise typer.Exit(4)


def all_problems(folder: Path, from_at: datetime, teams: Sequence[str] | None = None) -> tuple[Problem, ...]:
    """Every problem of a folder's files, those that need a horizon of 400 days included, by place."""
    from oncall_rota.wiring import notifiers

    catalog, problems = load(folder, teams, notifiers())
    return tuple(sorted(dict.fromkeys([*problems, *horizon_problems(catalog, from_at)])))


def _checked(path: str | None, dir_: str | None, from_at: datetime) -> Checked:
    if path is None:
        folder = rotations(dir_)
        return Checked(folder, all_problems(folder, from_at))
    if path == "-":
        return Checked(None, _of_text(sys.stdin.buffer.read(), dir_, from_at))
    given = Path(path)
    if given.is_dir():
        folder = rotations(path)
        return Checked(folder, all_problems(folder, from_at))
    if not given.exists():
        raise UsageError(f"no file or folder {path!r}")
    name = given.name
    team = name.removesuffix(".yaml").removesuffix(".overrides")
    # people.yaml and oncall.yaml mean nothing without the teams; a team is read with what it borrows.
    alone = name.endswith(".yaml") and team not in _NOT_TEAMS and (given.parent / f"{team}.yaml").exists()
    problems = all_problems(given.parent, from_at, [team] if alone else None)
    return Checked(given.parent, tuple(each for each in problems if each.path == name))


def _of_text(data: bytes, dir_: str | None, from_at: datetime) -> tuple[Problem, ...]:
    """Problems of a team's file as it would be in the folder; the folder itself is left alone."""
    named = _TEAM.search(data)
    team = named[1].decode() if named else "stdin"
    try:
        folder: Path | None = rotations(dir_)
    except FolderNotFound:
        folder = None
    with tempfile.TemporaryDirectory(prefix="oncall-") as made:
        overlay = overlaid(folder, Path(made), {f"{team}.yaml": data})
        problems = all_problems(overlay, from_at, [team])
    return tuple(each._replace(path=STDIN) for each in problems if each.path == f"{team}.yaml")


def overlaid(folder: Path | None, made: Path, changed: dict[str, bytes], only: Container[str] | None = None) -> Path:
    """A copy of a rotations folder in `made`, or of some of its files, with some files' bytes changed."""
    overlay = made / "rotations"
    overlay.mkdir()
    if folder is not None:
        for entry in os.scandir(folder):
            wanted = only is None or entry.name in only
            if wanted and entry.is_file() and entry.name not in changed and not entry.name.startswith("."):
                with suppress(PermissionError):
                    shutil.copyfile(entry.path, overlay / entry.name)
    for name, data in changed.items():
        (overlay / name).write_bytes(data)
    return overlay


def _count(problems: Sequence[Problem]) -> str:
    counts = []
    for severity in ("error", "warning", "note"):
        count = sum(each.severity == severity for each in problems)
        if count:
            counts.append(f"{count} {severity}{'' if count == 1 else 's'}")
    return ", ".join(counts) or "no problems"
