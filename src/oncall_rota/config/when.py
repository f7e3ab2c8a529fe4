"""`when` and its kin: parts of the week, as one writes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from oncall_rota.config.document import Document, Sequence
from oncall_rota.config.field import BAD, MOST_CACHED, TEXT, Field, Schema, empty, too_many
from oncall_rota.config.problem import Mistake, shown
from oncall_rota.config.tree import Scalar
from oncall_rota.config.window import MOST_ITEMS, days_only, timed, union


class Windows(Field):
    """One item, or a list of items, as a `Window`."""

    what = "a part of the week"

    def __init__(self, words: dict[str, Any] | None = None, *, otherwise: bool = True, since: bool = True) -> None:
        self.words = words or {}
        self.otherwise, self.since = otherwise, since
        self.cache = {}

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is Scalar:
            if not node.value:
                return empty(node, document)
            if node.value in self.words:
                return self.words[node.value]
            found = self._union(node, (node,), document)
            if found is not BAD and self.cache is not None and len(self.cache) < MOST_CACHED:
                self.cache[node.value] = found
            return found
        if node.__class__ is not Sequence:
            return self.refuse(node, document)
        if not node:
            document.error(
                node, "empty-list", "the list is empty", f"expected {self.what}; write one, or delete the key"
            )
            return BAD
        if len(node) > MOST_ITEMS:
            return too_many(node, len(node), MOST_ITEMS, "parts of the week in one list", document)
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
        for item, following in pairwise(node):
            if not item.style and not following.style and days_only(item.value) and timed(following.value):
                document.error(
                    item,
                    "comma-in-window",
                    f"in [ ] the comma ends an item, so {shown(item.value)} means whole days, apart from "
                    f"{shown(following.value)}",
                    f'put quotes round it: "{item.value},{following.value}"; if whole days are meant: "{item.value}"',
                )
                return True
        return False

    def _union(self, node: Any, items: tuple[Any, ...], document: Document) -> Any:
        try:
            found = union(tuple(item.value for item in items))
        except Mistake as whole:
            own = False  # whether one item is to blame
            for item in items:
                try:
                    union((item.value,))
                except Mistake as mistake:
                    document.mistake(item, mistake)
                    own = True
            if not own:
                document.mistake(node, whole)
            return BAD
        if found.otherwise and not self.otherwise:
            document.error(
                node,
                "bad-window",
                "'otherwise' is only possible in the `when` of a layer",
                "write the part of the week, e.g. mon-fri 09:00-17:30",
            )
            return BAD
        if found.starts and not self.since:
            document.error(
                node,
                "bad-window",
                "'from' is only possible in the `when` of a layer",
                "write when it ends, e.g. mon-fri 08:00-16:00",
            )
            return BAD
        return found

    def schema(self) -> Schema:
        text: Schema = {
            "type": "string",
            "examples": [*self.words, "mon-fri 09:00-17:30", "daily 22:00-06:00", "fri 18:00 - mon 09:00", "sat,sun"],
        }
        if self.otherwise:
            text["examples"] += ["otherwise"]
        text["examples"] += ["holidays"]
        return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
