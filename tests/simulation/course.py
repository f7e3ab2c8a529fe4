"""What an incident's audit and pages say that its state must be by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Told = tuple[str, str, Mapping[str, Any]]  # kind, cause, data of a row of the audit
AT_ONCE = timedelta(seconds=2)


def told_status(rows: Iterable[Told]) -> str | None:
    """The status that the last of these rows leaves an incident in; None when none of them says."""
    status = None
    for kind, cause, _ in rows:
        if kind in ("acknowledged", "snoozed"):
            status = "acknowledged"
        elif kind == "reassigned":
            by, _, to = cause.removeprefix("by ").partition(" to ")
            status = "acknowledged" if by == to else "triggered"
        elif kind in ("timeout", "declined", "graver"):
            status = "triggered"
        elif kind in ("resolved", "recorded"):
            status = kind
    return status


def neglected(kept: Mapping[str, Any], states: Mapping[str, str], now: datetime, next_at: datetime | None) -> str:
    """Who waits although nothing has reached anybody: by the state of an incident and of its pages; empty: nobody.

    Whoever's pages all have failed gets the next rule at once, and when nothing is left of a step the next one comes.
    """
    pages: dict[str | None, list[str]] = defaultdict(list)
    for page_id, person, _, _, copy, _, old in kept.get("sent", ()):
        if not old and not copy:
            pages[person].append(states.get(page_id, ""))
    due = [(datetime.fromisoformat(at), person) for at, person, _, _, copy in kept.get("due", ()) if not copy]
    for person, found in pages.items():
        following = min([at for at, whom in due if whom == person], default=None)
        if set(found) == {"failed"} and following is not None and following > now + AT_ONCE:
            return f"the next rule of {person}"
    failed = {state for found in pages.values() for state in found} == {"failed"}
    if failed and not due and not kept.get("ended") and (next_at is None or next_at > now + AT_ONCE):
        return "the next step"
    return ""
