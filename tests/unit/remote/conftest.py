"""A checkout, a server of that night on loopback, and a command line that asks it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "pager"))
sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "paging"))
sys.path.insert(0, str(Path(__file__).parents[1] / "intake"))
sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
sys.path.insert(0, str(Path(__file__).parent))

from night_house import House, NightOfLinks
from there import Loopback, NightServer, Silent

from oncall_rota.cli.main import application

SETTINGS = "notifiers:\n  screen: {type: console, to: name}\n"
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: screen]}
bob: {name: Bob Brown, notify: [0m: screen]}
carol: {name: Carol Chen, notify: [0m: screen]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [bob], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 5m}]
"""


class Said(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Oncall = Callable[..., Said]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightOfLinks]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = NightOfLinks(tmp_path / "server.db")
    yield made
    made.close()


@pytest.fixture
def there(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[NightServer]:
    """The server of that night, which `oncall` asks with alice's token."""
    house = House(night)
    made = NightServer(house)
    monkeypatch.setenv("ONCALL_SERVER", made.url)
    monkeypatch.setenv("ONCALL_TOKEN", made.token)
    yield made
    made.close()
    house.close()


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server that is none of ours, which `oncall` asks."""
    made = Loopback()
    monkeypatch.setenv("ONCALL_SERVER", made.url)
    monkeypatch.setenv("ONCALL_TOKEN", "planted-token")
    yield made
    made.close()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    """A server that takes what is said and never answers, which `oncall` asks."""
    made = Silent()
    monkeypatch.setenv("ONCALL_SERVER", made.url)
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout: in it bob is on call, so that whose answer it is can be seen."""
    made = tmp_path / "rotations"
    made.mkdir()
    for name, text in (("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)):
        (made / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def oncall(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Oncall:
    """Call `oncall` in this process, with little patience; its output is no terminal."""
    for name in ("server_office.PATIENCE", "who_server.PATIENCE"):
        monkeypatch.setattr(f"oncall_rota.cli.{name}", 20.0)
    monkeypatch.setattr("oncall_rota.cli.page_follow.POLL", 0.01)

    def call(*arguments: str) -> Said:
        found = CliRunner().invoke(application(), [*arguments], prog_name="oncall")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Said(found.exit_code, found.stdout, found.stderr)

    return call


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch, oncall: Oncall) -> Oncall:
    """The same, which gives a server half a second."""
    for name in ("server_office.PATIENCE", "who_server.PATIENCE"):
        monkeypatch.setattr(f"oncall_rota.cli.{name}", 0.5)
    return oncall
