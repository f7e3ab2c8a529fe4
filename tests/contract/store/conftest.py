"""Every test here that asks for `place` runs on SQLite, and with `-m real` on a real PostgreSQL server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from store_places import Place, PostgresqlPlace, SqlitePlace
from store_server import Server, serving

from oncall_rota.paging.ports.store import Store


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; a missing one is a failure."""
    with serving() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a store is opened, one on each database."""
    made: Place
    if request.param == "sqlite":
        made = SqlitePlace(tmp_path)
    else:
        made = PostgresqlPlace(request.getfixturevalue("server").database())
    yield made
    made.close()


@pytest.fixture
def store(place: Place) -> Store:
    """The first instance."""
    return place.open()
