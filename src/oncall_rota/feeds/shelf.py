"""Feeds that were built, for as long as what they were built from has not changed."""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import NamedTuple


class Kept(NamedTuple):
    """A feed's bytes, plain and packed by gzip, and the strong validator of each."""

    body: bytes
    etag: str
    packed: bytes
    packed_etag: str

    @classmethod
    def of(cls, body: bytes) -> Kept:
        """A body that was built. No clock is asked: the same body is the same bytes."""
        digest = sha256(body).hexdigest()
        return cls(body, f'"{digest}"', gzip.compress(body, 6, mtime=0), f'"{digest}-gzip"')


class Shelf:
    """The last build of each feed, at most `most` feeds and `most_bytes`. `builds` counts them. For one thread."""

    __slots__ = ("_bytes", "_kept", "_most", "_most_bytes", "builds")

    def __init__(self, most: int = 4096, most_bytes: int = 64 << 20) -> None:
        self._kept: OrderedDict[Hashable, tuple[Hashable, Kept]] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self.builds = 0

    def find(self, feed: Hashable, version: Hashable) -> Kept | None:
        """The feed as it was built for `version`; None: it was not, or that is long ago."""
        found = self._kept.get(feed)
        if found is None or found[0] != version:
            return None
        self._kept.move_to_end(feed)
        return found[1]

    def put(self, feed: Hashable, version: Hashable, kept: Kept) -> Kept:
        """Keep a feed that was built for `version`; what is kept, which is as it was when its bytes are."""
        self.builds += 1
        before = self._kept.pop(feed, None)
        if before is not None:
            self._bytes -= _size(before[1])
            if before[1].etag == kept.etag:
                kept = before[1]
        self._kept[feed] = version, kept
        self._bytes += _size(kept)
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes > self._most_bytes):
            self._bytes -= _size(self._kept.popitem(last=False)[1][1])
        return kept

    def get(self, feed: Hashable, version: Hashable, build: Callable[[], bytes]) -> Kept:
        """The feed as it was built for `version`, or built now.

        `version` is all that decides its bytes: the rotation files and the window.
        """
        return self.find(feed, version) or self.put(feed, version, Kept.of(build()))


def _size(kept: Kept) -> int:
    return len(kept.body) + len(kept.packed)
