"""Why somebody is on call at a moment: layer, turn, override, file and line, and what it would have been."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.humantime import moment_text
from oncall_rota.paging.message import clean
from oncall_rota.rendering import why
from oncall_rota.rendering.who import NameOf
from oncall_rota.schedule import Change, LayerState, explanation
from oncall_rota.schedule.model import Source
from oncall_rota.timeline.zone import UTC_ZONE, Zone, epoch, moment
from oncall_rota.web import query_asked as asked
from oncall_rota.web.board import NAME, on_the_board, shown, team_path
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.query_now import called
from oncall_rota.web.spec import Parameter, Spec, page


@on_the_board
async def reason(visit: Visit) -> Response:
    """Why somebody is on call at a moment, and what it would have been."""
    configuration, now_at = visit.premises.configuration(), visit.premises.gate.now()
    fields = asked.parameters(visit.request, "at", "tz")
    path = visit.request.path_params
    (schedule,) = asked.schedules(configuration, path["team"], path["schedule"])
    clock = asked.shown({"tz": fields.get("tz") or schedule.timezone})
    at = moment(epoch(asked.instant(fields.get("at") or "now", "at", now_at, clock)))
    told = await run_in_threadpool(explanation, schedule, at)

    def name_of(person: str) -> str:
        return clean(called(configuration, person), NAME)

    return await shown(
        visit,
        "board_why",
        team=schedule.team,
        schedule=schedule.name,
        back=f"{team_path(schedule.team)}?{urlencode({'from': at.strftime('%Y-%m-%d'), 'tz': clock.name})}",
        at=moment_text(at, clock, abbreviated=True),
        at_utc="" if clock is UTC_ZONE else moment_text(at, UTC_ZONE, abbreviated=True),
        at_machine=at.isoformat(),
        asked=fields.get("at", ""),
        zone=clock.name,
        on_call=[
            (name_of(on.person), why.because(on.cause, name_of), _place(why.source(on.cause))) for on in told.on_call
        ],
        without=why.names(told.without_overrides, name_of) if told.changes else "",
        layers=[(each.layer.name, _state(each, name_of), _place(each.layer.source)) for each in told.layers],
        changes=[_change(each, name_of, clock, now_at) for each in told.changes],
    )


def _state(layer: LayerState, name_of: NameOf) -> str:
    return why.state_text(layer, name_of) if layer.active else "not active then"


def _change(each: Change, name_of: NameOf, clock: Zone, now_at: datetime) -> dict[str, str]:
    line = each.line
    return {
        "text": why.line_text(line, name_of),
        "times": f"{moment_text(line.start_at, clock, now_at)} – {moment_text(line.end_at, clock, now_at)}",
        "reason": clean(line.reason or "", 200),
        "place": _place(line.source),
        "did": why.change_text(each.before, each.after, name_of),
    }


def _place(source: Source) -> str:
    return f"{source.path}:{source.line}" if source.line else str(source.path)


_WHY = Spec(
    {200: page("Why."), 400: page("A parameter that means nothing."), 404: page("There is no such schedule."),
     503: page("The team's files have no meaning.")},
    (
        Parameter("tz", "The zone of what is shown; the schedule's when left out."),
        Parameter("at", "The moment; now when left out."),
    ),
)  # fmt: skip
BOARD_WHY = (Door(("GET",), "/teams/{team}/{schedule}/why", "board", reason, "Why somebody is on call.", _WHY),)
