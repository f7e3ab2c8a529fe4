"""JSON: limits before it is parsed, and no surprise afterwards."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from oncall_rota.intake import Unreadable
from oncall_rota.intake.json_text import DEEPEST, LARGEST, mapping, parsed


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": "b"}', {"a": "b"}),
        (b'\xef\xbb\xbf{"a": true}', {"a": True}),
        ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        ('{"a": "ü"}'.encode("latin-1"), {"a": "ü"}),
        (b'{"a": 1, "b": -2.5e3, "c": null}', {"a": "1", "b": "-2.5e3", "c": None}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": ' + b"9" * 200_000 + b"}", {"a": "9" * 200_000}),
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "x\ny\x00\x1b"}', {"a": "x\ny\x00\x1b"}),
        (b'{"a": "[[[[\\"[[[[\\\\"}', {"a": '[[[["[[[[\\'}),
        (b'{"a": "b", "a": "c"}', {"a": "c"}),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b'"' + b"[" * 100_000 + b'"', "[" * 100_000),
        (b"[" + b'"[",' * 100_000 + b'"]"]', ["["] * 100_000 + ["]"]),
    ],
)
def test_what_is_taken(body: bytes, value: Any) -> None:
    """Numbers as texts, odd encodings, half a surrogate, line breaks of a shell, brackets in texts."""
    found = parsed(body)
    assert value is None or found == value


@pytest.mark.parametrize("key", ["status", "state", "action", "event_action"])
@pytest.mark.parametrize(
    ("first", "last", "counts"),
    [
        ("firing", "resolved", "firing"),
        ("resolved", "firing", "firing"),
        ("resolved", "ok", "ok"),
        ("firing", "alerting", "alerting"),
        ("acknowledge", "odd", "odd"),
    ],
)
def test_of_two_statuses_the_one_that_pages_counts(key: str, first: str, last: str, counts: str) -> None:
    """Whoever means which of them: rather a page too many."""
    assert parsed(f'{{"{key}": "{first}", "x": 1, "{key}": "{last}"}}'.encode())[key] == counts


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"{'a': 1}", "no JSON"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b"{} {}", "no JSON"),
        (b"\xff\xfe{", "no JSON"),
        (b"[" * (DEEPEST * 3) + b"]" * (DEEPEST * 3), "levels deep"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "levels deep"),
        (b"[" * 100_000, "levels deep"),
        (b"[{" * 50_000 + b'"}]' * 50_000, "levels deep"),
        (b" " * (LARGEST + 1), "larger than 16 MiB"),
        (b"[" + b"1," * 2_000_000 + b"1]", "1,500,000 values"),
        (b"[" + b"[] " * 400_000 + b"]", "300,000 lists"),
    ],
)
def test_what_is_refused(body: bytes, words: str) -> None:
    """With one kind of exception, which says why."""
    with pytest.raises(Unreadable, match=words):
        parsed(body)


def test_a_mapping_is_asked_for() -> None:
    """A list or a text is no alert."""
    with pytest.raises(Unreadable, match="no JSON object"):
        mapping(b"[]")


BOMBS = {
    "opened": b"[",
    "opened and closed": b"[]",
    "opened in texts": b'"[[',
    "texts": b'""',
    "quotes": b'"',
    "backslashes": b"\\",
    "nested": b"[" * 31 + b"]" * 31,
    "mappings": b'{"a":' * 30 + b"1" + b"}" * 30,
    "values": b"1,",
    "digits": b"1",
    "spaces": b" ",
    "alerts": b'{"labels":{"a":"b"}},',
}


@pytest.mark.parametrize("piece", BOMBS.values(), ids=BOMBS.keys())
def test_the_largest_body_takes_no_time(piece: bytes) -> None:
    """16 MiB of each; a tenth of a second in peace, and a few while others work."""
    body = b'{"a":[' + piece * ((LARGEST - 100) // len(piece))
    began = time.process_time()
    with pytest.raises(Unreadable):
        parsed(body)
    assert time.process_time() - began < 3


def test_real_bodies_are_as_the_library_has_them() -> None:
    """But for numbers."""
    value = {"alerts": [{"labels": {"a": "b"}, "annotations": {}, "x": [True, None, ["y"]]}] * 50}
    assert parsed(json.dumps(value).encode()) == value
