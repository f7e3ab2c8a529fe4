"""Live overrides, kept."""

from __future__ import annotations

import pytest
from store_places import NIGHT, SECOND, Place

from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.paging.ports.store import Store, Unstorable


def override(name: str = "o1", **more: object) -> LiveOverride:
    """Carol takes two hours of payments."""
    made = LiveOverride(name, "payments", '{"who": "carol", "from": "2026-11-21 03:00"}', "carol", NIGHT)
    return made._replace(**more)  # type: ignore[arg-type]


def test_live_overrides_stand_in_order_of_creation(store: Store) -> None:
    """Since the later one of two that overlap decides."""
    second, first = override("o1", created_at=NIGHT + SECOND), override("o2", team="search")
    store.add_override(second)
    store.add_override(first)
    assert store.overrides() == (first, second)


def test_one_that_has_ended_stands_no_more_and_is_kept(store: Store) -> None:
    """With who ended it, when and why; the first ending counts."""
    store.add_override(override())
    assert store.end_override("o1", NIGHT + SECOND, "dave", "cancelled")
    assert not store.end_override("o1", NIGHT + SECOND * 2, "oncall", "folded")
    assert not store.end_override("none", NIGHT, "dave", "cancelled")
    assert store.overrides() == ()
    ended = override(ended_at=NIGHT + SECOND, ended_by="dave", ended_why="cancelled")
    assert store.override("o1") == ended
    assert store.override("none") is None


def test_an_id_is_never_used_again(store: Store) -> None:
    """Not even that of one that has ended: a file may name it."""
    store.add_override(override())
    store.end_override("o1", NIGHT, "dave", "cancelled")
    with pytest.raises(Unstorable):
        store.add_override(override())


def test_one_that_ended_long_ago_is_forgotten(store: Store) -> None:
    """With all else of that time; one that stands is kept, however old."""
    store.add_override(override())
    store.add_override(override("o2"))
    store.end_override("o1", NIGHT, "dave", "cancelled")
    store.prune(NIGHT)
    assert store.override("o1") is not None
    store.prune(NIGHT + SECOND)
    assert store.override("o1") is None
    assert store.overrides() == (override("o2"),)


def test_every_server_sees_them(place: Place) -> None:
    """As soon as one has kept it."""
    place.open().add_override(override())
    assert place.open("beside").overrides() == (override(),)
