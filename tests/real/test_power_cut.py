"""The power goes at any moment of a SQLite store's life: what was answered is there when it is back.

A process takes signals in under strace. From its writes and syncs come the disks that a power cut may leave, and the
store is opened on each. It needs strace (`tests/real/install-disk-faults`).
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "contract" / "store"))

from power_cut import Report, cuts, replayed
from power_cut_disk import KEPT, NOTHING, SECTOR, Disk
from power_cut_trace import CannotReplay, Event, Made, Removed, Said, Synced, Written, events, traced

pytestmark = pytest.mark.real

WRITER = Path(__file__).with_name("power_cut_writer.py")
DB, LOG = "oncall.db", "oncall.db-wal"


class Life:
    """What a writing process did, from the first opening of its store to the last closing."""

    def __init__(self, folder: Path, signals: int, *more: str, clients: int = 4, faults: tuple[str, ...] = ()) -> None:
        self.trace = folder / "trace"
        self.store = folder / "store" / DB
        self.store.parent.mkdir()
        command = [sys.executable, str(WRITER), str(self.store), str(clients), str(signals), *more]
        done = traced(command, self.trace, *faults)
        assert done.returncode == 0, done.stderr
        self.answered = done.stdout.splitlines()
        self.refused = done.stderr.splitlines()
        with self.trace.open(encoding="ascii") as lines:
            self.events = list(events(lines, str(self.store.parent)))

    def count(self, chosen: Callable[[Event], bool]) -> int:
        return sum(map(chosen, self.events))

    def replayed(self, lying: str = "", every: int = 1) -> Report:
        """The verdict on its power cuts; the figures are on standard output (`pytest -rP`)."""
        report = replayed(self.trace, self.store, lying, every)
        sys.stdout.write(f"{report.images} images: {report.lost} with losses, {report.damaged} damaged\n")
        return report


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Four hundred signals on a disk without a fault."""
    return Life(tmp_path_factory.mktemp("life"), 400)


def test_no_answered_incident_is_lost_at_any_power_cut(life: Life) -> None:
    """Nor halved, nor is the store ever damaged: it opens, is whole, and takes the next signal."""
    said = [event.text.rstrip("\n") for event in life.events if isinstance(event, Said)]
    assert sorted(said) == sorted(life.answered)
    assert Counter(line.split()[0] for line in said) == {"took": 400, "acknowledged": 104}
    # The file comes to be, its log is brought into it more than once and begun again, closed and made anew.
    assert life.count(lambda event: isinstance(event, Made) and event.name == DB) > 0
    assert life.count(lambda event: isinstance(event, Synced) and event.name == DB) >= 4
    assert life.count(lambda event: isinstance(event, Written) and event.name == LOG and event.at == 0) >= 3
    assert life.count(lambda event: isinstance(event, Removed) and event.name == LOG) == 2
    report = life.replayed()
    assert report.images >= 1500
    assert report == Report(report.images, 0, 0, ())


def test_with_fewer_syncs_the_replay_finds_losses(tmp_path: Path) -> None:
    """`synchronous = normal` answers before the disk has it: most power cuts lose something, none does damage."""
    report = Life(tmp_path, 400, "normal").replayed(every=11)
    assert report.lost > report.images // 2
    assert report.damaged == 0


@pytest.mark.parametrize("lying", [DB, LOG])
def test_with_a_disk_that_lies_about_syncs_the_replay_finds_damage(life: Life, lying: str) -> None:
    """What no program can help: the replay would see it."""
    report = life.replayed(lying, every=11)
    assert report.lost > 100
    assert report.damaged > 0


def test_a_power_cut_after_failed_syncs_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    """After an error the kernel forgets what it had to write, and the next sync says that all is well.

    Every third sync fails for a while, those of the file itself too: then the log must not be begun again.
    """
    life = Life(tmp_path, 600, faults=("fdatasync:error=EIO:when=40..130+3",))
    assert set(life.refused) == {"io"}
    assert life.count(lambda event: _failed(event, LOG)) > 10
    first = next(at for at, event in enumerate(life.events) if _failed(event, DB))
    later = life.events[first : life.events.index(Removed(LOG))]
    assert any(isinstance(event, Synced) and event.name == DB and not event.failed for event in later)
    assert any(isinstance(event, Written) and event.name == LOG and event.at == 0 for event in later)
    report = life.replayed(every=13)
    assert report.images >= 1500
    assert report == Report(report.images, 0, 0, ())


