"""Doing something about incidents, for programs: as `oncall incident ack`, `resolve`, `snooze` and the others.

Who acts is whose token it is; where it is nobody's, the label of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config import suggest
from oncall_rota.paging import outlook
from oncall_rota.paging.incident import Acknowledged, Declined, Event, Page, Reassigned, Resolved, Snoozed
from oncall_rota.paging.message import clean
from oncall_rota.paging.office import ANSWERED
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.reference import Named
from oncall_rota.paging.request import Act, Acted, Remark
from oncall_rota.paging.saved import readable
from oncall_rota.rendering.incident import mapping, nobodys
from oncall_rota.timeline.duration import parse
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import Fields, fields_of
from oncall_rota.web.incident_spec import act as spec
from oncall_rota.web.incidents import answer, meant, name_of

VIA, BOARD = "api", "board"  # by a program, or by a button that somebody has pressed
SNOOZE = timedelta(hours=1)  # of a page to a person, and where nobody knows the team any more
LONGEST_SNOOZE = timedelta(days=366)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)

# What an act asks for, about one of the incidents that are meant, by this actor at this time.
Make = Callable[[str, Named, datetime], Event]


class Deed(NamedTuple):
    """An act. `make`: what its fields mean; it raises `Refused`."""

    fields: tuple[str, ...]
    make: Callable[[Fields, Visit], Make]


def _acknowledge(_: Fields, visit: Visit) -> Make:
    via = VIA if visit.visitor.form is None else BOARD
    return lambda by, _, __: Acknowledged(by, via)


def _resolve(_: Fields, __: Visit) -> Make:
    return lambda by, _, __: Resolved(by)


def _decline(fields: Fields, _: Visit) -> Make:
    # By the code of a page it is that page which is declined: twice is no more than once.
    page = fields.text("page", 80)
    return lambda by, meant, _: Declined(by, page or (meant.page if by == meant.whose else None))


def _snooze(fields: Fields, visit: Visit) -> Make:
    length, until = fields.text("for", 80), fields.text("until", 80)
    if length is not None and until is not None:
        raise Refused(400, "give 'for' or 'until', not both")
    span = None if length is None else _span(length)
    end_at = None if until is None else _instant(until)
    world = visit.premises.configuration().world

    def snoozed(by: str, meant: Named, now: datetime) -> Snoozed:
        team = world.team(meant.row.team)
        usual = team.snooze if team is not None else SNOOZE
        at = end_at if end_at is not None else now + (span or usual)
        if not now < at <= now + LONGEST_SNOOZE:
            raise Refused(400, f"until: it is later than now, and at most {LONGEST_SNOOZE.days} days")
        return Snoozed(by, at)

    return snoozed


def _reassign(fields: Fields, visit: Visit) -> Make:
    to, people = fields.needed("to", 80), visit.premises.configuration().people
    if to not in people:
        near = suggest(clean(to), people)
        raise Refused(400, f"to: no person {clean(to)!r} in people.yaml", f"did you mean {near!r}?" if near else "")
    return lambda by, _, __: Reassigned(by, to)


DEEDS: Mapping[str, Deed] = {
    "ack": Deed((), _acknowledge),
    "resolve": Deed((), _resolve),
    "snooze": Deed(("for", "until"), _snooze),
    "decline": Deed(("page",), _decline),
    "reassign": Deed(("to",), _reassign),
}


async def act(visit: Visit) -> Response:
    """Do what the last part of the path says, to every incident that the reference means."""
    deed = DEEDS[visit.request.url.path.rpartition("/")[2]]
    fields = await fields_of(visit.request, (*deed.fields, "by", "dry_run"))
    by, dry_run = actor(visit, fields), fields.truth("dry_run")
    make = deed.make(fields, visit)
    now = await run_in_threadpool(visit.premises.now)
    found = await run_in_threadpool(meant, visit, [str(visit.request.path_params["reference"])])
    events = [(each, make(by, each, now)) for each in found]
    if dry_run:
        return _told(visit, await run_in_threadpool(_rehearsed, visit, events, now), dry_run=True)
    requests = [Act(each.row.id, event, by) for each, event in events]
    return _told(visit, _outcomes(found, await answered(visit, requests)))


async def note(visit: Visit) -> Response:
    """Write something down about an incident."""
    fields = await fields_of(visit.request, ("text", "by", "dry_run"))
    by, text = actor(visit, fields), fields.needed("text")
    found = await run_in_threadpool(meant, visit, [str(visit.request.path_params["reference"])])
    if fields.truth("dry_run"):
        told = [_outcome(each, Acted(readable(each.row))) for each in found]
        return _told(visit, told, dry_run=True)
    replies = await answered(visit, [Remark(each.row.id, by, text) for each in found])
    return _told(visit, _outcomes(found, replies))


def actor(visit: Visit, fields: Fields) -> str:
    """Who acts. Raises `Refused` when the body says somebody else."""
    who = visit.visitor.person or clean(visit.visitor.name, 80) or visit.visitor.rule
    wanted = fields.text("by", 80)
    if wanted is not None and wanted != who:
        hint = "leave out 'by', or use a token of that person's"
        raise Refused(403, f"by: this token is that of {who!r}", hint)
    return who


async def answered(visit: Visit, requests: Sequence[Act | Remark]) -> list[Acted]:
    """What the desk makes of them, on disk or in memory. Raises `StoreFailed`."""
    futures = [asyncio.wrap_future(visit.premises.submit(each)) for each in requests]
    try:
        async with asyncio.timeout(ANSWERED):
            replies = await asyncio.gather(*futures)
    except TimeoutError:
        words = f"nothing was decided within {ANSWERED:g} s, and it may be done yet"
        raise StoreFailed("locked", words) from None
    return [reply for reply in replies if isinstance(reply, Acted)]


def _outcomes(found: Sequence[Named], replies: Sequence[Acted]) -> list[dict[str, Any]]:
    return [_outcome(each, acted) for each, acted in zip(found, replies, strict=True)]


def _outcome(meant: Named, acted: Acted) -> dict[str, Any]:
    if acted.incident is None:
        raise Refused(404, f"incident {meant.row.id} is gone")
    after = meant.row._replace(status=acted.incident.status)  # type: ignore[arg-type]
    told = {"done": not acted.refused, "refused": acted.refused or None, "in_memory": acted.held}
    return mapping(after, acted.incident) | told


def _rehearsed(visit: Visit, events: Sequence[tuple[Named, Event]], now: datetime) -> list[dict[str, Any]]:
    """What it would come to, and whom it would page."""
    names, told = name_of(visit), []
    for each, event in events:
        world = visit.premises.configuration().world
        found = outlook.rehearsed(readable(each.row), event, world, now)
        pages = [
            {
                "person": page.person,
                "name": nobodys(page.address) if page.person is None else names(page.person),
                "channel": page.channel,
                "why": page.why,
            }
            for page in found.actions
            if isinstance(page, Page)
        ]
        told.append(_outcome(each, Acted(found.incident, found.refused)) | {"would_page": pages})
    return told


def _told(visit: Visit, outcomes: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> Response:
    told: dict[str, Any] = {"version": 1, "dry_run": dry_run, "incidents": list(outcomes)}
    if any(each["done"] for each in outcomes):
        return answer(told, visit)
    error = {"message": str(outcomes[0]["refused"]), "hint": "GET /v1/incidents/{reference} tells how it stands"}
    return answer(told | {"error": error}, visit, 409)


def _span(text: str) -> timedelta:
    try:
        found = parse(text)
    except ValueError as error:
        raise Refused(400, f"for: {error}") from None
    if not timedelta(0) < found <= LONGEST_SNOOZE:
        raise Refused(400, f"for: it is more than nothing, and at most {LONGEST_SNOOZE.days} days")
    return found


def _instant(text: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused(400, "until: it is an instant with its offset, e.g. 2026-06-02T12:00:00Z")


def _door(verb: str, doc: str, *needed: str, **fields: str) -> Door:
    handler = note if verb == "note" else act
    return Door(("POST",), f"/v1/incidents/{{reference}}/{verb}", "responder", handler, doc, spec(*needed, **fields))


INCIDENT_ACTS = (
    _door("ack", "Take it: nobody else is paged for it."),
    _door("resolve", "Say that it is over."),
    _door("snooze", "Take it, and be paged again later.", **{"for": "How long: 30m, 2h.", "until": "Or an instant."}),
    _door("decline", "Not take it: the next step is paged now.", page="The id of the page."),
    _door("reassign", "Give it to somebody, who is paged now.", "to", to="A person's id."),
    _door("note", "Write something down about it.", "text", text="What to write down."),
)
