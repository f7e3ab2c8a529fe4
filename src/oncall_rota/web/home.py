"""The first page, for somebody who has signed in: what is open, newest first, and their own way into what they got."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.humantime import moment_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD
from oncall_rota.paging.job import page_data
from oncall_rota.paging.link import ACKNOWLEDGE, LASTS, signed, valid
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.store import IncidentRow, LinkKey, Store
from oncall_rota.paging.saved import incident_of
from oncall_rota.timeline.zone import zone
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import page as rendered
from oncall_rota.web.spec import Spec, page

SHOWN = 30  # incidents
SUMMARY, NAME = 160, 40  # the most that is shown of a text, in code points


class Row(NamedTuple):
    """An open incident. `address`: of the page that the visitor was sent about it; empty: they were not."""

    at: str
    severity: str
    team: str
    summary: str
    state: str
    tone: str
    address: str


async def home(visit: Visit) -> Response:
    """What is open; nothing is done by looking, nor by following a link from here."""
    premises, person = visit.premises, visit.visitor.person
    key = valid(await premises.gate.link_keys.get(), premises.gate.now())[0]
    rows = await run_in_threadpool(premises.store.incidents, team=visit.visitor.team, limit=SHOWN + 1)
    shown = await run_in_threadpool(_rows, visit, rows[:SHOWN], key)
    name = _name(premises.configuration(), person) if person is not None else ""
    once = await premises.gate.forms.new(visit.visitor.forms) if visit.visitor.forms else ""
    return rendered("home", rows=shown, more=len(rows) > SHOWN, name=name, once=once)


def _rows(visit: Visit, rows: tuple[IncidentRow, ...], key: LinkKey) -> list[Row]:
    """Waits for the disk."""
    premises, person, now = visit.premises, visit.visitor.person, visit.premises.gate.now()
    configuration = premises.configuration()
    return [_row(row, configuration, _address(premises.store, row, person, key, now)) for row in rows]


def _row(row: IncidentRow, configuration: Configuration, address: str) -> Row:
    incident, team = incident_of(row), configuration.world.team(row.team)
    state, tone = "nobody has acknowledged it", "no"
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by is not None:
        state, tone = f"{_name(configuration, incident.acknowledged_by)} has it", "yes"
    elif incident.status == HELD:
        state, tone = "it waits, nobody was paged yet", "soft"
    return Row(
        moment_text(row.opened_at.replace(second=0, microsecond=0), zone(team.timezone if team is not None else "UTC")),
        clean(incident.severity, NAME),
        clean(incident.team, NAME) or "for a person",
        clean(incident.summary, SUMMARY),
        state,
        tone,
        address,
    )


def _address(store: Store, row: IncidentRow, person: str | None, key: LinkKey, now: datetime) -> str:
    """The link of the last page that a person got about an incident, as their phone has it."""
    if person is None:
        return ""
    own = [page for page in store.pages(row.id) if page.person == person and page_data(page.data).what != "notice"]
    return f"/a/{signed(key, ACKNOWLEDGE, (own[-1].id, person), now + LASTS)}" if own else ""


def _name(configuration: Configuration, person: str) -> str:
    reach = configuration.world.reach(person)
    return clean(reach.name if reach is not None and reach.name else person, NAME)


HOME = (
    Door(
        ("GET",), "/", "board", home, "What is open, for a browser.", Spec({200: page("The incidents that are open.")})
    ),
)  # fmt: skip
