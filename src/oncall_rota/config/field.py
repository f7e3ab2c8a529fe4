"""Kinds of values. One declaration reads a value, reports what is wrong with it, and describes it to an editor.

`read(node, document)` gives the typed value, or `BAD` when it is not one and the problem is recorded.
`schema()` gives JSON Schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from oncall_rota.config.document import Document, Mapping, Node, Sequence
from oncall_rota.config.problem import Mistake, listed, shown, suggest
from oncall_rota.config.reader import Scalar
from oncall_rota.config.window import days_only, timed, union

Schema = dict[str, Any]
MOST_CACHED = 4096


class _Bad:
    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()


class Field:
    """A kind of value. `what` completes the sentence "expected …"."""

    what = "a value"
    cache: dict[str, Any] | None = None  # for kinds of which the value depends on the text alone: those seen so far

    def read(self, node: Any, document: Document) -> Any:
        """The value of `node`, or BAD."""
        raise NotImplementedError

    def schema(self) -> Schema:
        """JSON Schema of this kind."""
        raise NotImplementedError

    def refuse(self, node: Any, document: Document) -> _Bad:
        """Report a value of another kind than this."""
        if node.__class__ is Scalar:
            if not node.value:
                return empty(node, document)
            found = f"the text {shown(node.value)}"
        else:
            found = "a mapping (`key: value`)" if node.__class__ is Mapping else "a list"
        document.error(node, "wrong-kind", f"{found} stands here, expected {self.what}", self.remedy(node))
        return BAD

    def remedy(self, node: Any) -> str:
        """What to do about a value of another kind."""
        return ""


def empty(node: Node, document: Document) -> _Bad:
    """Report a key or list item without a value."""
    if getattr(node, "tag", None) is not None:
        return BAD  # its text was taken for a tag, which is reported
    document.error(node, "empty-value", "there is no value here", "write one, or delete the key")
    return BAD


class Text(Field):
    """One scalar. `parse` turns its text into a value, or raises `Mistake`. `pattern` is what an editor checks."""

    def __init__(
        self, parse: Callable[[str], Any] | None = None, what: str = "a text", *, pattern: str = "", examples: Iterable[str] = (),
        choices: Iterable[str] = (), free: bool = False,
    ) -> None:  # fmt: skip
        self.parse = parse
        self.what = what
        self.pattern = pattern
        self.examples = list(examples)
        self.choices = list(choices)
        self.free = free
        self.cache = None if free else {}

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Scalar:
            return self.refuse(node, document)
        text: str = node.value
        if not text:
            return empty(node, document)
        if self.free:
            cut_text(node, document)
        value: Any = text
        if self.parse is not None:
            try:
                value = self.parse(text)
            except Mistake as mistake:
                document.mistake(node, mistake)
                return BAD
        if self.cache is not None and len(self.cache) < MOST_CACHED and len(text) < 100:
            self.cache[text] = value
        return value

    def remedy(self, node: Any) -> str:
        if self.examples:
            return f"write one text, e.g. {self.examples[0]}"
        if node.__class__ is Sequence:
            return "write one text, without brackets or '- '"
        return "a text that begins with '{' needs quotes" if node.flow_style else "write one text"

    def schema(self) -> Schema:
        found: Schema = {"type": ["string", "number", "boolean"]}
        if self.choices:
            found["enum"] = list(self.choices)
        if self.pattern:
            found["pattern"] = self.pattern
        if self.examples:
            found["examples"] = list(self.examples)
        return found


def cut_text(node: Any, document: Document) -> None:
    """Warn of a free text that a ` #` cuts short."""
    if node.style or "#" not in document.text:  # quoted texts end where they say
        return
    end = node.end_mark.index
    stop = document.text.find("\n", end)
    rest = document.text[end : stop if stop >= 0 else None]
    comment = rest.lstrip()
    if comment.startswith("#") and not re.match(r"\s{2,}#+ ", rest):
        document.warn(
            node, "cut-text", f"the text ends at {shown(node.value[-40:])}: ' #' begins a comment, {shown(comment)} is not part of it",
            f'put quotes round the whole text: "{node.value[-40:]}{rest.rstrip()[:40]}"; a comment that is meant takes two spaces before its \'# \'',
        )  # fmt: skip


class Choice(Text):
    """One of a few words."""

    def __init__(self, *words: str, also: dict[str, str] | None = None, what: str = "") -> None:
        super().__init__(self._one, what or listed(words), choices=words)
        self.also = also or {}

    def _one(self, text: str) -> str:
        if text in self.choices:
            return text
        instead = suggest(text, self.choices) or self.also.get(text)
        raise Mistake(
            "unknown-choice", f"{shown(text)} is not possible here, expected {self.what}", f"did you mean {instead!r}?" if instead else ""
        )


class Number(Text):
    """A whole number in a range."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(self._number, f"a whole number from {low} to {high}", pattern=r"^[+-]?[0-9]+$")
        self.low, self.high = low, high

    def _number(self, text: str) -> int:
        if re.fullmatch(r"[+-]?\d{1,9}", text, re.ASCII) and self.low <= int(text) <= self.high:
            return int(text)
        raise Mistake("not-a-number", f"{shown(text)} is not possible here, expected {self.what}")


