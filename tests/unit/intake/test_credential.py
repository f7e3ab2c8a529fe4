"""The key that a request shows, and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from oncall_rota.intake.credential import is_signed, shown

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BODY = b'{"alerts": []}'


def basic(text: str) -> str:
    """A name and password as a header."""
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("headers", "query", "token", "keys"),
    [
        ({"authorization": "Bearer k"}, {}, "", ("k",)),
        ({"authorization": "bearer  k "}, {}, "", ("k",)),
        ({"authorization": "GenieKey k"}, {}, "", ("k",)),
        ({"authorization": "Token token=k"}, {}, "", ("k",)),
        ({"authorization": basic("am:k")}, {}, "", ("k", "am")),
        ({"authorization": basic("k")}, {}, "", ("k",)),
        ({"authorization": basic("am:k:l")}, {}, "", ("k:l", "am")),
        ({"authorization": "Basic !!!"}, {}, "", ()),
        ({"authorization": "Basic /w=="}, {}, "", ()),
        ({"authorization": "k"}, {}, "", ()),
        ({"x-api-key": "k"}, {}, "", ("k",)),
        ({}, {"token": "k"}, "", ("k",)),
        ({}, {"apiKey": "k", "key": "l"}, "", ("l", "k")),
        ({}, {}, "k%2Fl", ("k/l",)),
        ({"authorization": "Bearer h"}, {"token": "q"}, "p", ("h", "p", "q")),
        ({"authorization": "Bearer k"}, {"token": "k"}, "k", ("k",)),
        ({"authorization": "Bearer " + "k" * 513}, {}, "", ()),
        ({}, {}, "", ()),
    ],
)
def test_where_a_key_may_be(headers: dict[str, str], query: dict[str, str], token: str, keys: tuple[str, ...]) -> None:
    """Headers first; what is too long is none."""
    assert shown(headers, query, token) == keys


def signature(secret: str, body: bytes = BODY, stamp: str = "") -> str:
    """As Grafana makes it."""
    signed = f"{stamp}:".encode() + body if stamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


SECONDS = str(int(NOW.timestamp()))
OLD = str(int((NOW - timedelta(seconds=301)).timestamp()))
EARLY = str(int((NOW + timedelta(seconds=301)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "signed"),
    [
        ({"x-grafana-alerting-signature": signature("s")}, True),
        ({"x-grafana-alerting-signature": signature("s").upper()}, True),
        ({"x-hub-signature-256": "sha256=" + signature("s")}, True),
        ({"x-grafana-alerting-signature": signature("t")}, False),
        ({"x-grafana-alerting-signature": signature("s", b"other")}, False),
        ({"x-grafana-alerting-signature": ""}, False),
        ({"x-grafana-alerting-signature": "\ud800"}, False),
        ({}, False),
        *[
            ({"x-grafana-alerting-signature": signature("s", stamp=made), "x-grafana-alerting-timestamp": sent}, good)
            for made, sent, good in (
                (SECONDS, SECONDS, True),
                (OLD, OLD, False),
                (EARLY, EARLY, False),
                (OLD, SECONDS, False),
                (SECONDS, "", False),
                ("", SECONDS, False),
                ("now", "now", False),
                ("9" * 400, "9" * 400, False),
            )
        ],
    ],
)
def test_signatures(headers: dict[str, str], signed: bool) -> None:
    """Of the body, or of a fresh timestamp and the body; forged, old, of another secret or left out: no."""
    assert is_signed(headers, BODY, "s", NOW) == signed
    assert not is_signed(headers, BODY, "", NOW)
