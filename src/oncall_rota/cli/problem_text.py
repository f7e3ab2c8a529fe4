"""Problems of rotation files as terminal text, JSON and annotations of a code review."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from oncall_rota.cli.terminal import BOLD, CYAN, DIM, RED, YELLOW, Terminal, terminal
from oncall_rota.config import Problem
from oncall_rota.rendering.text import json_text, term_safe

_STYLES = {"error": RED, "warning": YELLOW, "note": CYAN}
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def place(problem: Problem, folder: Path | None = None) -> str:
    """The file's path as it is from here, so that editors and terminals can open it."""
    if folder is None or problem.path in ("", "-", "<stdin>") or os.path.isabs(problem.path):
        return problem.path
    path = os.path.join(folder, problem.path)
    try:
        shorter = os.path.relpath(path)
    except OSError:  # the current folder is gone
        return path
    return shorter if not shorter.startswith(os.pardir + os.sep + os.pardir) else path


def text(problem: Problem, screen: Terminal, folder: Path | None = None) -> str:
    """`payments.yaml:6:12: error: what is wrong [code]`, and the remedy below."""
    where = f"{term_safe(place(problem, folder))}:{problem.line}:{problem.column}"
    label = screen.paint(problem.severity, f"{BOLD};{_STYLES.get(problem.severity, '')}")
    message = "\n    ".join(term_safe(line) for line in problem.message.split("\n"))
    line = f"{screen.paint(where, BOLD)}: {label}: {message} {screen.paint(f'[{problem.code}]', DIM)}"
    if problem.hint:
        line += "\n    " + "\n    ".join(term_safe(each) for each in problem.hint.split("\n"))
    return line


def tell(problems: Iterable[Problem], folder: Path | None = None, stream: TextIO | None = None) -> None:
    """Print problems, on standard error unless told otherwise."""
    stream = sys.stderr if stream is None else stream
    screen = terminal(stream)
    for problem in problems:
        print(text(problem, screen, folder), file=stream)


def document(problems: Iterable[Problem]) -> str:
    """The JSON of `oncall validate -o json`."""
    keys = ("path", "line", "column", "severity", "code", "message", "hint")
    return json_text({"version": 1, "problems": [{key: getattr(each, key) for key in keys} for each in problems]})


def github(problem: Problem, folder: Path | None = None) -> str:
    """A workflow command that GitHub shows beside the line."""
    message = problem.message + (f"\n{problem.hint}" if problem.hint else "")
    settings = {
        "file": place(problem, folder),
        "line": str(problem.line),
        "col": str(problem.column),
        "title": f"oncall {problem.code}",
    }
    written = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in settings.items())
    return f"::{_COMMANDS.get(problem.severity, 'notice')} {written}::{_escaped(message)}"


def _escaped(value: str, more: str = "") -> str:
    for letter in "%\r\n" + more:
        value = value.replace(letter, f"%{ord(letter):02X}")
    return term_safe(value)
