"""Many callers, one commit: futures that keep their word, and a thread that outlives every failure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Any, cast

import pytest
from store_places import Place, incident, signal

from oncall_rota.paging.ports.store import Committed, Conflict, Result, Store, StoreFailed, Unit, Unstorable
from oncall_rota.store.group import MOST, GroupCommit

LIMIT = 60  # seconds, for what takes none


class Gate:
    """A store whose commits wait for a word, fail on demand, and are counted."""

    def __init__(self, store: Store, fails: Sequence[Exception | None] = ()) -> None:
        self.store = store
        self.fails = list(fails)
        self.open = threading.Event()
        self.sizes: list[int] = []

    def commit(self, batch: Sequence[Unit]) -> tuple[Result, ...]:
        assert self.open.wait(LIMIT)
        self.sizes.append(len(batch))
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            raise failure
        return self.store.commit(batch)


def grouped(gate: Gate) -> GroupCommit:
    """A group commit on a gate."""
    return GroupCommit(cast("Store", gate))


def test_what_a_future_says_is_on_disk(place: Place, store: Store) -> None:
    """Sixteen threads: every result is there for another instance to read."""
    other = place.open("reader")
    with GroupCommit(store) as group:

        def client(number: int) -> None:
            for turn in range(10):
                name = f"{number}-{turn}"
                assert isinstance(group.submit(signal(name)).result(LIMIT), Committed)
                assert other.page(f"p{name}") is not None

        run(client, 16)
    assert len(store.incidents()) == 160


def run(client: Callable[[int], None], number: int) -> None:
    """Run clients in threads; their failures are ours."""
    failed: list[BaseException] = []

    def guarded(index: int) -> None:
        try:
            client(index)
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    if failed:
        raise failed[0]


def test_what_waits_shares_a_commit(store: Store) -> None:
    """All that came during one commit goes into the next, and never more than the most."""
    gate = Gate(store)
    group = grouped(gate)
    futures = [group.submit(signal(0))]
    while group.waiting:  # until the first one is alone in its commit
        pass
    futures += [group.submit(signal(number)) for number in range(1, MOST + 11)]
    assert group.waiting >= MOST
    gate.open.set()
    wait(futures, LIMIT)
    group.close()
    assert len(gate.sizes) == 3
    assert sum(gate.sizes) == MOST + 11
    assert max(gate.sizes) == MOST
    assert all(isinstance(future.result(0), Committed) for future in futures)


def test_each_caller_gets_its_own_result(store: Store) -> None:
    """One conflicts, one cannot be stored, their neighbours are written."""
    gate = Gate(store)
    group = grouped(gate)
    units = [signal(1), Unit((incident("i2", key="key-i1"),)), Unit((incident("bad", data="\ud800"),)), signal(3)]
    futures = [group.submit(unit) for unit in units]
    gate.open.set()
    group.close()
    assert isinstance(futures[0].result(LIMIT), Committed)
    assert futures[1].result(LIMIT) == Conflict("i2", open_id="i1")
    with pytest.raises(Unstorable):
        futures[2].result(LIMIT)
    assert isinstance(futures[3].result(LIMIT), Committed)


@pytest.mark.parametrize("error", [StoreFailed("full", "no space"), RuntimeError("a bug")])
def test_a_failed_commit_fails_its_callers_and_the_next_one_succeeds(store: Store, error: Exception) -> None:
    """The reason reaches each of them; nothing of theirs is written; the thread goes on."""
    gate = Gate(store, [error])
    gate.open.set()
    with grouped(gate) as group:
        with pytest.raises(type(error)) as told:
            group.submit(signal(1)).result(LIMIT)
        assert told.value is error
        assert isinstance(group.submit(signal(2)).result(LIMIT), Committed)
        assert group.alive
    assert store.incident("i1") is None


def test_a_caller_may_give_up_while_it_waits(store: Store) -> None:
    """A cancelled unit is not written."""
    gate = Gate(store)
    group = grouped(gate)
    first = group.submit(signal(1))
    while group.waiting:
        pass
    given_up = group.submit(signal(2))
    assert given_up.cancel()
    gate.open.set()
    group.close()
    assert isinstance(first.result(LIMIT), Committed)
    assert store.incident("i2") is None


def test_closing_commits_what_waits_and_refuses_what_comes_later(store: Store) -> None:
    """No future stays without an answer."""
    gate = Gate(store)
    group = grouped(gate)
    futures: list[Future[Any]] = [group.submit(signal(number)) for number in range(20)]
    gate.open.set()
    group.close()
    assert all(isinstance(future.result(0), Committed) for future in futures)
    assert not group.alive
    with pytest.raises(StoreFailed, match="closed"):
        group.submit(signal(99)).result(0)
    group.close()


def test_closing_while_others_submit_leaves_nobody_waiting(store: Store) -> None:
    """Each future ends, with its result or with the refusal."""
    group = GroupCommit(store)
    answered: list[bool] = []

    def client(number: int) -> None:
        for turn in range(50):
            future = group.submit(signal(f"{number}-{turn}"))
            try:
                future.result(LIMIT)
                answered.append(True)
            except StoreFailed:
                answered.append(False)

    closer = threading.Timer(0.01, group.close)
    closer.start()
    run(client, 4)
    closer.join()
    assert len(answered) == 200
    assert len(store.incidents()) == answered.count(True)
