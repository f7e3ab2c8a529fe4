"""What `oncall who` may import. It is typed in anger at 3 a.m., and asked by shell prompts.

Modules are counted, not milliseconds: the answer is exact, and the same on every machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROTATIONS = Path(__file__).parents[1] / "rotations"

# Too heavy for an answer worked out from the files.
NEVER = {
    "aiohttp", "apprise", "asyncio", "httpx", "icalendar", "pendulum", "pydantic", "requests", "rich",
    "sqlalchemy", "sqlite3", "starlette", "twilio",
}  # fmt: skip
# Not even these where no holidays are asked for: a plain question is worked out before Typer loads.
NEVER_PLAIN = NEVER | {"dataclasses", "holidays", "inspect", "json", "shutil", "tempfile", "typer"}
# Not even these for an answer that is kept: there the interpreter's own start is most of the time.
NEVER_WARM = NEVER | {
    "dataclasses",
    "holidays",
    "importlib.metadata",
    "json",
    "re",
    "typer",
    "typing",
    "yaml",
    "zoneinfo",
}

# Modules are named on standard error at exit, also when `main` ends by sys.exit.
PROBE = """
import atexit, sys
atexit.register(lambda: print("\\n".join(sys.modules), file=sys.stderr))
sys.argv = ["oncall", *sys.argv[1:]]
from oncall_rota.front import main
main()
"""


def ask(folder: Path, *arguments: str) -> tuple[str, set[str]]:
    """What `oncall …` prints into a pipe, and the modules that it imported, by full and by top name."""
    # `-I` leaves out what the environment and the current folder would add, `-S` what .pth files do; the
    # folders of the installed packages are put back by hand.
    paths = [path for path in sys.path if path]
    start = f"import sys; sys.path[:] = {paths!r}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + PROBE, *arguments],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    names = {line for line in done.stderr.splitlines() if line and " " not in line}
    assert "oncall_rota.front" in names
    return done.stdout, names | {name.partition(".")[0] for name in names}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the repository's rotations, whose files are old enough for their answers to be kept."""
    shutil.copytree(ROTATIONS, tmp_path / "rotations")
    for path in (tmp_path / "rotations").rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return tmp_path


FORMS = pytest.mark.parametrize("arguments", [("who",), ("who", "payments"), ("who", "--json"), ("who", "-o", "names")])


@FORMS
def test_who_from_the_files_imports_nothing_heavy(folder: Path, arguments: tuple[str, ...]) -> None:
    """The first call reads the YAML."""
    text, modules = ask(folder, *arguments)
    assert text
    assert {"yaml", "oncall_rota.schedule"} <= modules
    assert sorted(modules & NEVER) == []


def test_who_through_typer_imports_nothing_heavy(folder: Path) -> None:
    """A call with more options goes through Typer, and an ISO moment needs no natural language."""
    _, modules = ask(folder, "who", "payments", "--at", "2026-12-24T12:00:00Z")
    assert "typer" in modules
    assert sorted(modules & NEVER) == []


@FORMS
def test_who_from_kept_answers_imports_next_to_nothing(folder: Path, arguments: tuple[str, ...]) -> None:
    """The second call is answered before Typer loads, with the same words."""
    first, _ = ask(folder, *arguments)
    second, modules = ask(folder, *arguments)
    if "--json" not in arguments:  # its "at" is the moment of the call
        assert second == first
    assert sorted(modules & NEVER_WARM) == []


def test_the_probe_sees_what_is_imported(folder: Path) -> None:
    """`oncall doctor` needs Typer; a probe that did not see it would pass everything."""
    _, modules = ask(folder, "doctor")
    assert {"typer", "oncall_rota.cli.doctor"} <= modules


def test_a_plain_question_about_a_plain_team_imports_little(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the files, with and without a cache to keep the answer in."""
    for path in (folder / "rotations").iterdir():
        if path.name.partition(".")[0] not in ("payments", "people"):
            path.unlink()
    for kept in ("", "off"):
        monkeypatch.setenv("ONCALL_CACHE", kept)
        _, modules = ask(folder, "who", "payments", "--json")
        assert modules & NEVER_PLAIN == set()
