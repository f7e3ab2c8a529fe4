"""A user's mistake, as a value with a place, a reason and a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"


class Problem(NamedTuple):
    """One mistake in a rotations folder.

    `path` is relative to the folder; `line` and `column` count from 1, columns in characters. `severity` is
    `error`, `warning` or `note`; `code` a stable kebab-case name. `message` says what is wrong and what was
    expected, `hint` what to do.
    """

    path: str
    line: int
    column: int
    severity: str
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.code}]"
        return f"{text}\n    {self.hint}" if self.hint else text


class Mistake(Exception):
    """Raised inside `config` by what reads one text; becomes a `Problem` where the place is known."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was probably meant by `word`, or None. Case, `_` and spaces hardly count."""
    folded = _folded(word)
    limit = min(3, max(1, len(folded) // 3))
    best: tuple[int, int, str] | None = None
    for index, name in enumerate(known):
        if name == word:
            continue
        other = _folded(name)
        if abs(len(other) - len(folded)) > limit:
            continue
        distance = 0 if other == folded else _distance(folded, other, limit)
        if distance <= limit and (best is None or (distance, index) < best[:2]):
            best = (distance, index, name)
    return best[2] if best else None


def known(name: str, there: Iterable[str]) -> str:
    """A hint: what was probably meant instead of `name`, or what there is."""
    names = list(there)
    meant = suggest(name, names)
    if meant:
        return f"did you mean {meant!r}?"
    if not names:
        return "there is none yet; 'oncall init' writes a first team"
    shown = ", ".join(names[:8])
    return f"there is {shown}{f', and {len(names) - 8} more' if len(names) > 8 else ''}"


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the likeliest of `known`, or else `otherwise`."""
    found = suggest(word, known)
    return f"did you mean {found!r}?" if found else otherwise


def listed(words: Iterable[str], last: str = "or", most: int = 12) -> str:
    """`a, b or c`, cut after `most` words."""
    names = list(words)
    if len(names) > most:
        return ", ".join(names[:most]) + ", …"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def shown(text: str) -> str:
    """A person's text in quotes, cut to a length that a message can bear, control characters escaped."""
    return repr(text if len(text) <= 60 else f"{text[:57]}…")


def _folded(word: str) -> str:
    return word[:64].casefold().replace("_", "-").replace(" ", "-")


def _distance(one: str, other: str, limit: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two words; above `limit`, any such number."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, match in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != match))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == match:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
