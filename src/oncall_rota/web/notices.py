"""Notices of handoffs and of changed shifts: looked for in a thread, and given to the desk as every page is.

They are no pages: while the store has failed none is sent, and what is old by then tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Callable

from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.web.looking import Looking
from oncall_rota.web.notice_changes import Changes
from oncall_rota.web.notice_handoffs import Handoffs
from oncall_rota.web.premises import Premises

EVERY = 15.0  # seconds between two looks


class Notices(Looking):
    """Looks until the end."""

    def __init__(self, premises: Premises, alarm: Callable[[str], None]) -> None:
        super().__init__("oncall-notices", EVERY, "nobody is told of handoffs and changes", alarm)
        self._premises = premises
        self._handoffs = Handoffs(premises)
        self._changes = Changes(premises)

    def look(self) -> None:
        """Look once. Raises `StoreFailed`, `TimeoutError`."""
        premises = self._premises
        if isinstance(premises.store, FallbackStore) and premises.store.failed is not None:
            return
        configuration = premises.configuration()
        if not configuration.teams:  # it was not read yet
            return
        now = premises.now()
        self._handoffs.look(configuration, now)
        self._changes.look(configuration, now)
