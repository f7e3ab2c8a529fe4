"""A store that goes on when the store has failed: what is open is paged from memory, and written down afterwards.

While it is `failed`, nothing that comes in counts as taken: a sender is told so and tries again, and finds that it was
paged already. Acknowledgements hold in memory. Every few seconds the store is tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

from oncall_rota.paging.debt import Debts
from oncall_rota.paging.forwarding import ForwardingStore
from oncall_rota.paging.memory import Memory
from oncall_rota.paging.ports.row import (
    OPEN,
    AuditRow,
    Committed,
    Conflict,
    IncidentRow,
    IncidentStatus,
    OpenCount,
    PageRow,
    Unit,
)
from oncall_rota.paging.ports.store import Result, Store, StoreFailed
from oncall_rota.paging.request import Act

AGAIN = 2.0  # seconds between two tries of a store that has failed
ALL = 10_000_000  # incidents: no limit
READ = 10.0  # seconds between two looks at what other instances have changed
_Value = TypeVar("_Value")


class FallbackStore(ForwardingStore):
    """A `Store` on another. `wall`: the time while that cannot tell it. `shared`: other instances write to it too.

    `failed`: why it is paged from memory; None: all is well. `acts`: acknowledgements of that time which another
    instance's writing has overtaken, to be done again. Raises what the store raises when it is made.
    """

    def __init__(
        self,
        store: Store,
        wall: Callable[[], datetime],
        shared: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(store)
        self._wall = wall
        self._monotonic = monotonic
        self._writing = threading.RLock()
        self._memory = Memory(self.now)
        self._debts = Debts(self._memory)
        self._again = self._read_at = 0.0
        self._ahead = timedelta(0)  # of the store's clock before ours
        self.shared = shared
        self.failed: StoreFailed | None = None
        self.acts: list[Act] = []
        self._read_all()

    @property
    def instance(self) -> int:
        return self._store.instance

    def _read_all(self) -> None:
        """Read what is open: at the start, and now and then where other instances write too."""
        self._read_at = self._monotonic()
        seen: set[str] = set()
        for row in self._store.incidents(OPEN, limit=ALL):
            seen.add(row.id)
            known = self._memory.incident(row.id)
            if known is None or known.version != row.version:
                self._memory.remember(row, self._store.pages(row.id))
        for row in self._memory.incidents(OPEN, None):
            if row.id not in seen:
                self._memory.forget(row.id)

    # -- writing

    def commit(self, batch: Sequence[Unit]) -> tuple[Result, ...]:
        with self._writing:
            self.recover()
            if self.failed is None:
                try:
                    results = self._store.commit(batch)
                except StoreFailed as error:
                    self._fail(error)
                else:
                    for unit, result in zip(batch, results, strict=True):
                        if isinstance(result, Committed):
                            self._memory.wrote(unit, result)
                        elif isinstance(result, Conflict):
                            self._read_again(result.incident_id)
                            if result.open_id is not None:
                                self._read_again(result.open_id)
                    return results
            results = self._memory.commit(batch)
            for unit, result in zip(batch, results, strict=True):
                if isinstance(result, Committed):
                    self._debts.owe(unit)
            return results

    def claim(self, limit: int = 100, only: str | None = None) -> tuple[PageRow, ...]:
        with self._writing:
            self.recover()
            if self.failed is None:
                try:
                    rows = self._store.claim(limit, only)
                except StoreFailed as error:
                    self._fail(error)
                else:
                    self._memory.claimed(rows)
                    return rows
            rows = self._memory.claim(limit, only)
            self._debts.touch(rows)
            return rows

    def _fail(self, error: StoreFailed) -> None:
        if error.reason in ("closed", "taken"):  # it is not the store's fault, and another process has it
            raise error
        self.failed = error
        self._again = self._monotonic() + AGAIN
        self._debts.begin()

    def recover(self) -> None:
        """Try the store again when it is time, and write down what was done without it."""
        if self.failed is None:
            if self.shared and self._monotonic() - self._read_at > READ:
                self._quietly(self._read_all)
            return
        if self._monotonic() < self._again:
            return
        try:
            self.acts += self._debts.paid(self._store)
            self._read_all()
            self.failed = None
        except StoreFailed as error:
            if error.reason in ("closed", "taken"):
                raise
            self.failed = error
            self._again = self._monotonic() + AGAIN

    def _read_again(self, incident_id: str) -> None:
        """An incident that is not as it was remembered."""

        def read() -> None:
            row = self._store.incident(incident_id)
            if row is None:
                self._memory.forget(incident_id)
            else:
                self._memory.remember(row, self._store.pages(incident_id))

        self._quietly(read)

    def _quietly(self, read: Callable[[], None]) -> None:
        try:
            read()
        except StoreFailed as error:
            self._fail(error)

    # -- reading: what is open is in memory, and newer there while the store has failed

    def _either(self, real: Callable[[], _Value], memory: Callable[[], _Value]) -> _Value:
        if self.failed is None:
            try:
                return real()
            except StoreFailed:
                pass
            try:  # a connection that was cut is made anew at the second call
                return real()
            except StoreFailed as error:
                with self._writing:
                    self._fail(error)
        return memory()

    def _first(self, memory: Callable[[], _Value], real: Callable[[], _Value], nothing: _Value) -> _Value:
        """Without the store: from memory, else what it still tells, else nothing."""
        found = memory()
        if found:
            return found
        try:
            return real()
        except StoreFailed:
            return nothing

    def now(self) -> datetime:
        if self.failed is None:
            try:
                at = self._store.now()
            except StoreFailed as error:
                with self._writing:
                    self._fail(error)
            else:
                self._ahead = at - self._wall() if self.shared else timedelta(0)
                return at
        return self._wall() + self._ahead

    def holds(self, page_id: str, fence: int) -> bool:
        # Asked before every send. Where nobody else writes, memory knows it as well as the store.
        if not self.shared and self._memory.page(page_id) is not None:
            return self._memory.holds(page_id, fence)
        return self._either(lambda: self._store.holds(page_id, fence), lambda: self._memory.holds(page_id, fence))

    def due(self, limit: int = 100, late_by: timedelta = timedelta(0)) -> tuple[IncidentRow, ...]:
        return self._either(lambda: self._store.due(limit, late_by), lambda: self._memory.due(limit, late_by))

    def incident(self, incident_id: str) -> IncidentRow | None:
        known = None if self.shared else self._memory.incident(incident_id)
        if known is not None and known.status in OPEN:
            return known
        real, memory = self._store.incident, self._memory.incident
        return self._either(
            lambda: real(incident_id), lambda: self._first(lambda: memory(incident_id), lambda: real(incident_id), None)
        )

    def open_by_keys(self, origins: Sequence[tuple[str, str]]) -> tuple[IncidentRow, ...]:
        real, memory = self._store.open_by_keys, self._memory.open_by_keys
        if not self.shared:  # asked for every signal; what is remembered wrongly ends in a conflict, and is read again
            return memory(origins)
        return self._either(lambda: real(origins), lambda: memory(origins))

    def incidents(
        self,
        statuses: Sequence[IncidentStatus] = OPEN,
        team: str | None = None,
        limit: int = 1000,
        before: datetime | None = None,
    ) -> tuple[IncidentRow, ...]:
        def memory() -> tuple[IncidentRow, ...]:
            rows = self._memory.incidents(statuses, team)
            return tuple([row for row in rows if before is None or row.opened_at < before][:limit])

        return self._either(lambda: self._store.incidents(statuses, team, limit, before), memory)

    def page(self, page_id: str) -> PageRow | None:
        real, memory = self._store.page, self._memory.page
        return self._either(
            lambda: real(page_id), lambda: self._first(lambda: memory(page_id), lambda: real(page_id), None)
        )

    def pages(self, incident_id: str) -> tuple[PageRow, ...]:
        real, memory = self._store.pages, self._memory.pages
        return self._either(
            lambda: real(incident_id), lambda: self._first(lambda: memory(incident_id), lambda: real(incident_id), ())
        )

    def pages_by_code(self, code: str, since: datetime) -> tuple[PageRow, ...]:
        real, memory = self._store.pages_by_code, self._memory.pages_by_code
        return self._either(
            lambda: real(code, since), lambda: self._first(lambda: memory(code), lambda: real(code, since), ())
        )

    def page_by_provider_id(self, channel: str, provider_id: str) -> PageRow | None:
        real, memory = self._store.page_by_provider_id, self._memory.page_by_provider_id
        return self._either(
            lambda: real(channel, provider_id),
            lambda: self._first(lambda: memory(channel, provider_id), lambda: real(channel, provider_id), None),
        )

    def pending(self, channel: str, address_ref: str) -> tuple[PageRow, ...]:
        real, memory = self._store.pending, self._memory.pending
        return self._either(lambda: real(channel, address_ref), lambda: memory(channel, address_ref))

    def spent_until(self, person: str, channel: str) -> datetime | None:
        real, memory = self._store.spent_until, self._memory.spent_until
        return self._either(lambda: real(person, channel), lambda: memory(person, channel))

    def count(self, team: str) -> int:
        return self._either(lambda: self._store.count(team), lambda: 0)

    def open_counts(self) -> tuple[OpenCount, ...]:
        return self._either(self._store.open_counts, self._memory.open_counts)

    def audit(self, incident_id: str) -> tuple[AuditRow, ...]:
        return self._either(
            lambda: self._store.audit(incident_id),
            lambda: self._first(lambda: self._debts.audit(incident_id), lambda: self._store.audit(incident_id), ()),
        )

    def close(self) -> None:
        """Write down what is owed, if that is possible by now, and close the store."""
        with self._writing:
            self._again = 0.0
            with suppress(StoreFailed):
                self.recover()
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
