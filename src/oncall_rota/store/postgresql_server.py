"""The way to a PostgreSQL server: connections, transactions, and what its errors mean."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from oncall_rota.errors import OncallError
from oncall_rota.paging.ports.store import Reason, StoreFailed, Unstorable
from oncall_rota.store.written import Row, Step

if TYPE_CHECKING:
    import psycopg

# The time of the database, to the microsecond, and not that at which its transaction began.
NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_BEGUN = f"SELECT {NOW}, (SELECT ended_at FROM instances WHERE id = %s)"
LOCKS = 0x6F6E636C  # "oncl": our advisory locks, by the instance's number; 0 is for migrations
# A dead network must not hold a page up: seconds, and milliseconds in the last.
_DEFAULTS = {"connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "3", "keepalives_count": "3"}
_DEFAULTS |= {"tcp_user_timeout": "10000"}
# A frozen server must not hold up another one: its transaction ends before its leases do.
_SESSION = (
    "SET lock_timeout = '5s'; SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s';"
    " SET timezone = 'UTC'"
)
_REASONS: dict[str, Reason] = {
    "53100": "full",
    "53200": "full",  # out of memory
    "25006": "read-only",
    "55P03": "locked",
    "57014": "locked",  # statement_timeout
    "40P01": "locked",
    "40001": "locked",
    "58030": "io",
    "XX001": "corrupt",
    "XX002": "corrupt",
    "42": "corrupt",  # our statements are right, so its tables, or our rights to them, are not
}


def driver() -> ModuleType:
    """psycopg, imported at the first store on PostgreSQL. Raises `OncallError` when it is not installed."""
    return _driver()


@functools.cache
def _driver() -> ModuleType:
    try:
        import psycopg
    except ImportError as error:
        raise OncallError("PostgreSQL needs psycopg", "pip install 'oncall-rota[server]'") from error
    # What it warns of comes as an error too; without a handler the line would stand in the middle of ours.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    return psycopg


def errors() -> tuple[type[Exception], ...]:
    """What a statement raises: psycopg's errors, and Python's for a value that cannot be sent."""
    return (driver().Error, UnicodeError, OverflowError)


def failure(error: Exception) -> StoreFailed | Unstorable:
    """What one of `errors` means. A password is never in its words.

    `Unstorable`: the unit itself is to blame, with a value that no column takes, or a row that is not there.
    """
    psycopg = driver()
    state = getattr(error, "sqlstate", None)
    of_the_unit = isinstance(error, (psycopg.IntegrityError, psycopg.DataError, UnicodeError, OverflowError))
    # Without the details, which quote the row.
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    words = " ".join((primary or str(error)).split()) or type(error).__name__
    if of_the_unit or (isinstance(error, psycopg.ProgrammingError) and state is None):
        return Unstorable(f"the store does not take this: {words}")
    return StoreFailed(
        _REASONS.get(state or "") or _REASONS.get((state or "")[:2], "gone"),
        f"PostgreSQL: {words}" + (f" ({state})" if state else ""),
    )


def connect(url: str, name: str) -> psycopg.Connection:
    """A connection in autocommit that waits for nothing long. Raises `StoreFailed`."""
    try:
        given = driver().conninfo.conninfo_to_dict(url)
        # Autocommit: transactions are ours to begin, and a read leaves none open.
        named = {**_DEFAULTS, "application_name": f"oncall {name}".strip(), **given}
        connection: psycopg.Connection = driver().connect(**named, autocommit=True, prepare_threshold=0)
    except driver().Error as error:
        raise failure(error) from error
    try:
        connection.execute(_SESSION, prepare=False)
        row = connection.execute("SHOW synchronous_commit").fetchone()
        if row is not None and row[0] in ("off", "local"):
            connection.execute("SET synchronous_commit = on")  # a commit that returned survives a power cut
    except driver().Error as error:
        connection.close()
        raise failure(error) from error
    return connection


@functools.cache
def positional(text: str) -> str:
    """A statement with parameters as psycopg writes them."""
    return text.replace("?", "%s")


class Buried(Exception):
    """Another server has taken this instance for dead: nothing is written under its number any more."""


class PostgresqlTransaction:
    """A transaction of an instance; see `written.Transaction`. What needs no answer goes out with what does.

    It begins with its first statement, and what `many` is given waits for the next one: each journey costs more than a
    statement. `ends`: whether it was told to commit, so that nobody knows what became of it before the answer.
    """

    __slots__ = ("_at", "_connection", "_instance", "_later", "ends")

    def __init__(self, connection: psycopg.Connection, instance: int) -> None:
        self._connection = connection
        self._instance = instance
        self._later: list[tuple[str, Sequence[Row]]] = []
        self._at: int | None = None
        self.ends = False

    @property
    def at(self) -> int:
        self._begin()
        assert self._at is not None
        return self._at

    def run(self, steps: Sequence[Step]) -> list[int]:
        return [cursor.rowcount for cursor in self._ask(steps)]

    def many(self, text: str, rows: Sequence[Row]) -> None:
        self._later.append((text, rows))

    def rows(self, text: str, parameters: Row) -> list[Row]:
        return self._ask([(text, parameters)])[0].fetchall()

    def commit(self) -> None:
        """Commit. Raises `StoreFailed` when PostgreSQL says that it did something else."""
        self._begin()  # else BEGIN and COMMIT of an instance that is buried would go out together
        self.ends = True
        done = self._ask([("COMMIT", ())])[0].statusmessage
        if done != "COMMIT":
            raise StoreFailed("io", f"PostgreSQL did not commit, but answered {done}")

    def _begin(self) -> None:
        if self._at is None:
            self._ask([])

    def _ask(self, steps: Sequence[Step]) -> list[psycopg.Cursor]:
        """Statements and all that waits, in one journey. Raises `Buried`."""
        execute = self._connection.execute
        # A ROLLBACK is to go alone: psycopg then deallocates what later statements of a pipeline count on.
        if len(steps) == 1 and not self._later and self._at is not None:
            return [execute(positional(steps[0][0]), steps[0][1])]
        with self._connection.pipeline():
            begun = None
            if self._at is None:
                execute("BEGIN")
                begun = execute(_BEGUN, (self._instance,))
            later, self._later = self._later, []
            for text, rows in later:
                with self._connection.cursor() as cursor:
                    cursor.executemany(positional(text), rows)
            asked = [execute(positional(text), parameters) for text, parameters in steps]
        if begun is not None:
            row = begun.fetchone()
            assert row is not None
            if row[1] is not None:
                raise Buried
            self._at = int(row[0])
        return asked


def missing(rows: Callable[[str], list[Row]]) -> list[str]:
    """What of the schema is not there, and cannot be seen from its rows: triggers, and the key that merges signals."""
    enabled = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgenabled = 'O'"
    triggers = {row[0] for row in rows(enabled)}
    indexes = {row[0] for row in rows("SELECT indexname FROM pg_indexes WHERE tablename = 'incidents'")}
    wanted = [("trigger", name) for name in ("audit_no_change", "audit_no_truncate") if name not in triggers]
    return [f"{kind} {name}" for kind, name in wanted] + (
        [] if "incidents_open_key" in indexes else ["index incidents_open_key"]
    )
