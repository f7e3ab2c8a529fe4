"""What a process did to the files of one folder, and what it answered, from a trace of its system calls by strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# What follows are no named tuples: making a file and removing one of the same name would be equal.


@dataclass(frozen=True)
class Made:
    """A file got a name in the folder; a call that finds the name there does nothing."""

    name: str


@dataclass(frozen=True)
class Removed:
    """A name left the folder."""

    name: str


@dataclass(frozen=True)
class Written:
    """Bytes went into a file, from offset `at` on."""

    name: str
    at: int
    data: bytes


@dataclass(frozen=True)
class Sized:
    """A file got this length."""

    name: str
    size: int


@dataclass(frozen=True)
class Synced:
    """A sync returned. `begun`: how many events there were when it began. `name` empty: of the folder itself."""

    name: str
    begun: int
    failed: bool


@dataclass(frozen=True)
class Said:
    """The process began to write this to its standard output."""

    text: str


Event = Made | Removed | Written | Sized | Synced | Said

_SYNCS = ("fsync", "fdatasync")
_UNLINKS = ("unlink", "unlinkat")
_OPENS = ("open", "openat", "openat2", "creat")
# Calls that would change a file in ways that the replay does not know: on the store's files they are an error.
_UNKNOWN = (
    "writev,pwritev,pwritev2,truncate,fallocate,copy_file_range,sendfile,splice,sync_file_range,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,mmap"
)
CALLS = ",".join((*_OPENS, "write", "pwrite64", "ftruncate", *_SYNCS, *_UNLINKS, _UNKNOWN))

_LINE = re.compile(r"(\d+) +(?:<\.\.\. \w+ resumed>(?P<rest>.*)|(?P<call>\w+)\((?P<text>.*))$")
_FILE = re.compile(r"(?:\d+|AT_FDCWD)<([^>]*)>")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_ENDED = re.compile(r"\) += (-?\w+)(?:[ <]|$)")


class CannotReplay(Exception):
    """The trace has something that this module does not understand."""


def traced(command: Sequence[str], trace: Path, *faults: str) -> subprocess.CompletedProcess[str]:
    """Run a command under strace. `faults`: as `-e inject=` spells them."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is missing: run tests/real/install-disk-faults"
    words = [strace, "-f", "-y", "-qq", "-xx", "-s", "1048576", "--seccomp-bpf", "-o", str(trace)]
    words += ["-e", f"trace={CALLS}", "-e", "signal=none"]
    for fault in faults:
        words += ["-e", f"inject={fault}"]
    return subprocess.run([*words, *command], capture_output=True, text=True, timeout=120, check=False)


def events(lines: Iterable[str], folder: str) -> Iterator[Event]:
    """What happened to the files of a folder and on standard output, in order.

    Changes and syncs stand where their call returned, words where it began: nobody has read them before that. The
    index beside a log, `-shm`, is left out: it is made anew by whoever opens a store that nobody has open.
    """
    begun: dict[str, tuple[str, str, int]] = {}  # calls that have not returned, by thread
    count = 0
    for line in lines:
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            raise CannotReplay(line[:300])
        thread, since = found[1], count
        if found["rest"] is None:
            call, text = found["call"], found["text"]
            said = _said(call, text)
            if said is not None:
                count += 1
                yield said
            if text.endswith("<unfinished ...>"):
                begun[thread] = call, text.removesuffix("<unfinished ...>"), since
                continue
        else:
            call, text, since = begun.pop(thread)
            text += found["rest"]
        event = _event(call, text, folder, since)
        if event is not None:
            count += 1
            yield event


def _said(call: str, text: str) -> Said | None:
    return Said(_data(text).decode()) if call == "write" and text.startswith("1<") else None


def _data(text: str) -> bytes:
    found = _BYTES.search(text)
    if found is None or found[2]:
        raise CannotReplay(text[:300])
    return bytes.fromhex(found[1].replace("\\x", ""))


def _event(call: str, text: str, folder: str, since: int) -> Event | None:
    """What a call that returned did to a file of the folder, if it did."""
    endings = list(_ENDED.finditer(text))
    if not endings:
        raise CannotReplay(f"{call}({text[:300]}")
    ended = endings[-1]
    failed = ended[1].startswith("-")
    name = _name(call, text, folder)
    if name is None or name.endswith("-shm") or (failed and call not in _SYNCS):
        return None
    if "(deleted)" in text:
        raise CannotReplay(f"{call} of {name}, which has no name any more")
    if call in _SYNCS:
        return Synced(name, since, failed)
    if call in _OPENS and "O_TRUNC" not in text and call != "creat":
        return Made(name) if "O_CREAT" in text else None
    if call in _UNLINKS:
        return Removed(name)
    if call == "pwrite64":
        at = int(text[: ended.start()].rpartition(",")[2])
        return Written(name, at, _data(text)[: int(ended[1])])
    if call == "ftruncate":
        return Sized(name, int(text[: ended.start()].rpartition(",")[2]))
    raise CannotReplay(f"{call} of {name}: {text[-200:]}")


def _name(call: str, text: str, folder: str) -> str | None:
    """The file that a call is about, below the folder; empty for the folder itself."""
    paths = [_decoded(found[1]) for found in _FILE.finditer(text)]
    if not text[0].isdigit():  # no file descriptor, so these are names and not data
        named = [_decoded(found[1]) for found in _BYTES.finditer(text)]
        if not paths and any(not path.startswith("/") for path in named):
            raise CannotReplay(f"{call}({text[:300]}")
        paths = [os.path.join(paths[0], path) if paths else path for path in named] + paths
    for path in paths:
        if path == folder:
            return ""
        if path.startswith(f"{folder}/"):
            return path.removeprefix(f"{folder}/")
    return None


def _decoded(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text
