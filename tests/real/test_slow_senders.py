"""Senders that say little, nothing or too much to a real server: others are answered at once, and memory is bounded."""

from __future__ import annotations

import select
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server_load import JSON, files
from server_process import KEY, Serving

pytestmark = pytest.mark.real

HEAD, BODY, LINGER = 10.0, 20.0, 2.0  # seconds that the server waits
SLOW = 200
SPARE = 5.0  # seconds of a machine that is busy
QUICK = 1.0  # seconds for an answer meanwhile


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    """A server on a file, which may open as many files as systemd lets it."""
    folder = tmp_path / "rotations"
    folder.mkdir()
    for name, text in files("http://127.0.0.1:9").items():
        (folder / name).write_text(text)
    with Serving(folder, str(tmp_path / "oncall.db"), tmp_path / "log", soft=1024).begin() as running:
        yield running


def connected(server: Serving, number: int, said: bytes = b"") -> list[socket.socket]:
    """So many connections, on each of which this was said."""
    made = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(number)]
    for each in made:
        each.sendall(said)
    return made


class Drip:
    """Says one more piece of something on every connection each second, until the server has cut all of them."""

    def __init__(self, connections: Sequence[socket.socket], piece: bytes) -> None:
        self._open = {each.fileno(): each for each in connections}
        self._piece = piece
        self.said: set[bytes] = set()  # what the server said first
        self.lasted: list[float] = []  # seconds, of each

    def run(self, patience: float) -> None:
        """Until then."""
        began = spoke = time.monotonic()
        poll = select.poll()
        for handle in self._open:
            poll.register(handle, select.POLLIN)
        while self._open and time.monotonic() < began + patience:
            for handle, _ in poll.poll(200):
                self._hear(handle, poll, time.monotonic() - began)
            if self._piece and time.monotonic() - spoke >= 1:
                spoke = time.monotonic()
                for handle, each in list(self._open.items()):
                    try:
                        each.send(self._piece)
                    except OSError:
                        self._hear(handle, poll, time.monotonic() - began)
        for each in self._open.values():
            each.close()

    def _hear(self, handle: int, poll: select.poll, at: float) -> None:
        each = self._open[handle]
        try:
            told = each.recv(65536)
        except OSError:
            told = b""
        if told:
            self.said |= {told[:12]} if told.startswith(b"HTTP/") else set()
            return
        poll.unregister(handle)
        del self._open[handle]
        each.close()
        self.lasted.append(at)


def answered(server: Serving, over: threading.Event) -> list[float]:
    """How long others waited for an answer meanwhile, seconds."""
    waits = []
    while not over.wait(0.05):
        began = time.monotonic()
        body = f'{{"summary": "disk full", "dedup": "k{len(waits)}"}}'
        assert server.asks("POST", "/hooks/monitor", body, JSON).status == 202
        waits.append(time.monotonic() - began)
    return waits


POST = f"POST /hooks/monitor HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n".encode()
SENDERS = {
    "nothing at all": (b"", b"", HEAD, set()),
    "headers without end": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X-More: y\r\n", HEAD, {b"HTTP/1.1 408"}),
    "blank lines": (b"", b"\r\n", HEAD, {b"HTTP/1.1 408"}),
    "a body in drops": (POST + b"Content-Length: 100\r\n\r\n{", b" ", BODY + LINGER, {b"HTTP/1.1 503"}),
    "a body in drops, without a key": (
        b"POST /hooks/monitor HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", b" ", LINGER, {b"HTTP/1.1 401"},
    ),
}  # fmt: skip


def test_slow_senders_are_cut_and_keep_nobody_waiting(server: Serving) -> None:
    """Two hundred of each kind at once; the answer to everybody else comes at once, all the time."""
    drips = {name: Drip(connected(server, SLOW, said), piece) for name, (said, piece, _, _) in SENDERS.items()}
    over = threading.Event()
    waits: list[float] = []
    asking = threading.Thread(target=lambda: waits.extend(answered(server, over)))
    threads = [threading.Thread(target=each.run, args=(BODY + 2 * SPARE,)) for each in drips.values()]
    for thread in (asking, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    asking.join()
    for name, (_, _, patience, said) in SENDERS.items():
        lasted = drips[name].lasted
        sys.stdout.write(f"{name}: {len(lasted)} cut after {max(lasted, default=0):.1f} s\n")
        assert len(lasted) == SLOW, name
        assert max(lasted) < patience + SPARE, name
        assert drips[name].said == said, name
    waits.sort()
    sys.stdout.write(f"{len(waits)} answers meanwhile, at most {waits[-1] * 1e3:.0f} ms\n")
    assert waits[-1] < QUICK
    assert len(waits) > 50
    assert server.memory() < 200


def flood(server: Serving, head: bytes, piece: bytes, most: int) -> tuple[bytes, int]:
    """Say a piece again and again; what came back, and how many bytes went."""
    (sender,) = connected(server, 1, head)
    sender.settimeout(30)
    sent = 0
    with sender:
        try:
            while sent < most:
                sent += sender.send(piece)
        except OSError:
            pass
        try:
            return sender.recv(65536)[:12], sent
        except OSError:
            return b"", sent


def test_too_much_is_refused_within_bounds(server: Serving) -> None:
    """A body of a gigabyte, a header, a chunk's extension and a trailer without end: each is cut, nothing kept."""
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    before = server.memory()
    for name, (head, piece, most) in {
        "a chunked body": (chunked, chunk, 40 << 20),
        "a body of known length": (POST + b"Content-Length: 1073741824\r\n\r\n", b"x" * 65536, 24 << 20),
        "a header": (b"GET / HTTP/1.1\r\nX: ", b"x" * 65536, 8 << 20),
        "an address": (b"GET /", b"x" * 65536, 8 << 20),
        "an extension": (chunked + b"1;x=", b"x" * 65536, 24 << 20),
        "a trailer": (chunked + b"1\r\n{\r\n0\r\nX: ", b"x" * 65536, 24 << 20),
        "trailers": (chunked + b"1\r\n{\r\n0\r\n", b"X: y\r\n" * 10000, 24 << 20),
    }.items():
        said, sent = flood(server, head, piece, 1 << 30)
        sys.stdout.write(f"{name}: {said.decode()!r} after {sent >> 20} MiB\n")
        assert sent < most, name
        assert not said.startswith(b"HTTP/1.1 2"), name
    assert server.answers()
    grown = server.memory("VmHWM") - before
    sys.stdout.write(f"at most {grown:.0f} MiB more than before\n")
    assert grown < 100


def test_idle_connections_cost_little(server: Serving) -> None:
    """A thousand that have asked something once, beside the thousand files that the server may open at first."""
    before = server.memory()
    made = connected(server, 1000, b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    for each in made:
        assert each.recv(65536).startswith(b"HTTP/1.1 200")
    grown = server.memory() - before
    sys.stdout.write(f"{grown:.1f} MiB for {len(made)} connections\n")
    assert server.asks("POST", "/hooks/monitor", '{"summary": "disk full"}', JSON).status == 202
    assert grown < 40
    for each in made:
        each.close()