class List(Field):
    """A list of one kind. With `one`, a single value stands for a list of one."""

    def __init__(self, item: Field, what: str = "a list", *, one: bool = False, least: int = 1) -> None:
        self.item, self.one, self.least = item, one, least
        self.what = f"{item.what}, or a list" if one else what

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Sequence:
            if self.one:
                value = self.item.read(node, document)
                return BAD if value is BAD else [value]
            return self.refuse(node, document)
        if len(node) < self.least:
            document.error(node, "empty-list", "the list is empty", f"expected {self.what}; write at least one, or delete the key")
            return BAD
        read, cache = self.item.read, self.item.cache or {}
        return [
            cache[child.value] if child.__class__ is Scalar and child.value in cache else read(child, document) for child in node
        ]

    def remedy(self, node: Any) -> str:
        if node.__class__ is Scalar:
            own = "" if "," in node.value else f", or '- {node.value[:60]}' on a line of its own"
            return f"write [{node.value[:60]}]{own}"
        return "begin every item with '- '"

    def schema(self) -> Schema:
        found: Schema = {"type": "array", "items": self.item.schema(), "minItems": self.least}
        return {"anyOf": [self.item.schema(), found]} if self.one else found


class Windows(Field):
    """`when` and its kin: one item, or a list of items, as a `Window`."""

    what = "a part of the week"

    def __init__(self, words: dict[str, Any] | None = None, *, otherwise: bool = True, since: bool = True) -> None:
        self.words = words or {}
        self.otherwise, self.since = otherwise, since

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is Scalar:
            if not node.value:
                return empty(node, document)
            if node.value in self.words:
                return self.words[node.value]
            return self._union(node, (node,), document)
        if node.__class__ is not Sequence:
            return self.refuse(node, document)
        if not node:
            document.error(node, "empty-list", "the list is empty", f"expected {self.what}; write one, or delete the key")
            return BAD
        if any(child.__class__ is not Scalar or not child.value for child in node):
            for child in node:
                if child.__class__ is not Scalar or not child.value:
                    TEXT.read(child, document)
            return BAD
        if node.flow_style and self._comma(node, document):
            return BAD
        return self._union(node, tuple(node), document)

    def remedy(self, node: Any) -> str:
        return "write one text, or a list of texts, e.g. mon-fri 09:00-17:30"

    def _comma(self, node: Any, document: Document) -> bool:
        for item, following in zip(node, node[1:], strict=False):
            if not item.style and not following.style and days_only(item.value) and timed(following.value):
                document.error(
                    item, "comma-in-window",
                    f"in [ ] the comma ends an item, so {shown(item.value)} means whole days, apart from {shown(following.value)}",
                    f'put quotes round it: "{item.value},{following.value}"; if whole days are meant: "{item.value}"',
                )  # fmt: skip
                return True
        return False

    def _union(self, node: Any, items: tuple[Any, ...], document: Document) -> Any:
        try:
            found = union(tuple(item.value for item in items))
        except Mistake as mistake:
            for item in items:
                try:
                    union((item.value,))
                except Mistake as own:
                    document.mistake(item, own)
                    mistake = own
                    node = None
            if node is not None:
                document.mistake(node, mistake)
            return BAD
        if found.otherwise and not self.otherwise:
            document.error(node, "bad-window", "'otherwise' is only possible in `when`", "write the part of the week, e.g. mon-fri 09:00-17:30")
            return BAD
        if found.starts and not self.since:
            document.error(node, "bad-window", "'from' is only possible in `when`", "write when it ends, e.g. mon-fri 08:00-16:00")
            return BAD
        return found

    def schema(self) -> Schema:
        text: Schema = {"type": "string", "examples": [*self.words, "mon-fri 09:00-17:30", "daily 22:00-06:00", "fri 18:00 - mon 09:00", "sat,sun"]}
        if self.otherwise:
            text["examples"] += ["otherwise"]
        text["examples"] += ["holidays"]
        return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}


