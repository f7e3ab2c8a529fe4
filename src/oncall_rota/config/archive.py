"""The bytes of a last good configuration as a store keeps them: the files of one unit, a team or the settings.

What comes back from a store is never trusted: sizes are limited, and names are plain names of a folder's files.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from oncall_rota.config.folder import OVERRIDES, PEOPLE, SETTINGS

SETTINGS_UNIT = "oncall"  # the unit of oncall.yaml and people.yaml: no team can have this name
MOST_BYTES = 64 << 20  # of one archive, before it is packed
MOST_FILES = 10_000
MOST_BEFORE = 50


class Archive(NamedTuple):
    """The files that a unit follows from, by name; `digest` is theirs.

    `teams`: in that of the settings, the names of all teams. `before`: the marks of the unit's earlier files, newest
    first.
    """

    files: Mapping[str, bytes]
    digest: str
    teams: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


def archived(files: Mapping[str, bytes], teams: Collection[str] = ()) -> Archive:
    """The archive of these files."""
    names = tuple(sorted(teams))
    return Archive(files, digest_of(files, names), names)


def digest_of(files: Mapping[str, bytes], teams: Collection[str] = ()) -> str:
    """A digest of files, whatever their order, and whatever the day."""
    from hashlib import blake2b  # only here: it is slow to import

    code = blake2b(" ".join(sorted(teams)).encode("utf-8", "surrogateescape"), digest_size=16)
    for name in sorted(files):
        code.update(f"\0{len(files[name])} {name}\0".encode("utf-8", "surrogateescape"))
        code.update(files[name])
    return code.hexdigest()


def own_files(unit: str, files: Mapping[str, bytes], calendars: Collection[str] | None = None) -> dict[str, bytes]:
    """Those of the files that are a unit's own: its YAML files, and the calendars that they name.

    `calendars`: which of the files are, for who asks often.
    """
    names = (SETTINGS, PEOPLE) if unit == SETTINGS_UNIT else (f"{unit}.yaml", f"{unit}{OVERRIDES}")
    found = {name: files[name] for name in names if name in files}
    known = filter(is_calendar, files) if calendars is None else calendars
    return found | {name: files[name] for name in known if _named(name, found)}


def mark_of(
    unit: str, files: Mapping[str, bytes], teams: Collection[str] = (), calendars: Collection[str] | None = None
) -> str:
    """A digest of a unit's own files: what an edit of them changes, and an edit of anybody else's does not.

    `calendars`: which of the files are, for who asks often.
    """
    return digest_of(own_files(unit, files, calendars), teams)


def nobodys(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The calendars whose name stands in no file as it is, but for instance with an escape: needed by anybody."""
    texts = {name: data for name, data in files.items() if not is_calendar(name)}
    return {name: data for name, data in files.items() if is_calendar(name) and not _named(name, texts)}


def is_calendar(name: str) -> bool:
    """Whether a file is a calendar."""
    return name.lower().endswith(".ics")


def _named(calendar: str, texts: Mapping[str, bytes]) -> bool:
    name = calendar.encode("utf-8", "surrogateescape")
    return any(name in data for data in texts.values())


def packed(archive: Archive) -> bytes:
    """An archive as the bytes of a `Revision`. Raises `ValueError` when it is too large."""
    files = {name: data.decode("utf-8", "surrogateescape") for name, data in archive.files.items()}
    written = json.dumps({"files": files, "teams": archive.teams, "before": archive.before}).encode()
    if len(written) > MOST_BYTES or len(files) > MOST_FILES:
        raise ValueError(f"{len(files)} files of {len(written):,} bytes are more than is kept")
    return zlib.compress(written)


def unpacked(content: bytes, digest: str) -> Archive:
    """The archive in the bytes of a `Revision`, which has that digest. Raises `ValueError` where it is none."""
    reader = zlib.decompressobj()
    try:
        written = reader.decompress(content, MOST_BYTES)
        if not reader.eof:
            raise ValueError("it is cut off, or too large")
        found = json.loads(written)
        files = {_plain(name): _bytes(text) for name, text in found["files"].items()}
        teams, before = (tuple(_text(each) for each in found[key]) for key in ("teams", "before"))
    except (zlib.error, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no archive: {error}") from None
    if len(files) > MOST_FILES:
        raise ValueError("it holds too many files")
    return Archive(files, digest, teams, before[:MOST_BEFORE])


def _plain(name: str) -> str:
    """A name that a folder's listing could have shown, so that what is written stays in its folder."""
    if name.startswith(".") or {"/", "\\", "\0"} & {*name} or not (name.endswith(".yaml") or is_calendar(name)):
        raise ValueError(f"it names a file {name[:60]!r}")
    return name


def _bytes(text: Any) -> bytes:
    return _text(text).encode("utf-8", "surrogateescape")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("it is no archive: a text is missing")
    return value


@contextmanager
def materialised(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A private folder with these files, gone afterwards. Raises `OSError`."""
    with tempfile.TemporaryDirectory(prefix="oncall-") as made:
        for name, data in files.items():
            handle = os.open(os.path.join(made, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(handle, "wb") as stream:
                stream.write(data)
        yield Path(made)
