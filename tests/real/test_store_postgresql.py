"""Several servers on one real PostgreSQL: who gets which page, and what a crash of the database leaves.

`tests/real/install-postgresql` installs it; then `pytest -m real tests/real/test_store_postgresql.py`. The contract
that both databases keep is in tests/contract/store.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall_rota.errors import OncallError
from oncall_rota.paging.ports.row import Committed, Conflict, Outcome, Take, Unit
from oncall_rota.paging.ports.store import LEASE, StoreFailed, StoreTooOld, Unstorable
from oncall_rota.store import migrate, open_store
from oncall_rota.store.postgresql import OPEN_BY_KEYS

sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from store_group import Group
from store_places import SECOND, PostgresqlPlace, incident, note, page
from store_places import signal as accepted
from store_server import Server, programs, serving

pytestmark = pytest.mark.real

CONTRACT = Path(__file__).parents[1] / "contract" / "store"
LIMIT = 60  # seconds, for what takes few


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of these tests' own: some of them crash it."""
    with serving() as running:
        yield running


@pytest.fixture
def place(server: Server) -> Iterator[PostgresqlPlace]:
    """An empty, migrated database."""
    made = PostgresqlPlace(server.database())
    yield made
    made.close()


def together(*jobs: object) -> None:
    """Run jobs in threads, and raise what the first failure raised."""
    failed: list[BaseException] = []

    def guarded(job: object) -> None:
        try:
            job()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    if failed:
        raise failed[0]


def test_two_servers_never_claim_the_same_page(place: PostgresqlPlace) -> None:
    """A thousand overdue pages, four claimers, whole and small bites: each page once, and none is left."""
    first = place.open("first")
    first.commit([accepted(number) for number in range(1000)])
    place.let_pass(LEASE + SECOND)
    stores = [first, *(place.open(f"other-{number}") for number in range(3))]
    claimed: Counter[str] = Counter()
    lock = threading.Lock()

    def claimer(store: object) -> None:
        idle = 0
        while idle < 3:
            rows = store.claim(limit=7)  # type: ignore[attr-defined]
            idle = 0 if rows else idle + 1
            with lock:
                claimed.update(row.id for row in rows)

    together(*(lambda store=store: claimer(store) for store in stores))
    assert len(claimed) == 1000
    assert set(claimed.values()) == {1}


def test_a_claim_passes_by_what_another_server_is_claiming(place: PostgresqlPlace) -> None:
    """It does not wait: a frozen server with an open transaction holds up nobody's pages but those."""
    import psycopg

    store = place.open()
    store.commit([accepted(1), accepted(2)])
    place.let_pass(LEASE + SECOND)
    with psycopg.connect(place.url) as frozen:
        frozen.execute("SELECT id FROM pages WHERE id = 'p1' FOR UPDATE")
        began = time.monotonic()
        assert [row.id for row in store.claim()] == ["p2"]
        assert time.monotonic() - began < 2
    assert [row.id for row in store.claim()] == ["p1"]


def test_of_two_servers_that_open_the_same_incident_one_merges(place: PostgresqlPlace) -> None:
    """The same alert at both of them, two hundred times at once: one incident each."""
    stores = [place.open("first"), place.open("second")]
    won: Counter[str] = Counter()

    def sender(index: int) -> None:
        for number in range(200):
            name = f"{index}-{number}"
            unit = Unit((incident(name, key=f"disk-{number}"),), (page(f"p-{name}", name),), audit=(note(name),))
            result = stores[index].commit([unit])[0]
            if isinstance(result, Committed):
                won[f"disk-{number}"] += 1
            else:
                assert isinstance(result, Conflict)
                assert result.open_id == f"{1 - index}-{number}"

    together(lambda: sender(0), lambda: sender(1))
    assert len(won) == 200
    assert set(won.values()) == {1}
    assert len(stores[0].incidents()) == 200


def test_servers_that_write_the_same_rows_crosswise_both_get_through(place: PostgresqlPlace) -> None:
    """Incidents of bundles in opposite order, budgets in opposite order: no batch fails by a deadlock."""
    stores = [place.open("first"), place.open("second")]
    stores[0].commit([Unit((incident(name),)) for name in "ab"])
    people = ["ann", "bob", "cat"]

    def writer(index: int) -> None:
        order = "ab" if index == 0 else "ba"
        for number in range(50):
            rows = [stores[index].incident(name) for name in order]
            both = Unit(tuple(row for row in rows if row is not None))
            takes = [
                Unit(
                    (incident(f"{index}-{number}-{who}"),),
                    (page(f"p{index}-{number}-{who}", f"{index}-{number}-{who}", take=Take(who, "sms", 9, SECOND)),),
                )
                for who in (people if index else reversed(people))
            ]
            results = stores[index].commit([both, *takes])
            assert all(isinstance(result, Committed) for result in results[1:])

    together(lambda: writer(0), lambda: writer(1))
    assert len(stores[0].incidents(limit=1000)) == 302


