"""A server with doors, and everything behind them, without a thread or a socket."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "pager"))
sys.path.insert(0, str(Path(__file__).parents[2] / "story" / "paging"))
sys.path.insert(0, str(Path(__file__).parents[1] / "intake"))
sys.path.insert(0, str(Path(__file__).parent))

from night_house import House, NightOfLinks


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
