"""Where real adapters meet ports: what a command needs of the lower floors, put together."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.config import ERROR, Catalog, Problem, configuration, paging
from oncall_rota.errors import ConfigurationError, UnknownName
from oncall_rota.paging.configuration import Configuration, Settings
from oncall_rota.paging.direct import ByOneChannel, Run, sent_directly
from oncall_rota.paging.incident import Incident, Page
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import Declaration, Notifier, NotifierError, Receipt
from oncall_rota.paging.ports.store import StoreFailed, StoreHeld
from oncall_rota.paging.world import Configured, World

if TYPE_CHECKING:
    from oncall_rota.config.keeper import Keeper
    from oncall_rota.config.page import Paging
    from oncall_rota.control.owner import Drive, Opened
    from oncall_rota.notifiers.slack_group import SlackGroups
    from oncall_rota.paging.model import Channel
    from oncall_rota.paging.ports.row import Revision
    from oncall_rota.paging.ports.store import Store
    from oncall_rota.remote.server import Ask
    from oncall_rota.timeline.clock import Clock
    from oncall_rota.web.serving import Listening
    from oncall_rota.web.traffic import Tell

BUSY = 0.05  # seconds between two looks whether an address is free


def notifiers() -> Mapping[str, Declaration]:
    """What each kind of notifier declares, those of other distributions too; no provider's library is imported."""
    from oncall_rota.notifiers.registry import declared

    return declared()


def world(catalog: Catalog) -> World:
    """What escalation asks, answered from a folder that was read whole."""
    return configuration(catalog, notifiers()).world


def direct_paging(catalog: Catalog, incident: Incident, via: str | None, now: datetime, *, send: bool) -> Run:
    """Page for an incident now, without a store; with `send` False nothing leaves, and every channel seems to take it.

    `via`: only by this channel. Raises `UnknownName` when there is no such channel.
    """
    found = configuration(catalog, notifiers())
    if via is not None and via not in found.channels:
        raise UnknownName(f"no channel {via!r} in oncall.yaml", f"there is {', '.join(found.channels) or 'none'}")
    channels = Channels(found.channels)

    def notifier(name: str) -> Notifier:
        return channels(name) if send else _UNSENT

    def message(page: Page) -> Message:
        code = secrets.token_hex(2)
        runbook = found.runbooks.get((incident.team, incident.service or ""))
        team = incident.team or "you"
        return cleaned(Message(page.id, code, incident.severity, team, incident.summary, (), runbook, kind="direct"))

    people = found.world if via is None else ByOneChannel(found.world, via)
    return sent_directly(incident, now, people, message, notifier)


class Channels:
    """The channels of oncall.yaml by name, each made ready once, at its first use, in whatever thread that is.

    `public_url`: of the server that providers call back; None without one. One that takes long delays no other.
    """

    def __init__(self, channels: Mapping[str, Channel], public_url: str | None = None) -> None:
        self._channels = channels
        self._public_url = public_url
        self._made: dict[str, tuple[tuple[Channel, str | None], Notifier]] = {}
        self._making: dict[str, threading.Lock] = {}

    def __call__(self, name: str) -> Notifier:
        """One of them. Raises `NotifierError`: options, secrets or its provider's package are missing."""
        return self.as_in(self._channels, self._public_url, name)

    def as_in(self, channels: Mapping[str, Channel], public_url: str | None, name: str) -> Notifier:
        """One of these `channels`, made anew when it is not as it was. Raises `NotifierError`."""
        from oncall_rota.notifiers.registry import make

        if name not in channels:
            raise NotifierError(f"oncall.yaml has no channel {name} any more", permanent=True)
        of = channels[name], public_url
        with self._making.setdefault(name, threading.Lock()):
            made = self._made.get(name)
            if made is None or made[0] != of:
                try:
                    made = self._made[name] = of, make(*of)
                except ConfigurationError as error:
                    raise NotifierError(str(error), permanent=True) from None
            return made[1]


