"""One owner a file: a lock beside the store, which the kernel lets go of when its process ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from oncall_rota.paging.ports.store import Reason, StoreFailed, StoreHeld


def lock_path(store: Path) -> Path:
    """The lock file of a store: beside the file that its name leads to, and never deleted."""
    target = store.resolve()
    return target.with_name(f"{target.name}.lock")


def own(store: Path, name: str, since: datetime) -> int:
    """Become the owner; the lock's file descriptor, to be closed by the owner alone.

    Raises `StoreHeld`, naming the owner, and `StoreFailed` when there can be no lock file.
    """
    path = lock_path(store)
    try:
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still(handle, path):
                    break
            except BlockingIOError:
                raise _held(store, handle) from None
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)  # somebody deleted it meanwhile: a lock on it keeps nobody out
    except OSError as error:
        reason: Reason = "read-only" if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else "gone"
        raise StoreFailed(reason, f"cannot lock {path}: {error.strerror or error}") from error
    line = f"process {os.getpid()} ({name or ' '.join(sys.argv[:2])}) on {os.uname().nodename} since {since:%F %T} UTC"
    with suppress(OSError):  # a full disk: the lock holds, only its words are missing
        os.ftruncate(handle, 0)
        os.pwrite(handle, line.encode("utf-8", "replace"), 0)
    return handle


def _is_still(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _held(store: Path, handle: int) -> StoreHeld:
    """What to say to a second owner; closes the descriptor."""
    try:
        line = os.pread(handle, 500, 0).decode("utf-8", "replace").strip()
    finally:
        os.close(handle)
    owner = "".join(sign if sign.isprintable() else "?" for sign in line) or "another process"
    return StoreHeld(f"{store} is in use by {owner}", "talk to that one, or end it")


def holder(store: Path) -> StoreHeld | None:
    """Who has a store, as far as this system tells; None: nobody."""
    path = lock_path(store)
    if not writers_of(path):
        return None
    try:
        return _held(store, os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError:
        return None


def writers_of(path: Path) -> list[int]:
    """The processes that hold a lock of the kernel's on a file, by number; as far as this system tells."""
    found = []
    with suppress(OSError, ValueError):
        inode = str(path.stat().st_ino)
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) >= 6 and words[3] == "WRITE" and words[5].rpartition(":")[2] == inode:
                found.append(int(words[4]))
    return sorted(set(found) - {os.getpid(), -1})
