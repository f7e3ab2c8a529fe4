"""Bodies that nobody meant: what real ones become when something goes wrong, and what somebody makes who means harm."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from monitors import BODIES

RECORDED = [path.read_bytes() for path in sorted(BODIES.iterdir())]
ODD: list[Any] = [
    None, True, False, 0, -1, 1e308, "", " ", "\x00", "\ud800", "\u202e", "x" * 5000, [], {}, [[]], [None], {"": ""},
    {"a": {"b": {"c": []}}}, "firing", "resolved", "2026-06-01T09:00:00Z", "0001-01-01T00:00:00+14:00", "٣",
    "\r\n.\r\n",
]  # fmt: skip
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"',
    b"\xff",
    b"\xef\xbb\xbf",
    b"[" * 999,
    b"a=b&c",
    b"--XX\r\n\r\nx",
    b"{}" * 99,
    b"\x00",
]
# What a parser may count, compute, recurse into or multiply.
LARGE = [
    b"[" * 10_000,
    b"[" * 10_000 + b"]" * 10_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"alerts":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"summary":"deep","labels":' + b'{"a":' * 10_000 + b"{}" + b"}" * 10_000 + b"}",
    b'{"summary":' + b"9" * 5_000 + b"}",
    b'{"summary":"x","severity":1e999,"dedup":-1E+99999999}',
    b'{"summary":NaN,"alerts":[NaN,Infinity,-Infinity]}',
    b'{"summary":"one","summary":"two","status":"ok","status":"firing","summary":{}}',
    b'{"summary":"\\ud800","dedup":"\\udfff\\ud800","title":"\\u0000"}',
    b'{"summary":"\xed\xa0\x80 CESU","dedup":"\xc0\x80"}',
    '{"summary":"wide"}'.encode("utf-16"),
    '{"summary":"wide"}'.encode("utf-32"),
    b"\xfe\xff{",
    b"summary=%ff%00&dedup=%ud800&&&=",
    b"&" * 5_000,
    b"=" * 5_000,
    b'--XX\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"summary": 1\r\n--XX--\r\n',
    b"x\n" * 50_000,
]
WORDS = ("summary", "alerts", "status", "labels", "payload", "event_action", "message", "alias", "groupKey", "", "a")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Everywhere in a value: a mapping or list, and what leads on from there."""
    if isinstance(value, dict | list):
        for step in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, step
            yield from places(value[step])


def mutated(body: bytes, chance: random.Random) -> bytes:
    """One body with something wrong in it: a value, a key, a byte, or all of it."""
    way = chance.random()
    if way < 0.6:
        value = json.loads(body)
        for _ in range(chance.randint(1, 3)):
            where, step = chance.choice(list(places(value)))
            if chance.random() < 0.2:
                del where[step]
            elif isinstance(where, dict) and chance.random() < 0.2:
                where[chance.choice(["", "status", "\ud800", "x" * 999])] = where.pop(step)
            else:
                where[step] = deepcopy(chance.choice(ODD))
            if not value:
                break
        return json.dumps(value).encode()
    if way < 0.9:
        made = bytearray(body)
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(len(made))
            made[at : at + chance.choice((0, 1, 1, 9))] = bytes(
                chance.choices(b'\x00"\\[]{}:,\xff\xc3e1-', k=chance.randint(0, 3))
            )
        return bytes(made)
    return chance.choice(RAW) if way < 0.95 else body[: chance.randrange(len(body))]


def grown(chance: random.Random, depth: int = 4) -> Any:
    """Any value of JSON, whose keys are often such as hooks look for."""
    way = chance.random() if depth else 0.0
    if way < 0.4:
        return deepcopy(chance.choice(ODD))
    if way < 0.6:
        return [grown(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    return {chance.choice(WORDS): grown(chance, depth - 1) for _ in range(chance.randint(0, 6))}


@cache
def compressed() -> dict[str, bytes]:
    """Ten megabytes of nothing in ten kilobytes, by the name of the encoding."""
    much = b'{"summary":"' + b"0" * 10_000_000 + b'"}'
    return {"gzip": gzip.compress(much, mtime=0), "deflate": zlib.compress(much), "br": b"\x8b\x02\x80", "x": much[:99]}
