"""A team on a fake clock with fake phones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_phones import Field


@pytest.fixture
def field() -> Iterator[Field]:
    """Alice, then bob, are on call for payments by the week; a story that leaves a page unread fails."""
    made = Field()
    yield made
    made.expects_nothing()
