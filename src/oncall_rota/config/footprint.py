"""Whether a folder changed, seen from outside its files; and the commit that it is a checkout of."""

from __future__ import annotations

import os
import re
from pathlib import Path

_READ = (".yaml", ".ics")
_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"ref: (refs/[\w][\w.+@/-]*)")

Footprint = tuple[tuple[object, ...], ...]


def footprint(folder: Path) -> Footprint:
    """Names, and what changes with a file's content or permissions; empty when there is no folder, or nothing in it.

    Links are followed, so that a folder that is swapped by turning one is seen to change.
    """
    found: list[tuple[object, ...]] = []
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.lower().endswith(_READ))
    except OSError:
        return ()
    for name in names:
        if name.startswith("."):
            continue
        try:
            seen = os.stat(os.path.join(folder, name))
        except OSError as error:
            found.append((name, error.errno))
            continue
        found.append((name, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mode, seen.st_mtime_ns, seen.st_ctime_ns))
    return tuple(found)


def commit_of(folder: Path) -> str | None:
    """The commit that a git checkout is at, read from its files; None when it is no checkout, or cannot be read."""
    real = Path(os.path.realpath(folder))
    try:
        for above in (real, *real.parents):
            if (above / ".git").exists():
                return _head(_git_folder(above / ".git"))
    except (OSError, ValueError):  # of a text that is none, too
        pass
    return None


def _git_folder(path: Path) -> Path:
    """`.git` itself, or the folder that it names in a worktree or submodule."""
    if path.is_dir():
        return path
    return path.parent / _line(path).removeprefix("gitdir: ")


def _head(git: Path) -> str | None:
    head = _line(git / "HEAD")
    named = _REF.fullmatch(head)
    if named is None:
        return head if _COMMIT.fullmatch(head) else None
    shared = git / _line(git / "commondir") if (git / "commondir").exists() else git
    for place in (git, shared):
        if ".." not in named[1] and (place / named[1]).is_file():
            found = _line(place / named[1])
            return found if _COMMIT.fullmatch(found) else None
    with open(shared / "packed-refs", encoding="utf-8") as lines:
        for line in lines:
            commit, _, name = line.rstrip("\n").partition(" ")
            if name == named[1] and _COMMIT.fullmatch(commit):
                return commit
    return None


def _line(path: Path) -> str:
    with open(path, encoding="utf-8") as stream:
        return stream.readline(4096).rstrip("\n")
