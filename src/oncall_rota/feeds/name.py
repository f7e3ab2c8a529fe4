"""People's names as a feed shows them: cleaned once, and never the same for two people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

LONGEST = 200
# Written out, not asked of `unicodedata`: its tables change with Python's version, and a feed's bytes may not.
_SPACE = re.compile("[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e"  # zero width, and marks that turn the direction; joiners stay: names need them
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff"  # halves of a pair: not text at all
    "\ufdd0-\ufdef\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}-{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]+"
)


def cleaned(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, without what controls a terminal or a reader, cut to `longest` characters.

    A backslash becomes a slash: readers in use take an escaped one followed by an `n` for the end of a line.
    """
    text = text.replace("\\", "/")
    if text.isascii() and text.isprintable() and "  " not in text and len(text) <= longest:
        return text.strip()
    found = " ".join(_INVISIBLE.sub("", _SPACE.sub(" ", text)).split())
    return found if len(found) <= longest else found[: longest - 1] + "…"


class Names:
    """Names by person's id. `people`: id -> name as written; `initials`: show no more than initials.

    Two people of one name are told apart, by their ids or, with initials, by a few letters of their ids' hash: no
    two events may differ in nothing but their UID.
    """

    __slots__ = ("_initials", "_names")

    def __init__(self, people: Mapping[str, str], *, initials: bool = False) -> None:
        self._initials = initials
        shown = {person: cleaned(name) or person for person, name in people.items()}
        if initials:
            shown = {person: _initials(name) for person, name in shown.items()}
        length = 4
        while alike := {name for name, times in Counter(shown.values()).items() if times > 1}:
            for person, name in shown.items():
                if name in alike:
                    shown[person] = f"{name} ({_mark(person, length) if initials else person})"
            length *= 2
        self._names = shown

    def __getitem__(self, person: str) -> str:
        if found := self._names.get(person):
            return found
        # Nobody in people.yaml: an id is a name, as far as anybody knows.
        return f"{_initials(cleaned(person))} ({_mark(person, 4)})" if self._initials else cleaned(person)


class EveryForm(Names):
    """Names in all their forms at once: one is another when any feed would show somebody in another way."""

    __slots__ = ()

    def __init__(self, people: Mapping[str, str]) -> None:
        super().__init__(people)
        initials = Names(people, initials=True)
        self._names = {person: f"{name}\t{initials[person]}" for person, name in self._names.items()}


def _initials(name: str) -> str:
    return "".join([word[0] for word in name.split()][:4]).upper()


def _mark(person: str, length: int) -> str:
    return sha256(person.encode()).hexdigest()[:length]
