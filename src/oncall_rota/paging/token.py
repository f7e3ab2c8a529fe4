"""Tokens: what they open, and how a store keeps them. A token itself is shown once, to whoever made it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple

from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import Token
from oncall_rota.paging.ports.store import Store, Unstorable

# What a scope opens, itself included: whoever may act may read. A source and a feed are let in to their own door only.
HOLDS: dict[str, frozenset[str]] = {
    "source": frozenset({"source"}),
    "feed": frozenset({"feed"}),
    "board": frozenset({"board"}),
    "responder": frozenset({"board", "responder"}),
    "admin": frozenset({"board", "responder", "admin"}),
}
SCOPES = tuple(HOLDS)
LONGEST = 80  # code points of a label, a person's id or a team's name
LONGEST_FEED = 160  # of a team's name, and a schedule's behind it
AGENT = "agent:"  # of `meta`: which program has shown a token last


class TokenAsked(NamedTuple):
    """A token that is to be kept. `digest`: its SHA-256 in hexadecimal digits. `label`: of a source, its name.

    `team`: of a feed, also `team/schedule`.
    """

    scope: str
    digest: str
    label: str
    person: str | None = None
    team: str | None = None
    expires_at: datetime | None = None


class TokenKept(NamedTuple):
    """A token as it is told of: without anything that it could be found by.

    `agent`: which program has shown it last; of feeds.
    """

    id: str
    scope: str
    label: str
    person: str | None
    team: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None
    agent: str | None = None


def new_token() -> str:
    """256 random bits, as text that stands in a header and in an address."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """By which a token or key is known: it is itself kept nowhere."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def added(store: Store, asked: TokenAsked) -> TokenKept:
    """Keep a new token. Raises `UsageError`, `StoreFailed`."""
    try:
        digest = bytes.fromhex(asked.digest)
    except ValueError:
        digest = b""
    if asked.scope not in HOLDS or len(digest) != hashlib.sha256().digest_size:
        raise UsageError("a token has a scope and a digest", f"scopes are {', '.join(SCOPES)}")
    written = ((asked.label, LONGEST), (asked.person or "", LONGEST), (asked.team or "", LONGEST_FEED))
    if any(clean(text, longest) != text for text, longest in written):
        raise UsageError("a label, a person or a team of a token is one short line", f"at most {LONGEST} characters")
    token = Token(
        secrets.token_hex(4), digest, asked.scope, asked.person, asked.team, asked.label, store.now(), asked.expires_at
    )
    try:
        store.add_token(token)
    except Unstorable:
        raise UsageError("this token is kept already", "make another one") from None
    return told(token)


def listed(store: Store) -> tuple[TokenKept, ...]:
    """All tokens, revoked and expired ones too, oldest first."""
    return tuple([_told_of(store, each) for each in store.tokens()])


def used(store: Store, token_id: str, at: datetime, agent: str | None) -> None:
    """Write down that a token was shown, and by which program if anybody wants to know that. Raises `StoreFailed`."""
    store.used_token(token_id, at)
    if agent is not None:
        store.put(f"{AGENT}{token_id}", clean(agent.encode(errors="replace").decode(), LONGEST))


def revoked(store: Store, token_id: str) -> TokenKept:
    """Let a token open nothing any more, from now on; one that does not already stays as it is.

    Raises `UnknownName`, `StoreFailed`.
    """
    store.revoke_token(token_id, store.now())
    for each in store.tokens():
        if each.id == token_id:
            return _told_of(store, each)
    raise UnknownName(f"no token has the id {clean(token_id, LONGEST)!r}", "'oncall token list' shows their ids")


def told(token: Token) -> TokenKept:
    """A token without what it could be found by."""
    return TokenKept(
        token.id, token.scope, token.label, token.person, token.team, token.created_at, token.expires_at,
        token.used_at, token.revoked_at,
    )  # fmt: skip


def _told_of(store: Store, token: Token) -> TokenKept:
    seen = token.scope == "feed" and token.used_at is not None
    return told(token)._replace(agent=store.get(f"{AGENT}{token.id}") or None if seen else None)