class Key:
    """One key of a mapping: its kind, what it means, and `also`, words that people write instead."""

    __slots__ = ("also", "doc", "field", "required")

    def __init__(self, field: Field, doc: str, *, required: bool = False, also: Iterable[str] = ()) -> None:
        self.field, self.doc, self.required, self.also = field, doc, required, tuple(also)


class Filled(dict[str, Any]):
    """The good values of a mapping, by key.

    `node` knows the places of all, the bad ones included; `meant` are keys that were written in other words
    (reported), so that nobody is told that they are missing as well.
    """

    __slots__ = ("meant", "node")

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.meant: frozenset[str] = frozenset()

    def wrote(self, key: str) -> bool:
        """Whether the key was written, rightly or not."""
        return key in self.node or key in self.meant

    def at(self, *keys: str) -> Any:
        """The node of the first of `keys` that was written, else the whole mapping's."""
        for key in keys:
            if key in self.node:
                return self.node[key]
        return self.node


class Record(Field):
    """A mapping with declared keys. `notes`: keys that begin with `x-` are free."""

    def __init__(self, name: str, keys: dict[str, Key], *, notes: bool = False) -> None:
        self.name, self.keys, self.notes = name, keys, notes
        self.what = f"{name}, a mapping with keys such as {listed(keys, 'and', 4)}"
        self.also = {word: name for name, key in keys.items() for word in key.also}
        self._read = {name: (key.field.read, key.field.cache) for name, key in keys.items()}
        self._required = [name for name, key in keys.items() if key.required]

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return self.refuse(node, document)
        values = Filled(node)
        known = self._read
        for key, child in node.items():
            if key not in known:
                if not (self.notes and key.startswith("x-")):
                    values.meant |= {self.unknown(key, child, node, document)}
                continue
            read, cache = known[key]
            if cache and child.__class__ is Scalar and child.value in cache:
                values[key] = cache[child.value]
                continue
            value = read(child, document)
            if value is not BAD:
                values[key] = value
        for key in self._required:
            if not values.wrote(key):
                self.missing(key, node, document)
        return values

    def missing(self, key: str, node: Any, document: Document) -> None:
        """Report a required key that was not written."""
        about = self.keys[key]
        document.error(node, "missing-key", f"{self.name} lacks the key {key!r}: {about.doc[0].lower()}{about.doc[1:].rstrip('.')}", _example(key, about.field))

    def unknown(self, key: str, child: Any, node: Mapping, document: Document) -> str:
        """Report a key that is not declared; gives the key that was meant, if any."""
        at = node.keys_at[key]
        if key == "<<":
            return ""  # reported where it was read
        if days_only(key.split(" ")[0]) or days_only(key):
            if node.flow_style:
                message = f"{shown(key)} became a key of its own: in {{ }} a comma ends the value before it"
                hint = 'put quotes round the part of the week: when: "sat,sun"'
            else:
                message = f"a weekday ({shown(key)}) cannot be a key of {self.name}"
                hint = "write it as a value: when: mon-fri 09:00-17:30"
            document.error(at, "weekday-key", message, hint)
            return "when"
        instead = suggest(key, self.keys) or self.also.get(key.lower()) or suggest(key.lower(), self.also)
        instead = self.also.get(instead, instead) if instead else None
        if instead:
            hint = f"did you mean {instead!r}?"
        elif self.notes:
            hint = "keys are " + listed(self.keys, "and", 30) + "; a note of your own begins with 'x-'"
        else:
            hint = "keys are " + listed(self.keys, "and", 30)
        document.error(at, "unknown-key", f"{self.name} has no key {shown(key)}", hint)
        return instead or ""

    def remedy(self, node: Any) -> str:
        first = next(iter(self.keys))
        return f"write keys and values, such as {first}: …, without '- '" if node.__class__ is Sequence else f"write keys and values, such as {first}: …"

    def schema(self) -> Schema:
        properties = {}
        for name, key in self.keys.items():
            properties[name] = {**key.field.schema(), "description": key.doc}
        found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.notes:
            found["patternProperties"] = {"^x-": {}}
        if self._required:
            found["required"] = list(self._required)
        return found


