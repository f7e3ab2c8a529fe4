"""A thousand teams with ten thousand open incidents in a running server: its memory, and how an edit reaches it."""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "real"))

import folder
from measure import Row
from server_phones import Phones
from server_process import KEY, Serving

TEAMS, INCIDENTS, CLIENTS = 1000, 10_000, 8
EDITS = 10
CALM = 12.0  # seconds
RATE = 100.0  # requests a second while somebody edits
EDITED = "team-0500"
JSON = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
BOARD = {"Authorization": "Bearer " + "b" * 32}
SETTINGS = """\
server: {{public_url: "https://oncall.example.com"}}
notifiers: {{hook: {{type: webhook, to: name, url: "{url}", secret: {{env: TOKEN}}, allow_private: [127.0.0.0/8]}}}}
sources: {{monitor: {{type: generic, keys: [{{env: HOOK_KEY}}]}}}}
access: {{board: [{{env: BOARD_KEY}}]}}
"""


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def asks(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        """One request."""
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def signals(self, number: int) -> None:
        """An incident of one of the teams; raises `AssertionError` unless it is taken."""
        said = {"summary": f"disk full on db-{number}", "dedup": f"k{number}", "team": f"team-{number % TEAMS:04}"}
        status, body = self.asks("POST", "/hooks/monitor", json.dumps(said), JSON)
        assert status == 202, body

    def who(self) -> set[str]:
        """Who is on call in the team that is edited."""
        status, body = self.asks("GET", f"/v1/who/{EDITED}", None, BOARD)
        assert status == 200, body
        return {person["id"] for each in json.loads(body)["results"] for person in each["on_call"]}


def _opened(port: int) -> None:
    """Open all the incidents."""

    def some(first: int) -> None:
        client = Client(port)
        for number in range(first, INCIDENTS, CLIENTS):
            client.signals(number)

    threads = [threading.Thread(target=some, args=(first,)) for first in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Meanwhile:
    """Requests at an even rate by several clients, who is on call and new signals.

    `waits`: seconds of each, of the former and of the latter, which wait for the disk.
    """

    def __init__(self, port: int) -> None:
        self.waits: tuple[list[float], list[float]] = [], []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._some, args=(port, number)) for number in range(CLIENTS)]

    def _some(self, port: int, first: int) -> None:
        client, due, number = Client(port), time.perf_counter() + first / RATE, first
        while not self._over.wait(max(due - time.perf_counter(), 0)):
            began = time.perf_counter()
            if number % 2:
                client.who()
            else:
                client.signals(INCIDENTS + number)
            self.waits[1 - number % 2].append(time.perf_counter() - began)
            number, due = number + CLIENTS, due + CLIENTS / RATE

    def __enter__(self) -> _Meanwhile:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def _taken(rotations: Path, client: Client, number: int) -> float:
    """Put somebody else on call; seconds until the server says so."""
    person = f"person{20 + number:02}"
    path = rotations / f"{EDITED}.yaml"
    text = path.read_text()
    line = f"  - {{add: {person}, from: 2026-01-01, until: 2036-01-01}}\n"
    path.with_suffix(".new").write_text(text.replace("overrides:\n", f"overrides:\n{line}"))
    began = time.perf_counter()
    os.replace(path.with_suffix(".new"), path)
    while person not in client.who():
        assert time.perf_counter() - began < 60
        time.sleep(0.01)
    return time.perf_counter() - began


def rows(root: Path) -> Iterator[Row]:
    """A line each for memory, the new answer and the requests meanwhile."""
    place = root / "large"
    rotations = folder.write(place, TEAMS)
    with Phones() as phones:
        (rotations / "oncall.yaml").write_text(SETTINGS.format(url=phones.url))
        os.environ["BOARD_KEY"] = "b" * 32
        with Serving(rotations, str(place / "oncall.db"), place / "log").begin() as server:
            began = server.memory()
            _opened(server.port)
            memory = server.memory()
            client = Client(server.port)
            with _Meanwhile(server.port) as before:
                time.sleep(CALM)
            with _Meanwhile(server.port) as meanwhile:
                waits = []
                for number in range(EDITS):
                    time.sleep(1.0 + 0.07 * number)  # at any time between two looks
                    waits.append(_taken(rotations, client, number))
                time.sleep(CALM)  # the whole folder is read once more
            last = server.memory()
    name = f"{TEAMS:,} teams"
    text = f"{memory:.0f} MiB ({began:.0f} at first)"
    yield Row(f"memory of a server with {INCIDENTS:,} open incidents", name, text, "300 MiB", memory <= 300)
    yield Row(f"the same after {EDITS} edits", name, f"{last:.0f} MiB", "300 MiB", last <= 300)
    text = f"{max(waits):.2f} s (median {statistics.median(waits):.2f})"
    yield Row("the answer of a team that is edited, over HTTP", name, text, "1 s", max(waits) <= 1)
    for kind, name, most in ((0, "answers of who is on call", 50.0), (1, "signals, which wait for the disk", None)):
        calm, p99 = (statistics.quantiles(each.waits[kind], n=100)[98] * 1e3 for each in (before, meanwhile))
        against, limit = f"{calm:.1f} ms without an edit", "-" if most is None else f"{most:.0f} ms"
        yield Row(f"p99 of {name} meanwhile", against, f"{p99:.1f} ms", limit, most is None or p99 <= most)
