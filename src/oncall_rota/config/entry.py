"""One override as one line of YAML, in the style of the format's page: `{who: carol, from: 2026-06-01 09:00}`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

# A text that means itself inside { } and [ ] in YAML 1.1 and 1.2, and to tools that guess types is no null or bool.
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~](?:[^,\[\]{}?]*[^\s,\[\]{}:?])?")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def entry_text(entry: Mapping[str, str | Sequence[str]]) -> str:
    """The flow mapping of an entry. Values are texts or lists of texts."""
    parts = []
    for key, value in entry.items():
        text = _scalar(value) if isinstance(value, str) else "[" + ", ".join(map(_scalar, value)) + "]"
        parts.append(f"{_scalar(key)}: {text}")
    return "{" + ", ".join(parts) + "}"


def cleaned(text: str) -> str:
    """One line: breaks become spaces; control characters, and marks that turn the direction of writing, go."""
    text = re.sub(r"\s*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*|\t", " ", text)
    return "".join(c for c in text if c not in _TURNING and _is_text(c)).strip()


def _is_text(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in "\ufffe\uffff"


def _scalar(text: str) -> str:
    text = cleaned(text)
    if _PLAIN.fullmatch(text) and ": " not in text and " #" not in text and text.casefold() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'"
