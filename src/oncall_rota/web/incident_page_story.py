"""All that the page of one incident shows."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from oncall_rota.paging.incident import ACKNOWLEDGED, Incident
from oncall_rota.paging.message import LINES as MOST
from oncall_rota.paging.message import clean
from oncall_rota.paging.office import Story
from oncall_rota.paging.reference import Named
from oncall_rota.web.door import Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.incident_page_clock import RELOADS, Clock, Other, Told, clock_of, live_of, zones
from oncall_rota.web.incident_page_list import Row, row_of
from oncall_rota.web.incident_page_offer import Offer, offer
from oncall_rota.web.incident_page_state import NAME, Next, Standing, following, mark, standing, tone
from oncall_rota.web.incident_page_told import Part, part
from oncall_rota.web.incidents import coming, meant, name_of

TITLE, LINES, LINE = 160, 5, 160  # what is shown at once, as the button has to be in sight; in code points
SUMMARY, WHOLE = 1000, 400  # of all of it, and of each of its lines
NEXT = 12  # lines of what comes
_UNTIL = re.compile(r"\d{1,6}", re.ASCII)


class Shown(NamedTuple):
    """`lines`: what else its monitor said; `whole`: all that it said, if it is more. `runbook`: an address of the web.

    `taken`: somebody has it, so that what ends it must not stand where `Acknowledge` stood. `earlier`, `later`: where
    the rest of a long story is. `over`: nothing comes any more.
    """

    id: str
    action: str
    mark: str
    tone: str
    severity: str
    team: str
    service: str
    summary: str
    lines: tuple[str, ...]
    whole: tuple[str, ...]
    source: str
    signals: int
    opened: Told
    apart: str
    standing: Standing
    taken: bool
    over: bool
    runbook: str
    next: tuple[Next, ...]
    story: Part
    earlier: str
    later: str
    offer: Offer | None
    now: Told
    zones: tuple[Other, ...]
    live: str
    reloads: tuple[Other, ...]
    again: str


def all_meant(visit: Visit) -> list[Named]:
    """The incidents that the address means: several of a bundle's code. Waits for the disk. Raises `Refused`."""
    return meant(visit, [str(visit.request.path_params["reference"])])


def one_meant(visit: Visit) -> Named:
    """The only one. Waits for the disk. Raises `Refused`."""
    found = all_meant(visit)
    if len(found) > 1:
        raise Refused(409, "this code is of a page about several incidents", "choose one of them")
    return found[0]


def kept(visit: Visit, incident: str) -> Story:
    """Everything about it. Waits for the disk. Raises `Refused`, `StoreFailed`."""
    story = visit.premises.office.story(incident)
    if story is None:
        raise Refused(404, f"there is no incident {incident} any more", "see what is open")
    return story


def clock_for(visit: Visit, story: Story) -> Clock:
    """The clock of the page. Raises `Refused`."""
    return clock_of(visit, (story.incident.team,), visit.premises.now())


def several(visit: Visit, found: list[Named]) -> tuple[Row, ...]:
    """To choose from. Waits for the disk."""
    clock = clock_of(visit, {each.row.team for each in found}, visit.premises.now())
    return tuple([row_of(each.row, visit, clock) for each in found])


def shown(visit: Visit, story: Story, clock: Clock) -> Shown:
    """What to show. Waits for the disk."""
    incident, names, me = story.incident, name_of(visit), visit.visitor.person
    configuration = visit.premises.configuration()
    runbook = configuration.runbooks.get((incident.team, incident.service or ""), "")
    told = part(story, _until(visit), me, names, clock)
    whole = told.last == told.of
    live = live_of(visit) if whole else ""
    return Shown(
        id=story.row.id,
        action=address(visit, story.row.id),
        mark=mark(incident.severity),
        tone=tone(incident.severity),
        severity=clean(incident.severity, NAME),
        team=clean(incident.team, NAME) or f"for {clean(names(incident.person or ''), NAME)}",
        service=clean(incident.service or "", NAME),
        summary=clean(incident.summary, TITLE) or "(no text)",
        lines=tuple([clean(line, LINE) for line in incident.lines[:LINES]]),
        whole=_whole(incident),
        source=clean(story.row.source, NAME),
        signals=incident.signals,
        opened=clock.full(story.row.opened_at),
        apart=clock.apart(story.row.opened_at),
        standing=standing(incident, me, names, clock),
        taken=incident.status == ACKNOWLEDGED,
        over=not incident.is_open,
        runbook=runbook if runbook.startswith(("https://", "http://")) else "",
        next=tuple(islice(following(coming(incident, visit, names), names, clock), NEXT)) if incident.is_open else (),
        story=told,
        earlier=address(visit, story.row.id, until=str(told.first - 1)) if told.first > 1 else "",
        later="" if whole else address(visit, story.row.id),
        offer=offer(incident, visit, visit.premises.now()),
        now=clock.now,
        zones=tuple(
            [
                Other(each, f"/incidents/{story.row.id}?{urlencode({'tz': each})}", each == clock.zone.name)
                for each in zones(visit, clock, (incident.team,))
            ]
        ),
        live=live,
        reloads=tuple(
            [Other(text, address(visit, story.row.id, live=each), each == live) for each, text in RELOADS.items()]
        ),
        again=address(visit, story.row.id),
    )


def _whole(incident: Incident) -> tuple[str, ...]:
    """All that its monitor said, where it is too much to be shown at once."""
    is_short = len(incident.summary) <= TITLE and all(len(each) <= LINE for each in incident.lines)
    if is_short and len(incident.lines) <= LINES:
        return ()
    return (clean(incident.summary, SUMMARY), *[clean(line, WHOLE) for line in incident.lines[:MOST]])


def address(visit: Visit, incident: str, **more: str) -> str:
    """The page of an incident, by the clock that was asked for."""
    asked = {"tz": visit.request.query_params.get("tz", "")} | more
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/incidents/{incident}{f'?{query}' if query else ''}"


def _until(visit: Visit) -> int | None:
    until = visit.request.query_params.get("until", "")
    return int(until) if _UNTIL.fullmatch(until) else None
