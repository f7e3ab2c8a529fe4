"""Kinds of mappings: with declared keys, with free ones, and values of several kinds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from oncall_rota.config.document import Document, Mapping, Sequence
from oncall_rota.config.field import BAD, Field, Schema, Text, too_many
from oncall_rota.config.problem import listed, shown, suggest
from oncall_rota.config.tree import Scalar
from oncall_rota.config.window import days_only

_NONE: frozenset[str] = frozenset()
_MOST_PIECES = 100  # keys of a mapping that is searched for texts with commas


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

    __slots__ = ("meant", "node")  # no __init__: thousands are made
    node: Mapping
    meant: frozenset[str]

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
    """A mapping with declared keys. `notes`: keys that begin with `x-` are free. `either`: one of them is required."""

    def __init__(self, name: str, keys: dict[str, Key], *, notes: bool = False, either: tuple[str, ...] = ()) -> None:
        self.name, self.keys, self.notes, self.either = name, keys, notes, either
        self.what = f"{name}, a mapping with keys such as {listed(keys, 'and', 4)}"
        self.also = {word: name for name, key in keys.items() for word in key.also}
        self._long = [word for word in self.also if len(word) > 3]  # of short ones, too many are near
        self._read = {name: (key.field.read, key.field.cache) for name, key in keys.items()}
        self._required = [name for name, key in keys.items() if key.required]

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return self.refuse(node, document)
        values = Filled()
        values.node, values.meant = node, _NONE
        known = self._read
        for key, child in node.items():
            if key not in known:
                if not (self.notes and key.startswith("x-")):
                    values.meant |= {self.unknown(key, child, node, document)}
                continue
            read, cache = known[key]
            value = cache.get(child.value, BAD) if cache and child.__class__ is Scalar else BAD
            if value is BAD:
                value = read(child, document)
            if value is not BAD:
                values[key] = value
        for key in self._required:
            if not values.wrote(key):
                self.missing(key, node, document)
        if self.either and not any(map(values.wrote, self.either)):
            self.missing(self.either[0], node, document)
        return values

    def missing(self, key: str, node: Any, document: Document) -> None:
        """Report a required key that was not written."""
        about = self.keys[key]
        document.error(
            node,
            "missing-key",
            f"{self.name} lacks the key {key!r}: {about.doc[0].lower()}{about.doc[1:].rstrip('.')}",
            _example(key, about.field),
        )

    def unknown(self, key: str, child: Any, node: Mapping, document: Document) -> str:
        """Report a key that is not declared; gives the key that was meant, if any."""
        at = node.keys_at[key]
        if key == "<<":
            return ""  # reported where it was read
        if document.full:
            document.error(at, "unknown-key", "")  # only counted
            return ""
        week = days_only(key.split(" ")[0]) or days_only(key)
        instead = suggest(key, self.keys) or self.also.get(key.lower()) or suggest(key.lower(), self._long)
        instead = self.also.get(instead, instead) if instead else None
        cut = None
        if node.flow_style and (week or not instead) and len(node) <= _MOST_PIECES:
            cut = self._cut(key, node, document)
        if cut is not None:
            first, whole = cut
            if first == key:  # the pieces after it are not told again
                name, text = whole
                several = not week and name in self.keys and "'array'" in str(self.keys[name].field.schema())
                document.error(
                    at,
                    "weekday-key" if week else "comma-in-text",
                    f"{shown(key)} became a key of its own: in {{ }} a comma ends the value before it",
                    f"several stand in brackets: {name}: [{text}]"
                    if several
                    else f'put quotes round the {"part of the week" if week else "whole text"}: {name}: "{text}"',
                )
            return "when" if week else ""
        if week:
            document.error(
                at,
                "weekday-key",
                f"a weekday ({shown(key)}) cannot be a key of {self.name}",
                "write it as a value: when: mon-fri 09:00-17:30",
            )
            return "when"
        if instead:
            hint = f"did you mean {instead!r}?"
        elif self.notes:
            hint = "keys are " + listed(self.keys, "and", 30) + "; a note of your own begins with 'x-'"
        else:
            hint = "keys are " + listed(self.keys, "and", 30)
        document.error(at, "unknown-key", f"{self.name} has no key {shown(key)}", hint)
        return instead or ""

    def _cut(self, key: str, node: Mapping, document: Document) -> tuple[str, tuple[str, str]] | None:
        """Where `key` is a piece of a text that commas cut in { }: the first such piece, and the text with its key."""
        keys = list(node)
        pieces = [name not in self.keys and _bare(node[name]) for name in keys]
        if not pieces[keys.index(key)]:
            return None
        before = keys.index(key)
        while before >= 0 and pieces[before]:
            before -= 1
        value: Any = node[keys[before]]
        if before < 0 or value.__class__ is not Scalar or value.style or not value.value:
            return None
        last = keys.index(key)
        while last + 1 < len(keys) and pieces[last + 1]:
            last += 1
        start: Any = value.start_mark
        whole = document.text[start.index : node.keys_at[keys[last]].end_mark.index]
        return keys[before + 1], (keys[before], " ".join(whole.split())[:80])

    def remedy(self, node: Any) -> str:
        first = next(iter(self.keys))
        return (
            f"write keys and values, such as {first}: …, without '- '"
            if node.__class__ is Sequence
            else f"write keys and values, such as {first}: …"
        )

    def schema(self) -> Schema:
        properties = {}
        for name, key in self.keys.items():
            properties[name] = {**key.field.schema(), "description": key.doc}
        found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.notes:
            found["patternProperties"] = {"^x-": {}}
        if self._required:
            found["required"] = list(self._required)
        if self.either:
            found["anyOf"] = [{"required": [name]} for name in self.either]
        return found


def _example(key: str, field: Field) -> str:
    examples = getattr(field, "examples", None)
    return f"write e.g. {key}: {examples[0]}" if examples else f"write {key}: and {field.what}"


def _bare(child: Any) -> bool:
    """Whether a key has no value at all."""
    return child.__class__ is Scalar and not child.value and not child.style


class Table(Field):
    """A mapping with free keys of one kind to values of one kind. `notes`: keys that begin with `x-` are left out."""

    def __init__(self, key: Text, value: Field, what: str, *, notes: bool = False, most: int = 0) -> None:
        self.key, self.value, self.what, self.notes, self.most = key, value, what, notes, most

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return self.refuse(node, document)
        if self.most and len(node) > self.most:
            return too_many(node, len(node), self.most, self.what.removesuffix(" by name"), document)
        values = Filled()
        values.node, values.meant = node, _NONE
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
        if self.most:
            found["maxProperties"] = self.most
        if self.key.pattern:
            found["propertyNames"] = {"pattern": self.key.pattern}
        if self.notes:
            found["patternProperties"] = {"^x-": {}}
        return found


class Either(Field):
    """One kind for scalars, one for mappings, one for lists; a kind that is left out is refused."""

    def __init__(
        self, what: str, *, text: Field | None = None, mapping: Field | None = None, sequence: Field | None = None
    ) -> None:
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


def with_nodes(values: Filled, key: str) -> list[tuple[Any, Any]]:
    """The good values of a key that takes one or a list, each with its node."""
    if key not in values:
        return []
    node = values.node[key]
    given = values[key] if isinstance(values[key], list) else [values[key]]
    nodes = node if isinstance(node, Sequence) else [node]
    return [(value, place) for value, place in zip_longest(given, nodes) if value is not BAD and place is not None]
