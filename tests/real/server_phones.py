"""Where the pages of `server_process` go: a webhook on loopback that keeps every message and when it came."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self


class Rung(NamedTuple):
    """One page as it arrived. `at`: seconds of `time.monotonic`; `link`: the path behind the server's address."""

    page_id: str
    to: str
    link: str
    at: float

    @property
    def incident_id(self) -> str:
        """Whose id the page's begins with."""
        return self.page_id.partition("-")[0]


class Phones:
    """`takes`: seconds before each answer; `url`: where it listens."""

    def __init__(self, takes: float = 0.0) -> None:
        self.takes = takes
        self._arrived = threading.Condition()
        self._rung: defaultdict[str, list[Rung]] = defaultdict(list)  # by incident

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.socket.listen(128)
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign] # whoever was killed hung up
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def note(self, rung: Rung) -> None:
        """One has arrived."""
        with self._arrived:
            self._rung[rung.incident_id].append(rung)
            self._arrived.notify_all()

    def of(self, incident_id: str, to: str | None = None) -> tuple[Rung, ...]:
        """What arrived for an incident, in order; of one person."""
        with self._arrived:
            return self._now(incident_id, to)

    def wait(self, incident_id: str, patience: float, to: str | None = None) -> Rung | None:
        """The first page of an incident; None when it does not come."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._now(incident_id, to), patience)
            found = self._now(incident_id, to)
            return found[0] if found else None

    def _now(self, incident_id: str, to: str | None) -> tuple[Rung, ...]:
        return tuple([rung for rung in self._rung.get(incident_id, ()) if to in (None, rung.to)])


def _handler(phones: Phones) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing on the terminal of the tests."""

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            data = self.rfile.read(length)
            if len(data) < length:
                return  # half of a page: its sender died
            said = json.loads(data)
            if said["kind"] == "page":
                link = (said["ack_url"] or "").partition("/a/")[2]
                phones.note(Rung(said["page_id"], said["to"], f"/a/{link}", time.monotonic()))
            if phones.takes:
                time.sleep(phones.takes)
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

    return Handler
