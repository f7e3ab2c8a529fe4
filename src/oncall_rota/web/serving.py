"""One server process on one address, until it is told to end or its pager dies."""

from __future__ import annotations

import errno
import gc
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

from oncall_rota.errors import OncallError
from oncall_rota.web.connection import Connection, room

DRAIN = 10  # seconds for requests that are being answered when it ends
IDLE = 30  # seconds for which a connection may say nothing between two requests


class Taken(OncallError):
    """Somebody else listens on the address."""


class Listening:
    """A socket that is bound, so that a busy address is told before anything else begins."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise OncallError(f"server.listen: {address!r} is no address", "write it as 127.0.0.1:8080")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((host.strip("[]"), int(port)))
            self.socket.listen(1024)
        except OSError as error:
            self.socket.close()
            made = Taken if error.errno == errno.EADDRINUSE else OncallError
            raise made(f"cannot listen on {address}: {error.strerror or error}", "is it in use?") from error

    @property
    def address(self) -> str:
        """Where it listens, with the port that the system chose when it was 0."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def own(self) -> str:
        """Where this machine reaches it, as the beginning of a URL."""
        host, port = self.socket.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        """Let go of the address."""
        self.socket.close()


def serve(application: Any, listening: Listening, died: threading.Event) -> bool:
    """Answer until SIGTERM or SIGINT; False when the pager died.

    It runs in the main thread, which takes the signals; what is being answered is finished first.
    """
    Connection.most = room()
    gc.freeze()  # what was read is looked through no more: a thousand teams are a pause of a tenth of a second
    server = _Server(
        uvicorn.Config(
            application,
            loop="uvloop",
            http=Connection,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=DRAIN,
        )
    )

    def watch() -> None:
        died.wait()
        server.should_exit = True

    threading.Thread(target=watch, name="oncall-watch", daemon=True).start()
    with _signals_heard():
        server.run(sockets=[listening.socket])
    return not died.is_set()


class _Server(uvicorn.Server):
    """Told to end a second time, it waits for no answer any more; what is being sent is finished all the same."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        super().handle_exit(sig, frame)


@contextmanager
def _signals_heard() -> Iterator[None]:
    """uvicorn raises the signal that ended it once more: what is being sent is to be finished first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
