"""An incident: what it is, what can happen to it, and what that makes us do.

::

    recorded                       its severity is never paged
    held ──► triggered ──► acknowledged ──► resolved
                 ▲               │
                 └── timeout ────┘
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

RECORDED, HELD, TRIGGERED, ACKNOWLEDGED, RESOLVED = "recorded", "held", "triggered", "acknowledged", "resolved"
FLAPPING = timedelta(minutes=30)  # what flaps is over when it was calm for so long, and its acknowledger asked so often


class Due(NamedTuple):
    """A page that a person's rule will send. `person` None: an address that is nobody's own."""

    at: datetime
    person: str | None
    channel: str
    address: str
    copy: bool = False


class Sent(NamedTuple):
    """A page that was sent. `failed`: it reached nobody. `old`: of a step before, and it may still ring."""

    page: str
    person: str | None
    channel: str
    at: datetime
    copy: bool = False
    failed: bool = False
    old: bool = False


class Incident(NamedTuple):
    """The state of one incident.

    `person`: it is a page to one person and not to a team's policy. `turn`: how many incidents of the team came before
    it, for round robin. `step`: the present step from 0; -1 before the first, and while somebody is paged to whom it
    was given. `round`: how often the list was begun again. `ended`: the policy is over, and the last resort is told.
    `began_at` and `ends_at`: of the present step, the hold or the acknowledgement's time. `pages`: how many were sent.
    `heard`: how many of these to people did not fail, since it began; 0: nobody was reached. `paged`: everybody who
    was, in order. Copies count for neither. `lines`: what else its signals said. `signals`: how many it stands
    for. `via`: the only channel that may page for it; None: everybody's own rules. `flaps`: how often it was resolved
    and fired again, counted when that is too often; 0: it does not flap. `calm_at`: since when its source says that it
    is over, while it is kept open because it flaps; nobody is paged meanwhile.
    """

    id: str
    team: str
    severity: str
    summary: str
    opened_at: datetime
    service: str | None = None
    person: str | None = None
    status: str = TRIGGERED
    turn: int = 0
    round: int = 0
    step: int = -1
    ended: bool = False
    began_at: datetime | None = None
    ends_at: datetime | None = None
    due: tuple[Due, ...] = ()
    sent: tuple[Sent, ...] = ()
    pages: int = 0
    heard: int = 0
    paged: tuple[str, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    lines: tuple[str, ...] = ()
    signals: int = 1
    via: str | None = None
    flaps: int = 0
    calm_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When something is due; None when nothing is."""
        if self.calm_at is not None:
            return self.calm_at + FLAPPING if self.is_open else None
        times = [each.at for each in self.due]
        if self.ends_at is not None:
            times.append(self.ends_at)
        return min(times, default=None) if self.is_open else None

    @property
    def headline(self) -> str:
        """Severity, whose it is and what, as the first line of its pages: `critical payments: the shop is down`."""
        return f"{self.severity} {self.team or f'for {self.person}'}: {self.summary}"

    @property
    def is_open(self) -> bool:
        """Whether anybody still has to do anything."""
        return self.status in (HELD, TRIGGERED, ACKNOWLEDGED)


# -- what can happen


class Opened(NamedTuple):
    """It begins. `hold_until`: a route's hold before the first page."""

    hold_until: datetime | None = None


class Ticked(NamedTuple):
    """Time has passed: to be said at `next_at`, and of every open incident when a process starts."""


class Acknowledged(NamedTuple):
    """Somebody takes it."""

    by: str
    via: str = "cli"


class Resolved(NamedTuple):
    """It is over. `by`: a person, or a source."""

    by: str


class Calmed(NamedTuple):
    """Its source says that it is over. What flaps stays open until it was calm for a while."""

    by: str


class Fired(NamedTuple):
    """Its source says again that it is there. What is graver by now begins anew, with what it says now.

    `hold_until`: a route's hold, counted from now; when it is shorter than the one that holds it, it counts.
    """

    severity: str
    summary: str
    lines: tuple[str, ...] = ()
    hold_until: datetime | None = None


class Snoozed(NamedTuple):
    """Somebody takes it, and wants to be paged again at `until_at`."""

    by: str
    until_at: datetime


class Declined(NamedTuple):
    """Somebody cannot take it: the next step, now. `page`: by which they were asked; once its step is over, nothing."""

    by: str
    page: str | None = None


class Reassigned(NamedTuple):
    """Somebody gives it to another person."""

    by: str
    to: str


class Failed(NamedTuple):
    """A page reached nobody: refused, busy, unanswered or never confirmed."""

    page: str
    why: str


class Delayed(NamedTuple):
    """A page has to wait: a budget is spent, or a provider asked for time. The person's other rules need not.

    `channels`: those whose turn is now, whatever their delay; None: the next rule's.
    """

    page: str
    why: str
    channels: tuple[str, ...] | None = None


Event = Opened | Ticked | Acknowledged | Resolved | Calmed | Fired | Snoozed | Declined | Reassigned | Failed | Delayed


# -- what we do about it


class Page(NamedTuple):
    """Send a page. `id` is unique for the incident and stays the same however often it is sent.

    `step` from 0; None: the last resort, or somebody to whom it was given. `why` is for people.
    """

    id: str
    person: str | None
    channel: str
    address: str
    why: str
    copy: bool = False
    step: int | None = None


class CancelPages(NamedTuple):
    """Stop what still rings."""

    pages: tuple[str, ...]


class Notify(NamedTuple):
    """A quiet notice to somebody who was paged."""

    person: str
    text: str


class Note(NamedTuple):
    """A row of the audit: what was decided, and why. `kind` is a stable kebab-case word."""

    kind: str
    text: str


class Alarm(NamedTuple):
    """Nobody can be told by a page: say it to whoever runs this, by every means that is left."""

    text: str


class Refused(NamedTuple):
    """What was asked for has no effect, and why."""

    text: str


Action = Page | CancelPages | Notify | Note | Alarm | Refused


class Decision(NamedTuple):
    """The incident afterwards, and what to do, in order."""

    incident: Incident
    actions: tuple[Action, ...]