def _failed(event: Event, name: str) -> bool:
    return isinstance(event, Synced) and event.name == name and event.failed


def after(*happened: Event) -> set[bytes | None]:
    """What may be in the file `f` after these events and a power cut; None: there is no such file."""
    disk = Disk()
    for event in happened:
        disk.happen(event)
    return {disk.after(kept, random.Random(seed)).get("f") for kept in KEPT for seed in range(50)}


def test_the_disk_promises_what_was_synced_and_nothing_else() -> None:
    """Any sector of the rest may be old or new, and so may the length; a name needs a sync of its folder."""
    a, b, zero = b"a" * SECTOR, b"b" * SECTOR, bytes(SECTOR)
    begin = (Made("f"), Synced("", 1, False))
    assert after(Made("f"), Written("f", 0, a), Synced("f", 2, False)) == {None, a}
    assert after(*begin, Written("f", 0, a), Synced("f", 3, False)) == {a}
    assert after(*begin, Written("f", 0, a + b)) == {b"", a + b, zero + b, a + zero, zero + zero}
    assert after(*begin, Written("f", 0, a), Synced("f", 2, False)) == {b"", a, zero}, "written after the sync began"
    synced = (*begin, Written("f", 0, a + a), Synced("f", 3, False))
    assert after(*synced, Written("f", 0, b + b)) == {a + a, b + b, b + a, a + b}
    # A sector that is written twice is never seen with the second writing alone.
    twice = after(*synced, Written("f", 0, b"1"), Written("f", 1, b"2"))
    assert twice == {a + a, b"1" + a[1:] + a, b"12" + a[2:] + a}
    assert after(*synced, Removed("f")) == {None, a + a}
    assert len(after(*synced, Removed("f"), Made("f"), Written("f", 0, b), Synced("f", 8, False))) == 3
    lost = after(*begin, Written("f", 0, a), Synced("f", 3, True), Synced("f", 4, False))
    assert len(lost) == 1, "what a failed sync did not write, a later one does not either"


def test_words_count_from_when_they_are_written() -> None:
    """Whoever reads them may do so at once, whatever is written on the disk meanwhile."""
    line = "took a"
    happened: list[Event] = [Made(DB), Synced("", 1, False), Written(DB, 0, b"x"), Said(line), Synced(DB, 3, False)]
    assert [(cut.at, cut.answered) for cut in cuts(happened) if cut.kept == NOTHING] == [(1, 0), (4, 1), (5, 1)]


def test_the_trace_is_read_as_it_happened_or_refused() -> None:
    """Calls of several threads mix; a call that the replay has no model of is an error, never passed over."""
    lines = [
        '7 openat(AT_FDCWD</>, "/d/f", O_RDWR|O_CREAT, 0600) = 3</d/f>',
        '7 openat(AT_FDCWD</>, "/d/g", O_RDWR|O_CREAT, 0600) = -1 ENOSPC (No space left on device)',
        '7 pwrite64(3</d/f>, "\\x61\\x62", 2, 512 <unfinished ...>',
        '8 write(1<pipe:[9]>, "\\x68\\x69", 2 <unfinished ...>',
        "7 <... pwrite64 resumed>)  = 1",
        "8 <... write resumed>)     = 2",
        "7 fdatasync(3</d/f>)       = -1 EIO (Input/output error) (INJECTED)",
        "7 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 4</d/f-shm>, 0) = 0x7fbb7a83f000",
    ]
    lines = [hexed(line) for line in lines]
    assert list(events(lines, "/d")) == [Made("f"), Said("hi"), Written("f", 512, b"a"), Synced("f", 3, True)]
    for unknown in ('rename("/d/f", "/d/g") = 0', "mmap(NULL, 9, PROT_WRITE, MAP_SHARED, 3</d/f>, 0) = 0x7fbb7a83f000"):
        with pytest.raises(CannotReplay):
            list(events([hexed(f"7 {unknown}")], "/d"))


def hexed(line: str) -> str:
    """A line with its paths as strace spells them under `-xx`."""
    for path in ("/d/f-shm", "/d/f", "/d/g"):
        for left, right in ('""', "<>"):
            line = line.replace(left + path + right, left + "".join(f"\\x{ord(sign):02x}" for sign in path) + right)
    return line
