"""What only a file has: one owner, its mode, its locks, and copies."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from store_places import NIGHT, SECOND, FakeClock, SqlitePlace, incident, note, page, signal

from oncall_rota import store as by_name
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.paging.ports.row import Committed, Take, Unit
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld, StoreTooOld
from oncall_rota.store import sqlite_file
from oncall_rota.store.owner import lock_path
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.store.sqlite_copy import backup, restore

SECRET = "a word that must be forgotten"


@pytest.fixture
def place(tmp_path: Path) -> SqlitePlace:
    """A folder for one file."""
    return SqlitePlace(tmp_path)


@pytest.fixture
def store(place: SqlitePlace) -> SqliteStore:
    """The owner."""
    store = place.open("oncall serve")
    assert isinstance(store, SqliteStore)
    return store


def test_a_second_owner_is_refused_and_told_who_has_it(place: SqlitePlace, store: SqliteStore) -> None:
    """In this process and in any other, a hundred times out of a hundred."""
    words = rf"oncall\.db is in use by process {os.getpid()} \(oncall serve\) on .* since 2026-11-21 03:00:00 UTC"
    for _ in range(100):
        with pytest.raises(StoreHeld, match=words):
            SqliteStore(place.path, place.clock)
    program = f"""
from pathlib import Path
from oncall_rota import store as by_name
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.store import open_store
try:
    open_store({str(place.path)!r})
except OncallError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert f"in use by process {os.getpid()} (oncall serve)" in told.stdout
    assert isinstance(store.commit([signal(1)])[0], Committed)


def test_a_link_to_the_file_is_no_way_round_its_lock(place: SqlitePlace, store: SqliteStore, tmp_path: Path) -> None:
    """The lock lies beside the file that the name leads to."""
    link = tmp_path / "elsewhere.db"
    link.symlink_to(place.path)
    with pytest.raises(StoreHeld):
        SqliteStore(link, place.clock)


def test_the_file_is_free_after_its_owner_closed_it(place: SqlitePlace, store: SqliteStore) -> None:
    """And the next owner finds what was committed."""
    store.commit([signal(1)])
    store.close()
    with SqliteStore(place.path, place.clock, "next") as again:
        assert again.instance == store.instance + 1
        assert again.incident("i1") is not None
        assert [each.name for each in again.instances()] == ["next"]


def test_who_lost_the_lock_file_writes_nothing_more(place: SqlitePlace, store: SqliteStore) -> None:
    """Somebody deleted it: the second owner stays, the first one learns of it before it writes, so never both."""
    lock_path(place.path).unlink()
    with SqliteStore(place.path, place.clock, "second") as second:
        with pytest.raises(StoreFailed, match="took the store") as told:
            store.commit([signal(1)])
        assert told.value.reason == "taken"
        assert isinstance(second.commit([signal(2)])[0], Committed)
        assert second.incident("i1") is None


def test_nobody_else_may_read_the_files(place: SqlitePlace, store: SqliteStore) -> None:
    """Whatever the umask, and whatever mode an older file had."""
    store.commit([signal(1)])
    files = [place.path, lock_path(place.path), *(place.path.with_name(f"oncall.db{end}") for end in ("-wal", "-shm"))]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 4
    store.close()
    place.path.chmod(0o644)
    SqliteStore(place.path, place.clock).close()
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600


def test_a_commit_is_on_disk_before_it_returns(store: SqliteStore) -> None:
    """A write-ahead log, synced at each commit; what is deleted is overwritten."""
    settings = ["journal_mode", "synchronous", "secure_delete", "foreign_keys"]
    found = [store._file.writer.execute(f"PRAGMA {name}").fetchone()[0] for name in settings]
    assert found == ["wal", 2, 1, 1]


def test_what_is_forgotten_leaves_no_trace_in_the_files(place: SqlitePlace, store: SqliteStore) -> None:
    """Neither in the file nor in its log."""
    old = NIGHT - timedelta(days=500)
    row = incident("i1", status="resolved", opened_at=old, data=SECRET)
    store.commit([Unit((row,), (page("p1", data=SECRET),), audit=(note("i1", at=old, data=SECRET),))])
    store.commit([signal(number) for number in range(2, 100)])
    assert SECRET.encode() in b"".join(path.read_bytes() for path in place.path.parent.iterdir())
    store.prune(NIGHT)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in place.path.parent.iterdir())


