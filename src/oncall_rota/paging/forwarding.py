"""A store that hands on what has no place in memory: configurations, tokens, keys, overrides, and its own upkeep."""

from __future__ import annotations

from datetime import datetime

from oncall_rota.paging.ports.row import Instance, LinkKey, LiveOverride, PagedCount, Revision, Token
from oncall_rota.paging.ports.store import Store


class ForwardingStore:
    """That part of a `Store`, answered by another one; what that raises is raised."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def paged(self, since: datetime, until: datetime) -> tuple[PagedCount, ...]:
        return self._store.paged(since, until)  # what is in memory alone is of these minutes

    def get(self, key: str) -> str | None:
        return self._store.get(key)

    def keep(self, key: str, value: str) -> str:
        return self._store.keep(key, value)

    def swap(self, key: str, old: str | None, new: str) -> bool:
        return self._store.swap(key, old, new)

    def put(self, key: str, value: str) -> None:
        self._store.put(key, value)

    def publish(self, revision: Revision) -> None:
        self._store.publish(revision)

    def revision(self, team: str) -> Revision | None:
        return self._store.revision(team)

    def digests(self) -> dict[str, str]:
        return self._store.digests()

    def add_token(self, token: Token) -> None:
        self._store.add_token(token)

    def tokens(self) -> tuple[Token, ...]:
        return self._store.tokens()

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        return self._store.revoke_token(token_id, at)

    def used_token(self, token_id: str, at: datetime) -> None:
        self._store.used_token(token_id, at)

    def add_link_key(self, key: LinkKey) -> None:
        self._store.add_link_key(key)

    def link_keys(self) -> tuple[LinkKey, ...]:
        return self._store.link_keys()

    def retire_link_key(self, key_id: str, at: datetime) -> None:
        self._store.retire_link_key(key_id, at)

    def add_override(self, override: LiveOverride) -> None:
        self._store.add_override(override)

    def overrides(self) -> tuple[LiveOverride, ...]:
        return self._store.overrides()

    def override(self, override_id: str) -> LiveOverride | None:
        return self._store.override(override_id)

    def end_override(self, override_id: str, at: datetime, by: str, why: str) -> bool:
        return self._store.end_override(override_id, at, by, why)

    def instances(self) -> tuple[Instance, ...]:
        return self._store.instances()

    def prune(self, before: datetime) -> int:
        return self._store.prune(before)

    def forget(self, source: str, before: datetime) -> int:
        return self._store.forget(source, before)

    def check(self) -> tuple[str, ...]:
        return self._store.check()
