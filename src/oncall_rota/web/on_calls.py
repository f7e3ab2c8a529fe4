"""Who is on call in a schedule, as Opsgenie's API tells it to the scripts that ask it."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from oncall_rota.config import known
from oncall_rota.intake import opsgenie_answer as opsgenie
from oncall_rota.paging.configuration import Configuration
from oncall_rota.schedule import on_call_at
from oncall_rota.schedule.model import Schedule
from oncall_rota.web import query_asked as asked
from oncall_rota.web.access_refusal import NOT_KEPT
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.query_now import called
from oncall_rota.web.spec import FLAG, TEXT, Parameter, Spec, Told, array, obj

_OWN = "_schedule"  # what Opsgenie calls a team's first schedule: TEAM_schedule


async def on_calls(visit: Visit) -> Response:
    """Now, or at `date`; `flat`: only how to reach them."""
    configuration, query = visit.premises.configuration(), visit.request.query_params
    written, token = str(visit.request.path_params["identifier"]), secrets.token_hex(8)
    schedule = _schedule(configuration, written)
    if schedule is None:
        hint = known(written, configuration.teams)
        told = opsgenie.failed(404, f"Schedule with name [{written}] does not exist; {hint}", token)
        return Response(told.body, told.status, {**NOT_KEPT, **told.headers})
    try:
        now = at = visit.premises.gate.now()
        if "date" in query:
            at = asked.instant(query["date"], "date", now, asked.shown({}))
        flat = asked.yes(query, "flat")
    except Refused as error:
        told = opsgenie.failed(422, f"{error}; {error.hint}", token)
        return Response(told.body, told.status, {**NOT_KEPT, **told.headers})
    people = dict.fromkeys(each.person for each in on_call_at(schedule, at))
    told = opsgenie.on_calls(written, [_reached(configuration, each) for each in sorted(people)], flat, token)
    return Response(told.body, told.status, {**NOT_KEPT, **told.headers})


def _schedule(configuration: Configuration, written: str) -> Schedule | None:
    """TEAM, TEAM_schedule and TEAM/SCHEDULE."""
    team, _, name = written.partition("/")
    found = configuration.teams.get(team) or configuration.teams.get(team.removesuffix(_OWN))
    if found is None:
        return None
    return found.schedules.get(name) if name else found.first


def _reached(configuration: Configuration, person: str) -> str:
    """Their mail address, as far as mail is a channel of theirs; else what they are called."""
    reach = configuration.people.get(person)
    for name, address in reach.addresses.items() if reach is not None else ():
        channel = configuration.channels.get(name)
        if channel is not None and channel.to == "email":
            return address
    return called(configuration, person)


_ENVELOPE = {"took": {"type": "number"}, "requestId": TEXT}
_PARENT = obj({"id": TEXT, "name": TEXT, "enabled": {"type": "boolean"}})
_PARTICIPANT = obj({"id": TEXT, "name": TEXT, "type": TEXT})
_DATA = obj(
    {"_parent": _PARENT, "onCallRecipients": array(TEXT), "onCallParticipants": array(_PARTICIPANT)},
    "onCallRecipients",
    "onCallParticipants",
)
_FAILED = {"application/json": obj({"message": TEXT, **_ENVELOPE})}
ON_CALLS = (
    Door(
        ("GET", "HEAD"), "/v2/schedules/{identifier:path}/on-calls", "source", on_calls,
        "Who is on call, as Opsgenie's.",
        Spec(
            {
                200: Told("Who is on call.", {"application/json": obj({"data": _DATA, **_ENVELOPE})}),
                404: Told("There is no such schedule.", _FAILED),
                422: Told("A parameter makes no sense.", _FAILED),
            },
            (
                Parameter("identifier", "TEAM, or TEAM/SCHEDULE with the slash as %2F.", "path"),
                Parameter("scheduleIdentifierType", "Taken and of no effect: names are ids."),
                Parameter("flat", "Only mail addresses or names.", schema=FLAG),
                Parameter("date", "Another moment, as ISO."),
            ),
        ),
    ),
)  # fmt: skip
