"""Feeds that were built, for as long as what they were built from has not changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from hashlib import sha256
from typing import NamedTuple


class Kept(NamedTuple):
    """A feed's bytes and their strong validator."""

    body: bytes
    etag: str


class Shelf:
    """The last build of each feed. `builds` counts them."""

    __slots__ = ("_kept", "_most", "builds")

    def __init__(self, most: int = 4096) -> None:
        self._kept: OrderedDict[Hashable, tuple[Hashable, Kept]] = OrderedDict()
        self._most = most
        self.builds = 0

    def get(self, feed: Hashable, version: Hashable, build: Callable[[], bytes]) -> Kept:
        """The feed as it was built for `version`, or built now.

        `version` is all that decides its bytes: the rotation files and the window.
        """
        found = self._kept.get(feed)
        if found is None or found[0] != version:
            body = build()
            self.builds += 1
            if found is not None and found[1].body == body:
                body = found[1].body
            found = self._kept[feed] = (version, Kept(body, f'"{sha256(body).hexdigest()}"'))
        self._kept.move_to_end(feed)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found[1]
