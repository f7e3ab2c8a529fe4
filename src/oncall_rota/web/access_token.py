"""The tokens of the store, in memory: reading needs no query, and each is found by its digest alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from oncall_rota.paging.ports.row import Token


class Tokens(NamedTuple):
    """Those that were not revoked, by digest."""

    by_digest: dict[bytes, Token]

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Tokens:
        """Of all that a store keeps."""
        return cls({each.digest: each for each in tokens if each.revoked_at is None})

    def find(self, digest: bytes, now: datetime) -> Token | None:
        """The token of that digest, unless it has expired."""
        found = self.by_digest.get(digest)
        return None if found is None or (found.expires_at is not None and found.expires_at <= now) else found
