"""What a request shows to be let in: a key in a header, or in the address where its sender can do no other."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from starlette.requests import Request

from oncall_rota.intake.credential import PARAMETERS
from oncall_rota.paging.token import digest_of

SCHEMES = ("bearer", "geniekey", "token")


class Shown(NamedTuple):
    """A key. `in_address`: a wrong one there is answered as if there were no such address."""

    key: str
    in_address: bool = False

    @property
    def digest(self) -> bytes:
        """By which it is looked up: so the time that takes tells nothing about any key."""
        return digest_of(self.key)


def shown(request: Request, in_address: bool = True, passwords: bool = True) -> Shown | None:
    """What a request shows; None: nothing. `in_address`: whether a key in its address counts, or in `X-Api-Key`, as
    monitors send it. `passwords`: whether a password does, which a browser that knows it sends with all that any site's
    page asks it to.
    """
    found = in_header(request, passwords)
    if found is None and in_address:
        found = request.headers.get("x-api-key")
    if found is not None or not in_address:
        return None if found is None else Shown(found)
    for given in (request.path_params, request.query_params):
        for name in PARAMETERS:
            if given.get(name):
                return Shown(str(given[name]), in_address=True)
    return None


def in_header(request: Request, passwords: bool = True) -> str | None:
    """The key of `Authorization`: `Bearer KEY`, `GenieKey KEY`, `Token token=KEY`, or the password of `Basic`."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in SCHEMES:
        return rest.strip().removeprefix("token=").strip('"')
    if scheme.lower() != "basic" or not passwords:
        return None
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
