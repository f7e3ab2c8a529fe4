"""A rotations folder, fake phones, offices on one store, and a served office that only writes down what it is asked."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reception import PAYMENTS, PEOPLE, SETTINGS, Alarms, Line, Phones, Reception

from oncall_rota.control.client import RemoteOffice
from oncall_rota.control.owner import Opened
from oncall_rota.control.server import Server
from oncall_rota.wiring.office import open_office


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Alice is on call for payments, and after her bob is paged."""
    made = tmp_path / "rotations"
    made.mkdir()
    (made / "oncall.yaml").write_text(SETTINGS)
    (made / "people.yaml").write_text(PEOPLE)
    (made / "payments.yaml").write_text(PAYMENTS)
    return made


@pytest.fixture
def phones() -> Phones:
    """What everybody's phone got."""
    return Phones()


@pytest.fixture
def alarms() -> Alarms:
    """What whoever runs an owner was told."""
    return Alarms()


@pytest.fixture
def opens(
    tmp_path: Path, folder: Path, phones: Phones, alarms: Alarms
) -> Callable[..., AbstractContextManager[Opened]]:
    """Open the store as a command does; `as_` is what the command is called."""

    def opened(as_: str = "oncall page", **more: Any) -> AbstractContextManager[Opened]:
        options = {"drive": "own", "notifier": phones, "patience": 0.0, "rotations": lambda: folder, **more}
        where, rotations = options.pop("where", str(tmp_path / "oncall.db")), options.pop("rotations")
        return open_office(where, rotations, alarms, name=as_, **options)

    return opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a server listens."""
    return tmp_path / "oncall.db.sock"


@pytest.fixture
def reception() -> Reception:
    """An office that writes down what it is asked."""
    return Reception()


@pytest.fixture
def served(path: Path, reception: Reception) -> Iterator[Server]:
    """It is served at `path`."""
    with Server(path, reception, reception.drive, name="oncall serve", drives="all").start() as server:
        yield server


@pytest.fixture
def remote(served: Server) -> Iterator[RemoteOffice]:
    """It is reached from elsewhere."""
    with RemoteOffice(served.path) as made:
        yield made


@pytest.fixture
def dialled(served: Server) -> Iterator[Callable[[], Line]]:
    """Bare connections to it."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Line(served.path))


@pytest.fixture(autouse=True)
def _no_thread_fails(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server never has an exception, in no thread of it."""
    failures: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    yield
    assert not failures
