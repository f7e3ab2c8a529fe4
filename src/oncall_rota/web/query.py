"""Who is on call, and when: the answers of `oncall who` and `oncall schedule`, byte for byte, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.paging.configuration import Configuration
from oncall_rota.rendering import schedule as timeline
from oncall_rota.rendering import who as answer
from oncall_rota.rendering.text import instant
from oncall_rota.schedule import first_line, service_answer
from oncall_rota.timeline.zone import epoch, moment
from oncall_rota.web import query_asked as asked
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.query_now import MEDIA, called
from oncall_rota.web.query_spec import SCHEDULE, WHO
from oncall_rota.web.representation import Representation

FEW = 8  # schedules that are worked out at once; more of them in a thread, so that nobody else waits


async def who(visit: Visit) -> Response:
    """Who is on call: now, from memory, or at another moment."""
    request, premises = visit.request, visit.premises
    configuration, now = premises.configuration(), int(premises.gate.now().timestamp())
    fields = asked.parameters(request, "at", "service", "format", "tz")
    form = asked.form(request, fields)
    team, schedule = request.path_params.get("team", ""), request.path_params.get("schedule", "")
    if "at" in fields or "service" in fields:
        told = await run_in_threadpool(_at, configuration, (team, schedule, form), fields, now)
        return await told.to(request)
    if "tz" in fields:
        asked.shown(fields)  # a misspelt one is told, even where no local time is read
    question = team, schedule, form
    found = premises.present.find(configuration, question, now)
    if found is None:
        schedules = asked.schedules(configuration, team, schedule)
        if len(schedules) <= FEW:
            found = premises.present.make(configuration, question, schedules, now)
        else:
            found = await run_in_threadpool(premises.present.make, configuration, question, schedules, now)
    return await found.to(request)


def _at(
    configuration: Configuration, question: tuple[str, str, str], fields: Mapping[str, str], now: int
) -> Representation:
    team, schedule, form = question
    shown, now_at = asked.shown(fields), moment(now)
    at = asked.instant(fields["at"], "at", now_at, shown) if "at" in fields else now_at

    def name_of(person: str) -> str:
        return called(configuration, person)

    if "service" in fields:
        owner, served = asked.service(configuration, team, fields["service"])
        row = answer.row(
            first_line(owner, served, at), at, name_of, lambda _, moment: service_answer(owner, served, moment)
        )
        rows = [row | {"service": served.name, "runbook": served.runbook}]
    else:
        rows = [answer.row(each, at, name_of) for each in asked.schedules(configuration, team, schedule)]
    told = answer.output(form, instant(epoch(at)), rows)
    return Representation(told.encode("utf-8", "backslashreplace"), MEDIA[form])


async def schedule(visit: Visit) -> Response:
    """Who is on call when, and where nobody is."""
    request, premises = visit.request, visit.premises
    configuration, now = premises.configuration(), int(premises.gate.now().timestamp())
    fields = asked.parameters(request, "from", "until", "for", "causes", "format", "tz")
    form = asked.form(request, fields)

    def written() -> Representation:
        path = request.path_params
        schedules = asked.schedules(configuration, path.get("team", ""), path.get("schedule", ""))
        window = asked.window(fields, moment(now), asked.shown(fields), len(schedules))
        rows = timeline.rows(schedules, window, asked.yes(fields, "causes"))
        told = timeline.output(form, window, rows, lambda person: called(configuration, person))
        return Representation(told.encode("utf-8", "backslashreplace"), MEDIA[form])

    return await (await run_in_threadpool(written)).to(request)


_READ = ("GET", "HEAD")
QUERY = (
    Door(_READ, "/v1/who/{team}", "board", who, "Who is on call for a team.", WHO),
    Door(_READ, "/v1/who", "board", who, "Who is on call, in every schedule.", WHO),
    Door(_READ, "/v1/who/{team}/{schedule}", "board", who, "Who is on call in a schedule.", WHO),
    Door(_READ, "/v1/schedule", "board", schedule, "Who is on call when, in every schedule.", SCHEDULE),
    Door(_READ, "/v1/schedule/{team}", "board", schedule, "Who is on call when, for a team.", SCHEDULE),
    Door(_READ, "/v1/schedule/{team}/{schedule}", "board", schedule, "The same of one schedule.", SCHEDULE),
)