def _example(key: str, field: Field) -> str:
    examples = getattr(field, "examples", None)
    return f"write e.g. {key}: {examples[0]}" if examples else f"write {key}: and {field.what}"


class Table(Field):
    """A mapping with free keys of one kind to values of one kind. `notes`: keys that begin with `x-` are left out."""

    def __init__(self, key: Text, value: Field, what: str, *, notes: bool = False) -> None:
        self.key, self.value, self.what, self.notes = key, value, what, notes

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return self.refuse(node, document)
        values = Filled(node)
        for name, child in node.items():
            if name == "<<" or (self.notes and name.startswith("x-")):
                continue
            self.key.read(node.keys_at[name], document)
            value = self.value.read(child, document)
            if value is not BAD:
                values[name] = value
        return values

    def remedy(self, node: Any) -> str:
        first = self.key.examples[0] if self.key.examples else "name"
        return f"write {first}: and what belongs to it" + (", without '- '" if node.__class__ is Sequence else "")

    def schema(self) -> Schema:
        found: Schema = {"type": "object", "additionalProperties": self.value.schema()}
        if self.key.pattern:
            found["propertyNames"] = {"pattern": self.key.pattern}
        if self.notes:
            found["patternProperties"] = {"^x-": {}}
        return found


class Either(Field):
    """One kind for scalars, one for mappings, one for lists; a kind that is left out is refused."""

    def __init__(self, what: str, *, text: Field | None = None, mapping: Field | None = None, sequence: Field | None = None) -> None:
        self.what = what
        self.text, self.mapping, self.sequence = text, mapping, sequence
        self.cache = text.cache if text is not None else None

    def read(self, node: Any, document: Document) -> Any:
        kind = node.__class__
        field = self.text if kind is Scalar else self.mapping if kind is Mapping else self.sequence
        return field.read(node, document) if field is not None else self.refuse(node, document)

    def schema(self) -> Schema:
        kinds = [field.schema() for field in (self.text, self.mapping, self.sequence) if field is not None]
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


class Anything(Field):
    """Any value at all."""

    def read(self, node: Any, document: Document) -> Any:
        return node

    def schema(self) -> Schema:
        return {}


TEXT = Text()
