"""`oncall pager run`, `oncall page` and `oncall ack` as three processes on one store; and one of them is killed.

The phones are a command that writes down what it was given. Nothing is installed for it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

SETTINGS = """\
notifiers:
  sms: {type: exec, to: phone, command: [/usr/bin/tee, -a, SENT]}
last_resort: {every: 5m, targets: [carol]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
carol: {name: Carol Chen, phone: "+447700900103", notify: [0m: sms]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 5s}, {notify: bob, wait: 5m}]
"""
Begin = Callable[..., "Process"]


class Process:
    """One `oncall …`, which runs until it ends or is killed."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "oncall_rota", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []

    def says(self, text: str) -> str:
        """Wait until it says that; the whole line."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without {text!r}: {''.join(self.said)}")

    def kill(self) -> None:
        """`kill -9`, and nobody reads what it said last."""
        self._process.kill()
        with self._process:
            pass

    def is_told_to_end(self) -> None:
        """SIGTERM, as from whatever runs it."""
        self._process.terminate()

    def ends(self) -> tuple[int, str]:
        """Its exit code and what it printed."""
        out, err = self._process.communicate(timeout=60)
        self.said.append(err)
        return self._process.returncode, out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """payments: alice, after five seconds bob, then carol."""
    rotations = tmp_path / "rotations"
    rotations.mkdir()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (rotations / f"{name}.yaml").write_text(text.replace("SENT", str(tmp_path / "sent")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCALL_STORE", str(tmp_path / "oncall.db"))
    monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """Begin a process; whatever still runs is killed at the end."""
    begun: list[Process] = []

    def beginning(*arguments: str) -> Process:
        begun.append(Process(*arguments))
        return begun[-1]

    yield beginning
    for each in begun:
        each.kill()


def codes(folder: Path) -> list[str]:
    """The codes of all pages that were sent, in order; notices left out."""
    sent = (folder / "sent").read_text()
    return re.findall(r"^Acknowledge: oncall ack ([0-9a-f]+)$", sent, re.MULTILINE)


def test_a_pager_a_page_and_an_acknowledgement_are_three_processes(folder: Path, begin: Begin) -> None:
    """The pager drives; whoever pages follows; whoever was paged types the code."""
    pager = begin("pager", "run")
    pager.says("open incidents")
    page = begin("page", "payments", "the shop is down")
    page.says("oncall pager run (process")
    page.says("sms to Alice Adams: sent")
    page.says("sms to Bob Brown: sent")
    (_, code) = codes(folder)
    began = time.monotonic()
    assert begin("ack", code).ends()[0] == 0
    assert time.monotonic() - began < 5  # a person waits for it
    status, out = page.ends()
    assert (status, out.split("\t")[1:]) == (0, ["acknowledged", "bob\n"])


def test_when_the_pager_is_killed_the_page_that_follows_goes_on_with_its_incident(folder: Path, begin: Begin) -> None:
    """alice was paged by the pager; bob is by the page itself, once, and his acknowledgement reaches it."""
    pager = begin("pager", "run")
    pager.says("open incidents")
    page = begin("page", "payments", "the shop is down")
    page.says("sms to Alice Adams: sent")
    pager.kill()
    page.says("whoever had the store has ended; this command goes on with it")
    page.says("sms to Bob Brown: sent")
    alices, bobs = codes(folder)
    assert alices != bobs
    ack = begin("ack", bobs)
    assert ack.ends()[0] == 0
    status, out = page.ends()
    assert (status, out.split("\t")[1:]) == (0, ["acknowledged", "bob\n"])
    assert len(codes(folder)) == 2


def test_when_one_page_is_killed_another_goes_on_with_its_own_and_a_pager_with_both(folder: Path, begin: Begin) -> None:
    """The first has the store; the second's incident went through it. Neither is lost."""
    first = begin("page", "payments", "one")
    first.says("sms to Alice Adams: sent")
    second = begin("page", "payments", "two")
    second.says("sms to Alice Adams: sent")
    first.kill()
    second.says("whoever had the store has ended; this command goes on with it")
    second.says("sms to Bob Brown: sent")
    sent = (folder / "sent").read_text()
    code = re.findall(r"payments: two\nCode: ([0-9a-f]+)\n", sent)[-1]
    assert begin("ack", code).ends()[0] == 0
    assert second.ends()[0] == 0
    pager = begin("pager", "run")
    pager.says("open incidents: 2")
    listed = begin("incident", "list").ends()[1].splitlines()
    assert [(line.split("\t")[1], line.split("\t")[-1]) for line in listed] == [
        ("acknowledged", "two"),
        ("triggered", "one"),
    ]
    one = listed[1].split("\t")[0]
    assert begin("resolve", one, "--by", "alice").ends()[0] == 0


def test_a_pager_that_is_told_to_end_lets_go_of_the_store_at_once(folder: Path, begin: Begin) -> None:
    """The next one drives what is open."""
    pager = begin("pager", "run")
    pager.says("open incidents")
    assert begin("page", "payments", "the shop is down", "--no-wait").ends()[0] == 0
    pager.is_told_to_end()
    assert pager.ends()[0] == 0
    following = begin("pager", "run")
    following.says("open incidents: 1")
