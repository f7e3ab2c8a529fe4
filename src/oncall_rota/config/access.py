"""Who may do what on a server: how people sign in, whose word it takes for who they are, and who reads its metrics."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress

from oncall_rota.config.document import Document
from oncall_rota.config.field import Text
from oncall_rota.config.problem import Mistake, shown
from oncall_rota.config.record import Filled

LOOPBACK = "loopback"
_HEADER = re.compile("[A-Za-z][A-Za-z0-9-]{0,99}")
# Headers that everybody sends, or that a proxy hands on as they came.
_ANYBODYS = {"host", "authorization", "cookie", "user-agent", "accept", "origin", "referer", "forwarded"}


def network(written: str) -> str:
    """`10.0.0.0/8`, or one address."""
    try:
        found = ipaddress.ip_network(written)
    except ValueError:
        hint = "write e.g. 10.0.0.0/8, 192.0.2.7 or fd00::/8"
        with suppress(ValueError):
            hint = f"write {ipaddress.ip_network(written, strict=False)}"
        raise Mistake("not-a-network", f"{shown(written)} is not a network", hint) from None
    if found.prefixlen == 0:
        raise Mistake("every-network", f"{written} is everybody", "name the networks of your own proxies or monitors")
    return str(found)


def readers(written: str) -> str:
    """`loopback`, or a network."""
    return written if written == LOOPBACK else network(written)


def header(written: str) -> str:
    """The name of a header that only a proxy sets."""
    if not _HEADER.fullmatch(written) or written.lower() in _ANYBODYS or written.lower().startswith("x-forwarded-for"):
        raise Mistake(
            "not-a-header", f"{shown(written)} is not a header that names a person", "write e.g. X-Forwarded-User"
        )
    return written


NETWORK = Text(network, "a network", examples=["10.0.0.0/8"])
READERS = Text(readers, "'loopback' or a network", examples=["loopback", "10.0.0.0/8"])
HEADER = Text(header, "a header", examples=["X-Forwarded-User"])


def check_access(access: Filled, server: Filled | None, document: Document) -> None:
    """Report ways to sign in that cannot work, and keys that have no effect."""
    login = access.get("login")
    for key in ("header", "proxies"):
        if login == "proxy" and not access.wrote(key):
            what = "which header names the person" if key == "header" else "which networks its proxies are in"
            example = "header: X-Forwarded-User" if key == "header" else "proxies: [10.0.0.0/8]"
            document.error(access.node["login"], "missing-key", f"login: proxy needs {key}: {what}", f"add {example}")
        elif access.wrote("login") and login == "link" and key in access.node:
            words = f"{key} has no effect: people sign in by a link"
            document.warn(access.node.keys_at[key], "no-effect", words, "delete it, or write login: proxy")
    if login == "link" and (server is None or not server.wrote("public_url")):
        document.error(
            access.node["login"],
            "missing-key",
            "login: link needs the address that people reach the server by",
            "add e.g. server: {public_url: https://oncall.example.com}",
        )
