"""People in the title of a calendar's event: by id, e-mail address or name, as whole words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from oncall_rota.schedule.model import Person

_WORD = re.compile(r"[^\s,;:|/&+()\[\]<>\"]+")
_ENDS = ".'’-–—!?"


class Mentions:
    """Finds people. The longest name wins where one begins like another: `Bob Brown` is not `Bob`."""

    __slots__ = ("_known",)

    def __init__(self, people: Iterable[Person]) -> None:
        self._known: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for person in people:
            for text in (person.id, person.contacts.get("email", ""), person.name):
                words = _words(text)
                if words:
                    self._known.setdefault(words[0], []).append((words, person.id))
        for found in self._known.values():
            found.sort(key=lambda each: -len(each[0]))

    def people(self, title: str) -> tuple[str, ...]:
        """The ids of everybody in a title, in its order. Two people of one name are both meant."""
        words = _words(title)
        found: dict[str, None] = {}
        at = 0
        while at < len(words):
            meant = [each for each in self._known.get(words[at], ()) if words[at : at + len(each[0])] == each[0]]
            for name, person in meant:
                if len(name) == len(meant[0][0]):
                    found[person] = None
            at += len(meant[0][0]) if meant else 1
        return tuple(found)


def _words(text: str) -> tuple[str, ...]:
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)  # one name may be typed in two ways
    found = (word.strip(_ENDS) for word in _WORD.findall(text.casefold()))
    return tuple([word for word in found if word])
