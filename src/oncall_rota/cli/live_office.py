"""Where live overrides are kept, as far as this command can reach it: a server, or the store of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from oncall_rota.cli.incident_office import is_there, office
from oncall_rota.cli.server_office import PATIENCE, is_configured, server
from oncall_rota.cli.store_place import place
from oncall_rota.errors import UsageError
from oncall_rota.paging.office import Office
from oncall_rota.remote.office import HttpOffice

VARIABLE = "ONCALL_USER"


@contextmanager
def live_office(store: str | None, dir_: str | None, name: str, *, make: bool = False) -> Iterator[Office | None]:
    """The office that keeps them; None: no server is configured, and this machine has no store.

    `make`: then make the store. Raises what `server` and `office` raise.
    """
    if is_configured(store):
        yield HttpOffice(server(), patience=PATIENCE)
    elif make or is_there(place(store, dir_)):
        with office(store, dir_, name, make=True) as found:
            yield found.office
    else:
        yield None


def myself(found: Office | None) -> str:
    """Who is asking: whose token it is, else $ONCALL_USER. Raises `UsageError` when nobody says."""
    you = found.you() if isinstance(found, HttpOffice) else None
    if you is None:
        you = os.environ.get(VARIABLE, "").strip()
    if not you:
        raise UsageError("who are you?", f"set {VARIABLE} to your id in people.yaml, or use a token of your own")
    return you
