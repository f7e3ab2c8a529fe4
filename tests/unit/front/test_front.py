"""The front door: the same bytes as the long way, and a cache that is never believed without reason."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from freezegun import freeze_time

from oncall_rota import front
from oncall_rota.cli import answering

PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com}
bob: {name: Bob "B" Brown, email: bob@example.com}
carol: {name: Çarol 陈, email: carol@example.com}
sid: {name: Sid Silent}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice, bob, carol], every: 7 hours, starting: 2026-01-05 09:00}
  office: {people: [alice, bob], every: day, handoff: 09:00, starting: 2026-01-05, when: mon-fri 09:00-17:00}
  lent: {layers: [{name: ops, schedule: operations/primary}]}
overrides:
  - {who: carol, from: 2034-11-20 11:00, until: 2034-11-20 13:30}
  - {add: alice, from: 2034-11-20 12:00, until: 2034-11-20 12:30}
"""
OPERATIONS = """\
team: operations
timezone: America/New_York
rotation: {people: [carol, bob, nobody], every: 12 hours, starting: 2026-01-05 09:00}
"""
SILENT = """\
team: silent
timezone: UTC
rotation: {people: [sid]}
"""
# A Monday far ahead: every file is older than a reader of that day.
START = datetime(2034, 11, 20, 6, 30, tzinfo=UTC)


@pytest.fixture
def rotations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three teams, and a cache of its own."""
    folder = tmp_path / "repository" / "rotations"
    folder.mkdir(parents=True)
    for name, text in {
        "people": PEOPLE,
        "payments": PAYMENTS,
        "operations": OPERATIONS,
        "silent": SILENT,
    }.items():
        (folder / f"{name}.yaml").write_text(text)
    # The files are old: one that is as young as its reader is never kept.
    long_ago = time.time() - 3600
    for path in [*folder.iterdir(), folder]:
        os.utime(path, (long_ago, long_ago))
    monkeypatch.setenv("ONCALL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ONCALL_DIR", str(folder))
    monkeypatch.delenv("ONCALL_SERVER", raising=False)
    return folder


def long_way(argv: list[str], at: datetime) -> tuple[str, str, int]:
    """What the command line prints, without the front door."""
    asked = front.understood(argv, os.environ)
    assert asked is not None
    out, err = StringIO(), StringIO()
    with freeze_time(at), redirect_stdout(out), redirect_stderr(err):
        code = answering.answered(*asked)
    return out.getvalue(), err.getvalue(), code


def front_door(argv: list[str], at: datetime) -> str | None:
    """What the front door knows, or None."""
    asked = front.understood(argv, os.environ)
    assert asked is not None
    return front.known_answer(asked, os.environ, int(at.timestamp()))


def questions(chance: random.Random, folder: Path) -> list[str]:
    """A plain `who`, by its whole grammar."""
    labels = ["payments", "operations", "silent", "payments/primary", "payments/office", "payments/lent"]
    argv = ["who", *chance.sample(labels, chance.choice([0, 1, 1, 2, 3]))]
    argv += chance.choice([[], ["--json"], ["-o", "json"], ["-o", "plain"], ["-o", "names"]])
    argv += chance.choice([[], ["--dir", str(folder)], ["--dir", str(folder.parent)]])
    return argv


def test_both_ways_print_the_same_bytes(rotations: Path) -> None:
    """Random questions at random moments of the hours that were kept."""
    chance = random.Random(2026)
    known = 0
    for _ in range(150):
        argv = questions(chance, rotations)
        long_way(argv, START)
        for _ in range(4):
            at = START + timedelta(seconds=chance.randrange(26 * 3600))
            text = front_door(argv, at)
            if text is not None:
                known += 1
                assert (text, "", 0) == long_way(argv, at), (argv, at)
                long_way(argv, START)
    assert known > 100


def test_what_needs_a_word_or_an_exit_code_goes_the_long_way(rotations: Path) -> None:
    """A hole, a person without contact: the front door knows no answer."""
    noon = datetime(2034, 11, 20, 12, tzinfo=UTC)
    for argv, at in ((["who", "payments/office"], START), (["who", "silent"], noon), (["who"], noon)):
        _, err, code = long_way(argv, at)
        assert err or code
        assert tried(argv, at) is None


def test_a_declared_hole_of_another_schedule_is_no_reason_to_go_the_long_way(rotations: Path) -> None:
    """`who payments` before office hours: its second schedule has nobody, and nobody needs to be told."""
    assert long_way(["who", "payments"], START)[1:] == ("", 0)
    assert front_door(["who", "payments"], START) is not None


def rename_bob(folder: Path) -> None:
    """An edit in place."""
    path = folder / "people.yaml"
    path.write_text(path.read_text().replace("Brown", "Green"))


def add_overrides(folder: Path) -> None:
    """A new file."""
    (folder / "payments.overrides.yaml").write_text("- {who: alice, from: 2034-11-20 00:00, until: 2034-11-22 00:00}\n")


def replace_keeping_times(folder: Path) -> None:
    """Another file of the same size under the same name, its times set back."""
    path, other = folder / "payments.yaml", folder.parent / "other"
    before = path.stat()
    other.write_text(path.read_text().replace("[alice, bob, carol]", "[carol, bob, alice]"))
    os.replace(other, path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def break_lender(folder: Path) -> None:
    """A borrowed schedule's file, which was not asked for."""
    (folder / "operations.yaml").write_text(OPERATIONS.replace("bob", "alice"))


