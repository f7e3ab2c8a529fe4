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
from oncall_rota.config.tree import Scalar

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


def too_many(node: Node, count: int, most: int, what: str, document: Document) -> _Bad:
    """Report a list or mapping that no team needs, and that would take long to look at."""
    document.error(node, "too-many", f"{count:,} {what}, at most {most} are possible", "is this the right file?")
    return BAD


class Text(Field):
    """One scalar. `parse` turns its text into a value, or raises `Mistake`. `pattern` is what an editor checks."""

    def __init__(
        self,
        parse: Callable[[str], Any] | None = None,
        what: str = "a text",
        *,
        pattern: str = "",
        examples: Iterable[str] = (),
        choices: Iterable[str] = (),
        free: bool = False,
    ) -> None:
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
            typed = [word == "true" for word in self.choices if word in ("true", "false")]
            found["enum"] = [*self.choices, *typed]
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
            node,
            "cut-text",
            f"the text ends at {shown(node.value[-40:])}: ' #' begins a comment, {shown(comment)} is not part of it",
            f'put quotes round the whole text: "{node.value[-40:]}{rest.rstrip()[:40]}"; a comment that is meant '
            "takes two spaces before its '# '",
        )


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
            "unknown-choice",
            f"{shown(text)} is not possible here, expected {self.what}",
            f"did you mean {instead!r}?" if instead else "",
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

    def __init__(
        self, item: Field, what: str = "a list", *, one: bool = False, least: int = 1, most: int = 0, of: str = "values"
    ) -> None:
        self.item, self.one, self.least = item, one, least
        self.most, self.of = most, of  # the limit, if any, and of what
        self.what = f"{item.what}, or a list" if one else what

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Sequence:
            if self.one:
                value = self.item.read(node, document)
                return BAD if value is BAD else [value]
            return self.refuse(node, document)
        if len(node) < self.least:
            document.error(
                node, "empty-list", "the list is empty", f"expected {self.what}; write at least one, or delete the key"
            )
            return BAD
        if self.most and len(node) > self.most:
            return too_many(node, len(node), self.most, self.of, document)
        read, cache = self.item.read, self.item.cache or {}
        return [
            cache[child.value] if child.__class__ is Scalar and child.value in cache else read(child, document)
            for child in node
        ]

    def remedy(self, node: Any) -> str:
        if node.__class__ is Scalar:
            own = "" if "," in node.value else f", or '- {node.value[:60]}' on a line of its own"
            return f"write [{node.value[:60]}]{own}"
        return "begin every item with '- '"

    def schema(self) -> Schema:
        found: Schema = {"type": "array", "items": self.item.schema(), "minItems": self.least}
        if self.most:
            found["maxItems"] = self.most
        return {"anyOf": [self.item.schema(), found]} if self.one else found


class Anything(Field):
    """Any value at all."""

    def read(self, node: Any, document: Document) -> Any:
        return node

    def schema(self) -> Schema:
        return {}


TEXT = Text()
