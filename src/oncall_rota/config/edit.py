"""Overrides added to and removed from YAML files, byte for byte: only the lines that must change do.

`override add` writes to `<team>.overrides.yaml` when there is one; else under `overrides:` of the team's file when
that is there; else it makes `<team>.overrides.yaml`, so that a team's own file is not touched (`override_path`).
A new entry is one line, `- {who: …}`, or a new element of a list in brackets. The last entry of a plain list leaves
an empty file, the last under `overrides:` takes the key with it, or leaves `[]` where a comment would be lost.
Whatever an edit did is read again: unless exactly one entry has come or gone, it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from oncall_rota.config.atomic import atomic_write
from oncall_rota.config.change import Edit, insertion, removal
from oncall_rota.config.entry import entry_text
from oncall_rota.config.outline import Outline, outline
from oncall_rota.errors import ConfigurationError

__all__ = ["added", "atomic_write", "entry_lines", "override_path", "removed"]

_BOM = b"\xef\xbb\xbf"


def override_path(folder: Path, team: str) -> Path:
    """The file into which a team's new override goes. It may not be there yet."""
    own = folder / f"{team}.overrides.yaml"
    path = folder / f"{team}.yaml"
    if own.exists() or not path.exists():
        return own
    return path if outline(_decoded(path.read_bytes())[1]).key is not None else own


def entry_lines(text: bytes) -> tuple[int, ...]:
    """The line of each override of a file, from 1: the line that `Source` has for it."""
    return tuple(item.line + 1 for item in outline(_decoded(text)[1]).items)


def added(
    text: bytes,
    entry: Mapping[str, str | Sequence[str]],
    start_at: datetime,
    end_at: datetime,
    others: Sequence[tuple[datetime, datetime] | None] = (),
) -> bytes:
    """The text of a file with one more override.

    `text`: a list of overrides (it may be empty, or comments only) or a team's file. `start_at`, `end_at`: when the
    new one holds; `others`: the same of each one that is there, in the file's order, None when not known. The new
    one goes in date order, below all that it overlaps and all that are not known. Raises `ConfigurationError`.
    """
    mark, body = _decoded(text)
    found = outline(body)
    place = _place(start_at, end_at, [*others, *[None] * len(found.items)][: len(found.items)])
    written = entry_text(entry)
    result = _applied(body, insertion(found, place, written))
    _check(found, result, place, written)
    return mark + result.encode()


def removed(text: bytes, index: int) -> bytes:
    """The text of a file without its override `index`, from 0. Raises `IndexError`, `ConfigurationError`."""
    mark, body = _decoded(text)
    found = outline(body)
    if not 0 <= index < len(found.items):
        raise IndexError(f"no override {index}: there are {len(found.items)}")
    result = _applied(body, removal(found, index))
    _check(found, result, index, None)
    return mark + result.encode()


def _place(start_at: datetime, end_at: datetime, others: Sequence[tuple[datetime, datetime] | None]) -> int:
    lowest = 0
    for index, other in enumerate(others, 1):
        if other is None or (other[0] < end_at and start_at < other[1]):
            lowest = index
    for index in range(lowest, len(others)):
        other = others[index]
        if other is not None and other[0] > start_at:
            return index
    return len(others)


def _decoded(text: bytes) -> tuple[bytes, str]:
    mark = _BOM if text.startswith(_BOM) else b""
    try:
        return mark, text[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the file is not UTF-8 text: {error.reason} at byte {error.start}") from None


def _applied(text: str, edits: Sequence[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _check(before: Outline, result: str, place: int, written: str | None) -> None:
    """Refuse an edit that changed anything else: a safety net, whatever the style of the file."""
    after = outline(result)
    wanted = [item.plain for item in before.items]
    if written is None:
        del wanted[place]
    else:
        new = outline(f"- {written}").items[0].plain
        wanted.insert(place, new)
    if [item.plain for item in after.items] != wanted or _rest(after) != _rest(before):
        raise ConfigurationError(
            "the way in which this file is written does not allow this edit without changing more",
            "edit the file by hand",
        )


def _rest(found: Outline) -> Any:
    if found.root is None or found.root.kind != "mapping":
        return ()
    return tuple(pair for pair in found.root.plain if pair[0] != ("scalar", "overrides"))
