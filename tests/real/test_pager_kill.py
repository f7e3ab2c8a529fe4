"""A pager is killed, frozen and ended, at every call that it makes and at any moment: what was answered is paged for.

The workers are whole pagers (`pager_worker`) with real notifiers on a real store; the providers are on loopback. One
that can be asked (Twilio) is asked before anything is sent again, so nobody gets a second copy from it; of the others
nobody gets more than one for each fault that hit the page, always with the same id. It needs strace and PostgreSQL:
`tests/real/install-disk-faults`, `tests/real/install-postgresql`. The figures are on standard output (`pytest -rP`).
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "notifiers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from pager_load import Count, Load, frozen, killed
from pager_nursery import Child, Nursery, until
from pager_provider import Providers
from pager_syscalls import ASKED, Kill, Lane
from pager_worker import CHANNELS, PEOPLE
from store_server import Server, serving

from oncall_rota.store import migrate

pytestmark = pytest.mark.real

KILLS = 200
SHORTER = 10  # leases and waits of the workers that are frozen: a lease is 1.5 s
FROZEN = 2.0  # seconds
FREEZES = 12  # of each pair of workers
Place = Callable[[], str]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with serving() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Makes stores: files, or migrated databases."""
    files = iter(range(100))
    running: Server | None = request.getfixturevalue("server") if request.param == "postgresql" else None

    def made() -> str:
        if running is None:
            return str(tmp_path / f"{next(files)}.db")
        url = running.database()
        migrate(url)
        return url

    return made


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> bool:
    """Whether several workers have the store."""
    return "postgresql" in request.node.callspec.id


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Where workers come from."""
    with Nursery() as made:
        yield made


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Whom pages are sent to."""
    with Providers() as made:
        yield made


def say(*lines: str) -> None:
    """A figure for the reader."""
    sys.stdout.write("\n".join(lines) + "\n")


def _role(kill: Kill) -> str:
    return "sender" if kill.point.thread.startswith(f"oncall-{kill.channel}_") else kill.point.thread


def table(kills: list[Kill]) -> list[str]:
    """Kills and copies by channel, and by the thread and call where they fell."""
    lines = ["channel  kills  answered before  copies"]
    for channel in CHANNELS:
        here = [kill for kill in kills if kill.channel == channel and kill.fired]
        answered, copies = sum(kill.answered for kill in here), sum(kill.copies for kill in here)
        lines.append(f"{channel:8} {len(here):5}  {answered:15}  {copies:6}")
    fell = Counter((_role(kill), kill.point.call) for kill in kills if kill.fired)
    lines += [f"{thread} {call}: {number}" for (thread, call), number in sorted(fell.items())]
    return lines


def test_a_kill_at_every_call_of_a_page(
    place: Place, shared: bool, nursery: Nursery, providers: Providers, tmp_path: Path
) -> None:
    """Every system call, in every thread, by every channel; a kill that did not come about does not count."""

    def walked(channel: str) -> list[Kill]:
        folder = tmp_path / channel
        folder.mkdir()
        lane = Lane(nursery, providers, place(), folder, peer=shared)
        found = lane.walk(channel)
        assert lane.close() == []
        return found

    with ThreadPoolExecutor(2) as threads:
        kills = [kill for found in threads.map(walked, CHANNELS) for kill in found]
    fired = [kill for kill in kills if kill.fired]
    say(*table(kills), f"{len(fired)} kills of {len(kills)} points")
    assert len(fired) > 0.9 * len(kills)
    for channel in CHANNELS:
        here = [kill for kill in fired if kill.channel == channel]
        assert {"oncall-pager", f"oncall-{channel}_0", "ears", "answers"} <= {kill.point.thread for kill in here}
        assert {0, 1} >= {kill.copies for kill in here}
        assert any(kill.copies for kill in here) is (channel not in ASKED)
    assert [kill for kill in kills if not kill.fired and kill.copies] == []


