"""The template of an event's title."""

from __future__ import annotations

import re

from oncall_rota.feeds.name import cleaned

_FIELD = re.compile(r"\{([^{}]*)\}")
FIELDS = ("person", "id", "team", "schedule", "mark")


class Template:
    """A text with `{person}`, `{id}`, `{team}`, `{schedule}`, and `{mark}` for ` (override)` or ` (cover)`.

    Nothing else is understood: a template never reaches into a value, as `str.format` would. Raises `ValueError`,
    with a message for people.
    """

    __slots__ = ("_parts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._parts = _FIELD.split(cleaned(text))
        for field in self._parts[1::2]:
            if field not in FIELDS:
                known = ", ".join(f"{{{name}}}" for name in FIELDS)
                raise ValueError(f"no field {{{field}}} in a title; there are {known}")
        if any("{" in part or "}" in part for part in self._parts[::2]):
            raise ValueError("a title with a lone brace: write fields as {person}")
        if not cleaned(text):
            raise ValueError("an empty title")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def filled(self, **values: str) -> str:
        """The text with its fields filled."""
        parts = self._parts[:]
        parts[1::2] = [values[field] for field in parts[1::2]]
        return "".join(parts)


SHIFT = Template("{person} on call — {team} {schedule}{mark}")
GAP = Template("Nobody on call — {team} {schedule}")
