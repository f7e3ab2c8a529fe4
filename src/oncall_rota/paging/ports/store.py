"""The store, as paging sees it: incidents, pages (the outbox), audit, budgets; and what may go wrong.

`commit` writes a batch of units in one transaction that is on disk when it returns; a unit stands or falls alone. A
page is inserted already claimed by the instance that decided it, so a page exists before it is sent, and whoever finds
its lease over knows that it may have been sent.

Instants are aware UTC `datetime`, to the microsecond, by the store's clock: the database's, where servers share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Literal, Protocol

from oncall_rota.errors import OncallError
from oncall_rota.paging.ports.row import (
    OPEN,
    AuditRow,
    Committed,
    Conflict,
    IncidentRow,
    IncidentStatus,
    Instance,
    LinkKey,
    LiveOverride,
    OpenCount,
    PagedCount,
    PageRow,
    Revision,
    Token,
    Unit,
)

LEASE = timedelta(seconds=15)  # an attempt has 10 s in all, so it is over before its lease is
# locked: by another program. gone: no file, server, or connection. taken: it has another owner now. io: the disk.
Reason = Literal["full", "read-only", "locked", "io", "corrupt", "gone", "taken", "closed"]


class StoreFailed(OncallError):
    """Nothing of the batch counts as written; the next one may succeed. `reason`: one word for a program.

    After `io` or `gone` a unit may yet turn up: its sender tries again, and its key or version tells.
    """

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason: Reason = reason


class StoreHeld(OncallError):
    """A second owner was refused; the message names the first."""


class StoreTooOld(OncallError):
    """The store and this program do not fit: `oncall migrate`, or a newer program, is needed."""


class Unstorable(OncallError):
    """One unit that no store takes: text that is no text, an incident that is not there, an id used twice."""


Result = Committed | Conflict | Unstorable


class Store(AbstractContextManager["Store"], Protocol):
    """Every method may raise `StoreFailed`; all but `close` may be called from any thread."""

    @property
    def instance(self) -> int:
        """The number of this instance; on PostgreSQL another one after a lost connection, which keeps its claims."""

    def now(self) -> datetime:
        """The time that leases and due times are compared with."""

    def commit(self, batch: Sequence[Unit]) -> tuple[Result, ...]:
        """Write the units in order, in one transaction; a result for each. On disk when it returns."""

    def claim(self, limit: int = 100, only: str | None = None) -> tuple[PageRow, ...]:
        """Take pages whose lease (`unsure` now), wait (`claimed`) or owner's life is over; those longest over first.

        `only`: of that incident.
        """

    def holds(self, page_id: str, fence: int) -> bool:
        """Whether this claim still is the last one and its lease is not over: to ask after a pause, before a send."""

    def due(self, limit: int = 100, late_by: timedelta = timedelta(0)) -> tuple[IncidentRow, ...]:
        """Open incidents whose next action was due `late_by` ago or longer, longest first; by an index."""

    def incident(self, incident_id: str) -> IncidentRow | None:
        """The incident of that id."""

    def open_by_keys(self, origins: Sequence[tuple[str, str]]) -> tuple[IncidentRow, ...]:
        """The open incidents of these sources and keys, in one journey."""

    def incidents(
        self,
        statuses: Sequence[IncidentStatus] = OPEN,
        team: str | None = None,
        limit: int = 1000,
        before: datetime | None = None,
    ) -> tuple[IncidentRow, ...]:
        """Incidents of these statuses that were opened before that instant, newest first."""

    def page(self, page_id: str) -> PageRow | None:
        """The page of that id."""

    def pages(self, incident_id: str) -> tuple[PageRow, ...]:
        """The pages about an incident, bundles too, in order of time."""

    def pages_by_code(self, code: str, since: datetime) -> tuple[PageRow, ...]:
        """The pages with that code made at `since` or later, newest first."""

    def page_by_provider_id(self, channel: str, provider_id: str) -> PageRow | None:
        """The page that a provider knows by that id."""

    def pending(self, channel: str, address_ref: str) -> tuple[PageRow, ...]:
        """Pages to one address that are not known to be sent, in order of time."""

    def count(self, team: str) -> int:
        """How many incidents of a team are kept."""

    def open_counts(self) -> tuple[OpenCount, ...]:
        """How many incidents are open, by team and status; by an index."""

    def paged(self, since: datetime, until: datetime) -> tuple[PagedCount, ...]:
        """How often people were paged in `[since, until)`, notices left out; by an index."""

    def spent_until(self, person: str, channel: str) -> datetime | None:
        """Up to when a budget is spent; None: nothing was ever taken from it."""

    def audit(self, incident_id: str) -> tuple[AuditRow, ...]:
        """Every decision about an incident, in order."""

    def publish(self, revision: Revision) -> None:
        """Make this the current configuration of its team."""

    def revision(self, team: str) -> Revision | None:
        """The current configuration of a team."""

    def digests(self) -> dict[str, str]:
        """The digest of each team's current configuration: cheap enough to ask every second."""

    def put(self, key: str, value: str) -> None:
        """Keep a value under a key."""

    def keep(self, key: str, value: str) -> str:
        """The value kept under a key; this one, and from now on, when there was none."""

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put a value where another one is, or none; False: somebody has put a third one there meanwhile."""

    def get(self, key: str) -> str | None:
        """The value kept under a key."""

    def add_token(self, token: Token) -> None:
        """Keep a new token. Raises `Unstorable` when its id or digest is there already."""

    def tokens(self) -> tuple[Token, ...]:
        """All tokens, revoked and expired ones too, oldest first."""

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        """From `at` on it opens nothing; False when there is none of that id, or it was revoked before."""

    def used_token(self, token_id: str, at: datetime) -> None:
        """It was shown at that time."""

    def add_link_key(self, key: LinkKey) -> None:
        """Keep a new signing key."""

    def link_keys(self) -> tuple[LinkKey, ...]:
        """All signing keys, newest first."""

    def retire_link_key(self, key_id: str, at: datetime) -> None:
        """From `at` on it proves nothing."""

    def add_override(self, override: LiveOverride) -> None:
        """Keep a new live override. Raises `Unstorable` when its id is there already, ended or not."""

    def overrides(self) -> tuple[LiveOverride, ...]:
        """The live overrides that stand, in order of creation: cheap enough to ask every second."""

    def override(self, override_id: str) -> LiveOverride | None:
        """The live override of that id, ended or not."""

    def end_override(self, override_id: str, at: datetime, by: str, why: str) -> bool:
        """From now on it does not stand; False when there is none of that id, or it had ended before."""

    def instances(self) -> tuple[Instance, ...]:
        """Who has the store open, as far as it knows, this instance first."""

    def prune(self, before: datetime) -> int:
        """Forget closed incidents opened before that instant, their pages, and audit rows of before; how many rows."""

    def forget(self, source: str, before: datetime) -> int:
        """Forget closed incidents of a source opened before that instant, and their pages; how many incidents."""

    def check(self) -> tuple[str, ...]:
        """What is wrong with what is kept, one sentence each: to ask after a restore."""

    def close(self) -> None:
        """End this instance: what it had claimed is free for others at once."""
