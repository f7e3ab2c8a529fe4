"""Where senders put the key of their source, and how they sign a body instead.

A key is looked up by whoever has the keys. A signature is HMAC-SHA256 of the body, or of `timestamp:body`.
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

PARAMETERS = ("key", "token", "api_key", "apikey", "apiKey")  # of an address
SIGNATURES = ("x-grafana-alerting-signature", "x-hub-signature-256", "sentry-hook-signature", "x-signature")
TIMESTAMPS = ("x-grafana-alerting-timestamp", "x-timestamp")
FRESH = timedelta(seconds=300)
_DIGITS = 64  # of a signature


class Signature(NamedTuple):
    """What a request shows. `stamp`: seconds since 1970, as they were sent; empty: none, so it says nothing of when."""

    text: str
    stamp: str


def signature(headers: Mapping[str, str]) -> Signature | None:
    """The signature of a request, by its headers; None: it has none that could be one."""
    given = next((headers[name] for name in SIGNATURES if headers.get(name)), "").strip()
    text = given.lower().removeprefix("sha256=")
    if len(text) != _DIGITS or not text.isascii():
        return None
    return Signature(text, next((headers[name] for name in TIMESTAMPS if headers.get(name)), "").strip())


def is_fresh(shown: Signature, now: datetime) -> bool:
    """Whether its timestamp is of these minutes. Without one it always is: the same body means the same again."""
    if not shown.stamp:
        return True
    if not (shown.stamp.isascii() and shown.stamp.isdigit() and len(shown.stamp) < 12):
        return False
    return abs(now.timestamp() - int(shown.stamp)) <= FRESH.total_seconds()


def is_signed(body: bytes, shown: Signature, secret: str) -> bool:
    """Whether a body was signed with that secret."""
    signed = f"{shown.stamp}:".encode() + body if shown.stamp else body
    made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(made, shown.text)
