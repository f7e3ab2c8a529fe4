"""Forms that only a page of ours can have given out, so that no other page and no machine that follows links acts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from oncall_rota.paging.link import LASTS, said, signed, valid
from oncall_rota.paging.ports.row import LinkKey
from oncall_rota.web.access_fresh import Fresh
from oncall_rota.web.body import BadBody, body_of
from oncall_rota.web.spec import FORM

FIELD = "once"
PURPOSE = "form"
LARGEST = 8 << 10  # bytes of a form
SLOWEST = 10.0  # seconds for all of it
MOST_FIELDS = 20
MOST_USED = 100_000  # forms that are remembered as used; beyond that the oldest is forgotten
_SPECULATIVE = ("sec-purpose", "purpose", "x-purpose", "x-moz")


class Forms:
    """Of one process. A form is for one subject: what it is about, and whose it is."""

    def __init__(self, keys: Fresh[tuple[LinkKey, ...]], now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now
        self._used: dict[str, None] = {}

    async def new(self, subject: str) -> str:
        """The value of a form's hidden field. Raises `StoreFailed`."""
        now = self._now()
        return signed(valid(await self._keys.get(), now)[0], PURPOSE, (subject, secrets.token_hex(8)), now + LASTS)

    async def is_good(self, value: str, subject: str) -> bool:
        """Whether we gave it out for that subject, less than a day ago. Raises `StoreFailed`."""
        return (said(await self._keys.get(), PURPOSE, value, self._now()) or ("",))[0] == subject

    async def take(self, value: str, subject: str) -> bool:
        """Whether it is good, and for the first time. Raises `StoreFailed`."""
        if not await self.is_good(value, subject) or value in self._used:
            return False
        self._used[value] = None
        while len(self._used) > MOST_USED:
            del self._used[next(iter(self._used))]
        return True


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form that a browser sends. Raises `BadBody`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise BadBody(415, "this is no form")
    body = await body_of(request, LARGEST, SLOWEST)
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise BadBody(400, "this is no form") from None


def is_speculative(request: Request) -> bool:
    """Whether a machine looks ahead, and nobody has asked for anything."""
    return any("pre" in request.headers.get(name, "").lower() for name in _SPECULATIVE)


def is_foreign(request: Request) -> bool:
    """Whether the browser says that another site's page has sent it."""
    return request.headers.get("sec-fetch-site", "") in ("cross-site", "same-site")
