"""A server that follows a folder of rotations, a clock to turn, and phones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "paging"))
sys.path.insert(0, str(Path(__file__).parents[1] / "pager"))
sys.path.insert(0, str(Path(__file__).parent))

from weeks import Weeks


@pytest.fixture
def weeks(tmp_path: Path) -> Iterator[Weeks]:
    """Wednesday 2026-06-17 12:00 UTC; alice has the week, then bob, then carol; handoffs on Mondays, 09:00 London."""
    made = Weeks(tmp_path)
    yield made
    made.close()
