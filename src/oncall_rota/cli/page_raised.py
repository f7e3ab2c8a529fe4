"""The incident of one `oncall page`, wherever its store is, and whoever has that at the moment.

While another process has the store, that one drives the incident; when it ends, this one takes over and goes on with
the same incident.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING

from oncall_rota.cli.incident_office import Driving, driving, greeting
from oncall_rota.errors import OfficeGone, ServerGone
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import OPEN, IncidentRow
from oncall_rota.paging.signal import Accepted, Signal

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened

TRIES = 5  # of a signal whose receiver ends before it answers; its key makes one incident of them


class Raised:
    """Raises a signal, and tells what becomes of it. `open_`: a way to the store, anew at each call.

    Every method may raise `StoreFailed` and what `open_` raises.
    """

    def __init__(
        self,
        signal: Signal,
        open_: Callable[[], AbstractContextManager[Opened]],
        say: Callable[[str], None],
    ) -> None:
        self._signal = signal
        self._open = open_
        self._say = say
        self._stack = ExitStack()
        self._opened: Opened | None = None
        self.incident_id = ""
        self._driver: int | None = None  # the process that drives it; None: this one

    def raise_(self) -> Accepted:
        """Raise the signal; on disk when it returns. Raises `OfficeGone` after some tries, a server's after one."""
        tries = TRIES
        while True:
            try:
                accepted = self._office().office.signal(self._signal)
            except ServerGone:
                raise  # it has had its time
            except OfficeGone:
                self._leave()
                tries -= 1
                if not tries:
                    raise
            else:
                self.incident_id, self._driver = accepted.incident_id, self._has_it()
                return accepted

    def story(self) -> Story | None:
        """How it stands now; None: it could not be seen. Takes over when whoever had the store has ended."""
        try:
            opened = self._office()
            story = opened.office.story(self.incident_id)
            if self._has_it() != self._driver:
                self._have_driven(opened, story)
        except OfficeGone:
            self._leave()
            return None
        return story

    def _has_it(self) -> int | None:
        """The process that has the store; None: this one."""
        there = None if self._opened is None else greeting(self._opened)
        return None if there is None else there.process

    def _have_driven(self, opened: Opened, story: Story | None) -> None:
        """Another process has the store now than the one that drove the incident."""
        if story is not None and story.incident.is_open and driving(opened).by is None:
            opened.drive(self.incident_id)
            who = "another command that has the store by now" if opened.remote else "this command"
            self._say(f"whoever had the store has ended; {who} goes on with it")
        self._driver = self._has_it()

    def others(self) -> tuple[IncidentRow, ...]:
        """Other open incidents."""
        rows = self._office().office.incidents(OPEN)
        return tuple([row for row in rows if row.id != self.incident_id])

    @property
    def driven(self) -> Driving:
        """Who drives it besides this command."""
        return Driving(others=True) if self._opened is None else driving(self._opened)

    @property
    def is_dead(self) -> bool:
        """Whether the pager of this very process has died: nothing will be sent by it."""
        crew = None if self._opened is None else self._opened.crew
        return crew is not None and crew.died.is_set()

    def _office(self) -> Opened:
        if self._opened is None:
            self._opened = self._stack.enter_context(self._open())
        return self._opened

    def _leave(self) -> None:
        self._opened = None
        self._stack.close()

    def close(self) -> None:
        """Finish what is being sent, and leave."""
        self._leave()
