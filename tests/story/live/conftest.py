"""A server of a folder, people who cover for each other, and a checkout of the same repository."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
for folder in ("story/pager", "story/paging", "unit/intake", "unit/web", "unit/remote", "story/live"):
    sys.path.insert(0, str(TESTS / folder))

from covered import Covered  # noqa: E402 - it is found by what is said above


@pytest.fixture
def covered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Covered]:
    """Wednesday noon; alice is on call for payments, and `oncall` asks the server with carol's token."""
    made = Covered(tmp_path)
    made.signs_in(monkeypatch, "carol")
    yield made
    made.close()
