"""Values of a body, read without trust: texts of whatever stands there, cut where nobody reads on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from oncall_rota.intake.posted import Unreadable

TEXT = 4000  # code points of a text that is kept; a page has a quarter of it
FIELD = 1000  # of one that routes match, and how many of these there are in a report
FIELDS = 1000


def text_of(value: Any, longest: int = TEXT) -> str:
    """A value as a text; what is no text is written as JSON, and nothing is an empty one."""
    if isinstance(value, str):
        return value[:longest].strip()
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)[:longest] if isinstance(value, dict | list | bool) else ""


def first(values: Mapping[str, Any], *keys: str) -> str:
    """The first of these keys that holds any text."""
    return next((text for key in keys if (text := text_of(values.get(key)))), "")


def mapping_of(value: Any) -> Mapping[str, Any]:
    """A mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def key_of(value: Any, field: str) -> str:
    """A key as it came, whole: two that differ anywhere stay two. Empty: there is none."""
    if value is None or isinstance(value, str):
        return value or ""
    raise Unreadable("it is no text", field)


def digest(*parts: str) -> str:
    """A key made of texts, in hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fields_of(prefix: str, values: Mapping[str, Any]) -> dict[str, str]:
    """What routes may match, as `labels.service`; texts are cut, and of thousands the first count."""
    return {f"{prefix}.{name[:FIELD]}": text_of(value, FIELD) for name, value in list(values.items())[:FIELDS]}


def told(*pairs: tuple[str, str]) -> tuple[str, ...]:
    """Lines `Name: text`, those without a text left out; without a name the text alone."""
    return tuple([f"{name}: {text}" if name else text for name, text in pairs if text])


def lines_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The lines of texts, empty ones left out."""
    return tuple([line for text in texts for line in text.splitlines() if line.strip()])
