"""Servers on loopback: the real doors of a night behind a socket, and servers that are no servers of ours."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from night_house import House


class Seen(NamedTuple):
    """One request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """A server with one answer to everything, until `answers` says otherwise: status, headers and body."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: Callable[[Seen], tuple[int, Mapping[str, str], bytes]] = lambda _: (500, {}, b"")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, self.rfile.read(length))
                outer.seen.append(seen)
                status, told, body = outer.answers(seen)
                self.send_response(status)
                for name, value in told.items():
                    if name.lower() not in ("content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the library's name
            do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def says(self, status: int, told: Any = None, **headers: str) -> None:
        """From now on it answers this."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.answers = lambda _: (status, headers, body)

    def close(self) -> None:
        """It ends."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class NightServer(Loopback):
    """The real doors of a night. `then`: what happens before the n-th look at a story is answered."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.then: dict[int, Callable[[], object]] = {}
        self.looks = 0
        self._one = threading.Lock()
        self.answers = self.asked
        self.token, _ = house.token("responder", label="laptop", person="alice")

    def asked(self, seen: Seen) -> tuple[int, Mapping[str, str], bytes]:
        """What the doors answer."""
        with self._one:
            if seen.method == "GET" and seen.path.startswith("/v1/incidents/"):
                self.looks += 1
                self.then.pop(self.looks, lambda: None)()
            found = self.house.asks(seen.method, seen.path, seen.headers, seen.body)
            return found.status, found.headers, found.body


class Silent:
    """Takes connections, and never says a word. `taken`: what came, until the other side gave up."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.taken: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                came = b""
                while data := connection.recv(65536):
                    came += data
                self.taken.append(came)

    def close(self) -> None:
        """It ends, when whoever asked has hung up."""
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self._thread.join()


def nobody() -> str:
    """The address of a server that does not run."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
