"""One attempt at one page: look it up when somebody may have sent it, send it, and say what came of it.

Never raises, whatever a notifier does: a page whose sender died would be nobody's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from datetime import timedelta
from typing import Literal

from oncall_rota.errors import OncallError
from oncall_rota.paging.job import Job, Result
from oncall_rota.paging.ports.notifier import (
    ATTEMPT,
    LOOK_UP,
    Attempt,
    Deadline,
    LooksUp,
    Notifier,
    NotifierError,
    Receipt,
    Rehearses,
)
from oncall_rota.paging.ports.store import LEASE

TRIES = 2  # of a page that its provider refuses for now; after that the next channel's turn
MOST = 8  # sends that may have begun, crashes counted: a page that ends the process must not do so for ever
SOON = timedelta(seconds=2)  # before the second try, when the provider names no time
TURN = timedelta(seconds=0.4)  # less than a tick: whoever stands behind another page looks again at the next one
# held: send it. lost: another instance has it. cancelled: nobody needs it any more.
Standing = Literal["held", "lost", "cancelled"]
# next: nothing else to the address is unresolved, and this is from now on. again: it may have been since an earlier
# attempt. behind: another page is.
Place = Literal["next", "again", "behind"]
SPARE = LEASE - ATTEMPT  # so long a claimed page may lie before its lease has to be renewed


def attempt(
    job: Job,
    notifier: Callable[[str], Notifier],
    standing: Callable[[Job], Standing],
    known: Set[str] = frozenset(),
    place: Callable[[Job], Place] = lambda _: "again",
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Try to send a page. `notifier`: a channel by name, made at its first use; it may raise.

    `standing`: what has become of the claim meanwhile; asked right before every send, as a process that was stopped
    and a machine that slept do not know of it. `known`: the provider's ids that any row has. `place`: where it stands
    among the pages to its address, for a provider that takes one at a time.
    """
    if job.kept and clock() - job.claimed > SPARE.total_seconds():
        return Result("renew")
    if job.address is None:
        return Result("failed", f"{job.person or 'nobody'} has no address for {job.channel} any more")
    if job.attempts > MOST:
        return Result("failed", f"given up after {MOST} attempts", alarm=f"page {job.page_id} was given up")
    try:
        deadline = _deadline(job, clock)
        if (now := standing(job)) != "held":
            return Result(now)
        sender = notifier(job.channel)
        unsure = job.unsure
        if job.what == "synthetic":
            return _rehearsed(sender, job, deadline)
        if sender.declaration.one_at_a_time:
            at = place(job)
            if at == "behind":
                return Result("retry", "another call to the same number is not settled yet", wait=TURN, begun=False)
            # One that was claimed and stood behind was never sent, so a call that nobody knows of is not this one.
            unsure = unsure and at == "again"
        if unsure and isinstance(sender, LooksUp):
            found = _looked_up(sender, job, known, clock)
            if found is not None:
                return _taken(found)
            deadline = _deadline(job, clock)
            if (now := standing(job)) != "held":
                return Result(now)
        if deadline.left() <= 0:
            return Result("renew")  # not every notifier looks at the time before it begins
        return _taken(sender.send(job.message, job.address, deadline))
    except NotifierError as error:
        return _refused(job, error)
    except OncallError as error:  # an option, or a secret that is not there
        return Result("failed", str(error), alarm=f"channel {job.channel}: {error}")
    except Exception as error:  # noqa: BLE001 - a notifier of somebody else's
        why = f"the notifier failed: {type(error).__name__}"
        return Result("failed", why, alarm=f"channel {job.channel}: {why}")


def _deadline(job: Job, clock: Callable[[], float]) -> Deadline:
    """Until when a page may be sent: no longer than its lease, so that nobody else can have it before this is over.

    Made before it is asked whose the page is: a process that is stopped after the answer finds that it is too late.
    """
    left = LEASE.total_seconds() - (clock() - job.claimed) if job.kept else ATTEMPT.total_seconds()
    return Deadline(min(left, ATTEMPT.total_seconds()), clock)


def _looked_up(sender: LooksUp, job: Job, known: Set[str], clock: Callable[[], float]) -> Receipt | None:
    """What the provider says; None also when it cannot be asked: then it is sent again, at most once a fault."""
    assert job.address is not None
    try:
        asked = Attempt(job.message, job.address, job.since, known)
        return sender.look_up(asked, Deadline(LOOK_UP.total_seconds(), clock))
    except Exception:  # noqa: BLE001 - see above
        return None


def _rehearsed(sender: Notifier, job: Job, deadline: Deadline) -> Result:
    """Ask the provider whether it would take a page. Whatever it answers, nothing was sent."""
    if not isinstance(sender, Rehearses):
        return Result("failed", f"channel {job.channel} can send, and nothing else")
    try:
        return Result("sent", sender.rehearse(deadline))
    except NotifierError as error:
        error.unsure = False
        return _refused(job, error)


def _taken(receipt: Receipt) -> Result:
    return Result(receipt.state, receipt.text, receipt.provider_id)


def _refused(job: Job, error: NotifierError) -> Result:
    if error.unsure and job.attempts < TRIES + 1:
        return Result("unsure", error.message, alarm=error.alarm)
    if error.permanent or job.attempts >= TRIES:
        return Result("failed", error.message, alarm=error.alarm)
    return Result("retry", error.message, wait=error.retry_after or SOON, alarm=error.alarm)
