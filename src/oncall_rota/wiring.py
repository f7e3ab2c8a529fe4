"""Where real adapters meet ports: what a command needs of the lower floors, put together."""

from __future__ import annotations

from oncall_rota.config import Catalog, paging
from oncall_rota.paging.world import Configured


def world(catalog: Catalog) -> Configured:
    """What escalation asks, answered from a folder that was read whole."""
    found = paging(catalog)
    return Configured(found.teams, found.people, found.last_resort, catalog.teams)
