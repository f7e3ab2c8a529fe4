"""The owner's end of the socket: an `Office` for whoever is allowed to connect, each client in a thread of its own.

A client that is slow, silent or sends nonsense holds up its own thread, for so long and no longer.
"""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Set
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oncall_rota.control.line import Lines
from oncall_rota.control.peer import served_users, user_of
from oncall_rota.control.place import short
from oncall_rota.control.wire import (
    DRIVE,
    PROTOCOL,
    REQUEST_MOST,
    Greeting,
    answer_line,
    error_line,
    greeting_line,
    request_of,
)
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.paging.office import Office

PATIENCE = 5.0  # seconds for a line that has begun, and for an answer to be taken
MOST = 128  # clients at a time; then whoever has been silent for longest has to connect again
FULL = 0.1  # seconds before the next try when the process may open no more files
ENDING = 5.0  # seconds for the requests in hand when the server closes


class Server:
    """Serves `office` on the socket at `path` from `start` until `close`. Whoever makes it has the store's lock.

    `drive`: has an incident driven that was raised elsewhere. `name`, `drives`: what clients are told of this process.
    `users`: who is served.
    """

    def __init__(
        self,
        path: Path,
        office: Office,
        drive: Callable[[str], None] = lambda _: None,
        *,
        name: str = "",
        drives: str = "own",
        users: Set[int] | None = None,
    ) -> None:
        self.path = path
        self._office = office
        self._drive = drive
        self._greeting = greeting_line(Greeting(PROTOCOL, os.getpid(), name, drives))
        self._users = served_users() if users is None else users
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._wake, self._waker = socket.socketpair()
        self._identity: tuple[int, int] | None = None
        self._clients: dict[_Client, None] = {}
        self._changing = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="oncall-control", daemon=True)

    def start(self) -> Self:
        """Begin to listen. A socket that is there is a dead owner's, as this process has the store's lock.

        Raises `OncallError` when this system or file system has no socket there.
        """
        try:
            with suppress(FileNotFoundError):
                self.path.unlink()
            with short(self.path) as name:
                # Nobody can connect before `listen`, and then only its owner may: unlike a umask, this does not change
                # the files that other threads make meanwhile.
                self._listener.bind(name)
                os.chmod(name, 0o600)
                found = os.stat(name)
            self._identity = found.st_dev, found.st_ino
            self._listener.listen(MOST)
        except (OSError, OncallError) as error:
            self.close()
            if isinstance(error, OncallError):
                raise
            raise OncallError(f"cannot listen on {self.path}: {error.strerror or error}") from error
        self._listener.setblocking(False)
        self._thread.start()
        return self

    def close(self) -> None:
        """Answer what was asked for, at most some seconds, and hang up. The socket is gone then."""
        with suppress(OSError):
            self._waker.send(b"\0")
        if self._thread.is_alive():
            self._thread.join(ENDING)
        self._remove()
        self._listener.close()
        with self._changing:
            clients = list(self._clients)
        until = time.monotonic() + ENDING
        for each in clients:
            each.hang_up()
        for each in clients:
            each.thread.join(max(until - time.monotonic(), 0.0))
            each.cut()
        self._wake.close()
        self._waker.close()

    def _remove(self) -> None:
        """Take the socket away, but not another owner's, who came because somebody deleted the lock file."""
        with suppress(OSError):
            found = self.path.lstat()
            if (found.st_dev, found.st_ino) == self._identity:
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the listening thread

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            ending = selector.register(self._wake, selectors.EVENT_READ)
            while True:
                if any(key is ending for key, _ in selector.select()):
                    return
                try:
                    connection, _ = self._listener.accept()
                except BlockingIOError:
                    continue
                except OSError:  # no more files, or the client has left already
                    self._wake.settimeout(FULL)
                    with suppress(TimeoutError):
                        self._wake.recv(1)
                        return
                    continue
                self._admit(connection)

    def _admit(self, connection: socket.socket) -> None:
        client = _Client(connection, self._serve)
        with self._changing:
            if len(self._clients) >= MOST:
                idle = [each for each in self._clients if each.idle_since is not None]
                if not idle:
                    client.cut()
                    return
                min(idle, key=lambda each: each.idle_since or 0.0).hang_up()
            self._clients[client] = None
        try:
            client.thread.start()
        except RuntimeError:  # no more threads
            self._forget(client)

    def _forget(self, client: _Client) -> None:
        with self._changing:
            self._clients.pop(client, None)
        client.cut()

    # -- a client's thread

    def _serve(self, client: _Client) -> None:
        try:
            with suppress(OSError):
                self._talk(client)
        finally:
            self._forget(client)

    def _talk(self, client: _Client) -> None:
        lines = Lines(client.connection)
        user = user_of(client.connection)
        if user is not None and user not in self._users:
            refused = UsageError(f"the owner of this store does not serve user {user}", "run it as the owner's user")
            lines.send(error_line(None, refused), PATIENCE)
            return
        answer = self._greeting
        while True:
            # Before it is sent: whoever has an answer may be hung up on, and reads it all the same.
            client.idle_since = time.monotonic()
            lines.send(answer, PATIENCE)
            try:
                line = lines.receive(REQUEST_MOST, PATIENCE, idle=None)
            except ValueError as error:
                lines.send(error_line(None, UsageError(str(error))), PATIENCE)
                return  # where the next line would begin is anybody's guess
            client.idle_since = None
            if line is None:
                return
            answer = self._answer(line)

    def _answer(self, line: bytes) -> bytes:
        try:
            request = request_of(line)
        except ValueError as error:
            return error_line(None, UsageError(f"this request has no meaning: {error}"))
        try:
            method: Callable[..., Any] = self._drive if request.name == DRIVE else getattr(self._office, request.name)
            return answer_line(request.number, method(**request.arguments))
        except Exception as error:  # noqa: BLE001 - told to the client; the server goes on
            return error_line(request.number, error)


class _Client:
    """One connection. `idle_since`: seconds of the monotonic clock since when it asks for nothing; None: it does."""

    def __init__(self, connection: socket.socket, serve: Callable[[_Client], None]) -> None:
        self.connection = connection
        self.idle_since: float | None = None
        self.thread = threading.Thread(target=serve, args=(self,), name="oncall-client", daemon=True)

    def hang_up(self) -> None:
        """Ask for no more; what was asked for is answered."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)

    def cut(self) -> None:
        """End it, whatever it is doing."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