@contextmanager
def open_office(
    where: str,
    rotations: Callable[[], Path],
    alarm: Callable[[str], None],
    *,
    drive: Drive = "nothing",
    name: str = "",
    notifier: Callable[[str], Notifier] | None = None,
    patience: float = 2.0,
    serves: bool = False,
    allow_empty: bool = False,
) -> Iterator[Opened]:
    """A way to the incidents of the store at `where`, by this process or by the one that has it.

    `rotations`: the folder, asked for only when this process decides anything; what it raises reaches whoever asks.
    `alarm`: told sentences, from any thread. `drive`: which incidents this process drives while it has the store.
    `name`: what this command is called in messages to others. `notifier`: in place of the configured channels.
    `patience`: seconds for an owner that neither answers nor lets go. `serves`: this process answers the links that
    pages have. `allow_empty`: also follow a folder that leaves a team without anybody. Raises `StoreHeld` when that
    owner stays, and with `drive` `all` whenever another process has the store; `StoreFailed`, `StoreTooOld`.
    """
    from oncall_rota.control.client import RemoteOffice
    from oncall_rota.control.opening import store_or_owner
    from oncall_rota.control.owner import Opened, owned
    from oncall_rota.control.place import socket_path
    from oncall_rota.paging.steady import SteadyClock
    from oncall_rota.store import SCHEMES, open_store

    clock = SteadyClock()
    # Servers share PostgreSQL: no owner and no socket.
    socket = None if where.startswith(SCHEMES) else socket_path(Path(where.removeprefix("sqlite:///")))
    if socket is None:
        store: Store | RemoteOffice = open_store(where, name=name)
    else:
        store = store_or_owner(lambda: open_store(where, clock, name), socket, own=drive == "all", patience=patience)
    if isinstance(store, RemoteOffice):
        with store:
            yield Opened(store, None, None, True, store.greeting.drives == "all", store.drive)
        return
    publishes = drive == "all" or socket is not None
    following = _Following(rotations, store, clock, alarm, publishes, allow_empty)
    made = Channels({})

    def configured(channel: str) -> Notifier:
        found = following()
        # A page asks for a reply or a key only where a server hears it: this process, or one beside it.
        heard = serves or socket is None
        return made.as_in(found.channels, found.public_url if heard else None, channel)

    with owned(
        store, following, notifier or configured, alarm, clock, drive=drive, name=name, socket=socket, serves=serves
    ) as opened:
        yield opened


def missing_keys(found: Paging) -> tuple[str, ...]:
    """Keys of sources, of heartbeats and of the board that are named and cannot be read, in words."""
    from oncall_rota.web.access_key import Keys

    return Keys.of(Settings(sources=found.sources, heartbeats=found.heartbeats, access=found.access)).missing


def listening(address: str, where: str, patience: float) -> Listening:
    """An address, bound before anything else begins; that of the server which has the store is waited for.

    `patience`: seconds for that. Raises `OncallError`, and `ImportError` where the server's packages are missing.
    """
    from oncall_rota.store import SCHEMES
    from oncall_rota.store.owner import holder
    from oncall_rota.web.serving import Listening, Taken

    until = time.monotonic() + patience
    while True:
        try:
            return Listening(address)
        except Taken:
            held = None if where.startswith(SCHEMES) else holder(Path(where.removeprefix("sqlite:///")))
            if held is None:
                raise
            if time.monotonic() >= until:
                raise held from None
        threading.Event().wait(BUSY)


def served(opened: Opened, at: Listening, alarm: Callable[[str], None], tell: Tell | None = None) -> bool:
    """Answer HTTP for a process that has a store and drives all of it, until it is told to end; False: the pager died.

    `tell`: told of each request. To be called in the main thread.
    """
    from oncall_rota.paging.fallback import FallbackStore
    from oncall_rota.paging.hearing import Hearing
    from oncall_rota.web.access_gate import Gate
    from oncall_rota.web.app import application
    from oncall_rota.web.beats import Beats
    from oncall_rota.web.feed_kept import Feeds
    from oncall_rota.web.notices import Notices
    from oncall_rota.web.premises import Premises, Routings
    from oncall_rota.web.query_now import Present
    from oncall_rota.web.serving import serve
    from oncall_rota.web.together import Together
    from oncall_rota.web.watchdog import Watchdog

    crew, store, auditor, configured = opened.crew, opened.store, opened.auditor, opened.configuration
    assert crew is not None and store is not None and auditor is not None  # noqa: PT018 - one fact
    assert configured is not None
    assert opened.notifier is not None
    hearing = Hearing(store, crew.submit, configured)
    gate = Gate(store, configured)
    premises = Premises(
        crew.submit,
        opened.office,
        hearing,
        store,
        configured,
        opened.notifier,
        crew,
        auditor,
        store.now(),
        gate,
        Routings(),
        Feeds(store, gate.now, shared=isinstance(store, FallbackStore) and store.shared),
        Present(),
        Together(crew.submit),
    )
    watching = Watchdog(premises, at.own, fetched, alarm)
    with Beats(premises, alarm), Notices(premises, alarm), watching:
        return serve(application(premises, tell=tell), at, crew.died)


