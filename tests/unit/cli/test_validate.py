"""`oncall validate`, `init`, `schema`, `doctor`, `version`, help and completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from oncall_rota.cli.main import COMMANDS
from oncall_rota.config import schema
from oncall_rota.wiring import notifiers

BAD = "team: payments\ntimezone: Europe/Lodon\nrotation:\n  peeple: [alice]\n"


def test_a_good_folder_has_no_problems(folder: Path, oncall: Any) -> None:
    """Exit code 0; the hole of the web team is inside its must_cover, so it is taken away here."""
    (folder / "web.yaml").unlink()
    said = oncall("validate")
    assert (said.code, said.err) == (0, "1 note\n")
    assert "note: nobody is on call in payments/primary here, as this override says" in said.out


def test_every_mistake_is_told_with_its_place(folder: Path, oncall: Any) -> None:
    """As text, as JSON and as annotations; exit code 4 each time."""
    (folder / "payments.yaml").write_text(BAD)
    (folder / "web.yaml").unlink()
    text = oncall("validate")
    assert text.code == 4
    assert "rotations/payments.yaml:2:11: error: " in text.out
    assert "rotations/payments.yaml:4:3: error: " in text.out
    found = json.loads(oncall("validate", "-o", "json").out)
    assert found["version"] == 1
    assert set(found["problems"][0]) == {"path", "line", "column", "severity", "code", "message", "hint"}
    assert {(each["path"], each["line"]) for each in found["problems"]} >= {("payments.yaml", 2), ("payments.yaml", 4)}
    lines = oncall("validate", "-o", "github").out.splitlines()
    assert all(line.startswith("::") for line in lines)
    assert any(line.startswith("::error file=rotations/payments.yaml,line=2,col=11,title=oncall ") for line in lines)


def test_one_file_is_judged_by_what_it_needs(folder: Path, oncall: Any) -> None:
    """Problems of other files are not told."""
    (folder / "web.yaml").write_text(BAD)
    assert oncall("validate", "rotations/payments.yaml").code == 0
    assert oncall("validate", "rotations/web.yaml").code == 4
    assert oncall("validate", "rotations").code == 4
    assert oncall("validate", "rotations/nothing.yaml").code == 2


def test_a_team_is_read_from_standard_input_as_it_would_be_in_the_folder(folder: Path, oncall: Any) -> None:
    """And the folder is left alone."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert oncall("validate", "-", stdin=(folder / "payments.yaml").read_bytes()).code == 0
    said = oncall("validate", "-", stdin=BAD.encode())
    assert said.code == 4
    assert "<stdin>:2:11: error: " in said.out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_hole_is_a_problem_of_validate(oncall: Any) -> None:
    """The web team has nobody on Fridays."""
    said = oncall("validate", "--from", "2026-06-01")
    assert said.code == 4
    assert "web.yaml" in said.out


