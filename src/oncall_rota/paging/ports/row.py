"""What a store is told and tells: incidents, pages, decisions, and what is kept beside them, one tuple for each.

A `Unit` is what one decision wants written, `Committed` or `Conflict` what became of it. Instants are aware UTC
`datetime`, to the microsecond.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

IncidentStatus = Literal["held", "triggered", "acknowledged", "resolved", "recorded"]
OPEN: tuple[IncidentStatus, ...] = ("held", "triggered", "acknowledged")  # at most one of a source and key is open
NOTICE = "oncall/notice"  # the source of what only remembers that somebody was told something
SYNTHETIC = "oncall/synthetic"  # the source of pages that only show that pages go out; no list has their incidents
UNLISTED = (SYNTHETIC, NOTICE)
# waiting: nobody has it before `lease_until`: over budget, or the provider said when to come again. claimed: `owner` is
# about to send it, or does. unsure: claimed again after a lease that ran out, so ask the provider first.
PageState = Literal["waiting", "claimed", "unsure", "sent", "failed", "delivered", "cancelled", "missed"]
PENDING: tuple[PageState, ...] = ("waiting", "claimed", "unsure")


class IncidentRow(NamedTuple):
    """One incident. `data`: its state, JSON that only paging reads.

    `version` is what was read, 0 for a new one; each write makes it one more. `next_action_at` None: nothing is due.
    """

    id: str
    version: int
    team: str
    service: str | None
    source: str
    key: str
    severity: str
    status: IncidentStatus
    opened_at: datetime
    next_action_at: datetime | None
    data: str


class Take(NamedTuple):
    """One page out of a person's budget on a channel: `burst` at once, then one each `refill`.

    Over budget: with `wait_at_most`, the page is kept as `waiting` for so long, to be bundled; without, not at all.
    """

    person: str
    channel: str
    burst: int
    refill: timedelta
    wait_at_most: timedelta | None = None


class NewPage(NamedTuple):
    """A page to insert. `address_ref` names an address (`bob/phone`), it is none. `code`: what the person types.

    `also`: further incidents, of a bundle. `state`: `claimed`, or what became of a page that is only recorded.
    """

    id: str
    incident_id: str
    person: str | None
    channel: str
    address_ref: str
    code: str
    data: str = "{}"
    also: tuple[str, ...] = ()
    take: Take | None = None
    state: Literal["claimed", "missed", "failed", "cancelled"] = "claimed"


class PageRow(NamedTuple):
    """A page as it is kept. `owner`: the number of an instance. `fence`: how often it was claimed.

    `lease_until` None: it is nobody's any more. `attempts`: how many sends began, the present one counted.
    `settled_at`: when it was known last what became of it; None: it is on its way, or a program of before wrote it.
    """

    id: str
    incident_id: str
    person: str | None
    channel: str
    address_ref: str
    state: PageState
    owner: int
    fence: int
    lease_until: datetime | None
    attempts: int
    code: str
    provider_id: str | None
    created_at: datetime
    data: str
    settled_at: datetime | None = None


class Outcome(NamedTuple):
    """What became of an attempt; written only while `fence` is the page's last and it is still pending.

    `claimed`: the same owner tries again, with a new lease. `waiting`: not before `wait` is over. `begun` False:
    nothing was sent, so it does not count as an attempt. None: as it was.
    """

    page_id: str
    fence: int
    state: PageState
    provider_id: str | None = None
    wait: timedelta = timedelta(0)
    data: str | None = None
    begun: bool = True


class Receipt(NamedTuple):
    """What the provider said later, whoever sent the page. Upward only: pending, sent, failed, delivered."""

    page_id: str
    state: Literal["sent", "failed", "delivered"]
    provider_id: str | None = None


class AuditRow(NamedTuple):
    """One decision. `actor`, `cause`, `data` (JSON) hold ids only. `revision`: the configuration's digest."""

    incident_id: str | None
    at: datetime
    actor: str
    kind: str
    cause: str
    revision: str
    data: str = "{}"


class Unit(NamedTuple):
    """What one decision wants written: all of it or nothing."""

    incidents: tuple[IncidentRow, ...] = ()
    pages: tuple[NewPage, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    audit: tuple[AuditRow, ...] = ()


class Claim(NamedTuple):
    """This instance has the page until then, and says so by the fence."""

    page_id: str
    fence: int
    lease_until: datetime


class Committed(NamedTuple):
    """The unit is on disk. `claims`: the pages to send now. `refused`: pages over budget.

    `late`: pages whose outcome or receipt said nothing new, or came after another instance's claim.
    """

    at: datetime
    claims: tuple[Claim, ...] = ()
    refused: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


class Conflict(NamedTuple):
    """Nothing of the unit is written: `incident_id` was changed meanwhile, or `open_id` is open and has its key."""

    incident_id: str
    open_id: str | None = None


class OpenCount(NamedTuple):
    """How many incidents of a team have this status. `oldest_at`: when the first of them was opened."""

    team: str
    status: IncidentStatus
    number: int
    oldest_at: datetime


class PagedCount(NamedTuple):
    """About how many incidents of a team a person was paged in the quarter of an hour from `quarter_at` on."""

    team: str
    person: str
    quarter_at: datetime
    number: int


class Revision(NamedTuple):
    """The last good configuration of a team: its bytes, their digest, and the commit they came from, if any."""

    team: str
    digest: str
    commit: str | None
    at: datetime
    content: bytes


class Instance(NamedTuple):
    """A program that has, or had, the store open. `ended_at` None: it lives, as far as the store knows."""

    id: int
    name: str
    started_at: datetime
    ended_at: datetime | None


class Token(NamedTuple):
    """What somebody or something shows to be let in. `digest`: SHA-256 of the token, which itself is never kept.

    `scope`: what it opens. `person`, `team`: whose it is, or what it is limited to; None: neither. `label`: for people.
    """

    id: str
    digest: bytes
    scope: str
    person: str | None
    team: str | None
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class LinkKey(NamedTuple):
    """What acknowledgement links are signed with. `retired_at`: from then on it signs and proves nothing."""

    id: str
    signing_key: bytes
    created_at: datetime
    retired_at: datetime | None = None


class LiveOverride(NamedTuple):
    """An override that no file had when it was made. `entry`: what a file would say, as JSON, without its id.

    `ended_why`: `folded`: its team's file has its id, and alone decides; `cancelled`. None: it stands.
    """

    id: str
    team: str
    entry: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: str | None = None
