"""What was decided while the store had failed, to be written down when it works again."""

from __future__ import annotations

from collections.abc import Sequence

from oncall_rota.paging.incident import ACKNOWLEDGED, RESOLVED, TRIGGERED, Acknowledged, Event, Incident, Resolved
from oncall_rota.paging.memory import Memory
from oncall_rota.paging.ports.row import (
    OPEN,
    PENDING,
    AuditRow,
    Conflict,
    IncidentRow,
    NewPage,
    Outcome,
    PageRow,
    Receipt,
    Unit,
)
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import Act
from oncall_rota.paging.saved import incident_of

MOST = 100_000  # audit rows that are kept; states and pages are, however many


class _Debt:
    """Of one incident. `version`: the row's in the store, None when the row has not changed."""

    def __init__(self) -> None:
        self.version: int | None = None
        self.pages: dict[str, NewPage] = {}
        self.touched: set[str] = set()
        self.audit: list[AuditRow] = []


class Debts:
    """Of all incidents since the store failed."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._debts: dict[str, _Debt] = {}
        self._fences: dict[str, int] = {}
        self._rows = 0

    def begin(self) -> None:
        """The store has failed: from now on pages are claimed in memory, and the store knows the fences of now."""
        self._fences = self._memory.fences()

    def owe(self, unit: Unit) -> None:
        """A unit that memory has taken."""
        name = unit.incidents[0].id if unit.incidents else self._about(unit)
        debt = self._debts.setdefault(name, _Debt())
        for row in unit.incidents:
            debt.version = row.version if debt.version is None else debt.version
        for page in unit.pages:
            debt.pages[page.id] = page._replace(take=None)
        debt.touched.update(_touched(unit))
        if self._rows < MOST:
            debt.audit += unit.audit
            self._rows += len(unit.audit)

    def touch(self, rows: Sequence[PageRow]) -> None:
        """Pages that were claimed in memory."""
        for row in rows:
            self._debts.setdefault(row.incident_id, _Debt()).touched.add(row.id)

    def _about(self, unit: Unit) -> str:
        ids: list[str | None] = [page.incident_id for page in unit.pages]
        ids += [row.incident_id for row in unit.audit]
        for page_id in _touched(unit):
            page = self._memory.page(page_id)
            ids += [page.incident_id] if page is not None else []
        return next((each for each in ids if each is not None), "")

    def audit(self, incident_id: str) -> tuple[AuditRow, ...]:
        """The decisions that are not written down yet."""
        debt = self._debts.get(incident_id)
        return () if debt is None else tuple(debt.audit)

    def paid(self, store: Store) -> list[Act]:
        """Write everything down; what has to be done again because another instance was quicker.

        Raises `StoreFailed`; what was written until then is not written twice.
        """
        acts: list[Act] = []
        for name in list(self._debts):
            acts += self._pay(store, name, self._debts[name])
            self._rows -= len(self._debts.pop(name).audit)
        self._fences.clear()
        return acts

    def _pay(self, store: Store, name: str, debt: _Debt) -> list[Act]:
        ours = self._memory.incident(name)
        known = store.incident(name) if ours is not None else None
        rows: tuple[IncidentRow, ...] = ()
        acts: list[Act] = []
        if ours is not None and debt.version is not None:
            if known is None or known.version == debt.version or known.status == TRIGGERED:
                # Written though the store said that it failed, or changed by another instance to what still pages.
                rows = (ours._replace(version=known.version if known is not None else 0),)
            elif known.status in OPEN:
                acts = _again(ours)
        there = {page_id for page_id in debt.pages if known is not None and store.page(page_id) is not None}
        pages = tuple([page for page_id, page in debt.pages.items() if page_id not in there])
        unit = Unit(rows, pages, self._outcomes(debt), self._receipts(debt), tuple(debt.audit))
        (result,) = store.commit([unit])
        if isinstance(result, Conflict):
            # The same trouble was told to another server, which has an incident of its own for it.
            acts = _again(ours._replace(id=result.open_id)) if ours is not None and result.open_id else []
            store.commit([Unit(audit=tuple(debt.audit))])
        return acts

    def _outcomes(self, debt: _Debt) -> tuple[Outcome, ...]:
        found = []
        for page_id in sorted({*debt.pages, *debt.touched}):
            page = self._memory.page(page_id)
            if page is not None and page.state not in PENDING:
                fence = self._fences.get(page_id, 1)
                found.append(Outcome(page_id, fence, page.state, page.provider_id, data=page.data))
        return tuple(found)

    def _receipts(self, debt: _Debt) -> tuple[Receipt, ...]:
        found = []
        for page_id in sorted(debt.touched - debt.pages.keys()):
            page = self._memory.page(page_id)
            if page is not None and page.state in ("sent", "failed", "delivered"):
                found.append(Receipt(page_id, page.state, page.provider_id))
        return tuple(found)


def _touched(unit: Unit) -> list[str]:
    return [outcome.page_id for outcome in unit.outcomes] + [receipt.page_id for receipt in unit.receipts]


def _again(row: IncidentRow) -> list[Act]:
    """What somebody did, for the incident as the other instance left it."""
    incident: Incident = incident_of(row)
    by = incident.acknowledged_by or "pager"
    event: Event | None = None
    if incident.status == ACKNOWLEDGED:
        event = Acknowledged(by, "held in memory")
    elif incident.status == RESOLVED:
        event = Resolved(by)
    return [Act(row.id, event, by)] if event is not None else []
