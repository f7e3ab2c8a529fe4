"""What of a request may be the key of its source. Comparing it is for whoever has the keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

SIGNATURES = ("x-grafana-alerting-signature", "x-hub-signature-256", "x-signature")
TIMESTAMPS = ("x-grafana-alerting-timestamp", "x-timestamp")
FRESH = timedelta(seconds=300)
LONGEST = 512  # characters of a key
QUERY = ("token", "key", "api_key", "apikey", "apiKey")


def shown(headers: Mapping[str, str], query: Mapping[str, str], token: str = "") -> tuple[str, ...]:
    """The keys that a request shows before its body is read, in the order to try. `token`: of the path.

    `Authorization: Bearer KEY`, `GenieKey KEY`, `Token token=KEY` or basic with the key as password (or name),
    `X-Api-Key`, and for senders that can do no other the address.
    """
    found = [*_authorized(headers.get("authorization", "")), headers.get("x-api-key", ""), unquote(token)]
    found += [query.get(name, "") for name in QUERY]
    return tuple(dict.fromkeys([each for each in found if 0 < len(each) <= LONGEST]))


def _authorized(header: str) -> list[str]:
    scheme, _, rest = header[: LONGEST * 4].strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() != "basic":
        return [rest.removeprefix("token=").strip('"')]
    try:
        name, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return []
    return [password, name]


def is_signed(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> bool:
    """Whether the body is signed with a secret: HMAC-SHA256 in hexadecimal, of the body or of `timestamp:body`.

    A timestamp, in seconds since 1970, must be fresh; where the sender gives none, the same body means the same again,
    so that whoever repeats it does nothing new.
    """
    given = next((headers[name] for name in SIGNATURES if name in headers), "").strip().removeprefix("sha256=")
    stamp = next((headers[name] for name in TIMESTAMPS if name in headers), "").strip()
    if not given or not secret:
        return False
    if stamp and not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and _is_fresh(int(stamp), now)):
        return False
    signed = f"{stamp}:".encode() + body if stamp else body
    made = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made.encode(), given.lower().encode("utf-8", "surrogatepass"))


def _is_fresh(seconds: int, now: datetime) -> bool:
    return abs(now.timestamp() - seconds) <= FRESH.total_seconds()
