"""Incidents and pages in memory: what is open, kept beside the store, to page from when that fails.

It takes the same units as a store. One thread writes; others may read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from oncall_rota.paging.ports.row import (
    OPEN,
    PENDING,
    Claim,
    Committed,
    Conflict,
    IncidentRow,
    IncidentStatus,
    NewPage,
    OpenCount,
    Outcome,
    PageRow,
    Receipt,
    Take,
    Unit,
)
from oncall_rota.paging.ports.store import LEASE, Result

_RANKS = {"sent": 1, "failed": 2, "delivered": 3, "cancelled": 4, "missed": 4}


class Memory:
    """Open incidents and their pages. `now`: the time of leases and due times."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._incidents: dict[str, IncidentRow] = {}
        self._pages: dict[str, PageRow] = {}
        self._of: dict[str, list[str]] = {}  # pages by incident
        self._keys: dict[tuple[str, str], str] = {}
        self._spent: dict[tuple[str, str], datetime] = {}

    # -- what the store wrote, remembered

    def remember(self, row: IncidentRow, pages: Sequence[PageRow] = ()) -> None:
        """An incident as it is in the store; a closed one is forgotten."""
        if row.status not in OPEN:
            self.forget(row.id)
            return
        self._incidents[row.id] = row
        self._keys[row.source, row.key] = row.id
        for page in pages:
            self._keep(page)

    def wrote(self, unit: Unit, result: Committed) -> None:
        """What the store has committed."""
        claims = {claim.page_id: claim for claim in result.claims}
        for row in unit.incidents:
            self.remember(row._replace(version=row.version + 1))
        for page in unit.pages:
            if page.incident_id in self._incidents and (page.id in claims or page.take is not None):
                made = self._made(page._replace(take=None), result.at)
                waits = page.take.wait_at_most if page.take is not None and page.id in result.refused else None
                if waits is not None:
                    made = made._replace(state="waiting", attempts=0, lease_until=result.at + waits)
                self._keep(made)
        for outcome in unit.outcomes:
            self._outcome(outcome, result.at)
        for receipt in unit.receipts:
            self._receipt(receipt)

    def claimed(self, rows: Sequence[PageRow]) -> None:
        """Pages as the store has given them to this instance."""
        for row in rows:
            if row.id in self._pages:
                self._keep(row)

    def fences(self) -> dict[str, int]:
        """How often each page was claimed."""
        return {page.id: page.fence for page in self._pages.values()}

    def forget(self, incident_id: str) -> None:
        """An incident is closed."""
        row = self._incidents.pop(incident_id, None)
        if row is not None and self._keys.get((row.source, row.key)) == incident_id:
            del self._keys[row.source, row.key]
        for page in self._of.pop(incident_id, ()):
            self._pages.pop(page, None)

    def _keep(self, page: PageRow) -> None:
        if page.id not in self._pages:
            self._of.setdefault(page.incident_id, []).append(page.id)
        self._pages[page.id] = page

    # -- as a store

    def commit(self, batch: Sequence[Unit]) -> tuple[Result, ...]:
        """Take units as a store does; closed incidents stay until they are forgotten."""
        return tuple([self._written(unit) for unit in batch])

    def _written(self, unit: Unit) -> Result:
        for row in unit.incidents:
            known = self._incidents.get(row.id)
            open_id = self._keys.get((row.source, row.key))
            if (known.version if known is not None else 0) != row.version or open_id not in (None, row.id):
                return Conflict(row.id, open_id)
        at = self.now()
        claims: list[Claim] = []
        refused: list[str] = []
        late: list[str] = []
        for row in unit.incidents:
            self._incidents[row.id] = row._replace(version=row.version + 1)
            if row.status in OPEN:
                self._keys[row.source, row.key] = row.id
            else:
                self._keys.pop((row.source, row.key), None)
        for page in unit.pages:
            made = self._made(page, at)
            self._keep(made)
            if made.state == "waiting":
                refused.append(page.id)
            elif made.lease_until is not None:
                claims.append(Claim(page.id, made.fence, made.lease_until))
        for outcome in unit.outcomes:
            ended = self._outcome(outcome, at)
            if ended is None:
                late.append(outcome.page_id)
            elif outcome.state in ("claimed", "unsure") and ended.lease_until is not None:
                claims.append(Claim(ended.id, ended.fence, ended.lease_until))
        for receipt in unit.receipts:
            if not self._receipt(receipt):
                late.append(receipt.page_id)
        return Committed(at, tuple(claims), tuple(refused), tuple(late))

    def _made(self, page: NewPage, at: datetime) -> PageRow:
        state, until = str(page.state), at + LEASE if page.state == "claimed" else None
        if page.take is not None and not self._spend(page.take, at):
            state, until = "waiting", at + (page.take.wait_at_most or LEASE)
        return PageRow(
            page.id, page.incident_id, page.person, page.channel, page.address_ref, state, 0, 1, until,  # type: ignore[arg-type]
            int(state == "claimed"), page.code, None, at, page.data,
        )  # fmt: skip

    def _spend(self, take: Take, at: datetime) -> bool:
        spent = max(self._spent.get((take.person, take.channel), at), at)
        if spent > at + (take.burst - 1) * take.refill:
            return False
        self._spent[take.person, take.channel] = spent + take.refill
        return True

    def _outcome(self, outcome: Outcome, at: datetime) -> PageRow | None:
        page = self._pages.get(outcome.page_id)
        if page is None or page.fence != outcome.fence or page.lease_until is None:
            return None
        more = (outcome.state in ("claimed", "unsure")) - (not outcome.begun)
        wait = outcome.wait if outcome.state == "waiting" and outcome.wait > timedelta(0) else LEASE
        page = page._replace(
            state=outcome.state,
            provider_id=outcome.provider_id or page.provider_id,
            data=outcome.data or page.data,
            lease_until=at + wait if outcome.state in PENDING else None,
            attempts=page.attempts + more if page.attempts + more >= 1 else page.attempts,
        )
        self._keep(page)
        return page

    def _receipt(self, receipt: Receipt) -> bool:
        page = self._pages.get(receipt.page_id)
        if page is None:
            return False
        if _RANKS.get(page.state, 0) < _RANKS[receipt.state]:
            provider_id = receipt.provider_id or page.provider_id
            self._keep(page._replace(state=receipt.state, provider_id=provider_id, lease_until=None))
        elif page.provider_id is None and receipt.provider_id is not None:
            self._keep(page._replace(provider_id=receipt.provider_id))
        else:
            return False
        return True

    def claim(self, limit: int, only: str | None) -> tuple[PageRow, ...]:
        """Pages whose lease or wait is over."""
        at, found = self.now(), []
        for page in list(self._pages.values()):
            if page.lease_until is None or page.lease_until > at or only not in (None, page.incident_id):
                continue
            claimed = page._replace(
                state="claimed" if page.state == "waiting" else "unsure",
                fence=page.fence + 1,
                attempts=page.attempts + 1,
                lease_until=at + LEASE,
            )
            self._keep(claimed)
            found.append(claimed)
        return tuple(found[:limit])

    def holds(self, page_id: str, fence: int) -> bool:
        """Whether this claim still is the last one."""
        page = self._pages.get(page_id)
        if page is None or page.fence != fence or page.state not in ("claimed", "unsure"):
            return False
        return page.lease_until is not None and page.lease_until > self.now()

    def due(self, limit: int, late_by: timedelta) -> tuple[IncidentRow, ...]:
        """Open incidents whose next action is due."""
        at = self.now() - late_by
        rows = [
            row for row in self.incidents(OPEN, None) if row.next_action_at is not None and row.next_action_at <= at
        ]
        return tuple(sorted(rows, key=lambda row: row.next_action_at or at)[:limit])

    def incident(self, incident_id: str) -> IncidentRow | None:
        """The incident of that id."""
        return self._incidents.get(incident_id)

    def open_by_keys(self, origins: Sequence[tuple[str, str]]) -> tuple[IncidentRow, ...]:
        """The open incidents of these sources and keys."""
        found = [self._incidents.get(self._keys.get(origin, "")) for origin in origins]
        return tuple([row for row in found if row is not None])

    def incidents(self, statuses: Sequence[IncidentStatus], team: str | None) -> tuple[IncidentRow, ...]:
        """Incidents of these statuses, newest first."""
        rows = [row for row in list(self._incidents.values()) if row.status in statuses and team in (None, row.team)]
        return tuple(sorted(rows, key=lambda row: row.opened_at, reverse=True))

    def open_counts(self) -> tuple[OpenCount, ...]:
        """How many incidents are open, by team and status."""
        found: dict[tuple[str, IncidentStatus], OpenCount] = {}
        for row in list(self._incidents.values()):
            known = found.get((row.team, row.status), OpenCount(row.team, row.status, 0, row.opened_at))
            oldest_at = min(known.oldest_at, row.opened_at)
            found[row.team, row.status] = known._replace(number=known.number + 1, oldest_at=oldest_at)
        return tuple([found[each] for each in sorted(found)])

    def page(self, page_id: str) -> PageRow | None:
        """The page of that id."""
        return self._pages.get(page_id)

    def pages(self, incident_id: str) -> tuple[PageRow, ...]:
        """The pages about an incident."""
        return tuple([self._pages[page] for page in self._of.get(incident_id, ())])

    def pages_by_code(self, code: str) -> tuple[PageRow, ...]:
        """The pages with that code."""
        return tuple([page for page in list(self._pages.values()) if page.code == code])

    def page_by_provider_id(self, channel: str, provider_id: str) -> PageRow | None:
        """The page that a provider knows by that id."""
        pages = list(self._pages.values())
        return next((page for page in pages if (page.channel, page.provider_id) == (channel, provider_id)), None)

    def pending(self, channel: str, address_ref: str) -> tuple[PageRow, ...]:
        """Pages to one address that are not known to be sent."""
        pages = [page for page in list(self._pages.values()) if page.lease_until is not None]
        return tuple([page for page in pages if (page.channel, page.address_ref) == (channel, address_ref)])

    def spent_until(self, person: str, channel: str) -> datetime | None:
        """Up to when a budget is spent."""
        return self._spent.get((person, channel))
