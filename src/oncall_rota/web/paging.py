"""Paging by hand, for programs: what `oncall page` asks of a server."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config import suggest
from oncall_rota.intake.severity import severity_of
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.paging.model import CRITICAL
from oncall_rota.paging.office import ANSWERED
from oncall_rota.paging.ports.store import StoreFailed, Unstorable
from oncall_rota.paging.saved import readable
from oncall_rota.paging.signal import KEY, PAGED_BY_HAND, Accepted, Signal
from oncall_rota.rendering.incident import mapping
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import fields_of
from oncall_rota.web.incident_acts import VIA, actor
from oncall_rota.web.incident_spec import PAGE
from oncall_rota.web.incidents import answer

FIELDS = ("target", "summary", "severity", "service", "via", "lines", "dedup_key", "id", "by")
_ID = re.compile("[0-9a-f]{16}", re.ASCII)


class Target(NamedTuple):
    """A team, or one person; the other is empty."""

    team: str = ""
    person: str = ""


async def page(visit: Visit) -> Response:
    """Page a team's escalation, or one person; on disk when it is answered. The same key again joins what is open."""
    fields = await fields_of(visit.request, FIELDS)
    by, configuration = actor(visit, fields), visit.premises.configuration()
    target = target_of(fields.needed("target", 200), configuration)
    if visit.visitor.team not in (None, target.team):
        raise Refused(403, f"this token is for team {visit.visitor.team!r} alone")
    incident_id = fields.text("id", 80) or ""
    if incident_id and not _ID.fullmatch(incident_id):
        raise Refused(400, "id: it is 16 hexadecimal digits", "leave it out, and the server makes one")
    signal = Signal(
        PAGED_BY_HAND,
        fields.text("dedup_key", KEY) or incident_id or secrets.token_hex(8),
        fields.needed("summary"),
        "trigger",
        target.team,
        severity_of(fields.text("severity", 80)) or CRITICAL,
        _known("service", fields.text("service", 200), _services(target, configuration)),
        target.person or None,
        fields.texts("lines"),
        via=_known("via", fields.text("via", 200), list(configuration.channels)),
        cause=f"{by}, {VIA}",
        incident_id=incident_id,
    )
    accepted = await _accepted(visit, signal)
    row = await run_in_threadpool(visit.premises.store.incident, accepted.incident_id)
    if row is None:
        raise StoreFailed("gone", "the incident is kept, and cannot be read now")
    told = {"version": 1, "what": accepted.what, "incident": mapping(row, readable(row))}
    return answer(told, visit, 201 if accepted.what == "opened" else 200)


async def _accepted(visit: Visit, signal: Signal) -> Accepted:
    try:
        async with asyncio.timeout(ANSWERED):
            reply = await asyncio.wrap_future(visit.premises.submit(signal))
    except TimeoutError:
        words = f"nothing was decided within {ANSWERED:g} s, and it may be done yet"
        raise StoreFailed("locked", words) from None
    except Unstorable as error:
        raise Refused(400, str(error), error.hint) from None
    assert isinstance(reply, Accepted)
    return reply


def target_of(written: str, configuration: Configuration) -> Target:
    """What a target means. Raises `Refused` when nothing has that name, or two things do."""
    kind, colon, name = written.partition(":")
    name = name if colon and kind in ("team", "person") else written
    is_team = configuration.world.team(name) is not None and not written.startswith("person:")
    is_person = name in configuration.people and not written.startswith("team:")
    if is_team and is_person:
        raise Refused(400, f"{written!r} is a team and a person", f"write team:{written} or person:{written}")
    if is_team or is_person:
        return Target(team=name) if is_team else Target(person=name)
    near = suggest(clean(name, 80), [*configuration.teams, *configuration.people])
    raise Refused(404, f"no team and no person {clean(written, 80)!r}", f"did you mean {near!r}?" if near else "")


def _services(target: Target, configuration: Configuration) -> list[str]:
    team = configuration.teams.get(target.team)
    return [] if team is None else list(team.services)


def _known(field: str, name: str | None, there: list[str]) -> str | None:
    if name is None or name in there:
        return name
    near = suggest(clean(name, 80), there)
    hint = f"did you mean {near!r}?" if near else f"there is {', '.join(there) or 'none'}"
    raise Refused(404, f"{field}: there is no {clean(name, 80)!r}", hint)


PAGES = (Door(("POST",), "/v1/pages", "responder", page, "Page a team's escalation, or one person.", PAGE),)
