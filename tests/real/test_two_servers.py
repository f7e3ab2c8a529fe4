"""Two servers on one PostgreSQL behind one address; one is killed or frozen again and again, and nothing is lost.

The servers are whole `oncall serve` processes, the pages go to a webhook on loopback. A frozen one stands still for
longer than the lease of its pages, and the other one is killed meanwhile. It needs PostgreSQL:
`tests/real/install-postgresql`. The figures are on standard output (`pytest -rP`).
"""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from pager_nursery import until
from server_load import JSON, TEAMS, Count, Load, counted, files
from server_phones import Phones
from server_process import Serving
from store_server import Server, serving

from oncall_rota.paging.ports.store import LEASE
from oncall_rota.store import migrate, open_store

pytestmark = pytest.mark.real

SPAN = 120.0  # seconds of kills
FREEZES = 6
FROZEN = LEASE.total_seconds() + 2.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with serving() as running:
        yield running


def written(folder: Path, url: str) -> Path:
    """A rotations folder."""
    folder.mkdir(parents=True)
    for name, text in files(url).items():
        (folder / name).write_text(text)
    return folder


def pair(root: Path, database: str, phones: Phones) -> list[Serving]:
    """Two servers, each with a folder of its own."""
    return [
        Serving(written(root / name / "rotations", phones.url), database, root / f"{name}.log").begin()
        for name in ("a", "b")
    ]


def killed(load: Load, servers: list[Serving], chance: random.Random) -> None:
    """One of them is killed again and again, and begun again at once; the other one may be the next."""
    end = time.monotonic() + SPAN
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.05, 1.0))
        killed_once(load, chance.choice(servers), chance)


def killed_once(load: Load, victim: Serving, chance: random.Random) -> None:
    """A server dies, and is there again."""
    began = time.monotonic()
    victim.kill()
    load.faults.append((began, time.monotonic()))
    victim.begin(ready=chance.random() < 0.8)
    victim.listens()


def frozen(load: Load, servers: list[Serving], chance: random.Random) -> None:
    """One of them stands still past its lease, and in most of these times the other one is killed."""
    for turn in range(FREEZES):
        time.sleep(chance.uniform(0.5, 3.0))
        still, other = chance.sample(servers, 2)
        began = time.monotonic()
        still.send(signal.SIGSTOP)
        if turn % 3:
            time.sleep(chance.uniform(0.5, FROZEN / 2))
            killed_once(load, other, chance)
        time.sleep(max(began + FROZEN - time.monotonic(), 0))
        still.send(signal.SIGCONT)
        load.faults.append((began, time.monotonic()))


def run(
    root: Path, database: str, seed: int, fault: Callable[[Load, list[Serving], random.Random], None]
) -> tuple[Count, int]:
    """A pair of servers under load and `fault`; what came of it, and how many faults there were."""
    migrate(database)
    with Phones(takes=0.05) as phones:
        servers = pair(root, database, phones)
        try:
            load = Load(servers, phones, seed, pace=0.3)
            load.start()
            try:
                fault(load, servers, random.Random(seed))
            finally:
                load.stop()
            assert all(each.answers() for each in servers)
            with open_store(database, name="the test") as store:
                # What was due is decided, and what was decided has been sent and written down.
                assert until(lambda: not store.due() and not waiting(store, load), 60)
                found = counted(load, phones, store)
                assert store.check() == ()
            assert load.refused == []
            facts = [json.loads(each.asks("GET", "/healthz").body) for each in servers]
            assert [(each["well"], each["late_incidents"]) for each in facts] == [(True, 0)] * 2
            said = "".join(each.log.read_text() for each in servers)
            assert "Traceback" not in said
            assert "due more than" not in said
        finally:
            for each in servers:
                each.send(signal.SIGCONT)
                each.kill()
    return found, len(load.faults)


def waiting(store: object, load: Load) -> bool:
    """Whether a page is still on its way."""
    from oncall_rota.paging.ports.row import PENDING

    return any(
        page.state in PENDING
        for each in load.answered
        for page in store.pages(each.incident_id)  # type: ignore[attr-defined]
    )


def judged(name: str, found: Count, faults: int, slowest: float) -> None:
    """Nothing is lost, nothing comes twice without a fault, nothing that was answered is taken back."""
    sys.stdout.write(
        f"{name}: {faults} faults, {found.answered} signals and {found.acknowledged} acknowledgements answered,"
        f" {len(found.lost)} lost, {found.copies} copies, at most {found.longest:.1f} s from an answer to its page"
        f" and {found.latest:.1f} s to a copy\n"
    )
    assert found.lost == ()
    assert found.split == ()
    assert found.unfair == ()
    assert found.copies <= faults
    assert found.overruled == ()
    assert found.forgotten == ()
    assert found.audit == ()
    assert found.longest < slowest
    assert found.latest < slowest


def test_one_of_two_is_killed_or_frozen_again_and_again(server: Server, tmp_path: Path) -> None:
    """A pair that is killed and a pair that is frozen, beside each other, for about two minutes."""
    with ThreadPoolExecutor(2) as threads:
        kills = threads.submit(run, tmp_path / "kills", server.database(), 1, killed)
        freezes = threads.submit(run, tmp_path / "freezes", server.database(), 2, frozen)
        judged("killed", *kills.result(), slowest=10)
        # The claim of one that is frozen is free when its lease has ended; the other may just begin then.
        judged("frozen", *freezes.result(), slowest=FROZEN + 15)
        assert kills.result()[0].answered > 300
        assert freezes.result()[0].answered > 100


def test_both_follow_an_edit_of_one_folder(server: Server, tmp_path: Path) -> None:
    """Whoever is asked pages by the same revision; a new team is known to both."""
    database = server.database()
    migrate(database)
    with Phones() as phones:
        first, second = pair(tmp_path, database, phones)
        with first, second:
            text = (first.rotations / "team0.yaml").read_text()
            (first.rotations / "team0.yaml").write_text(text.replace("[alice]", "[carol]"))
            (first.rotations / "more.yaml").write_text(text.replace("team0", "more"))
            known = lambda: [teams(each) for each in (first, second)]  # noqa: E731
            assert until(lambda: known() == [TEAMS + 1] * 2, 20), (known(), first.said(), second.said())
            for number, each in enumerate((first, second, second, first)):
                body = json.dumps(
                    {"summary": "disk full", "dedup": f"k{number}", "team": ("team0", "more")[number % 2]}
                )
                said = json.loads(each.asks("POST", "/hooks/monitor", body, JSON).body)
                rung = phones.wait(said["incident"], 20)
                assert rung is not None
                assert rung.to == ("carol", "alice")[number % 2]
            with open_store(database, name="the test") as store:
                revisions = {store.audit(row.id)[0].revision for row in store.incidents() if row.team == "team0"}
            assert len(revisions) == 1


def teams(server: Serving) -> int:
    """How many teams a server knows."""
    found: int = json.loads(server.asks("GET", "/healthz").body)["teams"]
    return found
