"""What a commit writes: the units of a batch, in order, each whole or not at all.

Three rounds: first the incidents, which decide who fails; then the budgets of the units that stand; then all that
cannot fail. No table is touched by two rounds, so the outcome is that of one unit after the other, in few journeys to
the database and without a savepoint for each unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from oncall_rota.paging.ports.row import PENDING, Claim, Committed, Conflict, IncidentRow, NewPage, Outcome, Unit
from oncall_rota.paging.ports.store import LEASE, Result
from oncall_rota.store import statement
from oncall_rota.store.moment import instant, micros, span_micros

Row = tuple[Any, ...]
Step = tuple[str, Row]
_LEASE = span_micros(LEASE)


class Transaction(Protocol):
    """A transaction."""

    @property
    def at(self) -> int:
        """The store's time when it began, microseconds."""
        ...

    def run(self, steps: Sequence[Step]) -> list[int]:
        """Run statements in order; how many rows each changed."""
        ...

    def many(self, text: str, rows: Sequence[Row]) -> None:
        """Run one statement for each row."""
        ...

    def rows(self, text: str, parameters: Row) -> list[Row]:
        """What one statement returns."""
        ...


class Standing(NamedTuple):
    """A unit that will be written, and what became of it so far."""

    unit: Unit
    claims: list[Claim]
    refused: list[str]
    late: list[str]


def written(transaction: Transaction, batch: Sequence[Unit], owner: int) -> tuple[Result, ...]:
    """Write a batch for the instance `owner`; the result of each unit. The caller commits."""
    conflicts = _incidents(transaction, batch)
    standing = {number: Standing(unit, [], [], []) for number, unit in enumerate(batch) if number not in conflicts}
    pages = _pages(transaction, list(standing.values()), owner)
    if pages:
        transaction.many(statement.INSERT_PAGE, pages)
    also = [(page.id, other) for each in standing.values() for page in each.unit.pages for other in page.also]
    if also:
        inserted = {page[0] for page in pages}
        transaction.many(statement.INSERT_PAGE_INCIDENT, [pair for pair in also if pair[0] in inserted])
    _outcomes(transaction, list(standing.values()))
    audit = [(row[0], micros(row[1]), *row[2:]) for each in standing.values() for row in each.unit.audit]
    if audit:
        transaction.many(statement.INSERT_AUDIT, audit)
    at = instant(transaction.at)
    return tuple(
        [
            Committed(at, tuple(done.claims), tuple(done.refused), tuple(done.late))
            if (done := standing.get(number)) is not None
            else conflicts[number]
            for number in range(len(batch))
        ]
    )


def _incidents(transaction: Transaction, batch: Sequence[Unit]) -> dict[int, Conflict]:
    """Write the incidents of all units; which units fail, by their place in the batch."""
    failed: dict[int, IncidentRow] = {}
    alone: list[tuple[int, IncidentRow]] = []  # units of one incident: when that fails, nothing is to be undone

    def flush() -> None:
        # In one order everywhere: two servers then wait for each other, and never in a circle.
        alone.sort(key=lambda each: (each[1].source, each[1].key))
        changed = transaction.run([_step(row) for _, row in alone])
        failed.update(each for each, count in zip(alone, changed, strict=True) if not count)
        alone.clear()

    for number, unit in enumerate(batch):
        if len(unit.incidents) == 1:
            alone.append((number, unit.incidents[0]))
        elif unit.incidents:
            if alone:
                flush()
            row = _together(transaction, unit.incidents)
            if row is not None:
                failed[number] = row
    if alone:
        flush()
    return {number: _conflict(transaction, row) for number, row in failed.items()}


def _together(transaction: Transaction, rows: Sequence[IncidentRow]) -> IncidentRow | None:
    """Write several incidents or none; the first that could not be written."""
    transaction.run([("SAVEPOINT unit", ())])
    changed = transaction.run([_step(row) for row in rows])
    if all(changed):
        transaction.run([("RELEASE SAVEPOINT unit", ())])
        return None
    transaction.run([("ROLLBACK TO SAVEPOINT unit", ())])
    transaction.run([("RELEASE SAVEPOINT unit", ())])
    return rows[changed.index(0)]