def test_a_store_that_another_program_locks_fails_after_its_patience_and_recovers(
    place: SqlitePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the process that has the lock."""
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.2)
    store = place.open()
    program = f"""
import sqlite3, sys
shell = sqlite3.connect({str(place.path)!r}, isolation_level=None)
shell.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
    shell = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert shell.stdout is not None
    assert shell.stdin is not None
    assert shell.stdout.readline() == b"locked\n"
    with pytest.raises(StoreFailed, match=rf"locked it \(process {shell.pid}\)") as told:
        store.commit([signal(1)])
    assert told.value.reason == "locked"
    shell.stdin.close()
    assert shell.wait(60) == 0
    shell.stdout.close()
    assert isinstance(store.commit([signal(1)])[0], Committed)
    place.close()


def test_a_short_lock_is_waited_for(place: SqlitePlace, store: SqliteStore) -> None:
    """A backup's, or somebody's shell."""
    shell = sqlite3.connect(place.path, isolation_level=None, check_same_thread=False)
    shell.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, shell.rollback)
    timer.start()
    assert isinstance(store.commit([signal(1)])[0], Committed)
    timer.join()
    shell.close()


def test_a_file_that_was_deleted_takes_no_more_promises(place: SqlitePlace, store: SqliteStore) -> None:
    """Writing on would succeed, and be lost at the end of the process."""
    store.commit([signal(1)])
    aside = place.path.with_name("aside")
    place.path.rename(aside)
    with pytest.raises(StoreFailed, match="deleted or replaced") as told:
        store.commit([signal(2)])
    assert told.value.reason == "gone"
    aside.rename(place.path)
    assert isinstance(store.commit([signal(2)])[0], Committed)


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_file_that_is_no_store_is_refused_and_left_alone(place: SqlitePlace, content: bytes) -> None:
    """And its lock is let go of."""
    place.path.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StoreFailed) as told:
            SqliteStore(place.path, place.clock)
        assert told.value.reason == "corrupt"
    assert place.path.read_bytes() == content


def test_half_a_row_is_told_as_damage(place: SqlitePlace, store: SqliteStore) -> None:
    """SQLite reads it without a word; no page is moved in time by it."""
    store.commit([signal(1)])
    store.close()
    with closing(sqlite3.connect(place.path, isolation_level=None)) as shell:
        shell.execute("PRAGMA writable_schema = on")
        shell.execute("UPDATE sqlite_master SET sql = replace(sql, 'at integer NOT NULL', 'at integer')")
    place.raw("INSERT INTO audit (actor, kind, cause, revision, data) VALUES ('pager', 'paged', 'step 1', '', '{}')")
    with pytest.raises(StoreFailed, match="a row of the audit has no time") as told:
        SqliteStore(place.path, place.clock)
    assert told.value.reason == "corrupt"


def test_another_program_s_database_is_refused(place: SqlitePlace) -> None:
    """Not migrated, not written on."""
    place.raw("CREATE TABLE recipes (name text)")
    with pytest.raises(StoreFailed, match="of another program"):
        SqliteStore(place.path, place.clock)
    assert place.raw("SELECT name FROM sqlite_master") == [("recipes",)]


