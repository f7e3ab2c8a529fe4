"""Every example of the documents is true: commands print what stands there, YAML loads, links lead somewhere.

`pytest tests/test_docs.py --update-golden` writes the outputs of the ```console blocks anew.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from oncall_rota.config import check, load

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCUMENTS = [path for path in (README, *sorted((ROOT / ".github").rglob("*.md"))) if path.exists()]
TYPED_AT = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
COLUMNS = 110
HOME = "/home/ada/oncall"  # stands for the folder in which a command ran

# `oncall` on a machine whose clock stands still.
AT_A_FIXED_TIME = f"""
import sys, time
from datetime import UTC, datetime
from oncall_rota.timeline.clock import SystemClock
time.time = lambda: {TYPED_AT.timestamp()}
SystemClock.now = lambda self: datetime.fromtimestamp(time.time(), UTC)
sys.argv[0] = "oncall"
from oncall_rota.front import main
main()
"""


class Block(NamedTuple):
    """A fenced block: `line` is that of its first line of text, from 0, in its document."""

    document: Path
    language: str
    line: int
    lines: tuple[str, ...]

    @property
    def place(self) -> str:
        """`README.md:12`, as editors understand it."""
        return f"{self.document.name}:{self.line + 1}"


def blocks(document: Path) -> Iterator[Block]:
    """The fenced blocks of a document."""
    start, language = 0, ""
    lines = document.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start:
            yield Block(document, language, start, tuple(lines[start:number]))
            start = 0
        else:
            start, language = number + 1, line[3:].strip()
    assert not start, f"{document.name}:{start}: a block without an end"


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]


def of(language: str) -> pytest.MarkDecorator:
    """The blocks of one language, a test each."""
    found = [block for block in BLOCKS if block.language == language]
    return pytest.mark.parametrize("block", found, ids=[f"{b.document.stem}-{n}" for n, b in enumerate(found)])


class Session:
    """A terminal in a folder with the repository's rotations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.status = 0
        shutil.copytree(ROOT / "rotations", folder / "rotations")

    def run(self, command: str) -> str:
        """What a command prints on a terminal, colours apart."""
        if command == "echo $?":
            status, self.status = self.status, 0
            return f"{status}\n"
        assert self.status == 0, f"the command before ended with {self.status}; show it by `$ echo $?`"
        name, *arguments = shlex.split(command)
        assert name == "oncall", f"only `oncall` is run here, not {name!r}"
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        environment = {**os.environ, "NO_COLOR": "1", "ONCALL_CACHE": "off", "ONCALL_TZ": "Europe/London"}
        environment.pop("COLUMNS", None)
        with subprocess.Popen(
            [sys.executable, "-c", AT_A_FIXED_TIME, *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            text = b"".join(_read(ours)).decode()
            self.status = process.wait(60)
        os.close(ours)
        assert "\x1b" not in text, f"{command!r} prints control sequences under NO_COLOR"
        text = text.replace("\r\n", "\n").replace(str(self.folder), HOME)
        return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            return
        if not data:
            return
        yield data


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output that stands there."""
    command = ""
    output: list[str] = []
    for line in block.lines:
        if line.startswith("$ "):
            if command:
                yield command, "".join(output)
            command, output = line[2:], []
        else:
            assert command, f"{block.place}: output before the first command"
            output.append(line + "\n")
    if command:
        yield command, "".join(output)


@of("console")
def test_a_command_prints_what_stands_there(block: Block, tmp_path: Path, update_golden: bool) -> None:
    """To the byte, on a terminal of 110 columns, on 7 December 2026."""
    session = Session(tmp_path)
    printed = [(command, session.run(command)) for command, _ in commands(block)]
    assert session.status == 0, f"{block.place}: the last command ended with {session.status}; show it"
    if update_golden:
        now = "".join(f"$ {command}\n{output}" for command, output in printed)
        text = block.document.read_text(encoding="utf-8")
        old = "```console\n" + "".join(line + "\n" for line in block.lines) + "```\n"
        assert text.count(old) == 1, f"{block.place}: the same block twice"
        block.document.write_text(text.replace(old, f"```console\n{now}```\n"), encoding="utf-8")
        return
    assert printed == list(commands(block)), block.place


@of("yaml")
def test_yaml_is_valid(block: Block, tmp_path: Path) -> None:
    """Its first line names its file; it loads beside the repository's people with no error and no warning."""
    found = re.fullmatch(r"# rotations/([\w.-]+\.yaml)", block.lines[0])
    assert found, f"{block.place}: the first line is to name the file, as in `# rotations/payments.yaml`"
    rotations = tmp_path / "rotations"
    shutil.copytree(ROOT / "rotations", rotations)
    (rotations / found[1]).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    catalog, problems = load(rotations)
    problems = [*problems, *check(catalog, TYPED_AT)]
    assert [problem for problem in problems if problem.severity != "note"] == [], block.place


@of("sh")
def test_a_shell_command_is_one_line(block: Block) -> None:
    """To be pasted whole; `.ci/run` runs those of the README that set up a machine."""
    assert len(block.lines) == 1, block.place


def test_the_readme_sets_up_a_machine_by_two_lines() -> None:
    """One shows who is on call, one runs the tests; `.ci/run` takes them from there by how they begin."""
    lines = [b.lines[0] for b in BLOCKS if b.language == "sh" and b.document == README]
    lines = [line for line in lines if line.startswith("python3.11 -m venv .venv && ")]
    assert len(lines) == 2
    assert lines[0].endswith("/oncall who")
    assert lines[1].endswith("/python -m pytest -q")


def test_there_are_examples_of_each_kind() -> None:
    """So that none of the tests above passes by finding nothing."""
    languages = [block.language for block in BLOCKS if block.document == README]
    assert set(languages) == {"console", "yaml", "sh"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_lead_somewhere(document: Path) -> None:
    """Links to files of the repository."""
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []
