"""What the shell offers for TEAM, SCHEDULE and PERSON. Never fails and never prints."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

_PERSON = re.compile(r"([a-z0-9][a-z0-9._-]*)[ \t]*:", re.ASCII)


def teams(ctx: typer.Context, incomplete: str) -> list[str]:
    """Teams by the names of their files: nothing is parsed."""
    return [name for name in _teams(ctx) if name.startswith(incomplete)]


def schedules(ctx: typer.Context, incomplete: str) -> list[str]:
    """Teams; and after `team/` that team's schedules, for which its one file is read."""
    team, slash, _ = incomplete.partition("/")
    if not slash:
        return teams(ctx, incomplete)
    try:
        from oncall_rota.config import load

        folder = _folder(ctx)
        if folder is None:
            return []
        found = load(folder, teams=[team])[0].teams[team].schedules
        return [name for name in (f"{team}/{each}" for each in found) if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - a shell that completes must never see an error
        return []


def people(ctx: typer.Context, incomplete: str) -> list[str]:
    """People's ids: the keys at the margin of people.yaml, without parsing it."""
    try:
        folder = _folder(ctx)
        if folder is None:
            return []
        with open(folder / "people.yaml", encoding="utf-8", errors="replace") as file:
            found = [match[1] for line in file if (match := _PERSON.match(line))]
        return [name for name in found if name.startswith(incomplete) and not name.startswith("x-")]
    except Exception:  # noqa: BLE001 - as above
        return []


def services(ctx: typer.Context, incomplete: str) -> list[str]:
    """Services of every team; all files are read."""
    try:
        from oncall_rota.config import load

        folder = _folder(ctx)
        found = load(folder)[0].teams.values() if folder else ()
        return sorted({name for team in found for name in team.services if name.startswith(incomplete)})
    except Exception:  # noqa: BLE001 - as above
        return []


def _teams(ctx: typer.Context) -> Iterator[str]:
    try:
        folder = _folder(ctx)
        names = sorted(os.listdir(folder)) if folder else []
    except Exception:  # noqa: BLE001 - as above
        return
    for name in names:
        stem, suffix = os.path.splitext(name)
        if suffix == ".yaml" and "." not in stem and stem not in ("people", "oncall"):
            yield stem


def _folder(ctx: typer.Context) -> Path | None:
    from oncall_rota.config import find_folder

    chosen: Any = ctx.params.get("dir_") if ctx.params else None
    return find_folder(chosen, os.environ, Path.cwd())
