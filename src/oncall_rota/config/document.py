"""One file that is being read: its text, its nodes, and the problems found in it so far."""

from __future__ import annotations

from typing import Any, Protocol

from oncall_rota.config.problem import ERROR, NOTE, WARNING, Mistake, Problem
from oncall_rota.schedule.model import Source

_new = tuple.__new__  # a named tuple without its checks of arguments: half the time, for tens of thousands
MOST_PROBLEMS = 1000  # a hostile file has no use for more, and a person none for a hundred


class Place(Protocol):
    """Where something stands in a file; lines and columns from 0, as PyYAML counts."""

    line: int
    column: int


class Node(Protocol):
    """Anything read from a file: a scalar, a `Mapping` or a `Sequence`."""

    start_mark: Any


class Mapping(dict[str, Any]):
    """Keys and their nodes, in the order written; `key_nodes` are the keys' own nodes."""

    __slots__ = ("_keys_at", "flow_style", "key_nodes", "start_mark")  # no __init__: the reader fills thousands
    start_mark: Any
    flow_style: bool
    key_nodes: list[Any]

    @property
    def keys_at(self) -> dict[str, Any]:
        """Each key's own node. Only what reports a problem asks, so it is made on demand."""
        found: dict[str, Any] = getattr(self, "_keys_at", {})
        if len(found) != len(self.key_nodes):
            found = self._keys_at = {node.value: node for node in self.key_nodes}
        return found


class Sequence(list[Any]):
    """Nodes in the order written."""

    __slots__ = ("flow_style", "start_mark")
    start_mark: Any
    flow_style: bool


class Document:
    """One file: `path` relative to the folder. `broken`: it has a mistake that leaves it without a single meaning."""

    __slots__ = ("broken", "more", "path", "problems", "root", "text")

    def __init__(self, path: str, text: str = "") -> None:
        self.path = path
        self.text = text
        self.root: Any = None
        self.problems: list[Problem] = []
        self.broken = False
        self.more = 0

    @property
    def full(self) -> bool:
        """Whether more problems are only counted, so that no words need to be found for them."""
        return len(self.problems) >= MOST_PROBLEMS

    def error(self, at: Node, code: str, message: str, hint: str = "", *, fatal: bool = True) -> None:
        """A mistake. Not `fatal`: the answer to who is on call stays clear."""
        if fatal:
            self.broken = True
        self._add(at.start_mark, ERROR, code, message, hint)

    def warn(self, at: Node, code: str, message: str, hint: str = "") -> None:
        """Probably not what was meant."""
        self._add(at.start_mark, WARNING, code, message, hint)

    def note(self, at: Node, code: str, message: str, hint: str = "") -> None:
        """Worth knowing."""
        self._add(at.start_mark, NOTE, code, message, hint)

    def mistake(self, at: Node, mistake: Mistake) -> None:
        """What a reader of texts raised, as an error at its place."""
        self.error(at, mistake.code, mistake.message, mistake.hint)

    def error_at(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        """A mistake at a line and column, both from 1."""
        self.broken = True
        self.problems.append(Problem(self.path, line, column, ERROR, code, message, hint))

    def _add(self, mark: Place, severity: str, code: str, message: str, hint: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(self.path, mark.line + 1, mark.column + 1, severity, code, message, hint))
        else:
            self.more += 1

    def source(self, node: Node) -> Source:
        """The place of a node, as the engine's causes name it."""
        return _new(Source, (self.path, node.start_mark.line + 1))

    def line(self, number: int) -> str:
        """The text of a line, counted from 0."""
        lines = self.text.splitlines()
        return lines[number] if 0 <= number < len(lines) else ""
