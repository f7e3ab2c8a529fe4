"""What is open, for the top of the first page: newest first, read at most once a second."""

from __future__ import annotations

from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from oncall_rota.humantime import moment_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.saved import incident_of
from oncall_rota.timeline.zone import zone
from oncall_rota.web.access_fresh import EVERY, Fresh
from oncall_rota.web.query_now import called

SHOWN = 5  # incidents; the others are on their own page
SUMMARY, NAME = 160, 40  # the most that is shown of a text, in code points


class Row(NamedTuple):
    """An open incident. `tone`: no, yes or soft, as the state is."""

    id: str
    at: str
    opened: str
    severity: str
    team: str
    summary: str
    state: str
    tone: str


class Open(NamedTuple):
    """`rows`: the newest. `more`: whether there are others. `failed`: why nobody knows."""

    rows: tuple[Row, ...] = ()
    more: bool = False
    failed: str = ""


class Opened:
    """Of one server process."""

    def __init__(self, store: Store, every: float = EVERY) -> None:
        self._store = store
        self._newest = Fresh(lambda: store.incidents(limit=SHOWN + 1), every=every)

    async def get(self, configuration: Configuration, team: str | None) -> Open:
        """What is open; of a team alone, when one is given."""
        try:
            if team is None:
                rows = await self._newest.get()
            else:
                rows = await run_in_threadpool(self._store.incidents, team=team, limit=SHOWN + 1)
        except StoreFailed as error:
            return Open(failed=str(error))
        return Open(tuple([_row(each, configuration) for each in rows[:SHOWN]]), len(rows) > SHOWN)


def _row(row: IncidentRow, configuration: Configuration) -> Row:
    incident, team = incident_of(row), configuration.world.team(row.team)
    state, tone = "nobody has acknowledged it", "no"
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by is not None:
        state, tone = f"{clean(called(configuration, incident.acknowledged_by), NAME)} has it", "yes"
    elif incident.status == HELD:
        state, tone = "it waits, nobody was paged yet", "soft"
    clock = zone(team.timezone if team is not None else "UTC")
    opened_at = row.opened_at.replace(second=0, microsecond=0)
    return Row(
        row.id,
        moment_text(opened_at, clock, abbreviated=True),
        opened_at.isoformat(),
        clean(incident.severity, NAME),
        clean(incident.team, NAME) or "for a person",
        clean(incident.summary, SUMMARY),
        state,
        tone,
    )
