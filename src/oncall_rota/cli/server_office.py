"""The way to the incidents of a server: `$ONCALL_SERVER` says where it is, `$ONCALL_TOKEN` who we are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from oncall_rota.cli.incident_office import office
from oncall_rota.cli.terminal import warn
from oncall_rota.errors import UsageError

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened
    from oncall_rota.remote.office import HttpOffice
    from oncall_rota.remote.server import Server

SERVER, TOKEN = "ONCALL_SERVER", "ONCALL_TOKEN"
PATIENCE = 5.0  # seconds for each question


def is_configured(store: str | None = None) -> bool:
    """Whether a server is to be asked. `store`: a store that was named on the command line is asked instead."""
    return store is None and bool(os.environ.get(SERVER, "").strip())


@contextmanager
def reached(
    store: str | None, dir_: str | None, name: str, *, by: str | None = None, target: str | None = None, **more: Any
) -> Iterator[Opened]:
    """The office of the server, if one is configured; else the one of the store, as `office` opens it.

    `by`: who the user says that they are, which the server believes of nobody but whose token it is. `target`: whom a
    page is for, as it was written. Raises what `server` and `office` raise.
    """
    if not is_configured(store):
        with office(store, dir_, name, **more) as found:
            yield found
        return
    from oncall_rota.control.owner import Opened
    from oncall_rota.remote.office import HttpOffice

    yield Opened(HttpOffice(server(), by, target, PATIENCE), None, None, True, True, lambda _: None)


def server() -> Server:
    """The server that is configured. Raises `UsageError`."""
    from oncall_rota.remote.address import address
    from oncall_rota.remote.server import Server
    from oncall_rota.wiring.outbound import asking

    at, token = address(os.environ.get(SERVER, "")), os.environ.get(TOKEN, "").strip()
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageError(f"${TOKEN}: this is no token", "it is one word, as 'oncall token create' told it")
    if at.is_open and token:
        _warn_of_open(at.host)
    return Server(at, token, asking())


def of_server(found: Opened) -> HttpOffice | None:
    """The office, if it is a server's."""
    from oncall_rota.remote.office import HttpOffice

    return found.office if isinstance(found.office, HttpOffice) else None


@cache
def _warn_of_open(host: str) -> None:
    warn(f"the token goes to {host} unencrypted: whoever is on the way can read it", "write https:// in $ONCALL_SERVER")
