"""The live overrides that a server told of last, kept beside the answers of `who`: for when it is dead."""

from __future__ import annotations

import json
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from oncall_rota import front
from oncall_rota.cli.compiled import write_whole
from oncall_rota.paging.live import entry_of
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.rendering.incident import told

if TYPE_CHECKING:
    from oncall_rota.remote.server import Server

PATIENCE = 0.5  # seconds, when `who` has been answered already
LARGEST = 4 << 20  # bytes


class Kept(NamedTuple):
    """What a server told of last. `at`: when; None: nothing is known."""

    overrides: tuple[LiveOverride, ...]
    at: datetime | None


def keep(server: Server, now: datetime) -> None:
    """Ask for those that stand, and keep them. Whatever goes wrong is no news: the next one may do."""
    if _path(server.at.url) is None:
        return
    try:
        found = server.get("/v1/overrides", (), PATIENCE)
        _write(server.at.url, [_row(each) for each in found["overrides"]], now)
    except Exception:  # noqa: BLE001 - it was not asked for
        return


def kept(url: str) -> Kept:
    """Those of a server, as they were kept."""
    try:
        path = _path(url)
        if path is None or not front.is_private(str(path.parent)) or path.stat().st_size > LARGEST:
            return Kept((), None)
        found = json.loads(path.read_bytes())
        if found["server"] != url:
            return Kept((), None)
        at = datetime.fromisoformat(found["at"]).astimezone(UTC)
        return Kept(tuple([_override(each) for each in found["overrides"]]), at)
    except Exception:  # noqa: BLE001 - a cache that makes no sense is none
        return Kept((), None)


def forget(url: str, ids: set[str]) -> None:
    """Those that the checkout's files have by now: they alone decide, also when the line is deleted."""
    before = kept(url)
    if before.at is not None and any(each.id in ids for each in before.overrides):
        rows = [_told(each) for each in before.overrides if each.id not in ids]
        try:
            _write(url, rows, before.at)
        except OSError:
            return


def _write(url: str, rows: list[dict[str, Any]], at: datetime) -> None:
    path = _path(url)
    if path is None:
        return
    os.makedirs(path.parent, mode=0o700, exist_ok=True)
    if front.is_private(str(path.parent)):
        document = {"server": url, "at": told(at), "overrides": rows}
        write_whole(str(path), json.dumps(document).encode("ascii"))


def _path(url: str) -> Path | None:
    folder = front.cache_folder(os.environ)
    return None if folder is None else Path(folder) / f"live-{zlib.crc32(url.encode()):08x}.json"


def _row(each: dict[str, Any]) -> dict[str, Any]:
    return _told(_override(each))


def _told(each: LiveOverride) -> dict[str, Any]:
    entry = json.loads(each.entry)
    return {
        "id": each.id, "team": each.team, "entry": entry, "by": each.created_by, "created_at": told(each.created_at),
    }  # fmt: skip


def _override(each: dict[str, Any]) -> LiveOverride:
    """Raises whatever a row that makes no sense raises."""
    entry = json.dumps(each["entry"])
    entry_of(entry)
    texts = [each["id"], each["team"], each["by"]]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a live override")
    created_at = datetime.fromisoformat(each["created_at"]).astimezone(UTC)
    return LiveOverride(each["id"], each["team"], entry, each["by"], created_at)
