"""Signed texts for addresses: which page, whose, until when; nobody can make one who has no key of the store.

A text is base64 of: key id, end, what it says, and 16 bytes of HMAC-SHA256 over all that and what it is for. There is
one way to write each, so a changed bit is never the same text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.ports.row import LinkKey
from oncall_rota.paging.ports.store import Store, StoreFailed

LASTS = timedelta(hours=24)  # a link of a page; as long as its code
VALID = 2  # keys that prove something at a time: the newest signs, and what the one before signed is good
ACKNOWLEDGE = "acknowledge"  # what a text is for
EVERY = 1.0  # seconds between two looks at the keys
_ID, _END, _MAC = 4, 5, 16  # bytes
_LONGEST = 1000  # characters of a text


def signed(key: LinkKey, purpose: str, parts: Sequence[str], ends_at: datetime) -> str:
    """A text that says `parts`, none of which has a NUL in it, for `purpose` until `ends_at`."""
    said = bytes.fromhex(key.id) + int(ends_at.timestamp()).to_bytes(_END) + "\0".join(parts).encode()
    return base64.urlsafe_b64encode(said + _mac(key, purpose, said)).decode().rstrip("=")


def said(keys: Iterable[LinkKey], purpose: str, text: str, now: datetime) -> tuple[str, ...] | None:
    """What a text says; None when it is not one of ours, is for something else, or its time is over."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error:
        return None
    if len(raw) < _ID + _END + _MAC or base64.urlsafe_b64encode(raw).decode().rstrip("=") != text:
        return None
    told, mac = raw[:-_MAC], raw[-_MAC:]
    for key in valid(keys, now):
        if key.id == told[:_ID].hex() and hmac.compare_digest(mac, _mac(key, purpose, told)):
            ends_at = datetime.fromtimestamp(int.from_bytes(told[_ID : _ID + _END]), UTC)
            return None if ends_at <= now else tuple(told[_ID + _END :].decode().split("\0"))
    return None


def _mac(key: LinkKey, purpose: str, told: bytes) -> bytes:
    return hmac.digest(key.signing_key, purpose.encode() + b"\0" + told, hashlib.sha256)[:_MAC]


def valid(keys: Iterable[LinkKey], now: datetime) -> tuple[LinkKey, ...]:
    """Those that prove something, newest first."""
    return tuple([key for key in keys if key.retired_at is None or now < key.retired_at])


def begun(store: Store) -> tuple[LinkKey, ...]:
    """The valid keys of a store; its first one is made when there is none."""
    found = valid(store.link_keys(), store.now())
    return found or (_added(store),)


def rotated(store: Store) -> tuple[str, ...]:
    """Sign with a new key from now on; the ids of all that are valid, newest first."""
    now = store.now()
    _added(store)
    for key in valid(store.link_keys(), now)[VALID:]:
        store.retire_link_key(key.id, now)
    return tuple([key.id for key in valid(store.link_keys(), store.now())])


def _added(store: Store) -> LinkKey:
    key = LinkKey(secrets.token_hex(_ID), secrets.token_bytes(32), store.now())
    store.add_link_key(key)
    return key


class Links:
    """Makes the links of pages. `configuration`: has the server's address. `monotonic`: seconds, for the keys' age."""

    def __init__(
        self,
        store: Store,
        configuration: Callable[[], Configuration],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._configuration = configuration
        self._monotonic = monotonic
        self._read_at: float | None = None
        self._keys: tuple[LinkKey, ...] = ()

    def __call__(self, page_id: str, person: str | None, now: datetime) -> str | None:
        """A page's own address, for one person; None when the server has no address, or no key can be read."""
        public_url = self._configuration().public_url
        keys = valid(self._fresh(), now) if public_url is not None else ()
        if public_url is None or not keys:
            return None
        return f"{public_url.rstrip('/')}/a/{signed(keys[0], ACKNOWLEDGE, (page_id, person or ''), now + LASTS)}"

    def _fresh(self) -> tuple[LinkKey, ...]:
        at = self._monotonic()
        if self._read_at is None or at - self._read_at >= EVERY:
            self._read_at = at
            with suppress(StoreFailed):  # what the keys of before sign is good
                self._keys = begun(self._store)
        return self._keys
