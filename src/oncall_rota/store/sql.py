"""A store on any SQL database that the statements suit: what the two adapters have in common.

An adapter gives transactions, reads, and the time; the rest is here once.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

from oncall_rota.paging.ports.row import (
    OPEN,
    UNLISTED,
    AuditRow,
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
from oncall_rota.paging.ports.store import LEASE, Result, Unstorable
from oncall_rota.store import statement
from oncall_rota.store.moment import instant, micros, span_micros
from oncall_rota.store.written import Row, Step, Transaction, written

_Value = TypeVar("_Value")
_QUIET = ('%"what":"notice"%', '%"what":"synthetic"%')  # in a page's data: nobody was woken by it


class SqlStore(ABC):
    """See `paging.ports.store.Store`. One thread writes at a time; reads have a connection of their own."""

    locked = ""  # what ends the choice of pages to claim

    def __init__(self) -> None:
        self._writing = threading.RLock()
        self._claim = statement.CLAIM.format(only="", locked=self.locked)
        self._claim_only = statement.CLAIM.format(only=" AND incident_id = ?", locked=self.locked)

    @property
    @abstractmethod
    def instance(self) -> int:
        """The number of this instance."""

    @abstractmethod
    def now(self) -> datetime:
        """The time that leases and due times are compared with."""

    @abstractmethod
    def close(self) -> None:
        """End this instance."""

    @abstractmethod
    def _transact(self, work: Callable[[Transaction], _Value]) -> _Value:
        """What `work` comes to in a transaction of the writing connection, committed then; one thread at a time.

        An exception rolls it back. It may be done twice from its beginning, when nothing of the first time is kept.
        Raises `StoreFailed`, and `Unstorable` for what one statement was given.
        """

    @abstractmethod
    def _rows(self, text: str, parameters: Row = ()) -> list[Row]:
        """What a statement reads, outside any transaction. Raises `StoreFailed`."""

    def _open_by_keys(self, origins: Sequence[tuple[str, str]]) -> list[Row]:
        """The rows of the open incidents of these sources and keys. Raises `StoreFailed`."""
        return [row for origin in origins for row in self._rows(statement.INCIDENT_BY_KEY, origin)]

    @abstractmethod
    def _damage(self) -> list[str]:
        """What the database itself says is wrong, and what of the schema is missing."""

    def _bury(self, transaction: Transaction) -> None:  # noqa: B027 - a file has no other live owner
        """Mark instances that are found dead as ended."""

    def _swept(self) -> None:  # noqa: B027 - a server sees to it by itself
        """After something was deleted for good: leave no trace of it."""

    def commit(self, batch: Sequence[Unit]) -> tuple[Result, ...]:
        with self._writing:
            try:
                return self._transact(lambda transaction: written(transaction, batch, self.instance))
            except Unstorable as error:
                if len(batch) == 1:
                    return (error,)
            # Seldom, and never for long: halves, until the unit that no store takes is alone.
            half = len(batch) // 2
            return (*self.commit(batch[:half]), *self.commit(batch[half:]))

    def claim(self, limit: int = 100, only: str | None = None) -> tuple[PageRow, ...]:
        narrower = () if only is None else (only,)
        text = self._claim if only is None else self._claim_only

        def claimed(transaction: Transaction) -> list[Row]:
            self._bury(transaction)
            until = transaction.at + span_micros(LEASE)
            return transaction.rows(text, (transaction.at, *narrower, limit, self.instance, until))

        return tuple(sorted(map(_page, self._transact(claimed)), key=lambda page: (page.created_at, page.id)))

    def _write(self, text: str, parameters: Row) -> int:
        return self._run([(text, parameters)])[0]

    def _run(self, steps: Sequence[Step]) -> list[int]:
        return self._transact(lambda transaction: transaction.run(steps))

    def _one(self, make: Callable[[Row], _Value], text: str, *parameters: object) -> _Value | None:
        rows = self._rows(text, parameters)
        return make(rows[0]) if rows else None

    def _all(self, make: Callable[[Row], _Value], text: str, *parameters: object) -> tuple[_Value, ...]:
        return tuple(map(make, self._rows(text, parameters)))

    def holds(self, page_id: str, fence: int) -> bool:
        return bool(self._rows(statement.HOLDS, (page_id, fence, micros(self.now()))))

    def due(self, limit: int = 100, late_by: timedelta = timedelta(0)) -> tuple[IncidentRow, ...]:
        return self._all(_incident, statement.DUE, micros(self.now() - late_by), limit)

    def incident(self, incident_id: str) -> IncidentRow | None:
        return self._one(_incident, statement.INCIDENT, incident_id)

    def open_by_keys(self, origins: Sequence[tuple[str, str]]) -> tuple[IncidentRow, ...]:
        return tuple(map(_incident, self._open_by_keys(origins)))

    def incidents(
        self,
        statuses: Sequence[IncidentStatus] = OPEN,
        team: str | None = None,
        limit: int = 1000,
        before: datetime | None = None,
    ) -> tuple[IncidentRow, ...]:
        text = statement.incidents(len(statuses), team is not None, before is not None)
        narrower = [
            *UNLISTED,
            *statuses,
            *([] if team is None else [team]),
            *([] if before is None else [micros(before)]),
        ]
        return self._all(_incident, text, *narrower, limit)

    def page(self, page_id: str) -> PageRow | None:
        return self._one(_page, statement.PAGE, page_id)

    def pages(self, incident_id: str) -> tuple[PageRow, ...]:
        return self._all(_page, statement.PAGES, incident_id, incident_id)

    def pages_by_code(self, code: str, since: datetime) -> tuple[PageRow, ...]:
        return self._all(_page, statement.PAGES_BY_CODE, code, micros(since))

    def page_by_provider_id(self, channel: str, provider_id: str) -> PageRow | None:
        return self._one(_page, statement.PAGE_BY_PROVIDER_ID, channel, provider_id)

    def pending(self, channel: str, address_ref: str) -> tuple[PageRow, ...]:
        return self._all(_page, statement.PENDING, channel, address_ref)

    def count(self, team: str) -> int:
        return int(self._rows(statement.COUNT, (team,))[0][0])

    def open_counts(self) -> tuple[OpenCount, ...]:
        return self._all(_open_count, statement.OPEN_COUNTS)

    def paged(self, since: datetime, until: datetime) -> tuple[PagedCount, ...]:
        return self._all(_paged, statement.PAGED, micros(since), micros(until), *_QUIET)

    def spent_until(self, person: str, channel: str) -> datetime | None:
        return self._one(lambda row: instant(row[0]), statement.SPENT_UNTIL, person, channel)

    def audit(self, incident_id: str) -> tuple[AuditRow, ...]:
        return self._all(_audit, statement.AUDIT, incident_id)

    def publish(self, revision: Revision) -> None:
        team, digest, commit, at, content = revision
        self._write(statement.PUBLISH, (team, digest, commit, micros(at), content))

    def revision(self, team: str) -> Revision | None:
        return self._one(_revision, statement.REVISION, team)

    def digests(self) -> dict[str, str]:
        return {str(team): str(digest) for team, digest in self._rows(statement.DIGESTS)}

    def put(self, key: str, value: str) -> None:
        self._write(statement.PUT, (key, value))

    def keep(self, key: str, value: str) -> str:
        self._write(statement.KEEP, (key, value))
        return self.get(key) or value

    def swap(self, key: str, old: str | None, new: str) -> bool:
        step = (statement.KEEP, (key, new)) if old is None else (statement.SWAP, (new, key, old))
        return self._run([step]) == [1]

    def get(self, key: str) -> str | None:
        return self._one(lambda row: str(row[0]), statement.GET, key)

    def add_token(self, token: Token) -> None:
        *head, created_at, expires_at, used_at, revoked_at = token
        times = [micros(created_at), *[None if at is None else micros(at) for at in (expires_at, used_at, revoked_at)]]
        self._write(statement.ADD_TOKEN, (*head, *times))

    def tokens(self) -> tuple[Token, ...]:
        return self._all(_token, statement.LIST_TOKENS)

    def revoke_token(self, token_id: str, at: datetime) -> bool:
        return self._write(statement.REVOKE, (micros(at), token_id)) > 0

    def used_token(self, token_id: str, at: datetime) -> None:
        self._write(statement.SHOWN, (micros(at), token_id))

    def add_link_key(self, key: LinkKey) -> None:
        retired = None if key.retired_at is None else micros(key.retired_at)
        self._write(statement.INSERT_LINK_KEY, (key.id, key.signing_key, micros(key.created_at), retired))

    def link_keys(self) -> tuple[LinkKey, ...]:
        return self._all(_link_key, statement.LINK_KEYS)

    def retire_link_key(self, key_id: str, at: datetime) -> None:
        self._write(statement.RETIRE_LINK_KEY, (micros(at), key_id))

    def add_override(self, override: LiveOverride) -> None:
        *head, created_at, ended_at, ended_by, ended_why = override
        times = (micros(created_at), None if ended_at is None else micros(ended_at))
        self._write(statement.ADD_OVERRIDE, (*head, *times, ended_by, ended_why))

    def overrides(self) -> tuple[LiveOverride, ...]:
        return self._all(_override, statement.OVERRIDES)

    def override(self, override_id: str) -> LiveOverride | None:
        return self._one(_override, statement.OVERRIDE, override_id)

    def end_override(self, override_id: str, at: datetime, by: str, why: str) -> bool:
        return self._write(statement.END_OVERRIDE, (micros(at), by, why, override_id)) > 0

    def instances(self) -> tuple[Instance, ...]:
        self._transact(self._bury)
        return self._all(_instance, statement.INSTANCES, self.instance)

    def prune(self, before: datetime) -> int:
        at = micros(before)
        steps = [
            (statement.PUT, ("audit_from", str(at))),
            (statement.PRUNE_AUDIT, (at,)),
            (statement.PRUNE_INCIDENTS, (at,)),
            (statement.PRUNE_INSTANCES, (at,)),
            (statement.PRUNE_OVERRIDES, (at,)),
        ]
        with self._writing:
            gone = self._run(steps)
            self._swept()
        return gone[1] + gone[2]

    def forget(self, source: str, before: datetime) -> int:
        return self._write(statement.FORGET, (source, micros(before)))

    def check(self) -> tuple[str, ...]:
        found = [sentence for sentence, text in statement.WRONG.items() if self._rows(text)]
        return (*self._damage(), *found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _moment(value: int | None) -> datetime | None:
    return None if value is None else instant(value)


def _incident(row: Row) -> IncidentRow:
    return IncidentRow._make((*row[:8], instant(row[8]), _moment(row[9]), row[10]))


def _open_count(row: Row) -> OpenCount:
    team, status, number, oldest_at = row
    return OpenCount(team, status, number, instant(oldest_at))


def _paged(row: Row) -> PagedCount:
    team, person, quarter, number = row
    return PagedCount(team, person, instant(quarter), number)


def _page(row: Row) -> PageRow:
    return PageRow._make((*row[:8], _moment(row[8]), *row[9:12], instant(row[12]), row[13], _moment(row[14])))


def _audit(row: Row) -> AuditRow:
    return AuditRow._make((row[0], instant(row[1]), *row[2:]))


def _revision(row: Row) -> Revision:
    return Revision._make((*row[:3], instant(row[3]), bytes(row[4])))


def _token(row: Row) -> Token:
    return Token._make((row[0], bytes(row[1]), *row[2:6], instant(row[6]), *map(_moment, row[7:])))


def _link_key(row: Row) -> LinkKey:
    return LinkKey(row[0], bytes(row[1]), instant(row[2]), _moment(row[3]))


def _override(row: Row) -> LiveOverride:
    return LiveOverride._make((*row[:4], instant(row[4]), _moment(row[5]), *row[6:]))


def _instance(row: Row) -> Instance:
    return Instance(row[0], row[1], instant(row[2]), _moment(row[3]))
