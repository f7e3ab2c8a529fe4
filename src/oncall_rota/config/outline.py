"""Where the entries of a list of overrides stand in a YAML text, in characters.

Built from PyYAML's events, whose marks count characters and leave out a byte order mark. `Node.end` is the end of
what is written, without the comments and blank lines that follow, which PyYAML counts to a block list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from oncall_rota.errors import ConfigurationError

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
BREAKS = "\n\r\x85\u2028\u2029"  # what YAML 1.1 takes for the end of a line


@dataclass(slots=True)
class Node:
    """A scalar, list or mapping. `children`: entries, or keys and values by turns."""

    kind: str
    start: int
    end: int
    line: int
    column: int
    flow: bool = False
    value: str = ""
    children: list[Node] = field(default_factory=list)

    @property
    def plain(self) -> Any:
        """What is written, without places, for comparing."""
        if self.kind == "list":
            return [child.plain for child in self.children]
        if self.kind == "mapping":
            keys, values = self.children[::2], self.children[1::2]
            return tuple((key.plain, value.plain) for key, value in zip(keys, values, strict=True))
        return self.kind, self.value


@dataclass(slots=True)
class Outline:
    """A text, its root (None: nothing but comments), and where its list of overrides is.

    `key`: the key `overrides` of a team's file. `entries`: the list, None when there is none, an empty scalar
    when the key has no value.
    """

    text: str
    root: Node | None
    key: Node | None = None
    entries: Node | None = None

    @property
    def items(self) -> list[Node]:
        """The entries of the list."""
        return self.entries.children if self.entries is not None else []


def outline(text: str) -> Outline:
    """The outline of a team's file or of a list of overrides. Raises `ConfigurationError`."""
    root = _root(text)
    found = Outline(text, root)
    if root is None or root.kind == "list":
        found.entries = root
        return found
    if root.kind != "mapping":
        raise ConfigurationError("expected a list of overrides or a team's file")
    for key, value in zip(root.children[::2], root.children[1::2], strict=True):
        if key.value == "overrides" and key.kind == "scalar":
            if found.key is not None:
                raise ConfigurationError("the key 'overrides' is there twice")
            if value.kind != "list" and not (value.kind == "scalar" and value.start == value.end):
                raise ConfigurationError(f"line {value.line + 1}: 'overrides' is not a list")
            found.key, found.entries = key, value
    return found


def _root(text: str) -> Node | None:
    """The only document's root. None when there is nothing in it."""
    top = Node("list", 0, 0, 0, 0)
    stack = [top]
    documents, anchors = 0, set()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent | yaml.AliasEvent):
                if isinstance(event, yaml.AliasEvent) and event.anchor not in anchors:
                    raise ConfigurationError(f"'*{event.anchor}' is an alias, and nothing above is '&{event.anchor}'")
                anchors.add(event.anchor)
                node = _node(text, event)
                stack[-1].children.append(node)
                if node.kind in ("list", "mapping"):
                    stack.append(node)
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = stack.pop()
                if closed.flow:
                    closed.end = _end(event)
                elif closed.children:
                    closed.end = max(closed.start, closed.children[-1].end)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"the file is not YAML as it is: {error}", "oncall validate says where") from None
    if documents > 1:
        raise ConfigurationError("the file holds several YAML documents, expected one")
    root = top.children[0] if top.children else None
    return None if root is not None and root.kind == "scalar" and root.start == root.end else root


def _end(event: Any) -> int:
    end: int = event.end_mark.index
    return end


def _node(text: str, event: Any) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    line, column = event.start_mark.line, event.start_mark.column
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end, line, column, value=str(event.anchor))
    if isinstance(event, yaml.ScalarEvent):
        value = event.value or ""
        if event.style in ("|", ">"):  # without its last line break, which the text's end may lack
            end, value = start + len(text[start:end].rstrip()), value.removesuffix("\n")
        return Node("scalar", start, end, line, column, value=value)
    kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "mapping"
    return Node(kind, start, end, line, column, flow=bool(event.flow_style))


def line_start(text: str, at: int) -> int:
    """Where the line of a place begins."""
    return max(text.rfind(mark, 0, at) for mark in BREAKS) + 1


def line_end(text: str, at: int) -> int:
    """Where the text of the line of a place ends, before its break."""
    return min((found for mark in BREAKS if (found := text.find(mark, at)) >= 0), default=len(text))


def next_line(text: str, at: int) -> int:
    """Where the line after that of a place begins; the text's end when it is the last."""
    end = line_end(text, at)
    return min(end + (2 if text.startswith("\r\n", end) else 1), len(text))
