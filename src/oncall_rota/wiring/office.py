"""A way to the incidents of a store, with the configuration that this process decides by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.ports.notifier import Notifier
from oncall_rota.paging.world import Configured
from oncall_rota.wiring import Channels, notifiers

if TYPE_CHECKING:
    from oncall_rota.config.keeper import Keeper
    from oncall_rota.control.owner import Drive, Opened
    from oncall_rota.paging.ports.row import Revision
    from oncall_rota.paging.ports.store import Store
    from oncall_rota.timeline.clock import Clock


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