@pytest.mark.parametrize("edit", [rename_bob, add_overrides, replace_keeping_times, break_lender])
def test_the_answer_right_after_an_edit_shows_the_edit(rotations: Path, edit: Callable[[Path], None]) -> None:
    """Whatever the edit leaves as it was."""
    before = long_way(["who", "payments"], START)
    assert front_door(["who", "payments"], START) == before[0]
    edit(rotations)
    assert front_door(["who", "payments"], START) is None


def test_a_file_as_young_as_its_reader_is_not_kept(rotations: Path) -> None:
    """It might have changed between the reading and the look at its times."""
    now = datetime.now(UTC)
    (rotations / "people.yaml").write_text(PEOPLE)
    long_way(["who", "operations"], now)
    assert front_door(["who", "operations"], now) is None


def kept_file(rotations: Path) -> Path:
    """The one file in the cache, after an answer was kept."""
    long_way(["who", "operations"], START)
    (path,) = Path(os.environ["ONCALL_CACHE"]).iterdir()
    assert front_door(["who", "operations"], START) is not None
    return path


def test_a_cut_file_is_not_believed(rotations: Path) -> None:
    """At every length."""
    path = kept_file(rotations)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert tried(["who", "operations"], START) is None


def test_a_changed_byte_is_not_believed(rotations: Path) -> None:
    """Any byte, any value."""
    path = kept_file(rotations)
    whole = path.read_bytes()
    chance = random.Random(1)
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        assert tried(["who", "operations"], START) is None, position


def tried(argv: list[str], at: datetime) -> str | None:
    """What `main` would take: an exception is the same as no answer."""
    try:
        return front_door(argv, at)
    except Exception:  # noqa: BLE001 - as in main
        return None


def test_other_versions_and_other_folders_are_not_believed(rotations: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose sum is right but whose head is another's."""
    path = kept_file(rotations)
    whole = path.read_bytes()
    for old, new in ((front.MAGIC, front.MAGIC + "0"), (str(rotations), str(rotations)[:-1] + "x")):
        body = whole.rpartition(b"\n")[0].replace(old.encode(), new.encode())
        path.write_bytes(body + b"\n" + front.checksum(body).encode())
        assert tried(["who", "operations"], START) is None


def test_a_cache_that_others_may_write_is_neither_read_nor_written(rotations: Path) -> None:
    """The folder is not the user's own then."""
    path = kept_file(rotations)
    path.parent.chmod(0o777)
    assert tried(["who", "operations"], START) is None
    path.unlink()
    long_way(["who", "operations"], START)
    assert not path.exists()


def test_a_link_and_a_pipe_in_the_cache_are_not_read(rotations: Path) -> None:
    """A pipe would wait for ever."""
    path = kept_file(rotations)
    elsewhere = path.parent.parent / "elsewhere"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)
    assert tried(["who", "operations"], START) is None
    path.unlink()
    os.mkfifo(path)
    assert tried(["who", "operations"], START) is None


def test_a_cache_that_cannot_be_written_is_no_failure(rotations: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the folder should be."""
    place = rotations.parent / "file"
    place.write_text("")
    monkeypatch.setenv("ONCALL_CACHE", str(place / "cache"))
    assert long_way(["who", "operations"], START)[2] == 0


@pytest.mark.parametrize(
    "argv",
    [
        ["who", "--at", "now"],
        ["who", "payments", "--next"],
        ["who", "--service", "api"],
        ["who", "-o", "csv"],
        ["who", "-o", "xml"],
        ["who", "-o"],
        ["who", "--dir"],
        ["who", "--dir="],
        ["who", "-h"],
        ["who", "pay ments"],
        ["who", "a/b/c"],
        ["who", ""],
        ["who", "Payments"],
        ["schedule"],
        [],
        ["--version"],
    ],
)
def test_all_else_is_left_to_the_command_line(argv: list[str]) -> None:
    """The front door reads nothing then."""
    assert front.understood(argv, {}) is None


def test_a_server_is_asked_instead() -> None:
    """With $ONCALL_SERVER the command line decides."""
    assert front.understood(["who"], {"ONCALL_SERVER": "https://oncall.example.com"}) is None


def test_the_folder_is_the_one_that_the_loader_finds(
    rotations: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From every place from which it can be found."""
    from oncall_rota.config import find_folder

    below = rotations.parent / "src" / "deep"
    below.mkdir(parents=True)
    nested = rotations / "rotations"
    nested.mkdir()
    for here in (rotations.parent, rotations, below, tmp_path, nested):
        monkeypatch.chdir(here)
        for option in (None, "", str(rotations), str(rotations.parent), "rotations", "./rotations/", ".", ".."):
            found = front.folder(option)
            try:
                expected = find_folder(option, {}, Path.cwd())
            except Exception:  # noqa: BLE001 - the long way says what is wrong
                continue
            assert found is not None
            assert os.path.samefile(found, expected), (here, option)
