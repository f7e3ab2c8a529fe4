"""Many callers, one commit: what each of them is told is on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from store_group import Group
from store_places import Place, incident, signal

from oncall_rota.paging.ports.row import Committed, Conflict, Unit
from oncall_rota.paging.ports.store import Store, Unstorable

LIMIT = 60  # seconds, for what takes none


def test_what_a_caller_is_told_is_there_for_another_instance(place: Place, store: Store) -> None:
    """Sixteen threads, which share commits."""
    other = place.open("reader")
    with Group(store) as group, ThreadPoolExecutor(16) as pool:

        def client(number: int) -> None:
            for turn in range(10):
                name = f"{number}-{turn}"
                assert isinstance(group.submit(signal(name)).result(LIMIT), Committed)
                assert other.page(f"p{name}") is not None

        list(pool.map(client, range(16)))
    assert len(store.incidents()) == 160


def test_each_caller_gets_its_own_result(store: Store) -> None:
    """One conflicts, one cannot be stored, their neighbours in the same commit are written."""
    units = [signal(1), Unit((incident("i2", key="key-i1"),)), Unit((incident("bad", data="\ud800"),)), signal(3)]
    results = store.commit(units)
    assert isinstance(results[0], Committed)
    assert results[1] == Conflict("i2", open_id="i1")
    assert isinstance(results[2], Unstorable)
    assert isinstance(results[3], Committed)
    with Group(store) as group, pytest.raises(Unstorable):
        group.submit(units[2]).result(LIMIT)
