"""Feeds as files: written whole or not at all, on all cores, and only where they would change."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.errors import OncallError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

PARALLEL = 64  # feeds; fewer are built sooner than other processes are started
_OURS = b"\r\nPRODID:-//oncall//feed"


class Done(NamedTuple):
    """What became of a feed's file: `new`, `changed` or `same`."""

    state: str
    path: str


def put(path: str, body: bytes, write: bool) -> Done:
    """Make the file hold `body`, whole or not at all, if it does not hold it already."""
    special = False
    try:
        special = not stat.S_ISREG(os.stat(path).st_mode)
        state = "changed" if special or not _holds(path, body) else "same"
    except FileNotFoundError:
        state = "new"
    if not write or state == "same":
        return Done(state, path)
    if special:  # a pipe or a terminal cannot be replaced
        with open(path, "wb") as file:
            file.write(body)
        return Done(state, path)
    target = os.path.realpath(path)  # a link stays a link
    os.makedirs(os.path.dirname(target), exist_ok=True)
    handle, name = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            os.fchmod(file.fileno(), _mode(target))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return Done(state, path)


def _holds(target: str, body: bytes) -> bool:
    with open(target, "rb") as file:
        return file.read(len(body) + 1) == body


def _mode(target: str) -> int:
    """Who may read the file: as before, or as the user's umask has it. A web server must be able to."""
    try:
        return stat.S_IMODE(os.stat(target).st_mode)
    except FileNotFoundError:
        mask = os.umask(0o022)
        os.umask(mask)
        return 0o666 & ~mask


def put_all(one: Callable[[int], Done], count: int) -> list[Done]:
    """`one` of each number below `count`, in order, with progress on a terminal."""
    done: list[Done] = []
    shown = sys.stderr.isatty() and count > 1
    with contextlib.closing(_each(one, count)) as found:
        for each in found:
            done.append(each)
            if shown and (len(done) % 10 == 0 or len(done) == count):
                print(f"\r{len(done)} of {count} feeds", end="", file=sys.stderr, flush=True)
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return done


def _each(one: Callable[[int], Done], count: int) -> Generator[Done]:
    """On all cores where that is worth it. The other processes are forked, and so have all that was read.

    Not a `multiprocessing.Pool`: that one waits for ever for a process that was killed, and now and then after Ctrl-C.
    """
    import multiprocessing

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if count < PARALLEL or cores < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(one, range(count))
        return
    yield one(0)  # imports here, once, what the others need
    fork = multiprocessing.get_context("fork")
    readers: list[Connection] = []
    processes = []
    try:
        for core in range(cores):
            reader, writer = fork.Pipe(duplex=False)
            readers.append(reader)
            numbers = range(1 + core, count, cores)
            process = fork.Process(target=_in_fork, args=(one, numbers, writer, (*readers,)))
            process.start()
            processes.append(process)
            writer.close()  # what it is closed by is the end of its process alone
        for number in range(1, count):
            try:
                found = readers[(number - 1) % cores].recv()
            except EOFError:
                raise OncallError("a process that builds feeds has ended early", "run it again") from None
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        for reader in readers:  # whoever still builds ends with the file in hand
            reader.close()
        for process in processes:
            process.join()


def _in_fork(
    one: Callable[[int], Done], numbers: Sequence[int], writer: Connection, readers: Sequence[Connection]
) -> None:
    """Build these feeds, for as long as somebody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the one who listens
    for reader in readers:
        reader.close()
    with contextlib.suppress(BrokenPipeError):
        for number in numbers:
            try:
                found: Done | Exception = one(number)
            except Exception as error:  # noqa: BLE001 - told by the process that listens
                found = error
            writer.send(found)


def strays(folder: Path, known: Collection[str]) -> list[Path]:
    """Feeds of ours in `folder` that are of no team and no person any more, sorted."""
    found = []
    for path in sorted(folder.glob("*.ics")):
        if path.stem not in known and path.is_file():
            with path.open("rb") as file:
                if _OURS in file.read(200):
                    found.append(path)
    return found
