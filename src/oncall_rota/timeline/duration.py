"""Lengths of time as people write them: `90s`, `5m`, `12 hours`, `2 weeks`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
}  # fmt: skip
_SHAPE = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII)


def parse(text: str) -> timedelta:
    """`5m`, `10 minutes`, `1h30m`, `2 weeks`. Raises `ValueError`, with a message for people."""
    rest = text.strip().lower()
    seconds, position = 0, 0
    for found in _SHAPE.finditer(rest):
        unit = found[2] if found[2] in _UNITS else found[2].removesuffix("s")
        if rest[position : found.start()].strip() or unit not in _UNITS:
            break
        seconds += int(found[1]) * _UNITS[unit]
        position = found.end()
    if not position or rest[position:].strip():
        raise ValueError(f"{text!r} is not a length of time, e.g. '90m', '12 hours' or '2w'")
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is too long") from None
