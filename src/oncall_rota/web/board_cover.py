"""Cover now, by a form: the same as `oncall take` and `POST /v1/overrides/{team}`, which alone decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from oncall_rota.config.reach import people_of
from oncall_rota.humantime import moment_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.timeline.zone import Zone, zone
from oncall_rota.web import query_asked as asked
from oncall_rota.web.access_form import FIELD
from oncall_rota.web.board import NAME, on_the_board, shown, team_path
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import Fields
from oncall_rota.web.overrides import made
from oncall_rota.web.query_now import called
from oncall_rota.web.spec import UNREAD, Spec, form_body, page, page_or_plain

FIELDS = ("who", "schedule", "from", "for", "reason")
FIRST = {"from": "now", "for": "2h"}  # what the form begins with
TRY = "try"


@on_the_board
async def look(visit: Visit) -> Response:
    """The form."""
    asked.parameters(visit.request)
    return await _page(visit, {**FIRST, "who": visit.visitor.person or ""})


@on_the_board
async def cover(visit: Visit) -> Response:
    """Do it, once for each press, or tell what it would change; what makes no sense is told beside the form."""
    person, form = visit.visitor.person, visit.visitor.form
    if person is None or form is None:
        raise Refused(403, "a person has to press the button", "programs use POST /v1/overrides/{team}")
    written = {name: form.get(name, "").strip() for name in FIELDS}
    tries = form.get("do") == TRY
    if not tries and not await visit.premises.gate.forms.take(form.get(FIELD, ""), visit.visitor.forms):
        return await _page(visit, written, "That was pressed already. Nothing was done this time.", status=409)
    fields = Fields({name: text for name, text in written.items() if text}, FIELDS)
    try:
        told = await made(visit, fields, person, dry_run=tries)
    except Refused as error:
        return await _page(visit, written, f"{error}{f': {error.hint}' if error.hint else ''}", status=error.status)
    except StoreFailed as error:
        return await _page(visit, written, f"Nothing was done: {error}", status=503)
    return await _page(visit, written, told=told)


async def _page(
    visit: Visit, written: Mapping[str, str], wrong: str = "", told: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    configuration, name = visit.premises.configuration(), str(visit.request.path_params["team"])
    schedules = asked.schedules(configuration, name, "")
    clock, now_at = zone(configuration.teams[name].timezone), visit.premises.gate.now()
    known: dict[int, frozenset[str]] = {}
    people = {each for one in schedules for each in people_of(one, known)} | {visit.visitor.person or ""} - {""}
    return await shown(
        visit,
        "board_cover",
        "",
        status,
        team=name,
        back=team_path(name),
        zone=clock.name,
        written=written,
        people=sorted([(each, clean(called(configuration, each), NAME)) for each in people], key=lambda each: each[1]),
        schedules=[each.name for each in schedules],
        wrong=clean(wrong, 400),
        told=told,
        changes=_changes(told, configuration, clock, now_at) if told is not None else [],
    )


def _changes(
    told: Mapping[str, Any], configuration: Configuration, clock: Zone, now_at: datetime
) -> list[tuple[str, list[str], list[str]]]:
    """Each schedule that changes: who is on call in these hours before, and after."""

    def lines(pieces: list[Mapping[str, Any]]) -> list[str]:
        found = []
        for each in pieces:
            start, end = [moment_text(datetime.fromisoformat(each[name]), clock, now_at) for name in ("start", "end")]
            who = clean(called(configuration, each["person"]), NAME) if each["person"] else "nobody"
            found.append(f"{who}, {start} – {end}")
        return found

    return [(each["schedule"], lines(each["before"]), lines(each["after"])) for each in told["changes"]]


_LOOK = Spec(
    {200: page("The form."), 400: page("A parameter that there is not."), 404: page("There is no such team."),
     503: page("The team's files have no meaning.")}
)  # fmt: skip
_COVER = Spec(
    {200: page("It is done, or what it would change."),
     400: page_or_plain("It makes no sense, and why; or it is no form."),
     403: page("No person has pressed the button."), 404: page("There is no such team, schedule or person."),
     409: page("It was pressed already."), 503: page("Nothing was done."), **UNREAD},
    body=form_body((FIELD, "do", *FIELDS), "do", *FIELDS),
)  # fmt: skip
BOARD_COVER = (
    Door(("GET",), "/teams/{team}/cover", "responder", look, "A form for cover that takes effect at once.", _LOOK),
    Door(("POST",), "/teams/{team}/cover", "responder", cover, "Cover that takes effect at once, by a person.", _COVER),
)
