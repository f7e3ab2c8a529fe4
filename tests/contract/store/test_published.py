"""The numbers of events in feeds: all servers on a store give out the same, and none twice."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from store_places import Place

from oncall_rota.feeds import EveryForm, feed_window
from oncall_rota.feeds.identity import Remembered
from oncall_rota.feeds.published import KEY, Published, memory_of, memory_text
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.schedule.model import Block, Entry, Every, Layer, Override, Rotation, Schedule, Source, Team

HERE = Source("payments.yaml", 1)
NOW = datetime(2026, 6, 17, 12, tzinfo=UTC)
WINDOW = feed_window(NOW)
NAMES = EveryForm({"alice": "Alice Adams", "bob": "Bob Brown", "carol": "Carol Chen"})
MINUTE = timedelta(minutes=1)


def payments(*weeks: int) -> Team:
    """Alice and Bob take turns; Carol stands in in these weeks from the middle of June."""
    order = tuple([Entry((person,), HERE) for person in ("alice", "bob")])
    rotation = Rotation((Block(datetime(2026, 1, 5, 9), order, HERE),), HERE, Every("week", 1))
    first = datetime(2026, 6, 15, 8, tzinfo=UTC)
    starts = [first + timedelta(weeks=week) for week in weeks]
    lines = tuple([Override("who", ("carol",), start, start + timedelta(weeks=1), HERE) for start in starts])
    layer = Layer("primary", "Europe/London", HERE, rotation=rotation)
    made = Schedule("payments", "primary", "Europe/London", HERE, (layer,), overrides=lines)
    return Team("payments", "Europe/London", HERE, {"primary": made})


def numbers(published: Published, team: Team, version: int, at: datetime) -> Mapping[str, Remembered]:
    """What one server gives its events."""
    return published.numbers(team, NAMES, WINDOW, version, at).events


def test_servers_that_begin_at_once_give_the_same_numbers(place: Place) -> None:
    """Whoever comes second takes what the first has written, and writes nothing."""
    servers = [Published(place.open(f"server {number}")) for number in range(4)]
    ready = threading.Barrier(len(servers))

    def begins(number: int) -> Mapping[str, Remembered]:
        ready.wait()
        return numbers(servers[number], payments(), 1, NOW + number * MINUTE)

    with ThreadPoolExecutor(len(servers)) as pool:
        found = list(pool.map(begins, range(len(servers))))
    assert len(found[0]) > 20
    assert all(each == found[0] for each in found)


def test_a_change_is_numbered_once(place: Place, store: Store) -> None:
    """By whoever sees it first, above what was; then by nobody, not even after a start."""
    first, second = Published(store), Published(place.open("other"))
    before = numbers(first, payments(), 1, NOW)
    assert numbers(second, payments(), 1, NOW + MINUTE) == before
    after = numbers(first, payments(2), 2, NOW + 2 * MINUTE)
    kept = store.get(f"{KEY}payments")
    assert numbers(second, payments(2), 2, NOW + 3 * MINUTE) == after
    assert numbers(Published(store), payments(2), 7, NOW + 9 * MINUTE) == after
    assert store.get(f"{KEY}payments") == kept
    changed = [uid for uid in after if before.get(uid) != after[uid]]
    assert 0 < len(changed) < 4
    assert all(after[uid].sequence > before[uid].sequence for uid in changed if uid in before)


def test_servers_that_read_different_folders_only_count_up(place: Place, store: Store) -> None:
    """While one lags behind; once both have read the same, they say the same, above all that either has said."""
    first, second = Published(store), Published(place.open("other"))
    said = [numbers(first, payments(), 1, NOW), numbers(first, payments(2), 2, NOW + MINUTE)]
    said += [numbers(second, payments(), 1, NOW + MINUTE), numbers(first, payments(2), 2, NOW + MINUTE)]
    last = numbers(second, payments(2), 2, NOW + MINUTE)
    assert last == said[-1]
    for before in said:
        for uid, each in last.items():
            old = before.get(uid, each)
            assert each.sequence > old.sequence or each[:3] == old[:3]


def test_what_is_unchanged_is_neither_computed_nor_written(store: Store) -> None:
    """The same object, for one look at the store."""
    published = Published(store)
    found = [published.numbers(payments(), NAMES, WINDOW, 1, NOW + number * MINUTE) for number in range(3)]
    assert found[0] is found[1] is found[2]
    assert memory_of(found[0].text).events == found[0].events
    assert memory_text(memory_of(found[0].text)) == found[0].text


def test_numbers_of_a_store_that_is_gone_are_above_all_others(place: Place) -> None:
    """They are not sure, and the store's own are once it is back."""
    store = place.open()
    published = Published(_Gone(store))
    before = numbers(Published(store), payments(), 1, NOW)
    lost = published.numbers(payments(2), NAMES, WINDOW, 2, NOW + MINUTE)
    assert not lost.sure
    assert published.numbers(payments(2), NAMES, WINDOW, 2, NOW + 2 * MINUTE) is lost
    assert all(each.sequence > before[uid].sequence for uid, each in lost.events.items() if uid in before)
    after = numbers(Published(store), payments(2), 2, NOW + 2 * MINUTE)
    assert memory_of(store.get(f"{KEY}payments")).events == after


class _Gone:
    """A store that neither tells nor takes anything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: str) -> str | None:
        raise StoreFailed("gone", f"no {key}")

    def swap(self, key: str, old: str | None, new: str) -> bool:
        raise StoreFailed("gone", f"no {key}")


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "null", '{"events": []}', '{"events": {"a": [1, 2]}}', '{"events": 1}']
)
def test_what_cannot_be_read_counts_as_lost(text: str) -> None:
    """It was of a later version, or nobody's."""
    assert memory_of(text).events == {}
