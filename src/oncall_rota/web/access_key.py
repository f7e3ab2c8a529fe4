"""The keys that oncall.yaml names, as digests: of sources, of heartbeats, of the board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from oncall_rota.notifiers.secret import NoSecret, resolved
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of

DIGEST = "sha256:"
_Owners = Mapping[bytes, tuple[str, ...]]


class Keys(NamedTuple):
    """Whose each key is, by its digest: a key may be several sources'. `missing`: keys that cannot be read, in words.

    Several keys of one source are valid at once, so that one can take the place of the other.
    """

    sources: _Owners
    heartbeats: _Owners
    board: frozenset[bytes]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Read them: the environment, and files, which may have changed."""
        missing: list[str] = []

        def owners(named: Mapping[str, Mapping[str, Any]], what: str) -> _Owners:
            found: dict[bytes, tuple[str, ...]] = {}
            for name, values in named.items():
                for digest in _digests(values.get("keys", ()), f"{what}.{name}.keys", missing):
                    found[digest] = (*found.get(digest, ()), name)
            return found

        sources, heartbeats = owners(settings.sources, "sources"), owners(settings.heartbeats, "heartbeats")
        board = frozenset(_digests(settings.access.get("board", ()), "access.board", missing))
        return cls(sources, heartbeats, board, tuple(missing))


def _digests(written: Iterable[object], place: str, missing: list[str]) -> Iterable[bytes]:
    for each in written:
        try:
            if isinstance(each, str) and each.startswith(DIGEST):
                yield bytes.fromhex(each.removeprefix(DIGEST))
            else:
                yield digest_of(resolved(each).reveal())
        except NoSecret as error:
            missing.append(f"{place}: {error}")
