"""One suite for every notifier: `notifier_suite` has the classes, each notifier's class adds its table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_server import FakeServer
from fake_twilio import FakeTwilio


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a class that asks for `case` runs for every row of the class's table."""
    if "case" in metafunc.fixturenames and metafunc.cls is not None:
        table = metafunc.cls.table()
        metafunc.parametrize("case", table.values(), ids=table.keys())


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A provider on loopback that answers what the test says."""
    with FakeServer() as running:
        yield running


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    """A Twilio of our own."""
    with FakeTwilio() as running:
        yield running
