"""What a route or a maintenance takes: globs over the fields of a report."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import translate
from typing import Any

Test = Callable[[str], object]


class Match:
    """Fields and what they match: all of them must, each by one of its globs. A field that is not there never does.

    `*` is any text, `?` a character, `[ab]` one of these. What `translate` makes of them looks at each character of a
    text once for each of the glob's, whatever both are: its groups never go back.
    """

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._tests = [(field, [_test(glob) for glob in globs]) for field, globs in written.items()]

    def takes(self, fields: Mapping[str, str]) -> bool:
        """Whether it takes a report with these fields."""
        return all(
            (text := fields.get(field)) is not None and any(test(text) for test in tests)
            for field, tests in self._tests
        )

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing, and so takes everything."""
        return not self._tests


def _test(glob: str) -> Test:
    if not set(glob) & set("*?["):
        return glob.__eq__
    return re.compile(translate(glob)).match


def globs(match: Mapping[str, Sequence[str]] | None) -> Match | None:
    """The match of a route; None: it has none, and takes everything."""
    return None if match is None else Match(match)
