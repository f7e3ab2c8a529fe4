"""What stands behind every door: the office, the configuration of this moment, and who watches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from oncall_rota.intake import Routing
from oncall_rota.paging.auditor import Auditor
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.crew import Crew
from oncall_rota.paging.hearing import Hearing
from oncall_rota.paging.office import Office
from oncall_rota.paging.ports.notifier import Notifier
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import Reply, Request
from oncall_rota.web.access_gate import Gate
from oncall_rota.web.feed_kept import Feeds
from oncall_rota.web.fetching import Fetching
from oncall_rota.web.query_now import Present
from oncall_rota.web.together import Together


class Routings:
    """The routes of the present configuration, made when it is new."""

    def __init__(self) -> None:
        self._made: tuple[Configuration, Routing] | None = None

    def __call__(self, configuration: Configuration) -> Routing:
        """The routes of a configuration."""
        made = self._made
        if made is None or made[0] is not configuration:
            made = self._made = configuration, Routing(configuration.settings, configuration.teams)
        return made[1]


class Premises(NamedTuple):
    """Of one server process. `submit`: a request to the desk, awaited and never waited for.

    `notifier`: a channel by name; it may raise. `office`, `hearing` and `store` wait for the disk: to be called in a
    thread. `started_at`: of this process, by the store's clock. `gate`: what the judges know. `together`: `submit` for
    what comes many at a time. `fetching`: what a hook wants to know.
    """

    submit: Callable[[Request], Future[Reply]]
    office: Office
    hearing: Hearing
    store: Store
    configuration: Callable[[], Configuration]
    notifier: Callable[[str], Notifier]
    crew: Crew
    auditor: Auditor
    started_at: datetime
    gate: Gate
    routing: Routings
    feeds: Feeds
    present: Present
    together: Together
    fetching: Fetching = Fetching()

    def now(self) -> datetime:
        """The present instant, by the store's clock."""
        return self.store.now()
