"""The SQLite store on disks that fail: full, read-only, and with errors at the moment of the sync.

They need root, to mount a small file system of their own, and strace (`tests/real/install-disk-faults`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from store_group import Group
from store_places import FakeClock, incident, page
from store_places import signal as accepted

from oncall_rota.paging.ports.row import Committed, Unit
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld
from oncall_rota.store import open_store
from oncall_rota.store.sqlite import SqliteStore

pytestmark = pytest.mark.real

WRITER = Path(__file__).parents[1] / "contract" / "store" / "store_writer.py"
LIMIT = 60  # seconds, for what takes few


def mounted(*words: str | Path) -> None:
    """Run `mount`."""
    subprocess.run(["mount", *words], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_said_and_the_store_recovers_by_itself(disk: Path) -> None:
    """Each caller hears `full`, what was answered stays, reads go on; with space again, so do commits."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(512 * 1024))
    answered: list[str] = []
    refused: list[str] = []
    with SqliteStore(disk / "oncall.db", FakeClock()) as store:
        with Group(store) as group:
            number = 0
            while len(refused) < 20:
                unit = Unit((incident(f"i{number}", data="x" * 4000),), (page(f"p{number}", f"i{number}"),))
                try:
                    assert isinstance(group.submit(unit).result(LIMIT), Committed)
                    answered.append(f"i{number}")
                except StoreFailed as error:
                    refused.append(error.reason)
                number += 1
                assert number < 5000
            assert set(refused) == {"full"}
            assert len(answered) > 10
            assert {row.id for row in store.incidents()} == set(answered)
            ballast.unlink()
            assert isinstance(group.submit(accepted("after")).result(LIMIT), Committed)
        assert store.check() == ()
    with SqliteStore(disk / "oncall.db", FakeClock()) as again:
        assert {row.id for row in again.incidents()} == {*answered, "iafter"}


def test_a_store_opens_on_a_disk_that_is_full(disk: Path) -> None:
    """Or says that it is: never a trace of a half-made one."""
    (disk / "ballast").write_bytes(bytes(2 * 1024 * 1024 - 16384))
    with pytest.raises(StoreFailed) as told:
        SqliteStore(disk / "oncall.db", FakeClock())
    assert told.value.reason in ("full", "io")
    (disk / "ballast").unlink()
    with SqliteStore(disk / "oncall.db", FakeClock()) as store:
        assert isinstance(store.commit([accepted(1)])[0], Committed)


def test_a_read_only_disk_is_said_and_recovered_from(disk: Path) -> None:
    """As a kernel leaves a disk that it no longer trusts."""
    with SqliteStore(disk / "oncall.db", FakeClock()) as store:
        store.commit([accepted(1)])
    mounted("-o", "remount,ro", disk)
    with pytest.raises(StoreFailed) as told:
        SqliteStore(disk / "oncall.db", FakeClock())
    assert told.value.reason == "read-only"
    mounted("-o", "remount,rw", disk)
    with SqliteStore(disk / "oncall.db", FakeClock()) as store:
        assert store.incident("i1") is not None
        assert isinstance(store.commit([accepted(2)])[0], Committed)


def faulty(path: Path, call: str, fault: str, seconds: float) -> tuple[list[str], Counter[str]]:
    """What a writing process answered, and why it refused, while a system call had this fault, as strace spells it."""
    strace = shutil.which("strace")
    assert strace is not None, "strace is missing: run tests/real/install-disk-faults"
    command = [strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}"]
    writer = subprocess.Popen(
        [*command, sys.executable, str(WRITER), str(path), "4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, refused = writer.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(writer.pid, signal.SIGKILL)
        out, refused = writer.communicate(timeout=LIMIT)
    return out.decode().splitlines(), Counter(refused.decode().splitlines())


@pytest.mark.parametrize("when", [20, 21, 22, 23, 24, 25])
def test_a_kill_at_a_sync_loses_nothing_that_was_answered(tmp_path: Path, when: int) -> None:
    """At the very call that makes a commit last."""
    path = tmp_path / "oncall.db"
    open_store(str(path)).close()
    answered, _ = faulty(path, "fdatasync", f"signal=KILL:when={when}", LIMIT)
    assert answered
    with open_store(str(path)) as store:
        assert {f"i{name}" for name in answered} - {row.id for row in store.incidents(limit=100_000)} == set()
        assert store.check() == ()


@pytest.mark.parametrize(
    ("call", "fault", "reason"),
    [
        ("fdatasync", "error=EIO:when=10+7", "io"),
        ("pwrite64", "error=EIO:when=100+40", "io"),
        ("pwrite64", "error=ENOSPC:when=100+40", "full"),
        ("pwrite64", "error=EROFS:when=100+40", "io"),
    ],
)
def test_a_write_that_fails_is_never_answered_as_done(tmp_path: Path, call: str, fault: str, reason: str) -> None:
    """Now and then the disk fails: the callers of that commit hear why, and no answered signal is missing."""
    path = tmp_path / "oncall.db"
    open_store(str(path)).close()
    answered, refused = faulty(path, call, fault, 2)
    assert len(answered) > 50
    assert set(refused) == {reason}, refused
    with open_store(str(path)) as store:
        assert {f"i{name}" for name in answered} - {row.id for row in store.incidents(limit=100_000)} == set()
        assert store.check() == ()


def test_another_way_to_the_same_folder_is_no_way_round_the_lock(disk: Path, tmp_path: Path) -> None:
    """Two servers, each with a mount of its own: the second one is refused."""
    other = tmp_path / "other"
    other.mkdir()
    mounted("--bind", disk, other)
    try:
        with SqliteStore(disk / "oncall.db", FakeClock()), pytest.raises(StoreHeld):
            SqliteStore(other / "oncall.db", FakeClock())
    finally:
        subprocess.run(["umount", other], check=True)
