"""`oncall page` stays: until somebody acknowledges, the policy has ended, or its patience has."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Literal, NamedTuple

from oncall_rota.cli.page_progress import Progress
from oncall_rota.cli.page_raised import Raised
from oncall_rota.errors import OncallError
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD, RECORDED, RESOLVED
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import PENDING
from oncall_rota.paging.ports.store import StoreFailed

POLL = 0.5  # seconds between two looks
LOST = 30.0  # seconds in which the store has to be reachable again

# taken: with --no-wait, a channel has taken it. waiting: with --no-wait, it waits for its hours. refused: with
# --no-wait, no channel has; shown: only one of best effort. round: the policy has ended, and the last resort did not
# answer. patience: --wait is over.
Why = Literal["acknowledged", "resolved", "recorded", "taken", "waiting", "refused", "shown", "round", "patience"]


class Patience(NamedTuple):
    """How long to stay. `wait` None: until the policy has ended; `leave`: as soon as a channel has taken it."""

    wait: timedelta | None = None
    leave: bool = False


class Ended(NamedTuple):
    """Why it is not followed any more, and how it stood then."""

    why: Why
    story: Story


class Look(NamedTuple):
    """What one look found. `why` None: it goes on."""

    why: Why | None
    news: tuple[str, ...]


def follow(
    raised: Raised,
    progress: Progress,
    patience: Patience,
    tell: Callable[[Story, tuple[str, ...]], None],
    pause: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Ended:
    """Look at it again and again, and tell what happens. `pause`: lets so many seconds pass.

    Raises `StoreFailed` when it cannot be seen for `LOST` seconds, or the pager of this process has died.
    """
    begun = seen = monotonic()
    until = None if patience.wait is None else begun + patience.wait.total_seconds()
    last: Story | None = None
    while True:
        if raised.is_dead:
            raise StoreFailed("closed", "the pager of this process has died")
        why_not = ""
        try:
            story = raised.story()
        except OncallError as error:
            story, why_not = None, f": {error}"
        if story is None and monotonic() - seen > LOST:
            raise StoreFailed("gone", f"the incident cannot be seen any more{why_not}")
        if story is not None:
            seen, last = monotonic(), story
            tell(story, progress.news(story))
            why = ending(story, patience, progress)
            if why is not None:
                return Ended(why, story)
        if until is not None and last is not None and monotonic() >= until:
            return Ended("patience", last)
        pause(POLL if until is None else max(min(POLL, until - monotonic()), 0.01))


def ending(story: Story, patience: Patience, progress: Progress) -> Why | None:
    """Why it need not be followed any more; None: it does."""
    incident = story.incident
    if incident.status in (ACKNOWLEDGED, RESOLVED, RECORDED):
        return incident.status  # type: ignore[return-value]
    if patience.leave:
        if progress.taken:
            return "taken"
        if incident.status == HELD:
            return "waiting"
        pending = any(page.state in PENDING for page in story.pages)
        if progress.shown and not pending:
            return "shown"
        return "refused" if incident.ended and not pending and not incident.due else None
    rounds = [
        row.kind for row in story.audit[progress.since :] if row.kind in ("last-resort", "end", "step", "timeout")
    ]
    ends = [number for number, kind in enumerate(rounds) if kind in ("last-resort", "end")]
    if not ends:
        return None
    # After the last resort it is told again, or all begins anew: one whole round is over. Without one, at once.
    return "round" if rounds[ends[0]] == "end" or len(rounds) > ends[0] + 1 else None
