"""`oncall ical export`: feeds as files for a static host, written only where they change, and checked."""

from __future__ import annotations

import os
import pty
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import icalendar
import pytest
from typer.testing import CliRunner

from oncall_rota.cli.main import application

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "examples" / "37-publish-feeds"
AT = ("--at", "2026-06-17T12:00:00Z")
PEOPLE = """\
alice: {name: Alice Adams, email: alice@example.com, phone: "+447700900101", slack: U01ALICE}
bob: {name: "Bob\\r\\nX-EVIL:1", email: bob@example.com}
carol: {name: Carol Chen, email: carol@example.com, timezone: America/New_York}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
"""
WEB = """\
team: web
timezone: America/New_York
rotation: {people: [carol, alice], every: day, handoff: 09:00, starting: 2026-01-05}
"""
OVERRIDE = "- {who: alice, from: 2026-06-20 09:00, until: 2026-06-21 09:00, reason: surgery}\n"


class Said(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Oncall = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rotations of two teams; the current folder is their parent."""
    made = tmp_path / "rotations"
    made.mkdir()
    for name, text in {"people": PEOPLE, "payments": PAYMENTS, "web": WEB}.items():
        (made / f"{name}.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def export(folder: Path) -> Oncall:
    """`oncall ical export …` in this process, in June 2026."""

    def call(*arguments: str) -> Said:
        found = CliRunner().invoke(application(), ["ical", "export", *AT, *arguments], prog_name="oncall")
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Said(found.exit_code, found.stdout_bytes.decode(), found.stderr)

    return call


def titles(path: Path | str) -> set[str]:
    """The titles of a feed."""
    data = path.encode() if isinstance(path, str) else path.read_bytes()
    return {str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(data).walk("VEVENT")}


def test_one_feed_goes_to_standard_output_as_it_is(export: Oncall) -> None:
    """A team, a schedule, a person; with its own line ends, and nothing else."""
    for name, title in {
        ("payments",): "payments on call",
        ("payments/secondary",): "payments secondary on call",
        ("--person", "carol"): "Carol Chen on call",
    }.items():
        said = export(*name)
        assert said.code == 0
        assert said.err == ""
        assert said.out.startswith("BEGIN:VCALENDAR\r\n")
        assert said.out.endswith("END:VCALENDAR\r\n")
        assert f"\r\nX-WR-CALNAME:{title}\r\n" in said.out
        assert export(*name, "-o", "-").out == said.out


def test_a_person_has_the_shifts_of_every_team(export: Oncall) -> None:
    """Carol's, in both teams, and nobody else's; her zone is the calendar's."""
    said = export("--person", "carol")
    assert titles(said.out) == {
        f"Carol Chen on call — {each}" for each in ("payments primary", "payments secondary", "web primary")
    }
    assert "X-WR-TIMEZONE:America/New_York\r\n" in said.out


def test_files_are_named_after_what_is_in_them(export: Oncall, folder: Path) -> None:
    """Into a folder, or to a file of that name; the folder is made."""
    for arguments in (["payments"], ["payments/primary"], ["--person", "carol"]):
        assert export(*arguments, "-o", "feeds/").code == 0
    assert export("web", "-o", "mine.ics").err == "mine.ics: written\n"
    found = sorted(str(path.relative_to(folder.parent)) for path in folder.parent.rglob("*.ics"))
    assert found == ["feeds/carol.ics", "feeds/payments.ics", "feeds/payments/primary.ics", "mine.ics"]


def test_export_check_change_check(export: Oncall, folder: Path) -> None:
    """The life of feeds in CI: exit 8 as soon as one is stale, and only what changed is written again."""
    out = folder.parent / "feeds"
    missing = export("--all", "-o", "feeds", "--check")
    assert (missing.code, missing.out) == (8, "new\tfeeds/payments.ics\nnew\tfeeds/web.ics\n")
    assert not out.exists()
    assert export("--all", "-o", "feeds").err == "2 feeds: 2 written, 0 unchanged\n"
    assert export("--all", "-o", "feeds", "--check") == Said(0, "", "")
    (folder / "payments.overrides.yaml").write_text(OVERRIDE)
    before = {path.name: path.stat() for path in out.iterdir()}
    stale = export("--all", "-o", "feeds", "--check")
    assert (stale.code, stale.out) == (8, "changed\tfeeds/payments.ics\n")
    assert "1 of 2 feeds are stale" in stale.err
    assert export("--all", "-o", "feeds", "--dry-run") == Said(0, "changed\tfeeds/payments.ics\n", "")
    assert export("--all", "-o", "feeds").err == "2 feeds: 1 written, 1 unchanged\n"
    after = {path.name: path.stat() for path in out.iterdir()}
    assert before["web.ics"] == after["web.ics"] or before["web.ics"].st_mtime_ns == after["web.ics"].st_mtime_ns
    assert before["payments.ics"].st_ino != after["payments.ics"].st_ino
    assert export("--all", "-o", "feeds", "--check").code == 0
    assert "Alice Adams on call — payments primary (override)" in titles(out / "payments.ics")


def test_a_feed_is_stale_when_the_month_is_over_and_not_before(export: Oncall) -> None:
    """The window steps by months, in UTC."""
    assert export("payments", "-o", "p.ics").code == 0
    check = ("payments", "-o", "p.ics", "--check", "--at")
    assert export(*check, "2026-06-30T23:59:59Z").code == 0
    assert export(*check, "2026-06-01T00:00:00Z").code == 0
    assert export(*check, "2026-07-01T00:00:00Z").code == 8


def test_the_feed_of_a_team_that_is_gone_is_told_and_removed_when_asked(export: Oncall, folder: Path) -> None:
    """A calendar of somebody else's, and a person's feed, stay."""
    export("--all", "-o", "feeds")
    export("--person", "carol", "-o", "feeds/")
    foreign = folder.parent / "feeds" / "holidays.ics"
    foreign.write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//else//EN\r\nEND:VCALENDAR\r\n")
    (folder / "web.yaml").unlink()
    assert export("--all", "-o", "feeds", "--check").out == "stray\tfeeds/web.ics\n"
    kept = export("--all", "-o", "feeds")
    assert (kept.code, "feeds/web.ics is a feed of no team" in kept.err) == (0, True)
    assert "feeds/web.ics: removed" in export("--all", "-o", "feeds", "--prune").err
    left = sorted(path.name for path in (folder.parent / "feeds").iterdir())
    assert left == ["carol.ics", "holidays.ics", "payments.ics"]


def test_a_broken_team_does_not_stale_the_others(export: Oncall, folder: Path) -> None:
    """What has a single meaning is written; what has none keeps its file, and the exit is 4."""
    export("--all", "-o", "feeds")
    (folder / "web.yaml").write_text("team: web\nrotation: {people: [zoe]}\n")
    (folder / "payments.overrides.yaml").write_text(OVERRIDE)
    before = (folder.parent / "feeds" / "web.ics").read_bytes()
    said = export("--all", "-o", "feeds", "--prune")
    assert said.code == 4
    assert "web.yaml" in said.err
    assert (folder.parent / "feeds" / "web.ics").read_bytes() == before
    assert "Alice Adams on call — payments primary (override)" in titles(folder.parent / "feeds" / "payments.ics")
    assert export("--person", "carol", "-o", "carol.ics").code == 4
    assert not (folder.parent / "carol.ics").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "what to export"),
        (["payments", "--all", "-o", "x"], 2, "what to export"),
        (["--all"], 2, "--all needs -o"),
        (["payments", "--check"], 2, "--check needs -o"),
        (["--all", "-o", ""], 2, "an empty name"),
        (["payments", "--prune"], 2, "--prune goes with --all"),
        (["--all", "-o", "rotations/web.yaml"], 2, "this is a file"),
        (["payments", "--title", "{email}"], 2, "no field {email}"),
        (["payments", "--colour", "tomatoe"], 2, "did you mean 'tomato'"),
        (["payments", "--names", "nick"], 2, "neither full nor initials"),
        (["payment"], 5, "did you mean 'payments'"),
        (["payments/primry"], 5, "did you mean 'primary'"),
        (["--person", "caro"], 5, "did you mean 'carol'"),
    ],
)
def test_mistakes_are_told(export: Oncall, arguments: list[str], code: int, words: str) -> None:
    """With the exit code of their kind and a remedy."""
    said = export(*arguments)
    assert (said.code, said.out) == (code, "")
    assert words in said.err


