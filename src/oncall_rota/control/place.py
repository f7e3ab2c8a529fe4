"""Where the socket of a store is, and how a path that is too long for one is used all the same."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oncall_rota.errors import OncallError

LONGEST = 107  # bytes of a socket's path on Linux; on others it is a little less
LONGEST_NAME = 80  # bytes: with `/proc/self/fd/…/` in front of it still short enough
DESCRIPTORS = Path("/proc/self/fd")


def socket_path(store: Path) -> Path:
    """The socket of a store: beside the file that its name leads to, as its lock is."""
    target = store.resolve()
    name = f"{target.name}.sock"
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f"{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.sock"
    return target.with_name(name)


@contextmanager
def short(path: Path) -> Iterator[str]:
    """A name of the same place that `bind` and `connect` take, as long as this lasts. Raises `OSError`, `OncallError`.

    Neither takes more than 107 bytes, so a longer one is reached by way of its folder, opened.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    if not DESCRIPTORS.is_dir() or not hasattr(socket, "AF_UNIX"):
        raise OncallError(
            f"the path of the socket {path} is longer than this system allows", "keep the store in a shorter path"
        )
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"{DESCRIPTORS}/{folder}/{path.name}"
    finally:
        os.close(folder)
