"""oncall.yaml as it was written, value by value: what each is, and where it stands. No secret is followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from oncall_rota.config.document import Mapping, Sequence
from oncall_rota.config.reader import read
from oncall_rota.config.secret import WAYS
from oncall_rota.config.tree import Scalar


class Written(NamedTuple):
    """One value. `key`: from the top, as in `notifiers.sms.from`; `values`: one, or several of a list.

    `named`: `("env", NAME)` or `("file", NAME)` when the value stands elsewhere, and `values` is empty then. `line`:
    from 1.
    """

    key: str
    values: tuple[str, ...]
    line: int
    named: tuple[str, str] | None = None


def written(text: str) -> Iterator[Written]:
    """The values of a file in which `validate` finds no error, in order."""
    root = read("oncall.yaml", text.encode()).root
    if root.__class__ is Mapping:
        yield from _of("", root)


def _of(key: str, node: Any) -> Iterator[Written]:
    line = node.start_mark.line + 1
    if node.__class__ is Scalar:
        yield Written(key, (node.value,), line)
    elif node.__class__ is Mapping:
        way, *others = node
        if not others and way in WAYS and node[way].__class__ is Scalar:
            yield Written(key, (), line, (way, node[way].value))
            return
        for name, child in node.items():
            yield from _of(f"{key}.{name}" if key else name, child)
    elif node.__class__ is Sequence:
        if all(each.__class__ is Scalar for each in node):
            yield Written(key, tuple([each.value for each in node]), line)
            return
        for number, child in enumerate(node, 1):
            yield from _of(f"{key}[{number}]", child)
