"""Who a browser's session is, by a signed cookie; and whom a proxy in a listed network says it is."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.link import said, signed
from oncall_rota.paging.ports.row import LinkKey

LASTS = timedelta(hours=12)
PURPOSE = "session"
PLAIN, SECURE = "oncall", "__Host-oncall"  # the name that a browser keeps to https, and to this host


class Person(NamedTuple):
    """Somebody who was not asked for a token. `forms`: the subject of forms that are theirs alone."""

    id: str
    forms: str


def signed_in(request: Request, configuration: Configuration, keys: Iterable[LinkKey], now: datetime) -> Person | None:
    """Who it is by the way that oncall.yaml names, if it is somebody in people.yaml; None: nobody says, or nobody is.

    It is asked anew at each request, so whoever leaves people.yaml is nobody at once.
    """
    login = configuration.settings.access.get("login")
    if login == "proxy":
        person = _told_by_proxy(request, configuration)
        return None if person is None else Person(person, f"proxy {person}")
    found = said(keys, PURPOSE, request.cookies.get(_name(configuration), ""), now) if login == "link" else None
    if found is None or found[0] not in configuration.people:
        return None
    return Person(found[0], f"session {found[1]}")


def sign_in(response: Response, person: str, configuration: Configuration, key: LinkKey, now: datetime) -> None:
    """Have the browser show who it is from now on, for twelve hours."""
    value = signed(key, PURPOSE, (person, secrets.token_hex(8)), now + LASTS)
    _set(response, configuration, value, int(LASTS.total_seconds()))


def sign_out(response: Response, configuration: Configuration) -> None:
    """Have the browser forget it."""
    _set(response, configuration, "", 0)


def _set(response: Response, configuration: Configuration, value: str, lasts: int) -> None:
    name = _name(configuration)
    response.set_cookie(name, value, lasts, path="/", secure=name == SECURE, httponly=True, samesite="lax")


def _name(configuration: Configuration) -> str:
    return SECURE if (configuration.public_url or "").startswith("https://") else PLAIN


def _told_by_proxy(request: Request, configuration: Configuration) -> str | None:
    access = configuration.settings.access
    # Twice is one of the proxy's, and one that somebody has smuggled past it.
    told = request.headers.getlist(access.get("header", ""))
    if len(told) != 1 or not is_within(request, access.get("proxies", ())):
        return None
    return _person(told[0].strip(), configuration)


def _person(told: str, configuration: Configuration) -> str | None:
    """The person of that id, or the only one who has that address."""
    if told in configuration.people:
        return told
    folded = told.casefold()
    having = [
        person
        for person, reach in configuration.people.items()
        if folded and any(address.casefold() == folded for address in reach.addresses.values())
    ]
    return having[0] if len(having) == 1 else None


def is_within(request: Request, networks: Iterable[str]) -> bool:
    """Whether it comes from one of these networks, by the connection itself and not by what is told of it."""
    try:
        host = ipaddress.ip_address(request.client.host if request.client is not None else "")
    except ValueError:
        return False
    host = getattr(host, "ipv4_mapped", None) or host
    return any(host in ipaddress.ip_network(each) for each in networks)