def _step(row: IncidentRow) -> Step:
    due = None if row.next_action_at is None else micros(row.next_action_at)
    if row.version:
        changing = (row.team, row.service, row.severity, row.status, due, row.data, row.id, row.version)
        return statement.UPDATE_INCIDENT, changing
    head = (row.id, row.team, row.service, row.source, row.key, row.severity, row.status)
    return statement.INSERT_INCIDENT, (*head, micros(row.opened_at), due, row.data)


def _conflict(transaction: Transaction, row: IncidentRow) -> Conflict:
    if row.version:
        return Conflict(row.id)
    found = transaction.rows(statement.INCIDENT_BY_KEY, (row.source, row.key))
    return Conflict(row.id, found[0][0] if found else None)


def _pages(transaction: Transaction, standing: Sequence[Standing], owner: int) -> list[Row]:
    """The rows of pages to insert, after what they take from budgets."""
    at = transaction.at
    taking = [page for each in standing for page in each.unit.pages if page.take is not None]
    over: set[str] = set()
    if taking:
        taking.sort(key=lambda page: page.take[:2] if page.take else ())  # as above
        changed = transaction.run([_take(page, at) for page in taking])
        over = {page.id for page, count in zip(taking, changed, strict=True) if not count}
    rows: list[Row] = []
    leased, leased_until = at + _LEASE, instant(at + _LEASE)
    for each in standing:
        for page in each.unit.pages:
            state, until, attempts = str(page.state), None, 0
            if page.id in over:
                each.refused.append(page.id)
                if page.take is None or page.take.wait_at_most is None:
                    continue
                state, until = "waiting", at + span_micros(page.take.wait_at_most)
            elif state == "claimed":
                until, attempts = leased, 1
                each.claims.append(Claim(page.id, 1, leased_until))
            head = (page.id, page.incident_id, page.person, page.channel, page.address_ref)
            rows.append((*head, state, owner, 1, until, attempts, page.code, at, page.data))
    return rows


def _take(page: NewPage, at: int) -> Step:
    take = page.take
    assert take is not None
    each = span_micros(take.refill)
    return statement.TAKE, (take.person, take.channel, at + each, at, each, at + (take.burst - 1) * each)


def _outcomes(transaction: Transaction, standing: Sequence[Standing]) -> None:
    steps: list[Step] = []
    waiting: list[tuple[Standing, str, Claim | None]] = []
    for each in standing:
        for outcome in each.unit.outcomes:
            until = _until(outcome, transaction.at)
            again = outcome.state in ("claimed", "unsure")
            more = int(again) - (not outcome.begun)
            settled = None if outcome.state in PENDING else transaction.at
            head = (outcome.state, outcome.provider_id, outcome.data, until, more, more, settled)
            steps.append((statement.OUTCOME, (*head, outcome.page_id, outcome.fence)))
            claim = Claim(outcome.page_id, outcome.fence, instant(until)) if again and until is not None else None
            waiting.append((each, outcome.page_id, claim))
        for receipt in each.unit.receipts:
            rank = statement.RANKS[receipt.state]
            name, about = receipt.provider_id, receipt.page_id
            steps.append(
                (statement.RECEIPT, (rank, receipt.state, rank, name, rank, transaction.at, about, rank, name))
            )
            waiting.append((each, receipt.page_id, None))
    if not steps:
        return
    for count, (each, page_id, claim) in zip(transaction.run(steps), waiting, strict=True):
        if not count:
            each.late.append(page_id)
        elif claim is not None:
            each.claims.append(claim)


def _until(outcome: Outcome, at: int) -> int | None:
    if outcome.state not in PENDING:
        return None
    return at + (span_micros(outcome.wait) if outcome.state == "waiting" and outcome.wait > timedelta(0) else _LEASE)
