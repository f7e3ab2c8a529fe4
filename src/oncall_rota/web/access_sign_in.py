"""Links to sign in: for one person, for ten minutes; and how many may be asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.link import said, signed
from oncall_rota.paging.ports.row import LinkKey
from oncall_rota.web.access_rate import Rate

LASTS = timedelta(minutes=10)
PURPOSE = "sign-in"
_LONGEST_NEXT = 200
_EACH, _ALL = 3, 100  # links that are sent in ten minutes: to one person, in all


class SignIn(NamedTuple):
    """`nonce`: what makes it the only one. `next`: where they wanted to go."""

    person: str
    nonce: str
    next: str

    def text(self, key: LinkKey, now: datetime) -> str:
        """As it stands in an address."""
        return signed(key, PURPOSE, self, now + LASTS)

    @classmethod
    def of(cls, keys: Iterable[LinkKey], text: str, now: datetime) -> SignIn | None:
        """What a link says; None: it is none of ours, or older than ten minutes."""
        found = said(keys, PURPOSE, text, now)
        return cls(*found) if found is not None and len(found) == len(cls._fields) else None


class Invitations:
    """Anybody may ask for a link for anybody, so few are sent."""

    def __init__(self) -> None:
        self._each, self._all = Rate(_EACH, LASTS), Rate(_ALL, LASTS)

    def take(self, person: str, now: datetime) -> bool:
        """Whether one more may be sent; then it counts."""
        return self._each.take(person, now) and self._all.take("", now)


def inside(address: str) -> str:
    """The address if it is one of this server's, else its first page."""
    plain = address.isascii() and address.isprintable() and len(address) <= _LONGEST_NEXT
    return address if plain and address.startswith("/") and address[1:2] not in ("/", "\\") else "/"
