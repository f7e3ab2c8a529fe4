"""Where real adapters meet ports: what a command needs of the lower floors, put together."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.config import ERROR, Catalog, Problem, paging
from oncall_rota.errors import ConfigurationError, UnknownName
from oncall_rota.paging.direct import ByOneChannel, Run, sent_directly
from oncall_rota.paging.incident import Incident, Page
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import Declaration, Notifier, NotifierError, Receipt
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld
from oncall_rota.paging.world import Configured, World

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging
    from oncall_rota.paging.model import Channel


def notifiers() -> Mapping[str, Declaration]:
    """What each kind of notifier declares, those of other distributions too; no provider's library is imported."""
    from oncall_rota.notifiers.registry import declared

    return declared()


def world(catalog: Catalog) -> Configured:
    """What escalation asks, answered from a folder that was read whole."""
    return _configured(catalog, paging(catalog, notifiers()))


def _configured(catalog: Catalog, found: Paging) -> Configured:
    return Configured(found.teams, found.people, found.last_resort, catalog.teams)


def direct_paging(catalog: Catalog, incident: Incident, via: str | None, now: datetime, *, send: bool) -> Run:
    """Page for an incident now, without a store; with `send` False nothing leaves, and every channel seems to take it.

    `via`: only by this channel. Raises `UnknownName` when there is no such channel.
    """
    found = paging(catalog, notifiers())
    everybody: World = _configured(catalog, found)
    if via is not None and via not in found.channels:
        raise UnknownName(f"no channel {via!r} in oncall.yaml", f"there is {', '.join(found.channels) or 'none'}")
    channels = Channels(found.channels)

    def notifier(name: str) -> Notifier:
        return channels(name) if send else _UNSENT

    owner = catalog.teams.get(incident.team)
    service = owner.services.get(incident.service or "") if owner is not None else None

    def message(page: Page) -> Message:
        code = secrets.token_hex(2)
        runbook = service.runbook if service is not None else None
        team = incident.team or "you"
        return cleaned(Message(page.id, code, incident.severity, team, incident.summary, (), runbook))

    people = everybody if via is None else ByOneChannel(everybody, via)
    return sent_directly(incident, now, people, message, notifier)


class Channels:
    """The channels of oncall.yaml by name, each made ready once, at its first use, in whatever thread that is.

    `public_url`: of the server that providers call back; None without one. One that takes long delays no other.
    """

    def __init__(self, channels: Mapping[str, Channel], public_url: str | None = None) -> None:
        self._channels = channels
        self._public_url = public_url
        self._made: dict[str, Notifier] = {}
        self._making = {name: threading.Lock() for name in channels}

    def __call__(self, name: str) -> Notifier:
        """One of them. Raises `NotifierError`: options, secrets or its provider's package are missing."""
        from oncall_rota.notifiers.registry import make

        with self._making[name]:
            if name not in self._made:
                try:
                    self._made[name] = make(self._channels[name], self._public_url)
                except ConfigurationError as error:
                    raise NotifierError(str(error), permanent=True) from None
            return self._made[name]


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


class _Unsent:
    """In the place of every notifier when nothing may be sent."""

    def send(self, *_: object) -> Receipt:
        """Take the page and drop it."""
        return Receipt(None)


_UNSENT: Notifier = _Unsent()  # type: ignore[assignment]
