"""A folder with two teams, and ways to call `oncall`: in this process, by a pipe, on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from oncall_rota.cli.main import application

PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101"}
bob: {name: Bob Brown, email: bob@example.com}
carol: {name: Carol Chen, email: carol@example.com}
dave: {name: "Dave Díaz", email: dave@example.com}
"""
PAYMENTS = """\
# Payments: a week each.
team: payments
timezone: Europe/London
schedules:
  primary:
    people: [alice, bob, carol, dave]
    every: week
    handoff: monday 09:00
    starting: 2026-01-05          # alice's first Monday
  secondary:
    follows: primary
    offset: 1
overrides:
  - {who: carol, from: 2026-06-03 09:00, until: 2026-06-04 09:00, reason: wedding}   # said at lunch
  - {who: nobody, from: 2026-12-25, through: 2026-12-26, reason: closed}
services:
  card-api:
    runbook: https://runbooks.example.com/card-api
"""
WEB = """\
team: web
timezone: America/New_York
schedules:
  day:
    must_cover: mon-fri 09:00-17:00
    layers:
      - name: office
        when: mon-thu 09:00-17:00
        people: [[alice, bob], [carol, dave]]
        every: day
        handoff: 09:00
        starting: 2026-01-05
"""


class Said(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Oncall = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rotations folder of two teams; the current folder is its parent."""
    made = tmp_path / "rotations"
    made.mkdir()
    (made / "people.yaml").write_text(PEOPLE)
    (made / "payments.yaml").write_text(PAYMENTS)
    (made / "web.yaml").write_text(WEB)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def oncall(folder: Path) -> Oncall:
    """Call `oncall` in this process; its output is no terminal."""

    def call(*arguments: str, stdin: bytes | None = None) -> Said:
        found = CliRunner().invoke(application(), [*arguments], input=stdin, prog_name="oncall")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Said(found.exit_code, found.stdout, found.stderr)

    return call


@pytest.fixture
def piped(folder: Path) -> Oncall:
    """Call `oncall` as a process of its own, by pipes."""

    def call(*arguments: str, env: dict[str, str] | None = None) -> Said:
        found = subprocess.run(
            [sys.executable, "-m", "oncall_rota", *arguments],
            capture_output=True,
            env={**os.environ, **(env or {})},
            check=False,
        )
        return Said(found.returncode, found.stdout.decode(), found.stderr.decode())

    return call


@pytest.fixture
def on_terminal(folder: Path) -> Oncall:
    """Call `oncall` on a terminal of some width; what it says comes out mixed, as a person sees it."""

    def call(*arguments: str, width: int = 80, env: dict[str, str] | None = None) -> Said:
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        settings = {**os.environ, **(env or {})}
        settings.pop("COLUMNS", None)
        process = subprocess.Popen(
            [sys.executable, "-m", "oncall_rota", *arguments],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=settings,
        )
        os.close(follower)
        seen = b""
        while True:
            try:
                data = os.read(leader, 65536)
            except OSError:  # Linux's way to say that nobody holds the other end any more
                break
            if not data:
                break
            seen += data
        os.close(leader)
        return Said(process.wait(), seen.decode().replace("\r\n", "\n"), "")

    return call
