"""What the terminal can show, and small means to use it: colours, widths, rows in columns."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Literal, NamedTuple, TextIO

from oncall_rota.rendering.text import term_safe

BOLD, DIM, RED, YELLOW, GREEN, CYAN = "1", "2", "31", "33", "32", "36"
_STYLES = {"": "", BOLD: "bold", DIM: "dim", RED: "red", f"{BOLD};{RED}": "bold red"}


class Terminal(NamedTuple):
    """`colours` 0, 16 or 256; `unicode`: lines and blocks may be drawn; `tty`: a person is looking."""

    tty: bool
    width: int
    colours: int
    unicode: bool

    def paint(self, text: str, style: str) -> str:
        """`text` in an SGR style, or as it is where colours are not wanted."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colours and style and text else text


class Cell(NamedTuple):
    """A text that is already safe, and its style."""

    text: str
    style: str = ""


def terminal(stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> Terminal:
    """The terminal behind a stream (standard output). NO_COLOR, TERM=dumb and COLUMNS are kept."""
    stream = sys.stdout if stream is None else stream
    tty = stream.isatty()
    kind = environ.get("TERM", "")
    dumb = kind in ("dumb", "")
    colours = 0
    if tty and not dumb and not environ.get("NO_COLOR"):
        colours = 256 if "256color" in kind or environ.get("COLORTERM") else 16
    utf8 = (stream.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"
    return Terminal(tty, _width(stream, environ) if tty else 80, colours, utf8 and not dumb)


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    try:
        width = int(environ.get("COLUMNS", "0"))
    except ValueError:
        width = 0
    if width <= 0:
        try:
            width = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            width = 0
    return min(max(width or 80, 40), 500)


def columns_of(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # a piped answer needs no columns, and no rich

    return cell_len(text)


def fitted(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` cut or padded to exactly `width` columns."""
    from rich.cells import set_cell_size

    if columns_of(text) > width and width > columns_of(ellipsis):
        text = set_cell_size(text, width - columns_of(ellipsis)).rstrip(" ") + ellipsis
    return set_cell_size(text, width)


def rows_in_columns(header: Sequence[str], rows: Iterable[Sequence[Cell]], screen: Terminal) -> list[str]:
    """Lines of a table without borders: as wide as its cells need, the widest columns cut to fit the screen."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    overflow: Literal["ellipsis", "crop"] = "ellipsis" if screen.unicode else "crop"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in header:
        table.add_column(Text(title), no_wrap=True, overflow=overflow)
    for row in rows:
        # Never markup: a cell is data, and only our own style is on it.
        table.add_row(
            *[
                Text(cell.text, style=_STYLES[cell.style] if cell.text else "", no_wrap=True, overflow=overflow)
                for cell in row
            ]
        )
    page = StringIO()
    colours: Literal["standard", "256"] | None = None
    if screen.colours:
        colours = "256" if screen.colours > 16 else "standard"
    Console(
        file=page, width=screen.width, color_system=colours, force_terminal=bool(colours), legacy_windows=False,
        highlight=False, emoji=False, markup=False, _environ={},
    ).print(table)  # fmt: skip
    return [line.rstrip(" ") for line in page.getvalue().splitlines()]


def path_text(path: str | os.PathLike[str]) -> str:
    """A path as it is from here, when it is below; else whole."""
    try:
        shorter = os.path.relpath(path)
    except OSError:  # the current folder is gone
        shorter = os.pardir
    return term_safe(os.fspath(path) if shorter.startswith(os.pardir) else shorter)


def say(text: str, indent: int = 2) -> None:
    """Talk, on standard error; standard output is for data. `indent`: of what a terminal has no room for."""
    write_talk("\n".join(in_lines(text, terminal(sys.stderr), indent)))


def warn(text: str, hint: str = "") -> None:
    """A warning, on standard error."""
    _labelled("warning", YELLOW, text, hint)


def fail(text: str, hint: str = "") -> None:
    """What went wrong, on standard error."""
    _labelled("error", RED, text, hint)


def write_talk(text: str) -> None:
    """Write on standard error, in one piece. Where it cannot be written it stops nothing, least of all a page."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        atexit.unregister(_hold_peace)
        atexit.register(_hold_peace)


def _hold_peace() -> None:
    """Leave nothing that Python would fail to write at the very end, and then change the exit code for."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _labelled(label: str, style: str, text: str, hint: str) -> None:
    screen = terminal(sys.stderr)
    first, *others = in_lines(f"{label}: {text}", screen)
    lines = [screen.paint(label, f"{BOLD};{style}") + first.removeprefix(label), *others]
    if hint:
        lines += in_lines("\n".join(f"  {line}" for line in hint.split("\n")), screen)
    write_talk("\n".join(lines))


def in_lines(text: str, screen: Terminal, indent: int = 2) -> list[str]:
    """Lines that are safe; on a terminal broken between words, and never within a command that may be copied."""
    lines = term_safe_lines(text).split("\n")
    if not screen.tty or all(columns_of(line) <= screen.width for line in lines):
        return lines
    import re
    import textwrap

    broken = []
    for line in lines:
        whole = re.sub(r"'oncall [^']{1,60}'", lambda found: found[0].replace(" ", "\xa0"), line)
        begins = len(line) - len(line.lstrip(" "))
        parts = textwrap.wrap(
            whole, screen.width, subsequent_indent=" " * (begins + indent), break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        broken += [part.replace("\xa0", " ") for part in parts] or [""]
    return broken


def term_safe_lines(text: str) -> str:
    """`term_safe` for a text of several lines of our own."""
    return "\n".join([term_safe(line) for line in text.split("\n")])
