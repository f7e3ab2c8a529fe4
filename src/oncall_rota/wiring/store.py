"""The store as a whole: where it is, brought to a schema, copied, and put back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from oncall_rota.config import ERROR, Catalog, Problem, paging
from oncall_rota.errors import ConfigurationError
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld


def configured_store(catalog: Catalog, problems: Iterable[Problem]) -> str | None:
    """What oncall.yaml says of where the store is, a reference followed; None: nothing. Raises `ConfigurationError`.

    `problems`: those of the folder. Where one may be why nothing is said, no other store is taken silently.
    """
    written = paging(catalog).server.get("store")
    if written is None:
        wrong = [each for each in problems if each.path == "oncall.yaml" and each.severity == ERROR]
        text = catalog.texts.get("oncall.yaml", "")
        if wrong and (not text or "server" in text or "store" in text):
            hint = "until that is mended, name it with --store"
            raise ConfigurationError("oncall.yaml does not say where the store is", hint, wrong)
        return None
    if isinstance(written, str):
        return written
    from oncall_rota.notifiers.secret import NoSecret, resolved

    try:
        return resolved(written).reveal()
    except NoSecret as missing:
        raise ConfigurationError(f"server.store of oncall.yaml: {missing}", "set it, or name it with --store") from None


def migrate_store(where: str, *, write: bool) -> list[str]:
    """Bring a store to this program's schema; the names of the steps taken, or to be taken with `write` False.

    A store in a file takes its steps when it is opened, and names none.
    """
    from oncall_rota.store import SCHEMES, migrate

    if write:
        return migrate(where)
    if not where.startswith(SCHEMES):
        return []
    from oncall_rota.store.migration import pending
    from oncall_rota.store.postgresql import schema
    from oncall_rota.store.postgresql_server import connect, errors, failure

    try:
        with connect(where, "oncall migrate --dry-run") as connection:
            return [step.name for step in pending("postgresql", *schema(connection))]
    except errors() as error:
        raise failure(error) from error


def backup_store(where: str, target: Path) -> None:
    """Copy a store in a file to a new file. Raises `UsageError`, `StoreFailed`, `OncallError`."""
    from oncall_rota.store import backup

    backup(where, target)


class Restored(NamedTuple):
    """A store after `restore`. `aside`: where the one of before lies. `wrong`: what its check found, in sentences.

    `unseen`: why nobody could look; empty when somebody did.
    """

    aside: Path | None
    wrong: tuple[str, ...] = ()
    open_incidents: int = 0
    unseen: str = ""


def restore_store(saved: Path, where: str, *, write: bool) -> Restored:
    """Make a copy the store at `where` and look at it; with `write` False in another place, which is forgotten then.

    Raises `UsageError`, `StoreFailed`, `StoreHeld`, `StoreTooOld`; then the store is as it was.
    """
    from tempfile import TemporaryDirectory

    from oncall_rota.store import SCHEMES, restore
    from oncall_rota.store.owner import lock_path, writers_of

    if write or where.startswith(SCHEMES):  # PostgreSQL has tools of its own for it, which is said
        return _looked_at(where, restore(saved, where))
    if owners := writers_of(lock_path(Path(where))):
        raise StoreHeld(f"{where} is in use by process {owners[0]}", "end that one first")
    with TemporaryDirectory(prefix="oncall-") as folder:
        rehearsed = str(Path(folder) / "oncall.db")
        return _looked_at(rehearsed, restore(saved, rehearsed))


def _looked_at(where: str, aside: Path | None) -> Restored:
    from oncall_rota.store import open_store

    try:
        with open_store(where, name="oncall restore") as store:
            return Restored(aside, store.check(), len(store.incidents(limit=100_000)))
    except (StoreFailed, StoreHeld) as error:
        return Restored(aside, unseen=str(error))
