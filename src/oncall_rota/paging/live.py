"""Live overrides: what takes effect before a file says it, and how a store keeps it."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import NamedTuple

from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.paging.ports.store import Store, Unstorable

FOLDED, CANCELLED = "folded", "cancelled"  # why one has ended
MOST = 2000  # of those that stand; a job that folds them leaves a few
LONGEST = 80  # code points of a team's name or of who made it
LONGEST_ENTRY = 4000

Entry = dict[str, str | list[str]]


class OverrideAsked(NamedTuple):
    """A live override that is wanted. `entry`: what a file would say, as JSON, without its id. `by`: who wants it."""

    team: str
    entry: str
    by: str


def entry_of(written: str) -> Entry:
    """What an override says, in the words of a file. Raises `UsageError`."""
    try:
        found = json.loads(written) if len(written) <= LONGEST_ENTRY else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(key, str) and _is_value(found[key]) for key in found):
        raise UsageError("an override is an object of texts and lists of texts", f"at most {LONGEST_ENTRY} characters")
    if "id" in found:
        raise UsageError("a live override is given its id")
    return found


def _is_value(value: object) -> bool:
    each = value if isinstance(value, list) else [value]
    return bool(each) and all(isinstance(text, str) and clean(text, LONGEST_ENTRY) == text for text in each)


def added(store: Store, asked: OverrideAsked) -> LiveOverride:
    """Keep a new one, which takes effect with the next look at the configuration. Raises `UsageError`, `StoreFailed`.

    Whether people and layers are there is for whoever has read the files.
    """
    entry_of(asked.entry)
    if any(not text or clean(text, LONGEST) != text for text in (asked.team, asked.by)):
        raise UsageError("an override has a team, and somebody who wants it", f"at most {LONGEST} characters")
    stand, at = store.overrides(), store.now()
    if len(stand) >= MOST:
        raise UsageError(f"{MOST:,} live overrides stand already", "'oncall override fold' writes them into the files")
    if stand:  # two at one moment have an order, too
        at = max(at, stand[-1].created_at + timedelta(microseconds=1))
    made = LiveOverride(_new_id(4), asked.team, asked.entry, asked.by, at)
    try:
        store.add_override(made)
    except Unstorable:  # an id is drawn twice once in a million
        made = made._replace(id=_new_id(8))
        store.add_override(made)
    return made


def _new_id(size: int) -> str:
    """A word that is no number in YAML, whoever reads it."""
    return f"o{secrets.token_hex(size)}"


def cancelled(store: Store, override_id: str, by: str) -> LiveOverride:
    """Let one hold no more. Raises `UnknownName`, `UsageError`, `StoreFailed`."""
    shown = clean(override_id, LONGEST)
    found = store.override(override_id)
    if found is None:
        raise UnknownName(f"no live override has the id {shown!r}", "'oncall override list TEAM' shows their ids")
    if found.ended_why == FOLDED:
        raise UsageError(f"{found.team}'s file has {shown!r}, and alone decides", "'oncall override remove' edits it")
    store.end_override(override_id, store.now(), clean(by, LONGEST) or "somebody", CANCELLED)
    return store.override(override_id) or found
