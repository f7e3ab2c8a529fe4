"""Cover that cannot wait, with real processes: one command, two servers on one PostgreSQL, and a fold meanwhile.

It needs PostgreSQL: `tests/real/install-postgresql`. The figures are on standard output (`pytest -rP`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from pager_nursery import until
from server_process import Serving
from store_server import Server, serving

from oncall_rota.store import migrate

pytestmark = pytest.mark.real

SETTINGS = "notifiers: {relay: {type: exec, to: phone, command: [/bin/true]}}\n"
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: relay]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: relay]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice]}
escalation: [{notify: primary, wait: 5m}]
"""
AT_ONCE = 5.0  # seconds from the command's start until every server has it


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with serving() as running:
        yield running


class Pair:
    """Servers on one database, each with a checkout of its own, and bob's command line, which asks the first."""

    def __init__(self, root: Path, database: str, names: tuple[str, ...]) -> None:
        self.database, self.token = database, ""
        os.environ["ONCALL_ALLOW_EXEC"] = "1"
        folders = [root / name / "rotations" for name in names]
        for folder in folders:
            folder.mkdir(parents=True)
            for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
                (folder / f"{name}.yaml").write_text(text)
        self.here = root
        self.servers = [Serving(folder, database, folder.parent / "log") for folder in folders]
        made = self.oncall("token", "create", "responder", "laptop", "--person", "bob", "--store", database)
        assert made.returncode == 0, made.stderr
        self.token = made.stdout.strip()
        for each in self.servers:
            each._env["ONCALL_ALLOW_EXEC"] = "1"
            each.begin()

    def oncall(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, in the first checkout."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("ONCALL_")}
        env |= {"ONCALL_DIR": str(self.servers[0].rotations), "ONCALL_CACHE": str(self.here / "cache")}
        if self.token:
            env |= {"ONCALL_SERVER": f"http://127.0.0.1:{self.servers[0].port}", "ONCALL_TOKEN": self.token}
        command = [sys.executable, "-m", "oncall_rota", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)

    def asks(self, each: Serving, method: str, path: str, **body: Any) -> dict[str, Any]:
        """One of the servers."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        found: dict[str, Any] = json.loads(each.asks(method, path, json.dumps(body) if body else None, headers).body)
        return found

    def on_call(self, each: Serving) -> list[str]:
        """Who is on call for payments."""
        (row,) = self.asks(each, "GET", "/v1/who/payments")["results"]
        return [person["id"] for person in row["on_call"]]

    def everywhere(self, person: str) -> bool:
        """Whether every server says that it is this person."""
        return all(self.on_call(each) == [person] for each in self.servers)

    def paged(self, each: Serving) -> list[str]:
        """Whom a page to the team reaches, through that server."""
        made = self.asks(each, "POST", "/v1/pages", target="team:payments", summary=f"disk full {time.monotonic()}")
        path = f"/v1/incidents/{made['incident']['id']}"
        assert until(lambda: bool(self.asks(each, "GET", path)["pages"]), 10)
        return [page["person"] for page in self.asks(each, "GET", path)["pages"]]

    def ends(self) -> None:
        """All of them."""
        for each in self.servers:
            each.kill()


@pytest.fixture(params=[("a",), ("a", "b")], ids=["sqlite", "two on postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Iterator[Pair]:
    """One server on a file, or two on a database."""
    if len(request.param) == 1:
        database = str(tmp_path / "oncall.db")
    else:
        database = server.database()
        migrate(database)
    made = Pair(tmp_path, database, request.param)
    yield made
    made.ends()


def test_cover_at_once_and_all_through_a_fold(pair: Pair) -> None:
    """Pain 18: one command, under 5 s, for answers and pages of every server; and no moment without it afterwards."""
    assert pair.everywhere("alice")
    began = time.monotonic()
    said = pair.oncall("take", "2h", "payments")
    assert said.returncode == 0, said.stderr
    assert until(lambda: pair.everywhere("bob"), AT_ONCE)
    took = time.monotonic() - began
    assert took < AT_ONCE
    assert [pair.paged(each) for each in pair.servers] == [["bob"]] * len(pair.servers)
    seen: set[tuple[str, ...]] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.update(tuple(pair.on_call(each)) for each in pair.servers)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        folded = pair.oncall("override", "fold")
        assert folded.returncode == 0, folded.stderr
        assert until(lambda: pair.asks(pair.servers[0], "GET", "/v1/overrides")["overrides"] == [], 20)
        time.sleep(2)
    finally:
        over.set()
        watching.join()
    assert seen == {("bob",)}
    path = pair.servers[0].rotations / "payments.overrides.yaml"
    assert "who: bob" in path.read_text()
    path.write_text("[]\n")
    assert until(lambda: pair.everywhere("alice"), 20)
    time.sleep(2)
    assert pair.everywhere("alice")
    print(f"{len(pair.servers)} server(s): a take holds after {took:.2f} s")  # noqa: T201 - a figure
