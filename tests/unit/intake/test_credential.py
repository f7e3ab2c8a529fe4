"""Signatures, as Grafana and GitHub make them."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from oncall_rota.intake.credential import is_fresh, is_signed, signature

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BODY = b'{"alerts": []}'


def made(secret: str, body: bytes = BODY, stamp: str = "") -> str:
    """As Grafana makes it."""
    signed = f"{stamp}:".encode() + body if stamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_good(headers: dict[str, str], secret: str = "s") -> bool:
    """Whether a request with these headers is taken."""
    shown = signature(headers)
    return shown is not None and is_fresh(shown, NOW) and is_signed(BODY, shown, secret)


SECONDS = str(int(NOW.timestamp()))
OLDEST = str(int((NOW - timedelta(seconds=300)).timestamp()))
OLD = str(int((NOW - timedelta(seconds=301)).timestamp()))
EARLY = str(int((NOW + timedelta(seconds=301)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({"x-grafana-alerting-signature": made("s")}, True),
        ({"x-grafana-alerting-signature": made("s").upper()}, True),
        ({"x-hub-signature-256": "sha256=" + made("s")}, True),
        ({"x-signature": made("s")}, True),
        ({"x-grafana-alerting-signature": made("t")}, False),
        ({"x-grafana-alerting-signature": made("s", b"other")}, False),
        ({"x-grafana-alerting-signature": made("s")[:-1]}, False),
        ({"x-grafana-alerting-signature": ""}, False),
        ({"x-grafana-alerting-signature": "\ud800" * 64}, False),
        ({"x-grafana-alerting-signature": "\xe9" * 64}, False),
        ({}, False),
        *[
            ({"x-grafana-alerting-signature": made("s", stamp=signed), "x-grafana-alerting-timestamp": sent}, taken)
            for signed, sent, taken in (
                (SECONDS, SECONDS, True),
                (OLDEST, OLDEST, True),
                (OLD, OLD, False),
                (EARLY, EARLY, False),
                (OLD, SECONDS, False),
                (SECONDS, "", False),
                ("", SECONDS, False),
                ("now", "now", False),
                ("\u0661", "\u0661", False),
                ("9" * 400, "9" * 400, False),
            )
        ],
    ],
)
def test_signatures(headers: dict[str, str], good: bool) -> None:
    """Of the body, or of a fresh timestamp and the body; forged, old, of another secret or left out: no."""
    assert is_good(headers) == good
    assert not is_good(headers, "")


def test_an_empty_secret_signs_nothing() -> None:
    """Not even what was signed with it."""
    assert not is_good({"x-signature": made("")}, "")