def test_options_reach_the_feed(export: Oncall) -> None:
    """Title, names, busy, colour."""
    said = export("payments", "--title", "{id}: {schedule}", "--busy", "--colour", "teal")
    assert "alice: primary" in titles(said.out)
    assert "TRANSP:OPAQUE" in said.out
    assert "COLOR:teal" in said.out
    assert "AA on call — web primary" in titles(export("web", "--names", "initials").out)


def test_no_feed_holds_a_contact_or_a_reason(export: Oncall, folder: Path) -> None:
    """Every address of people.yaml, and what an override was for."""
    (folder / "payments.overrides.yaml").write_text(OVERRIDE)
    export("--all", "-o", "feeds")
    text = "".join([path.read_bytes().decode() for path in (folder.parent / "feeds").iterdir()])
    for contact in ("example.com", "+4477", "U01ALICE", "surgery", "\r\nX-EVIL"):
        assert contact not in text


def test_a_file_is_whole_or_the_old_one(export: Oncall, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the last moment leaves the old bytes, and nothing beside them."""
    place = folder.parent / "feeds"
    export("payments", "-o", "feeds/")
    before = (place / "payments.ics").read_bytes()
    (folder / "payments.overrides.yaml").write_text(OVERRIDE)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    said = export("payments", "-o", "feeds/")
    assert (said.code, "No space left" in said.err) == (1, True)
    assert [path.name for path in place.iterdir()] == ["payments.ics"]
    assert (place / "payments.ics").read_bytes() == before


def test_modes_and_links_are_kept(export: Oncall, folder: Path) -> None:
    """A web server may read a new file; an old one keeps its mode; a link stays a link."""
    real = folder.parent / "real.ics"
    mask = os.umask(0o022)
    try:
        export("payments", "-o", "real.ics")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(real.stat().st_mode) == 0o644
    real.chmod(0o600)
    (folder.parent / "link.ics").symlink_to("real.ics")
    (folder / "payments.overrides.yaml").write_text(OVERRIDE)
    assert export("payments", "-o", "link.ics").code == 0
    assert (folder.parent / "link.ics").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert "(override)" in real.read_text(encoding="utf-8")


def test_many_teams_are_written_by_all_cores_with_progress_on_a_terminal(folder: Path) -> None:
    """The bytes are those of one core; and on a terminal the count runs."""
    for number in range(80):
        (folder / f"team-{number}.yaml").write_text(WEB.replace("team: web", f"team: team-{number}"))
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "oncall_rota", "ical", "export", "--all", *AT, "-o"]
    process = subprocess.Popen([*command, "feeds"], stderr=follower, stdin=follower, stdout=follower)
    os.close(follower)
    seen = b""
    while True:
        try:
            data = os.read(leader, 65536)
        except OSError:  # Linux's way to say that nobody holds the other end any more
            break
        if not data:
            break
        seen += data
    os.close(leader)
    assert process.wait() == 0
    assert b"\r80 of 82 feeds" in seen
    assert b"82 feeds: 82 written, 0 unchanged" in seen
    piped = subprocess.run([*command, "again"], capture_output=True, check=True)
    assert (piped.stdout, piped.stderr) == (b"", b"82 feeds: 82 written, 0 unchanged\n")
    for path in (folder.parent / "feeds").iterdir():
        assert path.read_bytes() == (folder.parent / "again" / path.name).read_bytes()
    for team in ("web", "team-7"):
        alone = subprocess.run([*command[:-4], team, *AT], capture_output=True, check=True)
        assert alone.stdout == (folder.parent / "feeds" / f"{team}.ics").read_bytes()


def test_the_help_begins_with_examples(export: Oncall) -> None:
    """`-h`, at every step."""
    said = export("-h")
    assert said.code == 0
    assert said.out.index("Examples:") < said.out.index("Usage:")


def test_the_recipes_feeds_are_what_its_rotations_say(tmp_path: Path) -> None:
    """`examples/37-publish-feeds`: the files that are kept there are fresh for the day on which they were written."""
    shutil.copytree(PUBLISHED, tmp_path / "copy")
    command = "ical export --all -o feeds --at 2026-12-07"
    done = subprocess.run(
        [sys.executable, "-m", "oncall_rota", *command.split(), "--check"],
        cwd=tmp_path / "copy",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    readme = (PUBLISHED / "README.md").read_text(encoding="utf-8")
    assert f"oncall {command}`" in " ".join(readme.split())
