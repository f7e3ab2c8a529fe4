"""`oncall override`: exactly the lines it must, and never a file that `validate` would refuse."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

CRLF = (
    b"# Payments, edited on another system\r\n"
    b"team:   payments\r\n"
    b"timezone: 'Europe/London'\t# quoted, and a tab\r\n"
    b"rotation: {people: [alice, bob, carol, dave], every: week, handoff: monday 09:00, starting: 2026-01-05}\r\n"
    b"overrides:\r\n"
    b"    # before the first\r\n"
    b"    -   {who: carol,   from: 2026-06-03 09:00, until: 2026-06-04 09:00}   # said at lunch\r\n"
    b"\r\n"
    b"    -   who: bob\r\n"
    b"        from: 2026-09-01 09:00\r\n"
    b"        until: 2026-09-02 09:00   # by the line\r\n"
    b'x-note: "the end"'
)


@pytest.fixture(autouse=True)
def _wednesday() -> Any:
    with freeze_time("2026-06-03T12:00:00Z"):
        yield


def test_an_override_is_added_and_every_other_byte_stays(folder: Path, oncall: Any) -> None:
    """Comments, spaces, quotes, CRLF and the missing last line end."""
    path = folder / "payments.yaml"
    path.write_bytes(CRLF)
    said = oncall("override", "add", "payments", "--who", "dave", "--from", "2026-07-01 09:00", "--for", "2d",
                  "--tz", "Europe/London", "--reason", "dentist")  # fmt: skip
    assert said.code == 0, said.err
    after = path.read_bytes()
    old, new = CRLF.split(b"\r\n"), after.split(b"\r\n")
    assert len(new) == len(old) + 1
    added = [line for line in new if line not in old]
    assert len(added) == 1
    assert b"who: dave" in added[0]
    assert [line for line in new if line != added[0]] == old
    assert new.index(added[0]) < new.index(b"    -   who: bob")


def test_removing_what_was_added_leaves_the_file_as_it_was(folder: Path, oncall: Any) -> None:
    """The command that undoes it is printed, and does."""
    path = folder / "payments.yaml"
    for data in (CRLF, path.read_bytes()):
        path.write_bytes(data)
        said = oncall("override", "add", "payments", "--add", "dave", "--from", "2026-07-01 09:00", "--for", "12h")
        assert said.code == 0, said.err
        assert path.read_bytes() != data
        undo = next(line for line in said.err.splitlines() if line.startswith("to undo: "))
        words = shlex.split(undo.removeprefix("to undo: "))
        assert words[0] == "oncall"
        assert oncall(*words[1:]).code == 0
        assert path.read_bytes() == data


def test_what_was_removed_is_added_again_by_the_printed_command(folder: Path, oncall: Any) -> None:
    """The same override: by its effect, not by its comment."""
    before = json.loads(oncall("override", "list", "payments", "--json", "--all").out)["overrides"]
    said = oncall("override", "remove", "payments", "1")
    assert said.code == 0, said.err
    assert len(json.loads(oncall("override", "list", "payments", "--json", "--all").out)["overrides"]) == 1
    undo = next(line for line in said.err.splitlines() if line.startswith("to undo: "))
    assert oncall(*shlex.split(undo.removeprefix("to undo: "))[1:]).code == 0
    after = json.loads(oncall("override", "list", "payments", "--json", "--all").out)["overrides"]
    assert [{**each, "line": 0} for each in after] == [{**each, "line": 0} for each in before]


def test_before_and_after_are_shown_and_the_window_in_both_zones(oncall: Any) -> None:
    """Written in the team's time, echoed in both."""
    said = oncall("override", "add", "payments", "--who", "dave", "--from", "2026-07-01 09:00", "--for", "1d",
                  "--tz", "America/New_York", "--dry-run")  # fmt: skip
    assert said.code == 0, said.err
    assert "Wed 1 Jul 14:00 - Thu 2 Jul 14:00  Europe/London (1d)" in said.err
    assert "Wed 1 Jul 09:00 - Thu 2 Jul 09:00  America/New_York" in said.err
    assert "payments/primary" in said.out
    assert "before  Bob Brown" in said.out
    assert "after   Dave Díaz" in said.out


def test_a_dry_run_writes_nothing(folder: Path, oncall: Any) -> None:
    """For add and for remove."""
    before = (folder / "payments.yaml").read_bytes()
    assert (
        oncall("override", "add", "payments", "--who", "dave", "--from", "fri 17:00", "--for", "2d", "--dry-run").code
        == 0
    )
    assert oncall("override", "remove", "payments", "1", "--dry-run").code == 0
    assert (folder / "payments.yaml").read_bytes() == before


ALL = {
    "who": (("--who", "dave"), {"verb": "who", "people": ["dave"]}),
    "two": (("--who", "dave", "--who", "alice"), {"verb": "who", "people": ["dave", "alice"]}),
    "nobody": (("--who", "nobody"), {"verb": "who", "people": []}),
    "instead": (("--who", "dave", "--instead-of", "bob"), {"verb": "instead_of", "people": ["dave"], "person": "bob"}),
    "add": (("--add", "dave"), {"verb": "add", "people": ["dave"]}),
    "remove": (("--remove", "carol"), {"verb": "remove", "person": "carol"}),
    "swap": (("--swap", "bob", "carol"), {"verb": "swap", "people": ["bob", "carol"]}),
    "layer": (("--add", "dave", "--layer", "primary"), {"verb": "add", "layer": "primary"}),
}


