"""Commands and servers on one PostgreSQL: each has an office of its own, and there is no socket."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contract" / "store"))

from reception import PATIENCE, Phones
from store_server import serving

from oncall_rota.control.owner import Opened
from oncall_rota.paging.incident import Acknowledged
from oncall_rota.paging.signal import Signal
from oncall_rota.store import migrate, open_store

pytestmark = pytest.mark.real
Opens = Callable[..., AbstractContextManager[Opened]]


@pytest.fixture(scope="module")
def where() -> Iterator[str]:
    """A store on a server of these tests' own."""
    with serving() as running:
        made = running.database()
        migrate(made)
        yield made


def test_each_command_has_an_office_of_its_own(opens: Opens, where: str, phones: Phones) -> None:
    """What one raises the other acknowledges, and neither drives what the other raised."""
    with opens(where=where) as first, opens("oncall ack", where=where, drive="nothing") as second:
        assert (first.remote, second.remote) == (False, False)
        accepted = first.office.signal(Signal("cli", "disk", "disk full", team="payments"))
        _, page = phones.next()
        assert first.crew is not None
        assert second.crew is not None
        assert (first.crew.pager.only, second.crew.pager.only) == ({accepted.incident_id}, set())
        assert first.crew.settle(PATIENCE)
        (row,) = second.office.meant(page.code)
        acted = second.office.act(row.id, Acknowledged("bob"), "bob")
        assert acted.incident is not None
        assert acted.incident.acknowledged_by == "bob"


def test_a_commands_checkout_is_nothing_for_servers_to_follow(opens: Opens, where: str) -> None:
    """Somebody pages from an old one; only a pager publishes."""
    with opens(where=where) as command:
        command.office.signal(Signal("cli", "other", "disk full", team="payments"))
    with open_store(where) as store:
        assert store.digests() == {}
    with opens(where=where, drive="all"), open_store(where) as store:
        assert "payments" in store.digests()