@freeze_time("2026-06-03T12:00:00Z")
def test_init_writes_a_team_that_validates(oncall: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wholly by options; the next commands are told."""
    monkeypatch.chdir(tmp_path / "rotations" / "..")
    new = tmp_path / "new"
    new.mkdir()
    monkeypatch.chdir(new)
    said = oncall("init", "--team", "search", "--people", "ann,ben.oz", "--timezone", "Europe/Paris")
    assert said.code == 0
    assert "oncall who search" in said.out
    assert (
        (new / "rotations" / "search.yaml").read_text()
        == """\
team: search
timezone: Europe/Paris

rotation:
  people: [ann, ben.oz]
  every: week
  handoff: monday 09:00
  starting: 2026-06-01            # ann's first day; never changes
"""
    )
    assert "name: Ben Oz" in (new / "rotations" / "people.yaml").read_text()
    assert oncall("validate").code == 0
    assert json.loads(oncall("who", "search", "--at", "2026-06-08T07:00Z", "--json").out)["results"][0]["on_call"]


@freeze_time("2026-06-03T12:00:00Z")
def test_init_needs_nothing_and_never_overwrites(oncall: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good defaults; what is there stays."""
    new = tmp_path / "My Shop!"
    new.mkdir()
    monkeypatch.chdir(new)
    monkeypatch.setenv("LOGNAME", "Zoë")
    assert oncall("init", "--dry-run").code == 0
    assert not (new / "rotations").exists()
    assert oncall("init").code == 0
    written = (new / "rotations" / "my-shop.yaml").read_bytes()
    assert oncall("init").code == 2
    assert oncall("init", "--team", "other", "--people", "unknown").code == 2
    assert (new / "rotations" / "my-shop.yaml").read_bytes() == written
    assert sorted(path.name for path in (new / "rotations").iterdir()) == ["my-shop.yaml", "people.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--team", "Payments!"),
        ("--team", "people"),
        ("--people", "Alice Adams"),
        ("--people", "a,a"),
        ("--people", ","),
        ("--starting", "25/12"),
        ("--handoff", "9"),
        ("--timezone", "Mars/Phobos"),
    ],
)
def test_init_refuses_what_could_not_be_read(arguments: tuple[str, ...], oncall: Any, folder: Path) -> None:
    """Exit code 2, and nothing is written."""
    before = sorted(folder.iterdir())
    assert oncall("init", *arguments).code == 2
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("kind", ["team", "overrides", "people", "oncall"])
def test_schemas_are_printed_as_they_are(kind: str, oncall: Any) -> None:
    """From the declarations that validate."""
    assert json.loads(oncall("schema", kind).out) == json.loads(json.dumps(schema(kind, notifiers())))
    assert oncall("schema", f"{kind}x").code == 2


def test_the_doctor_tells_what_to_look_at_first(oncall: Any, folder: Path) -> None:
    """Versions, zone data, folder and why."""
    found = json.loads(oncall("doctor", "--json").out)
    assert found["folder"] == str(folder)
    assert found["display_zone"] == "UTC"
    assert found["display_zone_from"] == "$ONCALL_TZ"
    assert {"python", "typer", "pyyaml", "libyaml", "tzdata", "time_zone_data", "cache"} <= set(found)
    assert oncall("doctor", "--dir", "nowhere").code == 0
    assert oncall("version").out.startswith("oncall ")
    assert oncall("--version").out == oncall("version").out


@pytest.mark.parametrize("command", [*COMMANDS, "override add", "override list", "override remove"])
def test_help_begins_with_what_it_does_and_examples(command: str, oncall: Any) -> None:
    """-h works everywhere, and examples come before options."""
    said = oncall(*command.split(), "-h")
    assert said.code == 0
    assert said.out.index("Examples:") < said.out.index("Usage:") < said.out.index("Options:")
    assert said.out == oncall(*command.split(), "--help").out


def test_the_first_help_lists_every_command(oncall: Any) -> None:
    """With and without -h."""
    said = oncall("-h")
    assert all(f"  {name} " in said.out for name in COMMANDS)
    assert oncall().out == said.out


def _completed(line: str, folder: Path) -> list[str]:
    words = line.split(" ")
    environ = {
        **os.environ,
        "_ONCALL_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "ONCALL_DIR": str(folder),
    }
    code = "import sys; sys.argv = ['oncall']; from oncall_rota.cli.main import main; main()"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert found.stderr == ""
    return found.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("oncall who pa", ["payments"]),
        ("oncall who payments/", ["payments/primary", "payments/secondary"]),
        ("oncall who nothing/", []),
        ("oncall me --person ", ["alice", "bob", "carol", "dave"]),
        ("oncall who --service c", ["card-api"]),
        ("oncall sche", ["schedule", "schema"]),
    ],
)
def test_the_shell_completes_teams_schedules_people_and_services(line: str, offered: list[str], folder: Path) -> None:
    """In bash; other shells differ in the envelope."""
    assert _completed(line, folder) == offered


def test_completion_never_fails_and_never_prints(folder: Path) -> None:
    """Not even in a folder of rubbish."""
    (folder / "people.yaml").write_bytes(b"\xff\xfe: [\n")
    (folder / "payments.yaml").write_bytes(b"\x00\x01")
    assert _completed("oncall who payments/", folder) == []
    assert _completed("oncall me --person ", folder) == []
    assert _completed("oncall who ", folder / "nowhere") == []
