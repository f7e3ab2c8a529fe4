"""Incidents for programs: what is open, and the story of one; the same as `oncall incident list` and `show`."""

from __future__ import annotations

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging import outlook
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.reference import STATUSES, Named, named
from oncall_rota.paging.saved import readable
from oncall_rota.paging.world import World
from oncall_rota.rendering.course import Row, rows, waiting
from oncall_rota.rendering.incident import NameOf, listed, mapping
from oncall_rota.rendering.story import document
from oncall_rota.web.access_refusal import NOT_KEPT
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import is_wanted, only, parameter
from oncall_rota.web.incident_spec import LIST, STORY

SERVER = "oncall serve"
LIMIT, MOST = 100, 10_000  # incidents of a list
MOST_REFERENCES = 20
REFERENCE = re.compile(r"#?[0-9a-z]{1,64}", re.ASCII | re.IGNORECASE)


async def list_(visit: Visit) -> Response:
    """Incidents, newest first; or those that references mean."""
    only(visit.request, "status", "team", "limit", "reference")
    asked = visit.request.query_params
    references = asked.getlist("reference")
    if references:
        if len(references) > MOST_REFERENCES:
            raise Refused(400, f"reference: at most {MOST_REFERENCES} at once")
        found = await run_in_threadpool(meant, visit, references)
        told = [mapping(each.row, readable(each.row)) | {"whose": each.whose, "page": each.page} for each in found]
        return answer({"version": 1, "incidents": told, "more": False}, visit)
    statuses = STATUSES[parameter(visit.request, "status", STATUSES, "open")]
    written = asked.get("limit", str(LIMIT))
    limit = int(written) if re.fullmatch("[0-9]{1,5}", written, re.ASCII) else 0
    if not 0 < limit <= MOST:
        raise Refused(400, f"limit: it is a whole number from 1 to {MOST}")
    team = asked.get("team")
    own = visit.visitor.team
    if team is not None and (clean(team) != team or own not in (None, team)):
        return answer(listed((), limit), visit)
    found_rows = await run_in_threadpool(visit.premises.office.incidents, statuses, team or own, limit + 1)
    return answer(await run_in_threadpool(listed, found_rows, limit), visit)


async def show(visit: Visit) -> Response:
    """All about one incident, and what comes next."""
    only(visit.request, "next")
    with_next = is_wanted(visit.request, "next", default=True)
    return answer(await run_in_threadpool(_story, visit, with_next), visit)


def answer(told: dict[str, Any], visit: Visit, status: int = 200) -> Response:
    """What programs are told, and as whom they are known."""
    return JSONResponse(told | {"you": visit.visitor.person}, status, NOT_KEPT)


def meant(visit: Visit, references: list[str]) -> list[Named]:
    """The incidents that references mean, as far as they are the visitor's to see. Waits for the disk.

    Raises `Refused`, `StoreFailed`.
    """
    for each in references:
        if not REFERENCE.fullmatch(each):
            raise _no_incident(each)
    try:
        found = named(visit.premises.office, references, visit.visitor.person)
    except UnknownName as error:
        raise Refused(404, str(error), error.hint) from None
    except UsageError as error:
        raise Refused(409, str(error), error.hint) from None
    if any(not is_theirs(visit, each.row) for each in found):
        raise _no_incident(references[0])
    return found


def is_theirs(visit: Visit, row: IncidentRow) -> bool:
    """Whether a visitor may know of an incident: whoever shows a team's token, of that team's."""
    return visit.visitor.team in (None, row.team)


def _no_incident(reference: str) -> Refused:
    return Refused(404, f"no incident {clean(reference, 80)!r}", "GET /v1/incidents tells what is open")


def name_of(visit: Visit) -> NameOf:
    """A person's name, or the id, by the configuration of this moment."""
    people = visit.premises.configuration().people

    def name(person: str) -> str:
        reach = people.get(person)
        return reach.name if reach is not None and reach.name else person

    return name


def _story(visit: Visit, with_next: bool) -> dict[str, Any]:
    premises, reference = visit.premises, str(visit.request.path_params["reference"])
    found = meant(visit, [reference])
    if len(found) > 1:
        lines = [each.row.id for each in found]
        raise Refused(409, f"{reference} is of a page about {len(found)} incidents", f"name one: {', '.join(lines)}")
    story = premises.office.story(found[0].row.id)
    if story is None:
        raise _no_incident(reference)
    names = name_of(visit)
    following = coming(story.incident, visit, names) if with_next else ()
    return document(story, following, names, visit.visitor.person, SERVER)


def coming(incident: Incident, visit: Visit, names: NameOf, most: int = outlook.MOST) -> tuple[Row, ...]:
    """What happens to it as long as nobody does anything. `most`: moments that are looked at."""
    world = visit.premises.configuration().world
    if not _is_known(incident, world):
        return tuple(waiting(incident))
    moments = outlook.to_come(incident, world, visit.premises.now(), most)
    return tuple(rows(moments, incident.opened_at, names))


def _is_known(incident: Incident, world: World) -> bool:
    """Whether the configuration tells what happens to it."""
    return incident.person is not None or world.team(incident.team) is not None


INCIDENTS = (
    Door(("GET",), "/v1/incidents", "board", list_, "Incidents, newest first.", LIST),
    Door(("GET",), "/v1/incidents/{reference}", "board", show, "One incident, its pages and its story.", STORY),
)
