"""When the store has failed: it is said at once, and the last resort is told once an hour until it works again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.job import Job
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.reach import reached

HOUR = 3600.0  # seconds between two outcries


class Outcry:
    """Watches a store for whoever runs this. `token`: so many random bytes, as hex."""

    def __init__(
        self, configuration: Callable[[], Configuration], token: Callable[[int], str], monotonic: Callable[[], float]
    ) -> None:
        self._configuration = configuration
        self._token = token
        self._monotonic = monotonic
        self._said = ""
        self._next = 0.0

    def heard(self, store: Store, now: datetime) -> tuple[list[str], list[Job]]:
        """What is to be said now, and the messages to the last resort."""
        failed = store.failed if isinstance(store, FallbackStore) else None
        if failed is None:
            if not self._said:
                return [], []
            self._said = ""
            return ["the store works again, and what was decided meanwhile is written down"], []
        if not self._said:
            self._next = self._monotonic()
        text = f"the store has failed: {failed}; open incidents and new signals are paged from memory"
        said, self._said = self._said, text
        if self._monotonic() < self._next:
            return ([] if said else [text]), []
        self._next = self._monotonic() + HOUR
        return [text], self._jobs(text, now)

    def _jobs(self, text: str, now: datetime) -> list[Job]:
        """One message to everybody of the last resort, by the first of their rules."""
        configuration = self._configuration()
        resort = configuration.world.last_resort()
        found = reached(resort.targets, now, configuration.world).due if resort is not None else ()
        jobs = []
        for each in found:
            if each.at <= now:
                page_id = f"store-{self._token(6)}"
                message = cleaned(Message(page_id, "", "critical", "oncall", text, kind="notice"))
                whom = (each.person, each.channel, f"{each.person or '-'}/{each.channel}", each.address)
                jobs.append(Job(page_id, 0, "", *whom, message, now, self._monotonic(), "notice"))
        return jobs
