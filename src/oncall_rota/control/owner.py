"""A process that has the store: desk, pager, crew, auditor and socket, begun and ended in the right order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from oncall_rota.control.server import Server
from oncall_rota.errors import OncallError
from oncall_rota.paging.auditor import Auditor
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.crew import Crew
from oncall_rota.paging.desk import Desk
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.link import Links, begun
from oncall_rota.paging.office import Office, StoreOffice
from oncall_rota.paging.pager import Pager
from oncall_rota.paging.ports.notifier import Notifier
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import Reply, Request, Tick
from oncall_rota.paging.steady import SteadyClock
from oncall_rota.paging.vitals import LOOKS, Vitals

# Which incidents a process drives: those raised through its office and its socket, or all that are open. `nothing`: it
# raises none itself, and drives what others raise through its socket until it ends.
Drive = Literal["nothing", "own", "all"]
EVERY = 0.3  # seconds between two looks at the configuration: a change is taken at the second one
SENDING = 10.0  # seconds at the end for what is being sent: as long as an attempt may take


class Opened(NamedTuple):
    """A way to the store. `remote`: another process has it, so what belongs to it is None here.

    `drives_all`: whether whoever has it drives all open incidents, and not only those that are raised through it.
    `drive`: have this incident driven, too, from where it is now, as its own process has ended; raises as an office
    does. When `crew.died` is set, nothing is ever paged again and this process must end.
    """

    office: Office
    crew: Crew | None
    store: Store | None
    remote: bool
    drives_all: bool
    drive: Callable[[str], None]
    auditor: Auditor | None = None
    configuration: Callable[[], Configuration] | None = None
    notifier: Callable[[str], Notifier] | None = None


class Following(Protocol):
    """Where a configuration comes from."""

    def begin(self) -> None:
        """Read it, unless it was read. Raises `OncallError` when it cannot be read."""
        ...

    def refresh(self) -> tuple[str, ...]:
        """Look whether there is something new; sentences to tell."""
        ...

    def __call__(self) -> Configuration:
        """The last good one; an empty one before it was read. Raises nothing."""
        ...


@contextmanager
def owned(
    store: Store,
    following: Following,
    notifier: Callable[[str], Notifier],
    alarm: Callable[[str], None],
    clock: SteadyClock,
    *,
    drive: Drive,
    name: str = "",
    socket: Path | None = None,
    serves: bool = False,
) -> Iterator[Opened]:
    """Open for business on `store`, which is closed at the end. `socket`: None when other servers share the store.

    `clock`: the store's, where it has none of its own. `serves`: this process answers the links that pages have.
    """
    alarm = unbroken(alarm)
    try:
        kept = FallbackStore(store, clock.now, shared=socket is None)
    except BaseException:
        store.close()
        raise
    with ExitStack() as stack:
        stack.callback(kept.close)
        everything = drive == "all"
        if everything:
            following.begin()
        if serves:
            begun(kept)
        sign = Links(kept, following) if serves or socket is None else None
        if socket is None:
            desk = Desk(kept, following, clock="database", sign=sign)
        else:
            desk = Desk(kept, following, ahead=lambda: clock.ahead, sign=sign)
        pager = Pager(desk, notifier, None if everything else set())
        crew = stack.enter_context(Crew(pager, alarm).start())
        vitals = Vitals()
        auditor = stack.enter_context(Auditor(kept, crew, alarm, vitals=vitals).start()) if everything else None

        def submit(request: Request) -> Future[Reply]:
            following.begin()  # in the thread of whoever asks, who is told when it cannot be read
            return crew.submit(request)

        def driven(incident_id: str) -> None:
            row = kept.incident(incident_id)
            if row is not None:
                following.begin()  # first: its pages may be taken over at the next tick, and go to nobody otherwise
                pager.drive(incident_id)
                submit(Tick(row))

        office = StoreOffice(kept, submit)
        if socket is not None:
            server = Server(socket, office, driven, name=name, drives="all" if everything else "own")
            try:
                stack.enter_context(server.start())
            except OncallError as error:
                alarm(f"{error}; other commands cannot reach this store while this one runs")
        if everything:
            stack.enter_context(_Refreshing(following, clock, alarm, vitals))
        else:
            # What was decided a moment ago is sent and written down, while others still get answers.
            stack.callback(crew.settle, SENDING)
        yield Opened(office, crew, kept, False, everything, driven, auditor, following, notifier)


def unbroken(alarm: Callable[[str], None]) -> Callable[[str], None]:
    """The same, raising nothing: who cannot be told, as standard error is closed, must not end who tells."""

    def said(text: str) -> None:
        with suppress(Exception):
            alarm(text)

    return said


def stepped(step: timedelta) -> str:
    """What to tell of a clock that was set, or of a machine that slept."""
    seconds = step.total_seconds()
    if seconds < 0:
        return f"clock stepped: {-seconds:.0f} s back; no wait is longer for it, and shifts are told by the new time"
    return f"clock stepped: {seconds:.0f} s ahead at once, or the machine slept; what was due meanwhile is late"


class _Refreshing:
    """Looks at the configuration and at the clock every `EVERY` seconds, in a thread of its own, until the end."""

    def __init__(self, following: Following, clock: SteadyClock, alarm: Callable[[str], None], vitals: Vitals) -> None:
        self._vitals = vitals
        self._following = following
        self._clock = clock
        self._alarm = alarm
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oncall-configuration", daemon=True)

    def _run(self) -> None:
        while not self._ending.wait(EVERY):
            for sentence in (*self._following.refresh(), *map(stepped, self._clock.steps())):
                self._alarm(sentence)
            self._vitals.beat("configuration")

    def __enter__(self) -> Self:
        self._vitals.expect("configuration", LOOKS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
