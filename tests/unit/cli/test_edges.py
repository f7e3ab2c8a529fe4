"""Where the ground ends: closed streams, full disks, folders that are gone, the first and last years, odd names."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

ONCALL = shlex.join([sys.executable, "-c", "from oncall_rota.front import main; main()"])
TWO_SCHEDULES = """\
team: web
timezone: America/New_York
schedules:
  primary: {people: [alice, bob], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
"""


def shell(line: str, **environ: str) -> tuple[int, str, str]:
    """What a shell makes of a line; `oncall` is this one, by its front door."""
    found = subprocess.run(
        ["/bin/sh", "-c", line.replace("oncall ", f"{ONCALL} ")],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        check=False,
    )
    return found.returncode, found.stdout, found.stderr


@pytest.mark.parametrize("command", ["who payments", "schedule payments", "version", "validate -"])
def test_closed_streams_are_no_traceback(command: str, folder: Path) -> None:
    """Standard input, output, error: whatever a supervisor has closed."""
    for closed in (">&-", "<&-", ">&- 2>&-"):
        _, _, err = shell(f"oncall {command} {closed} </dev/null" if closed != "<&-" else f"oncall {command} <&-")
        assert "Traceback" not in err


def test_talk_never_ends_up_among_the_data(folder: Path) -> None:
    """Python prints to standard output when standard error is closed."""
    code, out, _ = shell("oncall who nope 2>&-")
    assert (code, out) == (5, "")


def test_a_full_disk_is_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    """Cold and warm alike."""
    long_ago = time.time() - 3600
    for path in [*folder.iterdir(), folder]:
        os.utime(path, (long_ago, long_ago))
    cache = str(tmp_path / "cache")
    assert shell("oncall who payments", ONCALL_CACHE=cache)[0] == 0
    for setting in ("off", cache, cache):
        code, _, err = shell("oncall who payments >/dev/full", ONCALL_CACHE=setting)
        assert (code, err) == (1, "error: No space left on device\n")


def test_ctrl_c_is_130_without_a_word(folder: Path) -> None:
    """Also while modules are still being imported."""
    script = "import sys, time, oncall_rota.front as front\nfront.understood = lambda *_: time.sleep(9)\n"
    with subprocess.Popen(
        [sys.executable, "-c", script + "print(flush=True)\nfront.main()"], stdout=-1, stderr=-1
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, b"")


def test_a_current_folder_that_is_gone(folder: Path, tmp_path: Path) -> None:
    """It is said, and --dir and doctor work all the same."""
    gone = tmp_path / "gone"
    away = f"mkdir {gone} && cd {gone} && rmdir {gone} && "
    code, _, err = shell(f"{away}oncall who", ONCALL_CACHE="off")
    assert (code, err.splitlines()[0]) == (2, "error: the current folder is gone")
    code, out, _ = shell(f"{away}oncall who payments --dir {folder}", ONCALL_CACHE="off")
    assert code == 0
    assert out.startswith("payments/primary\t")
    code, out, _ = shell(f"{away}oncall doctor")
    assert code == 0
    assert "the current folder is gone" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("who", "payments", "--at", "0001-01-01T00:00:00Z"),
        ("who", "payments", "--at", "9999-12-31T23:59:59Z", "--tz", "Asia/Tokyo"),
        ("why", "payments", "--at", "0001-01-01", "--tz", "America/New_York"),
        ("schedule", "payments", "--from", "9996-12-31", "--for", "2w"),
        ("schedule", "payments", "--for", "999999999w"),
        ("validate", "--from", "9999-12-31"),
        ("gaps", "--for", "420000w"),
    ],
)
def test_the_ends_of_the_calendar_are_a_usage_error(arguments: tuple[str, ...], oncall: Any) -> None:
    """Not a traceback."""
    said = oncall(*arguments)
    assert said.code == 2
    assert said.err.startswith("error: --")


def test_the_years_4_to_9996_are_answered(oncall: Any) -> None:
    """With 400 days on either side."""
    assert oncall("who", "payments/secondary", "--at", "0004-01-01T00:00Z").code == 3
    assert oncall("who", "payments", "--at", "9996-12-31T00:00Z", "--tz", "Asia/Tokyo").code == 0


@pytest.mark.parametrize("name", ["people", "oncall", "payments.overrides", "a" * 5000, "..", "", "/"])
def test_what_is_no_team_is_an_unknown_name(name: str, folder: Path, oncall: Any) -> None:
    """Files that are no teams, and names that no file can have."""
    (folder / "payments.overrides.yaml").write_text("")
    said = oncall("who", name)
    assert said.code == 5
    assert "no team" in said.err


@freeze_time("2026-06-03T12:00:00Z")
def test_the_moments_that_were_understood_are_echoed(oncall: Any) -> None:
    """By schedule, why and validate too, with the team's own clock where that is another one."""
    said = oncall("schedule", "payments", "--from", "fri 17:00", "--until", "sat 9am", "--tz", "Asia/Tokyo")
    assert said.err.splitlines() == [
        "from Fri 5 Jun 2026 17:00 JST, Fri 5 Jun 09:00 Europe/London",
        "until Sat 6 Jun 2026 09:00 JST, Sat 6 Jun 01:00 Europe/London",
    ]
    assert oncall("schedule", "payments", "--for", "1w").err == ""
    said = oncall("why", "payments/primary", "--at", "fri 17:00", "--tz", "Asia/Tokyo")
    assert said.out.splitlines()[0] == "payments/primary at Fri 5 Jun 2026 17:00 JST, Fri 5 Jun 09:00 Europe/London"
    said = oncall("validate", "--from", "fri 17:00", "--tz", "Asia/Tokyo")
    assert said.err.splitlines()[0] == "from Fri 5 Jun 2026 17:00 JST"


@pytest.mark.parametrize(
    ("setting", "name", "reason"),
    [
        ("Asia/Tokyo", "Asia/Tokyo", "$TZ"),
        (":/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo", "$TZ"),
        ("", "UTC", "$TZ"),
        ("Etc/UTC", "UTC", "$TZ"),  # as teams write it: else every time would be shown twice
        ("<+03>-3", None, "($TZ '<+03>-3' is no zone of the database)"),
    ],
)
def test_the_zone_of_the_system(
    setting: str, name: str | None, reason: str, oncall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """$TZ as the C library reads it; one that names no zone is passed over, and doctor says so."""
    monkeypatch.setenv("TZ", setting)
    monkeypatch.delenv("ONCALL_TZ", raising=False)
    facts = json.loads(oncall("doctor", "--json").out)
    assert name in (None, facts["display_zone"])
    assert facts["display_zone_from"].endswith(reason)


@freeze_time("2026-06-03T12:00:00Z")
def test_the_way_back_from_a_removal_keeps_its_schedule(folder: Path, oncall: Any) -> None:
    """Also when the removal named the schedule."""
    (folder / "web.yaml").write_text(TWO_SCHEDULES)
    line = "- {remove: bob, schedule: secondary, from: 2027-01-04 09:00, until: 2027-02-01 09:00}\n"
    path = folder / "web.overrides.yaml"
    path.write_text(line)
    said = oncall("override", "remove", "web/secondary", "1")
    assert said.code == 0, said.err
    undo = next(each for each in said.err.splitlines() if each.startswith("to undo: "))
    assert oncall(*shlex.split(undo)[3:]).code == 0
    assert path.read_text() == line


@freeze_time("2026-06-03T12:00:00Z")
def test_overrides_on_one_line_are_told_apart(folder: Path, oncall: Any) -> None:
    """Each has its number, and the one that was added is the one that goes."""
    first = "{who: carol, from: 2026-12-01 09:00, until: 2026-12-02 09:00}"
    second = "{who: carol, from: 2027-06-01 09:00, until: 2027-06-02 09:00}"
    path = folder / "web.overrides.yaml"
    (folder / "web.yaml").write_text(TWO_SCHEDULES)
    path.write_text(f"[{first}, {second}]\n")
    assert len(oncall("override", "list", "web").out.splitlines()) == 2
    before = path.read_text()
    said = oncall("override", "add", "web", "--who", "bob", "--from", "2027-02-01T09:00Z", "--for", "1d")
    undo = next(each for each in said.err.splitlines() if each.startswith("to undo: "))
    assert oncall(*shlex.split(undo)[3:]).code == 0
    assert path.read_text() == before


@freeze_time("2026-06-03T12:00:00Z")
@pytest.mark.parametrize("reason", [" ", "\t\n", "\x1b", "\u202e"])
def test_a_reason_of_nothing_visible_is_no_reason(reason: str, folder: Path, oncall: Any) -> None:
    """Instead of a line that would be refused."""
    (folder / "web.yaml").write_text(TWO_SCHEDULES)
    said = oncall("override", "add", "web", "--who", "bob", "--from", "2027-02-01", "--for", "1d", "--reason", reason)
    assert said.code == 0, said.err
    assert "reason" not in (folder / "web.overrides.yaml").read_text()


@freeze_time("2026-06-03T12:00:00Z")
def test_an_empty_list_of_overrides_says_so(folder: Path, oncall: Any) -> None:
    """On standard error: there are no data."""
    (folder / "web.yaml").write_text(TWO_SCHEDULES)
    assert oncall("override", "list", "web") == (0, "", "web has no override\n")
    (folder / "web.overrides.yaml").write_text("- {who: bob, from: 2026-05-01 09:00, until: 2026-05-02 09:00}\n")
    assert oncall("override", "list", "web").err == "no override to come; --all shows 1 that are over\n"


def test_somebody_is_on_call_right_after_init(oncall: Any, tmp_path: Path) -> None:
    """On whatever day and hour it is typed."""
    for number, now in enumerate(("2026-06-01T08:59:59Z", "2026-06-01T09:00:00Z", "2026-06-07T23:00:00Z")):
        new = str(tmp_path / f"new folder {number}")
        with freeze_time(now):
            made = oncall("init", "--team", "search", "--people", "ann,ben", "--timezone", "UTC", "--dir", new)
            assert made.code == 0, made.err
            command = next(line for line in made.out.splitlines() if line.startswith("  oncall who"))
            said = oncall(*shlex.split(command)[1:5], "-o", "names")
            assert (said.code, said.out) == (0, "Ann\n"), command


def test_init_leaves_nothing_behind_when_it_fails(tmp_path: Path, oncall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a team would be a mistake in every later command."""
    from oncall_rota.cli import init
    from oncall_rota.errors import OncallError

    written = init.atomic_write

    def full(path: Path, data: bytes, before: bytes) -> None:
        if path.name == "people.yaml":
            raise OncallError("cannot write people.yaml: No space left on device")
        written(path, data, before)

    monkeypatch.setattr(init, "atomic_write", full)
    new = tmp_path / "new"
    said = oncall("init", "--team", "search", "--people", "ann", "--dir", str(new))
    assert (said.code, [*new.iterdir()]) == (1, [])


def test_init_refuses_a_team_with_a_persons_name(folder: Path, oncall: Any) -> None:
    """As validate would, though the mistake is told in a file that was there before."""
    said = oncall("init", "--team", "carol", "--people", "alice")
    assert said.code == 4
    assert "'carol'" in said.err
    assert not (folder / "carol.yaml").exists()
    assert oncall("init", "--team", "search", "--people", "alice", "--timezone", "Mars").err.startswith(
        "error: --timezone: no time zone 'Mars'"
    )


@pytest.mark.parametrize("command", ["-h", "who -h", "override -h", "schema", "version"])
def test_a_reader_that_leaves_is_141_for_help_too(command: str, folder: Path) -> None:
    """As for every other program that a pipe has ended."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run([*shlex.split(ONCALL), *command.split()], stdout=writing, stderr=-1, check=False)
    os.close(writing)
    assert (process.returncode, process.stderr) == (141, b"")


@freeze_time("2026-06-03T12:00:00Z")
def test_a_pipe_or_folder_named_as_a_team_hinders_no_override(folder: Path, oncall: Any) -> None:
    """Nobody waits for the writer of a named pipe."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "box.yaml").mkdir()
    said = oncall("override", "add", "payments", "--who", "dave", "--from", "2027-02-01", "--for", "1d")
    assert said.code == 0, said.err


def test_doctor_tells_of_a_folder_that_it_may_not_read(
    folder: Path, oncall: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks doctor has trouble already."""

    def refused(path: Any) -> list[str]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("oncall_rota.cli.doctor.os.listdir", refused)
    said = oncall("doctor", "--json")
    assert said.code == 0
    assert json.loads(said.out)["folder_error"] == f"Permission denied: {folder}"