def fetched(url: str, seconds: float) -> tuple[int, bytes]:
    """Status and body of a page of the web, a megabyte at most; no redirect is followed. Raises `OSError`."""
    from oncall_rota.notifiers.http_door import request
    from oncall_rota.notifiers.wire import Wire
    from oncall_rota.paging.ports.notifier import Deadline

    try:
        found = request(Wire(), "GET", url, {}, None, Deadline(seconds), limit=1 << 20)
    except NotifierError as error:
        raise OSError(error.message) from None
    return found.status, found.body


def slack_groups(found: Paging) -> SlackGroups:
    """The user groups of Slack that oncall.yaml names. Raises `ConfigurationError` where nothing names them."""
    from oncall_rota.notifiers.secret import NoSecret, resolved
    from oncall_rota.notifiers.slack_group import SlackGroups

    if not {"token", "groups"} <= found.slack.keys():
        hint = "write e.g. slack: {token: {env: SLACK_TOKEN}, groups: {payments-oncall: payments/primary}}"
        raise ConfigurationError("oncall.yaml names no user groups of Slack", hint)
    try:
        return SlackGroups(resolved(found.slack["token"]), found.slack.get("url"))
    except NoSecret as missing:
        raise ConfigurationError(f"slack.token of oncall.yaml: {missing}", "set it") from None


def asking() -> Ask:
    """The way to a server of ours: over the same door as the notifiers' HTTP, with one deadline for all of it."""
    from oncall_rota.notifiers.http_door import request
    from oncall_rota.notifiers.wire import Wire
    from oncall_rota.paging.ports.notifier import Deadline
    from oncall_rota.remote.server import LONGEST_ANSWER, Answered, Unanswered

    def ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> Answered:
        try:
            found = request(Wire(), method, url, headers, body, Deadline(seconds), limit=LONGEST_ANSWER)
        except NotifierError as error:
            raise Unanswered(error.message, error.unsure) from None
        if not found.whole:
            raise Unanswered("its answer broke off, came too slowly or is too long", unsure=True)
        return Answered(found.status, found.headers, found.body)

    return ask


class _Following:
    """The last good configuration, read when it is first needed. `publishes`: whether others are to follow it.

    `allow_empty`: take a folder as it is that leaves a team without anybody, or no channels.
    """

    def __init__(
        self,
        rotations: Callable[[], Path],
        store: Store,
        clock: Clock,
        alarm: Callable[[str], None],
        publishes: bool,
        allow_empty: bool = False,
    ) -> None:
        self._rotations = rotations
        self._store = store
        self._clock = clock
        self._alarm = alarm
        self._publishes = publishes
        self._allow_empty = allow_empty
        self._reading = threading.Lock()
        self._keeper: Keeper | None = None

    def begin(self) -> None:
        """Read it, unless it was read."""
        from oncall_rota.config.keeper import Keeper

        if self._keeper is None:
            with self._reading:
                if self._keeper is None:
                    store = self._store if self._publishes else _Listening(self._store)
                    keeper = Keeper(
                        self._rotations(),
                        notifiers(),
                        store,
                        self._clock,
                        alone=self._alone,
                        allow_empty=self._allow_empty,
                        overrides=store,
                    )
                    for sentence in keeper.refresh():
                        self._alarm(sentence)
                    self._keeper = keeper

    def refresh(self) -> tuple[str, ...]:
        """Look whether there is something new; sentences to tell."""
        self.begin()
        assert self._keeper is not None
        return self._keeper.refresh()

    def __call__(self) -> Configuration:
        """The last good one; an empty one before it was read."""
        return self._keeper.current if self._keeper is not None else Configuration(Configured({}, {}, None, {}), {})

    def _alone(self) -> bool:
        """Whether no other server has the store open."""
        others = [each for each in self._store.instances() if each.id != self._store.instance]
        return all(each.ended_at is not None for each in others)


class _Listening:
    """The configurations of a store, to be read: a command's checkout is nothing for servers to follow."""

    def __init__(self, store: Store) -> None:
        self.revision = store.revision
        self.digests = store.digests
        self.overrides = store.overrides

    def end_override(self, override_id: str, at: datetime, by: str, why: str) -> bool:
        """Leave it as it is: what a command's checkout has is not what servers have."""
        return False

    def publish(self, revision: Revision) -> None:
        """Leave it as it is."""


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
