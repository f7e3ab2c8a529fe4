"""Overrides that take effect at once: made, told of and withdrawn, for programs and the command line."""

from __future__ import annotations

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config import known
from oncall_rota.config.wanted import placed
from oncall_rota.errors import OncallError, UnknownName
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.live import OverrideAsked
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import LiveOverride
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.rendering import override as rendering
from oncall_rota.schedule.model import Override, Team
from oncall_rota.schedule.revised import revised
from oncall_rota.timeline.interval import Interval
from oncall_rota.web import override_asked as asked
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import Fields, fields_of, is_wanted, only
from oncall_rota.web.incident_acts import actor
from oncall_rota.web.incidents import answer, name_of
from oncall_rota.web.override_spec import LIST, MADE, WITHDRAWN

NEW = "new"  # the id of one that is not kept, in a dry run


async def make(visit: Visit) -> Response:
    """Keep a live override; who is on call in its hours, before and after."""
    fields = await fields_of(visit.request, (*asked.FIELDS, "by", "dry_run"))
    by, dry_run = actor(visit, fields), fields.truth("dry_run")
    return answer(await made(visit, fields, by, dry_run=dry_run), visit, 200 if dry_run else 201)


async def made(visit: Visit, fields: Fields, by: str, *, dry_run: bool) -> dict[str, Any]:
    """What is told of an override of these fields, kept unless it is tried. Raises `Refused`, `StoreFailed`."""
    configuration, now = visit.premises.configuration(), await run_in_threadpool(visit.premises.now)
    wanted = asked.override(fields, str(visit.request.path_params["team"]), configuration, now, visit.visitor.person)
    _its_own(visit, wanted.team.name)
    start_at, end_at, _ = wanted.hours

    def line_of(override_id: str) -> dict[str, Override]:
        return placed(wanted.entry, wanted.team, start_at, end_at, override_id, by)

    kept = LiveOverride(NEW, wanted.team.name, json.dumps(wanted.entry), by, now)
    if not dry_run:
        kept = await _kept(visit, OverrideAsked(kept.team, kept.entry, by))
    lines = line_of(kept.id)
    pairs = [
        (schedule, revised(schedule, [*schedule.overrides, lines[name]]))
        for name, schedule in wanted.team.schedules.items()
        if name in lines
    ]
    changes = await run_in_threadpool(rendering.changes, pairs, Interval(start_at, end_at), name_of(visit))
    return _told(rendering.override(kept, lines), changes, dry_run)


async def list_(visit: Visit) -> Response:
    """Those that stand, of a team or of all."""
    only(visit.request)
    team, own = visit.request.path_params.get("team"), visit.visitor.team
    configuration = visit.premises.configuration()
    if team is not None and team not in configuration.teams and team not in configuration.stale:
        raise Refused(404, f"no team {clean(team, 80)!r}", known(clean(team, 80), configuration.teams))
    kept = await run_in_threadpool(visit.premises.office.overrides)
    rows = [
        rendering.override(each, rendering.lines_of(each.id, configuration.teams.get(each.team)))
        for each in kept
        if team in (None, each.team) and own in (None, each.team)
    ]
    return answer({"version": 1, "overrides": rows}, visit)


async def withdraw(visit: Visit) -> Response:
    """Let one hold no more; who is on call in its hours, before and after."""
    only(visit.request, "dry_run")
    team, override_id = str(visit.request.path_params["team"]), str(visit.request.path_params["id"])
    dry_run = is_wanted(visit.request, "dry_run", default=False)
    _its_own(visit, team)
    configuration = visit.premises.configuration()
    kept = await run_in_threadpool(visit.premises.store.override, override_id)
    if kept is None or kept.team != team:
        hint = f"GET /v1/overrides/{clean(team, 80)} tells those that stand"
        raise Refused(404, f"{clean(team, 80)} has no live override {clean(override_id, 80)!r}", hint)
    if kept.ended_why == "folded":
        raise Refused(409, f"the file of {team} has {override_id!r}, and alone decides", "edit the file")
    lines = rendering.lines_of(override_id, configuration.teams.get(team))
    changes = await run_in_threadpool(_without, visit, configuration, team, lines)
    if not dry_run:
        by = visit.visitor.person or clean(visit.visitor.name, 80) or visit.visitor.rule
        await run_in_threadpool(visit.premises.office.cancel_override, override_id, by)
    return answer(_told(rendering.override(kept, lines), changes, dry_run), visit)


def _without(visit: Visit, configuration: Configuration, team: str, lines: dict[str, Override]) -> list[rendering.Row]:
    if not lines:
        return []
    first = next(iter(lines.values()))
    found: Team = configuration.teams[team]
    pairs = [
        (
            found.schedules[name],
            revised(found.schedules[name], [each for each in found.schedules[name].overrides if each is not line]),
        )
        for name, line in lines.items()
    ]
    return rendering.changes(pairs, Interval(first.start_at, first.end_at), name_of(visit))


def _its_own(visit: Visit, team: str) -> None:
    if visit.visitor.team not in (None, team):
        raise Refused(403, f"this token is for team {visit.visitor.team!r} alone")


async def _kept(visit: Visit, wanted: OverrideAsked) -> LiveOverride:
    try:
        return await run_in_threadpool(visit.premises.office.add_override, wanted)
    except StoreFailed:
        raise
    except OncallError as error:
        raise Refused(404 if isinstance(error, UnknownName) else 400, str(error), error.hint) from None


def _told(row: rendering.Row, changes: list[rendering.Row], dry_run: bool) -> dict[str, Any]:
    return {"version": 1, "dry_run": dry_run, "override": row, "changes": changes}


OVERRIDES = (
    Door(("GET",), "/v1/overrides", "board", list_, "The live overrides of all teams.", LIST),
    Door(("GET",), "/v1/overrides/{team}", "board", list_, "Those of a team.", LIST),
    Door(("POST",), "/v1/overrides/{team}", "responder", make, "Cover that takes effect at once.", MADE),
    Door(("DELETE",), "/v1/overrides/{team}/{id}", "responder", withdraw, "Withdraw it.", WITHDRAWN),
)