def judged(found: Count, faults: int) -> None:
    """Nothing is lost, nothing comes twice without a fault, and nothing from a provider that can be asked."""
    copies = ", ".join(f"{channel} {number}" for channel, number in sorted(found.copies.items()))
    say(
        f"{faults} faults, {found.answered} signals answered ({found.doubled} were sent twice), {len(found.lost)} lost,"
        f" {found.copies.total()} copies ({copies}), at most {found.longest:.1f} s from an answer to its page"
    )
    assert found.lost == ()
    assert found.split == ()
    assert found.unfair == ()
    assert found.copies.total() <= faults
    assert [found.copies[channel] for channel in ASKED] == [0] * len(ASKED)


def test_kills_at_random_under_load(place: Place, shared: bool, nursery: Nursery, providers: Providers) -> None:
    """Clients never rest, and say everything until it is answered; each worker is replaced at once by another."""
    providers.taken.slowest = 0.01
    order = providers.order(place())
    before = len(nursery.children)
    workers = [nursery.worker(order) for _ in range(2 if shared else 1)]
    load = Load(providers.taken, lambda: [each for each in workers if not each.gone], seed=1, pace=0.08)
    load.start()
    killed(load, workers, lambda _: nursery.worker(order, ready=False), KILLS, random.Random(1), longest=0.4)
    load.stop()
    assert workers[0].settle("now") == ""
    found = load.counted(nursery.children[before:])
    for worker in workers:
        worker.kill()
    judged(found, KILLS)
    assert found.answered > 3 * KILLS
    assert found.alarms == ()


def test_freezes_past_the_lease(place: Place, shared: bool) -> None:
    """A worker stands still for longer than its pages are its own; of two, the other one goes on meanwhile."""

    def stopped(seed: int) -> Count:
        with Providers() as providers, Nursery(SHORTER) as nursery:
            providers.taken.slowest = 0.02
            order = providers.order(place())
            workers = [nursery.worker(order) for _ in range(2 if shared else 1)]
            load = Load(providers.taken, lambda: workers, seed, pace=0.2)
            load.start()
            frozen(load, workers, FREEZES, random.Random(seed), FROZEN)
            load.stop()
            for worker in workers:
                worker.settle("now")
            return load.counted(workers)

    with ThreadPoolExecutor(3) as threads:
        for found in threads.map(stopped, range(3)):
            judged(found, FREEZES)
            # A page whose attempts were stopped twice is given up, and that is said; its provider took it all the same.
            assert all("nobody was reached" in text for text in found.alarms)


def told_to_end(worker: Child, providers: Providers) -> float:
    """It ends by itself; in how many seconds. Whoever is asked after that answers at once."""
    began = time.monotonic()
    worker.send(signal.SIGTERM)
    worker.bury(30)
    seconds = time.monotonic() - began
    providers.taken.slowest = 0.0  # not before: it would have sent all of them by the time that it hears of its end
    assert "end" in worker.words, worker.alarms
    return seconds


@pytest.mark.parametrize("hangs", [False, True], ids=["slow", "silent"])
def test_the_end_of_a_worker(place: Place, shared: bool, nursery: Nursery, providers: Providers, hangs: bool) -> None:
    """On SIGTERM it finishes what it is sending, ten seconds at most; the rest is the next one's at once."""
    order = providers.order(place())
    worker = nursery.worker(order)
    peer = nursery.worker(order) if shared else None
    providers.taken.slowest = 3600 if hangs else 0.5
    keys = [f"k{number}" for number in range(100)]
    for number, key in enumerate(keys):
        worker.tell("signal", key, f"hook{number % PEOPLE}")
    incidents = [worker.answers(key) for key in keys]
    taken = providers.taken
    assert until(lambda: taken.at)
    seconds = told_to_end(worker, providers)
    sent = sum(taken.of(str(each)).total() for each in incidents)
    began = time.monotonic()
    following = peer or nursery.worker(order)
    assert following.settle("now" if shared else "birth") == ""
    rest = time.monotonic() - began
    say(f"ended after {seconds:.2f} s with {sent} of {len(keys)} sent; the rest {rest:.2f} s later")
    following.kill()
    copies = sum(taken.of(str(each)).total() - 1 for each in incidents)
    assert all(taken.of(str(each)) for each in incidents)
    assert seconds < (12 if hangs else 3)
    assert 0 < sent < len(keys)
    assert rest < 5
    assert copies <= (sent if hangs else 0)
