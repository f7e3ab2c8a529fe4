"""Who is at the other end of a socket, as the kernel says."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Set
from pathlib import Path

_CREDENTIALS = struct.Struct("iII")  # process, user, group


def user_of(connection: socket.socket) -> int | None:
    """The number of the user at the other end; None where the system does not tell, and a file's mode has to do."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    _, user, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return int(user)


def served_users() -> Set[int]:
    """Whom an owner serves: its own user and root."""
    return frozenset({os.geteuid(), 0})


def believed_users(path: Path) -> Set[int]:
    """Whom a client takes for the owner of a store: its own user, root, and who may replace the store anyway.

    Raises `OSError` when there is no such folder.
    """
    return frozenset({os.geteuid(), 0, path.parent.stat().st_uid})
