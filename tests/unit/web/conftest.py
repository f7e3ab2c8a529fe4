"""A server with doors, and everything behind them, without a thread or a socket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "pager"))
sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "paging"))
sys.path.insert(0, str(Path(__file__).parents[1] / "intake"))
sys.path.insert(0, str(Path(__file__).parent))

from declared import door_at, undeclared
from night_house import Answer, House, NightOfLinks


@pytest.fixture(autouse=True)
def _as_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test asks of a door: the answer is one of which `/openapi.json` tells."""
    asks = House.asks

    def checked(self: House, method: str, address: str, *more: Any, **named: Any) -> Answer:
        said = asks(self, method, address, *more, **named)
        door = door_at(self.doors, self._application.routes, method, urlsplit(address).path)
        if door is not None:
            wrong = undeclared(door, method, said.status, said.headers, said.body)
            assert wrong is None, wrong
        return said

    monkeypatch.setattr(House, "asks", checked)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightOfLinks]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = NightOfLinks(tmp_path / "oncall.db")
    yield made
    made.close()


@pytest.fixture
def house(night: NightOfLinks) -> Iterator[House]:
    """The server of that night."""
    made = House(night)
    yield made
    made.close()