def test_a_frozen_server_s_page_is_taken_after_its_lease_and_its_late_word_is_refused(place: PostgresqlPlace) -> None:
    """Stopped in the middle, as by a suspend; when it runs again, the fence tells it before it sends."""
    program = f"""
import sys
sys.path.insert(0, {str(CONTRACT)!r})
from store_places import signal
from oncall_rota.store import open_store
from oncall_rota.paging.ports.row import Outcome, Unit
store = open_store({place.url!r}, name="frozen")
store.commit([signal(1)])
print("sending", flush=True)
sys.stdin.readline()
print(store.holds("p1", 1), store.commit([Unit(outcomes=(Outcome("p1", 1, "sent"),))])[0].late, flush=True)
"""
    other = place.open("other")
    frozen = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert frozen.stdin is not None
    assert frozen.stdout is not None
    assert frozen.stdout.readline() == b"sending\n"
    os.kill(frozen.pid, signal.SIGSTOP)
    assert other.claim() == ()
    place.let_pass(LEASE + SECOND)
    assert [(row.id, row.fence) for row in other.claim()] == [("p1", 2)]
    os.kill(frozen.pid, signal.SIGCONT)
    frozen.stdin.write(b"go\n")
    frozen.stdin.close()
    assert frozen.stdout.readline() == b"False ('p1',)\n"
    assert frozen.wait(LIMIT) == 0
    frozen.stdout.close()


def test_a_killed_server_s_pages_are_free_at_once(place: PostgresqlPlace) -> None:
    """`kill -9` of a process under load: who was answered is there, and nobody waits for a lease."""
    answered: set[str] = set()
    other = place.open("other")
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, str(CONTRACT / "store_writer.py"), place.url, "8"], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.1)
        writer.kill()
        answered.update((first + writer.stdout.read()).decode().splitlines())
        writer.wait(LIMIT)
        writer.stdout.close()
        kept = {row.id for row in other.incidents(limit=10_000_000)}
        assert {f"i{name}" for name in answered} - kept == set()
        for _ in range(100):  # until the server has noticed that the socket is closed
            taken = other.claim(limit=10_000_000)
            if taken:
                break
            time.sleep(0.05)
        assert {row.state for row in taken} == {"unsure"}
        other.commit([Unit(outcomes=tuple(Outcome(row.id, row.fence, "sent") for row in taken))])
    assert other.check() == ()


