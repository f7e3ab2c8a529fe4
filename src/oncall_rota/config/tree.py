"""A YAML parser's events -> our nodes.

Every scalar stays the text that the person wrote, every node knows its place, and what a hostile file could do (bombs
of aliases, depth, size, cycles) ends as a `Problem`. A scalar's node is the parser's own event, which has `value`,
`style`, `start_mark` and `end_mark`.
"""

from __future__ import annotations

from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from oncall_rota.config.document import Document, Mapping, Sequence
from oncall_rota.config.problem import did_you_mean, shown

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # a wheel without libyaml: the same events, slower
    from yaml import BaseLoader as _Parser  # type: ignore[assignment]

MOST_ALIASES = 100
MOST_NODES = 50_000
DEEPEST = 20

Scalar = ScalarEvent


class Stop(Exception):
    """Reading on makes no sense; the problem is recorded."""


class Tree:
    """The nodes of one document. `root` raises `Stop`, and what the parser raises."""

    def __init__(self, document: Document, data: bytes) -> None:
        self.document = document
        self.parser: Any = _Parser(data)
        self.anchors: dict[str, Any] = {}
        self.aliases = 0
        self.nodes = 0
        self.sizes: dict[int, tuple[int, int]] = {}

    def root(self) -> Any:
        """The node that holds all the others; None: there is nothing in it."""
        event = self.parser.get_event()  # the stream's start
        event = self.parser.get_event()
        if event.__class__.__name__ == "StreamEndEvent":
            return None
        root = self.tree(self.parser.get_event())
        self.parser.get_event()  # the document's end
        event = self.parser.get_event()
        if event.__class__.__name__ != "StreamEndEvent":
            self.document.error(
                event,
                "several-documents",
                "a second document begins here (`---`)",
                "one file holds one document: delete this line",
            )
            raise Stop
        return root

    def tree(self, event: Any) -> Any:
        """The node that begins with `event`, and all below it, without recursion."""
        # The hot loop of every load: local names, and one test for each event that a plain file has.
        get, document = self.parser.get_event, self.document
        marked = "&" in document.text or "!" in document.text  # no other text can hold an anchor or a tag
        room = MOST_NODES - self.nodes
        stack: list[tuple[Any, Any, bool]] = []
        parent: Any = None
        keyed = False  # whether `parent` is a mapping
        key: Any = None
        count = 0
        while True:
            kind = event.__class__
            node: Any = event
            if kind is ScalarEvent:
                if marked and (event.anchor is not None or event.tag is not None):
                    self.mark(event, event)
                count += 1
                if keyed:
                    if key is None:
                        name = event.value
                        if name in parent or name == "<<":
                            self.odd_key(parent, event)
                        key = event
                        event = get()
                        if event.__class__ is ScalarEvent and not marked:  # the usual pair, at once
                            count += 1
                            if name not in parent:
                                parent[name] = event
                                parent.key_nodes.append(key)
                            key = None
                            if count > room:
                                self.too_many(event)
                            event = get()
                        continue
                    name = key.value
                    if name not in parent:  # else the first stands; the second was reported
                        parent[name] = event
                        parent.key_nodes.append(key)
                    key = None
                elif parent is None:
                    return event
                else:
                    parent.append(event)
                if count > room:
                    self.too_many(event)
                event = get()
                continue
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                if kind is MappingStartEvent:
                    node = Mapping()
                    node.key_nodes = []
                else:
                    node = Sequence()
                node.start_mark = event.start_mark
                node.flow_style = event.flow_style
                if marked and (event.anchor is not None or event.tag is not None):
                    self.mark(event, node)
                if keyed and key is None:
                    self.complex_key(event)
                stack.append((parent, key, keyed))
                if len(stack) > DEEPEST:
                    document.error(
                        event,
                        "too-deep",
                        f"nested more than {DEEPEST} levels deep",
                        "rotation files are flat: look for stray brackets",
                    )
                    raise Stop
                parent, key, keyed = node, None, kind is MappingStartEvent
                event = get()
                continue
            if kind is AliasEvent:
                node = self.alias(event, parent, stack, count)
                room = MOST_NODES - self.nodes
                if keyed and key is None:
                    if node.__class__ is not ScalarEvent:
                        self.complex_key(event)
                    if node.value in parent or node.value == "<<":
                        self.odd_key(parent, event, node.value)
                    key = node
                    event = get()
                    continue
            else:  # the end of a mapping or sequence
                node = parent
                parent, key, keyed = stack.pop()
            if parent is None:
                return node
            count += 1
            if count > room:
                self.too_many(event)
            if keyed:
                name = key.value
                if name not in parent:
                    parent[name] = node
                    parent.key_nodes.append(key)
                key = None
            else:
                parent.append(node)
            event = get()

    def complex_key(self, event: Any) -> None:
        self.document.error(
            event,
            "complex-key",
            "a key must be a plain name, this one is a list or a mapping",
            "text that begins with '{' or '[' needs quotes",
        )
        raise Stop

    def odd_key(self, parent: Mapping, event: Any, name: str | None = None) -> None:
        name = event.value if name is None else name
        if name == "<<":
            self.document.error(
                event,
                "merge-key",
                "`<<` (merge) is not part of the rotation format",
                "write the keys out, or repeat a whole value with an alias",
            )
            return
        first = parent.keys_at[name].start_mark
        self.document.error(
            event,
            "duplicate-key",
            f"the key {shown(name)} stands here for a second time, first on line {first.line + 1}, column "
            f"{first.column + 1}",
            "keep one of the two",
        )

    def mark(self, event: Any, node: Any) -> None:
        """An anchor or a tag before a node."""
        if event.tag is not None:
            self.document.error(
                event,
                "tag",
                f"a text that begins with '!' is a YAML tag ({shown(event.tag)}), and tags are not part of the format",
                "put quotes round it if the '!' is meant, else delete it",
            )
        if event.anchor is not None:
            self.anchors[event.anchor] = node

    def alias(self, event: Any, parent: Any, stack: list[tuple[Any, Any, bool]], count: int) -> Any:
        name = event.anchor
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self.document.error(
                event, "too-many-aliases", f"more than {MOST_ALIASES} aliases (`*name`)", "write the values out"
            )
            raise Stop
        if name not in self.anchors:
            self.document.error(
                event,
                "unknown-alias",
                f"a text that begins with '*' is an alias, and nothing is marked '&{name}'",
                did_you_mean(name, self.anchors, "put quotes round it if the '*' is meant"),
            )
            raise Stop
        node = self.anchors[name]
        if any(node is around for around in [parent, *(above for above, _, _ in stack)]):
            self.document.error(
                event,
                "cyclic-alias",
                f"'*{name}' stands inside the value that it repeats ('&{name}')",
                "write the value out",
            )
            raise Stop
        size, height = self.extent(node)
        self.nodes += size
        if self.nodes + count > MOST_NODES:
            self.too_many(event)
        if len(stack) + height > DEEPEST:
            self.document.error(
                event, "too-deep", f"nested more than {DEEPEST} levels deep once '*{name}' is filled in"
            )
            raise Stop
        return node

    def extent(self, node: Any) -> tuple[int, int]:
        """How many nodes there are below a node, itself included, and how deep they are nested."""
        if node.__class__ is ScalarEvent:
            return 1, 0
        known = self.sizes.get(id(node))
        if known is None:
            children = list(node.values()) if node.__class__ is Mapping else node
            size, height = (len(children) if node.__class__ is Mapping else 0) + 1, 0
            for child in children:
                below, levels = self.extent(child)
                size, height = size + below, max(height, levels)
            known = self.sizes[id(node)] = size, height + 1
        return known

    def too_many(self, event: Any) -> None:
        self.document.error(
            event,
            "too-many-values",
            f"more than {MOST_NODES:,} values in one file, aliases filled in",
            "is this the right file?",
        )
        raise Stop
