"""The command line and a real server: asked, acted on, frozen in the middle of a page, and ended.

All of them are processes. The figures are on standard output (`pytest -rP`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pager_nursery import until
from server_process import Serving

pytestmark = pytest.mark.real

SETTINGS = """\
notifiers:
  relay: {type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: relay]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: relay]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 5m}, {notify: bob, wait: 5m}]
"""


class Place:
    """A folder, a server on it, and a command line that asks it as alice."""

    def __init__(self, root: Path) -> None:
        self.root, self.rotations, self.store = root, root / "rotations", str(root / "oncall.db")
        self.rotations.mkdir()
        for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
            (self.rotations / f"{name}.yaml").write_text(text.replace("SENT", str(root / "sent")))
        os.environ["ONCALL_ALLOW_EXEC"] = "1"
        made = self.says("token", "create", "responder", "laptop", "--person", "alice", "--store", self.store)
        assert made.returncode == 0, made.stderr
        self.token = made.stdout.strip()
        self.server = Serving(self.rotations, self.store, root / "log")
        self.server._env["ONCALL_ALLOW_EXEC"] = "1"
        self.server.begin()

    def says(self, *arguments: str, server: bool = False) -> subprocess.CompletedProcess[str]:
        """Run `oncall`."""
        more = {"ONCALL_SERVER": f"127.0.0.1:{self.server.port}", "ONCALL_TOKEN": self.token} if server else {}
        return subprocess.run(
            [sys.executable, "-m", "oncall_rota", *arguments],
            capture_output=True, text=True, check=False, cwd=self.root, env={**os.environ, **more}, timeout=120,
        )  # fmt: skip

    def asks(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `oncall` with the server."""
        return self.says(*arguments, server=True)

    def incidents(self) -> list[dict[str, Any]]:
        """What the server says is open."""
        said = self.asks("incident", "list", "--json")
        assert said.returncode == 0, said.stderr
        found: list[dict[str, Any]] = json.loads(said.stdout)["incidents"]
        return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """alice is on call."""
    made = Place(tmp_path)
    yield made
    made.server.send(signal.SIGCONT)
    made.server.kill()


def test_a_page_by_the_server_from_its_first_word_to_its_end(place: Place) -> None:
    """Paged, shown, acknowledged by its code, asked who is on call; each by another process."""
    paged = place.asks("page", "payments", "the shop is down", "--no-wait", "--json")
    assert paged.returncode == 0, paged.stderr
    incident = json.loads(paged.stdout)["incident"]["id"]
    story = json.loads(place.asks("incident", "show", incident, "--json").stdout)
    code = next(page["code"] for page in story["pages"] if page["person"] == "alice")
    taken = place.asks("ack", code)
    assert (taken.returncode, taken.stdout.split("\t")[:2]) == (0, [incident, "acknowledged"])
    assert place.asks("resolve").returncode == 0
    assert place.incidents() == []
    who = json.loads(place.asks("who", "payments", "--json").stdout)
    here = json.loads(place.says("who", "payments", "--json").stdout)
    assert who["source"] == "server"
    assert who["results"] == here["results"]


def test_with_a_frozen_server_a_page_goes_directly_and_its_key_joins_it_later(place: Place) -> None:
    """Whether the server finds what was asked of it when it goes on, or not: there is one incident in the end."""
    place.server.send(signal.SIGSTOP)
    begun = time.monotonic()
    said = place.asks("page", "payments", "the shop is down", "--dedup-key", "k")
    took = time.monotonic() - begun
    assert said.returncode == 7, said.stderr
    assert "it is paged --direct, without a server" in said.stderr
    assert (place.root / "sent").read_text().count("the shop is down") == 1
    print(f"a page with a frozen server went directly and was told of after {took:.1f} s")  # noqa: T201 - a figure
    assert 5.0 <= took < 15.0
    place.server.send(signal.SIGCONT)
    assert until(place.server.answers)
    again = place.asks("page", "payments", "the shop is down", "--dedup-key", "k", "--no-wait")
    assert again.returncode == 0, again.stderr
    assert [(each["id"], each["key"]) for each in place.incidents()] == [(again.stdout.split("\t")[0], "k")]


def test_who_is_on_call_is_told_within_two_seconds_though_the_server_is_frozen(place: Place) -> None:
    """By the checkout."""
    place.server.send(signal.SIGSTOP)
    begun = time.monotonic()
    said = place.asks("who", "payments", "--json")
    took = time.monotonic() - begun
    found = json.loads(said.stdout)
    assert (said.returncode, found["source"], found["results"][0]["on_call"][0]["id"]) == (0, "checkout", "alice")
    assert "as of" in said.stderr
    print(f"who with a frozen server took {took:.1f} s")  # noqa: T201 - a figure
    assert 2.0 <= took < 6.0