def test_a_crash_of_the_database_loses_nothing_that_was_answered(server: Server, place: PostgresqlPlace) -> None:
    """Ended at once and started again, five times under load: callers hear of it, the same store goes on by itself."""
    store = place.open()
    answered: list[str] = []
    refused = Counter[str]()
    stop = threading.Event()

    def client(index: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                result = group.submit(accepted(f"{index}-{number}")).result(LIMIT)
            except StoreFailed as error:
                refused[error.reason] += 1
                time.sleep(0.02)
            else:
                assert isinstance(result, Committed)
                answered.append(f"i{index}-{number}")

    gaps = []
    with Group(store) as group:
        threads = [threading.Thread(target=client, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            time.sleep(0.2)
            server.stop()
            server.start()
            began, before = time.monotonic(), len(answered)
            while len(answered) == before and time.monotonic() - began < LIMIT:
                time.sleep(0.01)
            gaps.append(time.monotonic() - began)
        stop.set()
        for thread in threads:
            thread.join(LIMIT)
    assert set(refused) == {"gone"}
    assert set(answered) - {row.id for row in store.incidents(limit=10_000_000)} == set()
    assert max(gaps) < 10
    assert [each.id for each in store.instances()] == [store.instance]
    assert store.check() == ()


def test_a_cut_connection_costs_nobody_a_second_page(place: PostgresqlPlace) -> None:
    """The same process goes on as a new instance, and what it is sending stays its own; unless a peer was quicker."""
    store = place.open()
    store.commit([accepted(1)])
    before = store.instance
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'oncall %'"
    place.raw(cut)
    assert isinstance(store.commit([accepted(2)])[0], Committed)
    assert store.instance != before
    assert [each.id for each in store.instances()] == [store.instance]
    assert store.claim() == ()
    assert store.holds("p1", 1)
    other = place.open("other")
    place.raw(cut)
    time.sleep(0.2)
    assert {row.id for row in other.claim()} == {"p1", "p2"}
    assert store.commit([Unit(outcomes=(Outcome("p1", 1, "sent"),))])[0].late == ("p1",)  # type: ignore[union-attr]


def test_a_connection_that_is_cut_before_the_commit_costs_the_caller_nothing(place: PostgresqlPlace) -> None:
    """The transaction is done again from its beginning, by the same process as a new instance."""
    import psycopg

    store = place.open()
    store.commit([Unit((incident("a"),))])
    before = store.instance
    (row,) = store.incidents()
    done: list[object] = []
    waits = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'oncall %' AND wait_event_type = 'Lock'"
    with psycopg.connect(place.url) as shell:
        shell.execute("SELECT 1 FROM incidents FOR UPDATE")
        writer = threading.Thread(target=lambda: done.extend(store.commit([Unit((row._replace(data="{1}"),))])))
        writer.start()
        until = time.monotonic() + LIMIT
        while not place.raw(waits) and time.monotonic() < until:
            time.sleep(0.01)
        place.raw(f"SELECT pg_terminate_backend(pid) FROM ({waits}) AS waiting")
    writer.join(LIMIT)
    assert [type(each) for each in done] == [Committed]
    assert store.instance != before
    assert [(each.version, each.data) for each in store.incidents()] == [(2, "{1}")]


def test_an_open_key_is_read_by_its_index_although_the_plan_is_older_than_the_rows(place: PostgresqlPlace) -> None:
    """A plan is made once, for tables that are still empty; ten thousand open incidents are to cost no signal more."""
    import psycopg

    question = OPEN_BY_KEYS.replace("%s", "$1", 1).replace("%s", "$2", 1)
    with psycopg.connect(place.url, autocommit=True) as shell:
        shell.execute("SET plan_cache_mode = force_generic_plan")
        shell.execute(f"PREPARE open_by_keys (text[], text[]) AS {question}".encode())
        ask = "EXECUTE open_by_keys ('{prod-am,prod-am,prod-am}', '{key-i3,key-i7,else}')"
        assert shell.execute(ask).fetchall() == []
        place.open().commit([Unit((incident(f"i{number}"),)) for number in range(500)])
        assert {row[0] for row in shell.execute(ask).fetchall()} == {"i3", "i7"}
        row = shell.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {ask}").fetchone()
        assert row is not None
    nodes, read = [row[0][0]["Plan"]], 0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] != "Limit" and "Plans" not in node:
            read += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    assert read <= 3 + 3  # what is asked for, and a row of each that is found


def test_a_refusal_does_not_quote_what_was_refused(place: PostgresqlPlace) -> None:
    """Messages end up in logs."""
    store = place.open()
    bad = Unit((incident("i1", severity=None, data="a private word"),))
    (result,) = store.commit([bad])
    assert isinstance(result, Unstorable)
    assert "severity" in str(result)
    assert "private" not in str(result)


def test_a_database_that_takes_no_writes_says_why_and_recovers(place: PostgresqlPlace) -> None:
    """As a standby does."""
    store = place.open()
    name = place.url.partition("?")[0].rpartition("/")[2]
    place.raw(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreFailed) as told:
        place.open("second")
    assert told.value.reason == "read-only"
    assert isinstance(store.commit([accepted(1)])[0], Committed)


def test_a_row_that_somebody_locked_fails_the_commit_after_five_seconds(place: PostgresqlPlace) -> None:
    """Not the thread: it says `locked`, and the next commit succeeds."""
    import psycopg

    store = place.open()
    store.commit([accepted(1)])
    unit = Unit((incident("i1", version=1, status="acknowledged"),))
    with psycopg.connect(place.url) as shell:
        shell.execute("SELECT * FROM incidents FOR UPDATE")
        began = time.monotonic()
        with pytest.raises(StoreFailed) as told:
            store.commit([unit])
        assert told.value.reason == "locked"
        assert 4 < time.monotonic() - began < 8
    assert isinstance(store.commit([unit])[0], Committed)


def test_a_dump_is_a_backup_and_a_check_tells_whether_it_is_whole(server: Server, place: PostgresqlPlace) -> None:
    """`pg_dump` of a database in use; restored into an empty one, `check` finds nothing wrong, and paging goes on."""
    store = place.open()
    store.commit([accepted(number) for number in range(50)])
    dump = subprocess.run([programs() / "pg_dump", "-Fc", place.url], capture_output=True, check=True, timeout=LIMIT)
    target = server.database()
    command = [programs() / "pg_restore", "--no-owner", "--exit-on-error", "-d", target]
    subprocess.run(command, input=dump.stdout, check=True, timeout=LIMIT)
    assert migrate(target) == []
    with open_store(target, name="restored") as restored:
        assert restored.check() == ()
        assert len(restored.incidents()) == 50
        assert len(restored.claim(limit=1000)) == 50
        assert isinstance(restored.commit([accepted(99)])[0], Committed)


def test_an_empty_database_and_a_missing_one_are_said(server: Server) -> None:
    """With what to do about it, and without the password."""
    with pytest.raises(StoreTooOld) as told:
        open_store(server.database())
    assert "oncall migrate" in told.value.hint
    secret = server.url("nowhere").replace("oncall@", "oncall:hunter2@")
    for call in (open_store, migrate):
        with pytest.raises(OncallError) as failed:
            call(secret)
        assert "nowhere" in str(failed.value)
        assert "hunter2" not in str(failed.value) + repr(failed.value.__cause__)


def test_leases_run_on_the_database_s_clock(place: PostgresqlPlace) -> None:
    """A server whose own clock is a day off claims no earlier."""
    store = place.open()
    result = store.commit([accepted(1)])[0]
    assert isinstance(result, Committed)
    (clock,) = place.raw("SELECT clock_timestamp()")[0]
    assert abs(clock - result.at) < 5 * SECOND
    assert abs(clock - store.now()) < 5 * SECOND
