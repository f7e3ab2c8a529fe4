"""What the terminal can show, and small means to use it: colours, widths, rows in columns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from oncall_rota.cli.who_text import term_safe

BOLD, DIM, RED, YELLOW, GREEN, CYAN = "1", "2", "31", "33", "32", "36"


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
    import unicodedata

    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) in ("Mn", "Me", "Cf") for letter in text)


def fitted(text: str, width: int, ellipsis: str = "…") -> str:
    """`text` cut or padded to exactly `width` columns."""
    taken = columns_of(text)
    if taken <= width:
        return text + " " * (width - taken)
    kept = ""
    for letter in text:
        if columns_of(kept + letter + ellipsis) > width:
            break
        kept += letter
    kept = (kept + ellipsis) if columns_of(kept + ellipsis) <= width else kept
    return kept + " " * (width - columns_of(kept))


def rows_in_columns(header: Sequence[str], rows: Iterable[Sequence[Cell]], screen: Terminal) -> list[str]:
    """Lines of a table without borders, as wide as its cells need; the widest columns are cut to fit."""
    table = [tuple(row) for row in rows]
    widths = [max([columns_of(title), *[columns_of(row[i].text) for row in table]]) for i, title in enumerate(header)]
    spare = screen.width - 2 * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    ellipsis = "…" if screen.unicode else "."
    lines = [screen.paint(_line([Cell(title) for title in header], widths, screen, ellipsis), DIM)]
    return lines + [_line(row, widths, screen, ellipsis) for row in table]


def _line(row: Sequence[Cell], widths: Sequence[int], screen: Terminal, ellipsis: str) -> str:
    cells = []
    for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
        text = fitted(cell.text, width, ellipsis)
        bare = text.rstrip(" ")
        padding = "" if index == len(widths) - 1 else " " * (len(text) - len(bare))
        cells.append(screen.paint(bare, cell.style) + padding)
    return "  ".join(cells).rstrip(" ")


def path_text(path: str | os.PathLike[str]) -> str:
    """A path as it is from here, when it is below; else whole."""
    try:
        shorter = os.path.relpath(path)
    except OSError:  # the current folder is gone
        shorter = os.pardir
    return term_safe(os.fspath(path) if shorter.startswith(os.pardir) else shorter)


def say(text: str) -> None:
    """Talk, on standard error; standard output is for data."""
    print(term_safe_lines(text), file=sys.stderr)


def warn(text: str, hint: str = "") -> None:
    """A warning, on standard error."""
    _labelled("warning", YELLOW, text, hint)


def fail(text: str, hint: str = "") -> None:
    """What went wrong, on standard error."""
    _labelled("error", RED, text, hint)


def _labelled(label: str, style: str, text: str, hint: str) -> None:
    screen = terminal(sys.stderr)
    lines = f"{screen.paint(label, f'{BOLD};{style}')}: {term_safe_lines(text)}"
    if hint:
        lines += "\n" + "\n".join(f"  {line}" for line in term_safe_lines(hint).split("\n"))
    print(lines, file=sys.stderr)


def term_safe_lines(text: str) -> str:
    """`term_safe` for a text of several lines of our own."""
    return "\n".join([term_safe(line) for line in text.split("\n")])