def test_a_folder_that_is_not_there_is_said(place: SqlitePlace, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(StoreFailed, match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "oncall.db", place.clock)


def test_the_due_and_the_claimed_are_found_by_an_index(store: SqliteStore) -> None:
    """However many incidents were ever opened: no table is walked."""
    from oncall_rota.store import statement

    for text in (
        statement.DUE,
        statement.INCIDENT_BY_KEY,
        statement.PAGES,
        statement.PAGES_BY_CODE,
        statement.PAGE_BY_PROVIDER_ID,
        statement.PENDING,
        store._claim,
    ):
        plan = store._rows(f"EXPLAIN QUERY PLAN {text}", (1,) * text.count("?"))
        walked = [row[3] for row in plan if "SCAN" in row[3] and "SCAN instances" not in row[3]]
        assert walked == [], text


def test_a_backup_is_whole_while_the_owner_writes(place: SqlitePlace, store: SqliteStore, tmp_path: Path) -> None:
    """One file that nobody else may read; each copy is a moment: an incident never without its page."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            store.commit([signal(number)])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(10):
            copy = tmp_path / f"copy-{turn}"
            backup(place.path, copy)
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
            shell = sqlite3.connect(copy)
            counts = [shell.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("incidents", "pages")]
            shell.close()
            assert counts[0] == counts[1]
    finally:
        stop.set()
        writer.join()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(("copy", ".copy"))) == [
        f"copy-{turn}" for turn in range(10)
    ]
    with pytest.raises(OncallError, match="exists already"):
        backup(place.path, tmp_path / "copy-0")


def test_a_backup_is_restored_and_says_so(place: SqlitePlace, store: SqliteStore, tmp_path: Path) -> None:
    """Not under an owner's feet; the store of before is kept aside, whole; the pager can see that time was lost."""
    saved = tmp_path / "saved"
    store.commit([signal(1)])
    backup(place.path, saved)
    store.commit([signal(2)])
    with pytest.raises(StoreHeld):
        restore(saved, place.path, place.clock)
    place.kill(store)  # its log is still there, with the second signal in it
    place.let_pass(SECOND)
    aside = restore(saved, place.path, place.clock)
    again = place.open()
    assert [row.id for row in again.incidents()] == ["i1"]
    assert again.get("restored_at") == str(int(place.clock.at.timestamp()) * 1_000_000)
    assert [row.id for row in again.claim()] == ["p1"]
    assert again.check() == ()
    assert aside is not None
    with SqliteStore(aside, place.clock) as before:
        assert {row.id for row in before.incidents()} == {"i1", "i2"}
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert saved.exists()


def test_the_way_by_name_of_the_store(store: SqliteStore, place: SqlitePlace, tmp_path: Path) -> None:
    """As the commands go; PostgreSQL has its own tools, and is told so."""
    store.commit([signal(1)])
    by_name.backup(f"sqlite:///{place.path}", tmp_path / "saved")
    store.close()
    assert by_name.migrate(str(place.path)) == []
    assert by_name.restore(tmp_path / "saved", str(place.path)) is not None
    for call in (
        lambda: by_name.backup("postgresql://h/d", tmp_path / "x"),
        lambda: by_name.restore(tmp_path / "saved", "postgresql://h/d"),
    ):
        with pytest.raises(UsageError, match="tools of its own"):
            call()


def test_a_restore_where_there_was_no_store(store: SqliteStore, place: SqlitePlace, tmp_path: Path) -> None:
    """A new machine."""
    store.commit([signal(1)])
    backup(place.path, tmp_path / "saved")
    assert restore(tmp_path / "saved", tmp_path / "new.db", place.clock) is None
    with SqliteStore(tmp_path / "new.db", place.clock) as new:
        assert new.incident("i1") is not None


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    store: SqliteStore, place: SqlitePlace, tmp_path: Path
) -> None:
    """So is one of another program, of a later release, and one that is not there."""
    store.commit([signal(number) for number in range(200)])
    saved = tmp_path / "saved"
    backup(place.path, saved)
    store.close()
    whole = saved.read_bytes()
    for content in (b"", b"nothing", whole[:4096] + os.urandom(8192) + whole[12288:]):
        saved.write_bytes(content)
        with pytest.raises(StoreFailed):
            restore(saved, place.path, FakeClock())
    saved.write_bytes(whole)
    shell = sqlite3.connect(saved)
    shell.execute("PRAGMA user_version = 99")
    shell.execute("INSERT INTO meta (key, value) VALUES ('oldest_reader', '98')")
    shell.commit()
    shell.close()
    with pytest.raises(StoreTooOld, match="schema 99"):
        restore(saved, place.path, FakeClock())
    saved.unlink()
    with pytest.raises(StoreFailed, match="there is no file"):
        restore(saved, place.path, FakeClock())
    with SqliteStore(place.path, place.clock) as untouched:
        assert len(untouched.incidents()) == 200


def test_a_clock_put_back_before_a_start_makes_no_wait_longer(place: SqlitePlace, store: SqliteStore) -> None:
    """Neither that of a page nor that of a budget; what was left of them is left."""
    spent = Take("bob", "sms", 1, 600 * SECOND, 55 * SECOND)
    store.commit([Unit((incident(),), (page("p1", take=spent), page("p2", take=spent)), audit=(note(),))])
    place.kill(store)
    place.clock.at -= 6 * 3600 * SECOND
    again = place.open("oncall serve")
    waiting = again.page("p2")
    assert waiting is not None
    assert (waiting.state, waiting.lease_until) == ("waiting", place.clock.at + 55 * SECOND)
    assert again.spent_until("bob", "sms") == place.clock.at + 600 * SECOND
    place.let_pass(56 * SECOND)
    assert "p2" in [row.id for row in again.claim()]
