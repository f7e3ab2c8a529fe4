"""A provider on loopback that talks HTTP as badly as a test says: a list of plays, one a connection."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

GIGABYTE = 1 << 30


class Request(NamedTuple):
    """What came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


class Talk(NamedTuple):
    """One connection. `over` is set when the server ends, so that no play outlives its test."""

    connection: socket.socket
    request: Request
    over: threading.Event


Play = Callable[[Talk], None]


class FakeServer:
    """`plays`: for the next connections, the last one for all that follow. `requests`: what came, in order."""

    def __init__(self, *plays: Play) -> None:
        self.plays = list(plays)
        self.requests: list[Request] = []
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        for connection in self._open:
            connection.close()

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if (request := _read(connection)) is None:
                return
            self.requests.append(request)
            play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
            play(Talk(connection, request, self._over))


def _read(connection: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Request(method, target, headers, body)


def answer(status: int, body: bytes | str | dict[str, Any] = b"", **headers: str) -> Play:
    """A whole answer; `retry_after="7"` is the header Retry-After."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body

    def play(talk: Talk) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        talk.connection.sendall("\r\n".join([*lines, "", ""]).encode() + data)

    return play


def raw(data: bytes) -> Play:
    """Bytes that need not be HTTP; then the end."""
    return lambda talk: talk.connection.sendall(data)


def no_reply(_: Talk) -> None:
    """The request was taken, the connection closed, and no word said."""


def reset(talk: Talk) -> None:
    """The connection is broken off with an RST."""
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silence(talk: Talk) -> None:
    """Nothing, for as long as the other side has patience."""
    talk.over.wait(30)


def dripping(data: bytes, head: bytes = b"") -> Play:
    """`head` at once; then one byte at a time, always soon enough for a timeout that starts anew with each."""

    def play(talk: Talk) -> None:
        talk.connection.sendall(head)
        for byte in data:
            talk.connection.sendall(bytes([byte]))
            if talk.over.wait(0.02):
                return

    return play


def endless(head: bytes, block: bytes, total: int = GIGABYTE) -> Play:
    """`head`, and then `block` again and again, for as long as anyone reads."""

    def play(talk: Talk) -> None:
        talk.connection.sendall(head)
        for _ in range(total // len(block)):
            if talk.over.is_set():
                return
            talk.connection.sendall(block)

    return play


DRIPPED_HEAD = dripping(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: yes\r\n" * 1000)
HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n"
FLOOD = endless(HEAD % 200, b"X-Flood: " + b"x" * 60000 + b"\r\n")
MANY_HEADERS = endless(HEAD % 200, b"X: y\r\n" * 1000)


def dripped_body(status: int) -> Play:
    """The status at once, the body never whole."""
    return dripping(b"x" * 5000, HEAD % status + b"Content-Length: 5000\r\n\r\n")


def huge(status: int) -> Play:
    """A body of a gigabyte."""
    return endless(HEAD % status + b"Content-Length: %d\r\n\r\n" % GIGABYTE, b'{"a": "' + b"x" * 65529)


def bomb(status: int) -> Play:
    """A gigabyte, packed into one megabyte."""
    return lambda talk: _bomb(talk, status)


def _bomb(talk: Talk, status: int) -> None:
    data = _packed()
    talk.connection.sendall(HEAD % status + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data))
    talk.connection.sendall(data)


_kept: list[bytes] = []


def _packed() -> bytes:
    if not _kept:
        _kept.append(gzip.compress(b"\0" * (64 << 20)))
    return _kept[0]


@contextlib.contextmanager
def nobody() -> Iterator[int]:
    """A port on which nobody listens, and nobody else starts to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
