"""The one door to JSON: limits before it is parsed, and no surprise afterwards.

Numbers come as texts, since nothing here computes: no number is too large, and none is infinite. Of a key that stands
twice the last value counts, but for a status: there what begins something counts more than what ends it.
"""

from __future__ import annotations

import json
from typing import Any

from oncall_rota.intake.action import kind_of
from oncall_rota.intake.posted import Unreadable

LARGEST = 16 << 20  # bytes
DEEPEST = 32  # levels, or a few more; no monitor sends ten
MOST_LISTS = 300_000  # lists and mappings; 25,000 alerts have a third of it
MOST_VALUES = 1_500_000  # commas
_STATUSES = frozenset({"status", "state", "action", "event_action"})
_BOM16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'"[]{}'))


def parsed(body: bytes) -> Any:
    """The value of a body: `None`, a truth value, a text, a list or a mapping. Raises `Unreadable`."""
    if len(body) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB", status=413)
    text = decoded(body)
    _look(text.encode("utf-8", "surrogatepass") if body[:2] in _BOM16 else body)
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is no JSON: {error}") from None


def mapping(body: bytes) -> dict[str, Any]:
    """The same of a body that has to be a mapping."""
    value = parsed(body)
    if not isinstance(value, dict):
        raise Unreadable("it is no JSON object")
    return value


def decoded(body: bytes) -> str:
    """Bytes as text, whatever they are: what is no UTF-8 is taken for Latin-1, in which no two texts look alike."""
    try:
        return body.decode("utf-16" if body[:2] in _BOM16 else "utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _look(body: bytes) -> None:
    """Refuse what would take long, or much memory, to parse.

    Each step is one pass over the bytes in C, so that the largest body takes less than a second, whatever it is.
    """
    if body.count(b",") > MOST_VALUES:
        raise Unreadable(f"it has more than {MOST_VALUES:,} values", status=413)
    rest = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    rest = rest.replace(b'""', b"")  # texts without brackets, or the ends of two: what is in a text stays in one
    if rest.count(b'"') <= 4 * MOST_LISTS:
        rest = b"".join(rest.split(b'"')[::2])
    if len(rest) > 2 * MOST_LISTS:
        raise Unreadable(f"it has more than {MOST_LISTS:,} lists and objects", status=413)
    for _ in range(DEEPEST):
        before = len(rest)
        rest = rest.replace(b"[]", b"").replace(b"{}", b"")  # the innermost pairs
        if len(rest) == before:
            break
    if len(rest) > DEEPEST:
        raise Unreadable(f"it is no JSON, or nested more than {DEEPEST} levels deep")


def _joined(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping of these pairs."""
    found = dict(pairs)
    if len(found) < len(pairs):
        statuses = [(key, value) for key, value in pairs if key in _STATUSES and isinstance(value, str)]
        found |= {key: value for key, value in statuses if kind_of(value) == "trigger"}
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_joined,
    parse_int=str,
    parse_float=str,
    parse_constant=_no_number,
    strict=False,  # a line break in a text, as a shell writes it, does no harm
)