@pytest.mark.parametrize("case", ALL)
def test_every_kind_of_override(case: str, oncall: Any) -> None:
    """What is listed is what was asked for."""
    options, expected = ALL[case]
    window = ("--from", "2026-07-06T12:00Z", "--until", "2026-07-08T12:00Z", "--reason", "INC #5: 'x'")
    said = oncall("override", "add", "payments", *options, *window)
    if case == "remove":  # leaves a hole, which validate refuses
        assert said.code == 4
        return
    assert said.code == 0, said.err
    rows = json.loads(oncall("override", "list", "payments", "--json").out)["overrides"]
    found = next(each for each in rows if each["start"] == "2026-07-06T12:00:00Z")
    assert found["end"] == "2026-07-08T12:00:00Z"
    assert found["reason"] == "INC #5: 'x'"
    assert {key: found[key] for key in expected} == expected


def test_whole_days_are_days_of_the_team(folder: Path, oncall: Any) -> None:
    """`--through` includes its day."""
    said = oncall("override", "add", "payments", "--who", "dave", "--from", "24 jun", "--through", "26 jun")
    assert said.code == 0, said.err
    assert "from: 2026-06-24, through: 2026-06-26" in (folder / "payments.yaml").read_text()


def test_another_schedule_is_named(folder: Path, oncall: Any) -> None:
    """TEAM/SCHEDULE writes `schedule:` where it must."""
    window = ("--from", "2026-07-06T12:00Z", "--for", "2d")
    assert oncall("override", "add", "payments/secondary", "--who", "alice", *window).code == 0
    assert "schedule: secondary" in (folder / "payments.yaml").read_text()
    assert oncall("override", "add", "payments/primary", "--who", "bob", *window).code == 0
    assert "schedule: primary" not in (folder / "payments.yaml").read_text()


def test_a_team_without_overrides_gets_its_first(folder: Path, oncall: Any) -> None:
    """In its file; in the overrides file where there is one."""
    window = ("--from", "2026-07-06T14:00Z", "--for", "2h")
    before = (folder / "web.yaml").read_text()
    assert oncall("override", "add", "web", "--add", "dave", *window).code == 0
    assert (folder / "web.yaml").read_text().startswith(before)
    (folder / "web.yaml").write_text(before)
    (folder / "web.overrides.yaml").write_text("# anyone may merge this\n")
    said = oncall("override", "add", "web", "--add", "dave", *window)
    assert said.code == 0, said.err
    assert (folder / "web.yaml").read_text() == before
    assert (folder / "web.overrides.yaml").read_text().startswith("# anyone may merge this\n- ")
    assert json.loads(oncall("override", "list", "web", "--json").out)["overrides"][0]["path"] == "web.overrides.yaml"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--who", "zed", "--for", "2d"), 5),
        (("--who", "dave", "--layer", "nights", "--for", "2d"), 5),
        (("--for", "2d"), 2),
        (("--who", "dave", "--add", "bob", "--for", "2d"), 2),
        (("--who", "dave"), 2),
        (("--who", "dave", "--for", "2d", "--until", "fri 17:00"), 2),
        (("--who", "dave", "--from", "fri 17:00", "--until", "now"), 2),
        (("--add", "dave", "--instead-of", "bob", "--for", "2d"), 2),
        (("--who", "dave", "--from", "2026-07-01 09:00", "--through", "2026-07-02"), 2),
        (("--who", "dave", "--from", "2026-07-02", "--through", "2026-07-01"), 2),
        (("--who", "dave", "--through", "9999-12-31"), 2),
        (("--who", "dave", "--from", "2026-10-25T01:30Z", "--for", "2d"), 2),  # the second 01:30 of London
        (("--remove", "bob", "--from", "2026-06-03T13:00Z", "--until", "2026-06-08T08:00Z"), 4),
    ],
)
def test_what_would_be_refused_leaves_the_file_as_it_was(
    arguments: tuple[str, ...], code: int, folder: Path, oncall: Any
) -> None:
    """To the byte, and to the time of its last change."""
    path = folder / "payments.yaml"
    before, times = path.read_bytes(), os.stat(path).st_mtime_ns
    said = oncall("override", "add", "payments", *arguments)
    assert said.code == code, said.err
    assert path.read_bytes() == before
    assert os.stat(path).st_mtime_ns == times


def test_a_broken_file_is_not_edited(folder: Path, oncall: Any) -> None:
    """Exit code 4, with the place."""
    path = folder / "payments.yaml"
    path.write_text(path.read_text().replace("every: week", "every: weak"))
    before = path.read_bytes()
    said = oncall("override", "add", "payments", "--who", "dave", "--for", "2d")
    assert said.code == 4
    assert "payments.yaml:7:" in said.err
    assert path.read_bytes() == before


def test_the_list_is_numbered_in_the_order_in_which_lines_apply(oncall: Any) -> None:
    """Those that are over are left out, and keep their numbers."""
    rows = oncall("override", "list", "payments", "-o", "plain").out.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["1", "2"]
    with freeze_time("2026-07-01T00:00:00Z"):
        rows = oncall("override", "list", "payments", "-o", "plain").out.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["2"]
    assert oncall("override", "remove", "payments", "3").code == 5
    assert oncall("override", "remove", "payments").code == 2
