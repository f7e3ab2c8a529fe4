"""`oncall init`."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from oncall_rota.cli.option import DryRun
from oncall_rota.cli.setting import display, present
from oncall_rota.cli.terminal import DIM, path_text, terminal
from oncall_rota.cli.validate import all_problems, overlaid
from oncall_rota.config import load
from oncall_rota.config.edit import atomic_write
from oncall_rota.errors import UsageError
from oncall_rota.humantime import day, when
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone

_TEAM = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_PERSON = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def init(
    team: Annotated[str | None, typer.Option("--team", help="The team's name; else the current folder's.")] = None,
    timezone: Annotated[
        str | None,
        typer.Option("--timezone", metavar="ZONE", help="The team's time zone; else the system's."),
    ] = None,
    people: Annotated[
        str | None,
        typer.Option("--people", metavar="A,B,C", help="Ids in the order of their turns; else you."),
    ] = None,
    starting: Annotated[
        str | None, typer.Option("--starting", metavar="DATE", help="The first turn's day; else the last Monday.")
    ] = None,
    at: Annotated[str, typer.Option("--handoff", metavar="HH:MM", help="When turns change on that weekday.")] = "09:00",
    dry_run: DryRun = False,
    dir_: Annotated[
        str | None, typer.Option("--dir", metavar="DIR", help="The rotations folder; else ./rotations.")
    ] = None,
    tz: Annotated[str | None, typer.Option("--tz", metavar="ZONE", hidden=True)] = None,
) -> None:
    """Write a first team: its file and people.yaml. Never overwrites anything.

    Examples:
      oncall init --team payments --people alice,bob,carol --timezone Europe/London
      oncall init --team payments --people alice,bob --starting 2026-06-01 --handoff 10:00
      oncall init --dry-run
    """
    now = present()
    shown = display(timezone, "--timezone") if timezone else display(tz)
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", at, re.ASCII):
        raise UsageError(f"--handoff {at!r} is not a time of day", "e.g. 09:00")
    name = team if team is not None else _slug(Path.cwd().name) or "team"
    if not _TEAM.fullmatch(name) or name in ("people", "oncall"):
        raise UsageError(f"--team {name!r} is not a team's name", "small letters, digits and '-', e.g. payments")
    ids = _ids(people)
    try:
        first = day(starting, now, shown.zone) if starting else _this_week(now, shown.zone, at)
    except ValueError as error:
        raise UsageError(f"--starting: {error}") from None
    folder = _folder(dir_)
    files = {f"{name}.yaml": _team_file(name, shown.zone.name, ids, first, at)}
    if (folder / f"{name}.yaml").exists():
        raise UsageError(f"{folder / f'{name}.yaml'} is there already", "give another --team, or edit that file")
    if (folder / "people.yaml").exists():
        _all_known(folder, ids)
    else:
        files["people.yaml"] = _people_file(ids)
    _refuse_invalid(folder, files, name, first)
    if dry_run:
        for file, text in files.items():
            print(f"# {term_safe(str(folder / file))}\n{text}", end="")
        return
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        for file, text in files.items():
            atomic_write(folder / file, text.encode(), b"")  # b"": one that came into being meanwhile stays
            made.append(folder / file)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    _next_commands(folder, list(files), name, dir_)


def _this_week(now: datetime, shown: Zone, at: str) -> date:
    """The last Monday on which turns have changed, so that somebody is on call at once."""
    week = timedelta(days=7)
    first = day("last monday", now, shown)
    return first + week if when(f"{first + week} {at}", now, shown) <= now else first


def _folder(dir_: str | None) -> Path:
    named = dir_ or os.environ.get("ONCALL_DIR")
    folder = Path(named) if named else Path("rotations")
    return folder / "rotations" if named and (folder / "rotations").is_dir() else folder


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63]


def _ids(people: str | None) -> list[str]:
    if people is None:
        try:
            login = _slug(getpass.getuser())
        except (KeyError, OSError):
            login = ""
        return [login if _PERSON.fullmatch(login) else "me"]
    ids = [each.strip() for each in people.split(",") if each.strip()]
    for each in ids:
        if not _PERSON.fullmatch(each):
            slug = _slug(each)
            raise UsageError(
                f"--people: {each!r} is not an id",
                f"small letters, digits, '.', '_' and '-', e.g. {slug or 'alice'}",
            )
    if not ids:
        raise UsageError("--people names nobody", "e.g. --people alice,bob,carol")
    if len(set(ids)) < len(ids):
        raise UsageError("--people names somebody twice")
    return ids


def _team_file(name: str, timezone: str, ids: list[str], first: date, at: str) -> str:
    return f"""team: {name}
timezone: {timezone}

rotation:
  people: [{", ".join(ids)}]
  every: week
  handoff: {_WEEKDAYS[first.weekday()]} {at}
  starting: {first.isoformat()}            # {ids[0]}'s first day; never changes
"""


def _people_file(ids: list[str]) -> str:
    entries = []
    for each in ids:
        called = " ".join(part.capitalize() for part in re.split(r"[._-]+", each) if part) or each
        entries.append(f'{each}:\n  name: {called}\n  # email: {each}@example.com\n  # phone: "+447700900000"\n')
    return "# People by id. Give everybody at least one contact.\n" + "\n".join(entries)


def _all_known(folder: Path, ids: list[str]) -> None:
    known = load(folder, teams=[])[0].people
    missing = [each for each in ids if each not in known]
    if missing:
        entries = "\n".join(f"{each}:\n  name: {each.capitalize()}" for each in missing)
        raise UsageError(
            f"people.yaml has no {' and no '.join(missing)}", f"add to {folder / 'people.yaml'}:\n{entries}"
        )


def _refuse_invalid(folder: Path, files: dict[str, str], team: str, first: date) -> None:
    """Nothing is written that `validate` would refuse."""
    from oncall_rota.cli.selection import configuration_error

    known = set(load(folder, teams=[])[1]) if folder.is_dir() else set()
    with tempfile.TemporaryDirectory(prefix="oncall-") as made:
        changed = {file: text.encode() for file, text in files.items()}
        overlay = overlaid(folder if folder.is_dir() else None, Path(made), changed)
        from_at = datetime.combine(first - timedelta(days=1), datetime.min.time(), UTC)
        found = all_problems(overlay, from_at, [team])
        problems = [each for each in found if each.path in files or each not in known]
    if any(each.severity == "error" for each in problems):
        raise configuration_error(problems, folder)


def _next_commands(folder: Path, files: list[str], team: str, dir_: str | None) -> None:
    screen = terminal(sys.stdout)
    option = f" --dir {shlex.quote(dir_)}" if dir_ else ""
    commands = {
        f"oncall who {team}{option}": "who is on call",
        f"oncall schedule {team}{option}": "the next four weeks",
        f"oncall validate{option}": "after every edit",
    }
    width = max(map(len, commands))
    for file in files:
        print(f"wrote {path_text(folder / file)}")
    print("\nNext:")
    for command, what in commands.items():
        print(f"  {term_safe(command):{width}}  {screen.paint(what, DIM)}")
    print(f"Then give everybody a contact in {path_text(folder / 'people.yaml')}.")
