"""A pager on a real store, a clock to turn, and fake providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "paging"))
sys.path.insert(0, str(Path(__file__).parent))

from night import Night


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    """Wednesday 12:00 UTC; alice is on call for payments, then bob."""
    made = Night(tmp_path / "oncall.db")
    yield made
    made.close()
