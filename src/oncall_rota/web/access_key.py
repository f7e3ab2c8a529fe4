"""The keys that oncall.yaml names, as digests: of sources, heartbeats and the board; and what sources sign with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from oncall_rota.notifiers.secret import NoSecret, Secret, resolved
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of

DIGEST = "sha256:"
_Owners = Mapping[bytes, tuple[str, ...]]


class Keys(NamedTuple):
    """Whose each key is, by its digest: a key may be several sources'. `missing`: keys that cannot be read, in words.

    Several keys of one source are valid at once, so that one can take the place of the other. `signing`: the secrets of
    the sources that sign, by name; none of a source whose secrets cannot be read, which is not let in then.
    """

    sources: _Owners
    heartbeats: _Owners
    board: frozenset[bytes]
    signing: Mapping[str, tuple[Secret, ...]]
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
        signing = {
            name: tuple(_secrets(values["secrets"], f"sources.{name}.secrets", missing))
            for name, values in settings.sources.items()
            if "secrets" in values
        }
        return cls(sources, heartbeats, board, signing, tuple(missing))


def _digests(written: Iterable[object], place: str, missing: list[str]) -> Iterable[bytes]:
    for each in written:
        try:
            if isinstance(each, str) and each.startswith(DIGEST):
                yield bytes.fromhex(each.removeprefix(DIGEST))
            else:
                yield digest_of(resolved(each).reveal())
        except NoSecret as error:
            missing.append(f"{place}: {error}")


def _secrets(written: Iterable[object], place: str, missing: list[str]) -> Iterable[Secret]:
    for each in written:
        try:
            yield resolved(each)
        except NoSecret as error:
            missing.append(f"{place}: {error}")
