"""The problems that need a horizon, kept by digest: only teams that changed are looked at again."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from typing import Any

from oncall_rota import __version__, front
from oncall_rota.cli.compiled import write_whole
from oncall_rota.config import Catalog, Problem, check_team
from oncall_rota.config.digest import digest
from oncall_rota.timeline.zone import epoch

_LARGEST = 1 << 26
Kept = dict[str, tuple[str, list[list[Any]]]]


def horizon_problems(catalog: Catalog, from_at: datetime) -> tuple[Problem, ...]:
    """What `config.check` says of all teams of a catalogue, from what was kept where nothing has changed."""
    path = _place(catalog)
    before = _read(path)
    kept: Kept = {}
    found: set[Problem] = set()
    for name, team in catalog.teams.items():
        key = f"{__version__} {epoch(from_at)} {digest(catalog, name, from_at)}"
        known = before.get(name)
        if known is None or known[0] != key:
            known = (key, [list(problem) for problem in check_team(catalog, team, from_at)])
        kept[name] = known
        found.update(Problem(*row) for row in known[1])
    if path is not None and kept != {name: before.get(name) for name in kept}:
        _write(path, {**before, **kept})
    return tuple(sorted(found))


def _place(catalog: Catalog) -> str | None:
    kept = front.cache_folder(os.environ)
    if kept is None:
        return None
    try:
        os.makedirs(kept, mode=0o700, exist_ok=True)
        here = os.stat(catalog.folder)
        return os.path.join(kept, f"checks-{here.st_dev:x}-{here.st_ino:x}") if front.is_private(kept) else None
    except OSError:
        return None


def _read(path: str | None) -> Kept:
    """What was kept; nothing when the file is damaged, or anything but what `_write` writes."""
    try:
        if path is None or os.path.islink(path) or os.path.getsize(path) > _LARGEST:
            return {}
        with open(path, "rb") as file:
            body, _, check = file.read().rpartition(b"\n")
        if front.checksum(body) != check.decode():
            return {}
        kept = json.loads(body)
        return {name: (key, rows) for name, (key, rows) in kept.items() if all(map(_is_problem, rows))}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _is_problem(row: Any) -> bool:
    kinds = (str, int, int, str, str, str, str)
    return isinstance(row, list) and len(row) == 7 and all(map(isinstance, row, kinds))


def _write(path: str, kept: Kept) -> None:
    body = json.dumps(kept).encode()
    with contextlib.suppress(OSError):
        write_whole(path, body + b"\n" + front.checksum(body).encode())
