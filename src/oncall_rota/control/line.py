"""Lines over a socket. Every wait has an end, however slowly the other end speaks or listens."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

CHUNK = 1 << 16


class LineTooLong(ValueError):
    """More bytes than a line may have, and still no end of it."""


class Lines:
    """A connected stream socket; for one thread at a time. Any method may raise `OSError`, `TimeoutError` among it."""

    def __init__(self, connection: socket.socket, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._buffer = bytearray()

    def receive(self, most: int, patience: float, idle: float | None = 0.0) -> bytes | None:
        """The next line; None when the other end has closed between two lines.

        It has `patience` seconds from its first byte, for which `idle` more may pass; None: any time. Raises
        `LineTooLong`, and `ConnectionError` when the other end closes in the middle.
        """
        until = None if idle is None and not self._buffer else self._monotonic() + patience + (idle or 0.0)
        begun, sought = bool(self._buffer), 0
        while True:
            end = self._buffer.find(b"\n", sought)
            if end >= most or (end < 0 and len(self._buffer) >= most):
                raise LineTooLong(f"a line is longer than {most} bytes")
            if end >= 0:
                line = bytes(self._buffer[: end + 1])
                del self._buffer[: end + 1]
                return line
            sought = len(self._buffer)
            self._wait(until)
            found = self._connection.recv(CHUNK)
            if not found:
                if self._buffer:
                    raise ConnectionResetError("closed in the middle of a line")
                return None
            self._buffer += found
            if not begun:
                begun, until = True, self._monotonic() + patience

    def send(self, line: bytes, patience: float) -> None:
        """Send it whole, within so many seconds."""
        self._connection.settimeout(patience)  # of `sendall`, it is the time for all
        self._connection.sendall(line)

    def _wait(self, until: float | None) -> None:
        left = None if until is None else until - self._monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("timed out")
        self._connection.settimeout(left)
