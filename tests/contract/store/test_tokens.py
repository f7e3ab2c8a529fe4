"""Tokens and signing keys, kept."""

from __future__ import annotations

import hashlib

import pytest
from store_places import NIGHT, SECOND

from oncall_rota.paging.ports.row import LinkKey, Token
from oncall_rota.paging.ports.store import Store, Unstorable


def token(name: str = "t1", **more: object) -> Token:
    """A feed's token of Bob's."""
    made = Token(name, hashlib.sha256(name.encode()).digest(), "feed", "bob", None, "Bob's phone", NIGHT)
    return made._replace(**more)  # type: ignore[arg-type]


def test_tokens_come_back_as_they_were_kept(store: Store) -> None:
    """With every time, oldest first."""
    first = token("t1", expires_at=NIGHT + SECOND, team="payments", person=None)
    second = token("t2", created_at=NIGHT + SECOND)
    store.add_token(second)
    store.add_token(first)
    assert store.tokens() == (first, second)


def test_a_token_is_revoked_once(store: Store) -> None:
    """The second time says that it was."""
    store.add_token(token())
    assert store.revoke_token("t1", NIGHT + SECOND)
    assert not store.revoke_token("t1", NIGHT + SECOND * 2)
    assert not store.revoke_token("none", NIGHT)
    assert store.tokens()[0].revoked_at == NIGHT + SECOND


def test_when_a_token_was_shown_is_kept(store: Store) -> None:
    """For the list that people look at."""
    store.add_token(token())
    store.used_token("t1", NIGHT + SECOND)
    assert store.tokens()[0].used_at == NIGHT + SECOND


def test_no_two_tokens_have_one_id_or_one_digest(store: Store) -> None:
    """Whatever made them."""
    store.add_token(token())
    with pytest.raises(Unstorable):
        store.add_token(token())
    with pytest.raises(Unstorable):
        store.add_token(token()._replace(id="t2"))
    assert len(store.tokens()) == 1


def test_signing_keys_newest_first_and_retired(store: Store) -> None:
    """Two are valid while one replaces the other."""
    old, new = LinkKey("k1", b"\0one", NIGHT), LinkKey("k2", b"two", NIGHT + SECOND)
    store.add_link_key(old)
    store.add_link_key(new)
    store.retire_link_key("k1", NIGHT + SECOND * 2)
    assert store.link_keys() == (new, old._replace(retired_at=NIGHT + SECOND * 2))
