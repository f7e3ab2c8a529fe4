"""Where a server is: what `$ONCALL_SERVER` may say."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from oncall_rota.errors import UsageError

VARIABLE = "$ONCALL_SERVER"
_HINT = "write https://oncall.example.com, or 127.0.0.1:8080 for one on this machine"


class Address(NamedTuple):
    """`url` ends without a slash. `host`: with its port, as messages tell it. `is_open`: whoever is on the way reads
    the token: it is neither encrypted nor this very machine.
    """

    url: str
    host: str
    is_open: bool


def address(written: str) -> Address:
    """What was written; without a scheme it is https, and http to this machine. Raises `UsageError`."""
    text = written.strip()
    parts = _parts(text)
    host = parts.hostname if parts is not None else None
    if parts is None or host is None or not text.isprintable() or " " in text:
        raise UsageError(f"{VARIABLE}: this is no address of a server", _HINT)
    near = _is_loopback(host)
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{VARIABLE}: a name or a password does not belong there", "the token is in $ONCALL_TOKEN")
    if parts.query or parts.fragment:
        raise UsageError(f"{VARIABLE}: an address of a server has no ? and no #", _HINT)
    scheme = parts.scheme or ("http" if near else "https")
    if scheme not in ("http", "https"):
        raise UsageError(f"{VARIABLE}: no server is reached by {scheme}://", _HINT)
    url = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return Address(url, parts.netloc, scheme == "http" and not near)


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        _ = parts.port  # a bad one raises only when it is asked for
    except ValueError:
        return None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
