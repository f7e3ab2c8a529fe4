"""A file replaced whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oncall_rota.errors import OncallError


def atomic_write(path: Path, data: bytes, before: bytes | None = None) -> None:
    """Replace the content of `path`, or make the file; a crash at any moment leaves the old or the new content.

    `before`: what was read from it (empty when there was no file): it is not written when somebody else has changed
    the file meanwhile. Mode bits stay. A symbolic link is followed, within its folder. Raises `OncallError`.
    """
    target = path.resolve()
    if not target.is_relative_to(path.parent.resolve()):
        raise OncallError(f"{path} is a link to {target}, out of its folder", "edit that file instead")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        with _locked(target.parent) as folder:
            mode = _mode(target)
            try:
                _write(temporary, data, mode)
                if before is not None and _content(target) != before:
                    raise OncallError(f"{path} was changed by somebody else meanwhile", "look at it, and try again")
                os.replace(temporary, target)
            except BaseException:
                with suppress(OSError):
                    temporary.unlink()
                raise
            with suppress(OSError):  # some file systems cannot; the file itself is written
                os.fsync(folder)
    except OSError as error:
        raise OncallError(f"cannot write {path}: {error.strerror or error}", "the file is as it was") from error


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """The folder, while no other `atomic_write` is at work in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # where locks are not to be had, the comparison still guards
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _mode(path: Path) -> int | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise OncallError(f"{path} is not a file")
    return stat.S_IMODE(found.st_mode)


def _write(path: Path, data: bytes, mode: int | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    with open(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        if mode is not None:
            os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
