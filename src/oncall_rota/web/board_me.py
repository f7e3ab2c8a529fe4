"""My shifts, and an address of their feed for my calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config.reach import people_of
from oncall_rota.feeds.address import SLOW, addresses
from oncall_rota.humantime import moment_text, span_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.token import LONGEST, TokenAsked, digest_of, new_token
from oncall_rota.schedule import shifts
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch, moment, zone
from oncall_rota.web import query_asked as asked
from oncall_rota.web.access_form import FIELD
from oncall_rota.web.board import on_the_board, shown, team_path
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.feeds import ME
from oncall_rota.web.spec import UNREAD, Parameter, Spec, form_body, page, page_or_plain

AHEAD, BACK = timedelta(weeks=12), timedelta(days=400)  # BACK: a shift that goes on may have begun so long ago
MOST = 200  # shifts that are shown
MOST_FEEDS = 50  # addresses that somebody has made and not revoked
_NAMES = {
    "https": "Address (https)",
    "http": "Address (http)",
    "webcal": "Open in a calendar",
    "google": "Google Calendar",
}


class Line(NamedTuple):
    """One shift. `goes_on`: it has no end in what was looked at."""

    start: str
    start_machine: str
    end: str
    end_machine: str
    span: str
    team: str
    path: str
    schedule: str
    now: bool
    goes_on: bool


@on_the_board
async def me(visit: Visit) -> Response:
    """My shifts."""
    asked.parameters(visit.request, "tz")
    return await _page(visit)


@on_the_board
async def fed(visit: Visit) -> Response:
    """Make an address, once for each press of the button, or revoke one of mine."""
    asked.parameters(visit.request)
    person, form = visit.visitor.person, visit.visitor.form
    if person is None or form is None:
        raise Refused(403, "a person has to press the button", "sign in with a browser")
    if not await visit.premises.gate.forms.take(form.get(FIELD, ""), visit.visitor.forms):
        return await _page(visit, told="That was pressed already. This is how it stands now.", status=409)
    try:
        if form.get("do") == "revoke":
            return await _page(visit, told=await run_in_threadpool(_revoke, visit, person, form.get("id", "")))
        made = await run_in_threadpool(_make, visit, person, form.get("label", ""))
    except StoreFailed as error:
        return await _page(visit, told=f"Nothing was done: {error}", status=503)
    return await _page(visit, made=made)


def _make(visit: Visit, person: str, label: str) -> Mapping[str, str]:
    """New addresses by what they are for. Raises `Refused`, `StoreFailed`."""
    public_url = visit.premises.configuration().public_url
    if not public_url:
        raise Refused(409, "oncall.yaml does not say by which address people reach the server", "add server.public_url")
    if len(_feeds(visit, person)) >= MOST_FEEDS:
        raise Refused(409, f"you have {MOST_FEEDS} addresses already", "revoke those that nobody uses")
    token, words = new_token(), clean(" ".join(label.split()), LONGEST) or f"{person}, board"
    visit.premises.office.add_token(
        TokenAsked("feed", digest_of(token).hex(), clean(words, LONGEST), person, None, None)
    )
    return {_NAMES[kind]: address for kind, address in addresses(public_url, token, f"{ME}.ics").items()}


def _revoke(visit: Visit, person: str, token_id: str) -> str:
    if token_id not in {each["id"] for each in _feeds(visit, person)}:
        raise Refused(404, "you have no such address")
    visit.premises.office.revoke_token(token_id)
    return "The address opens nothing any more. A calendar that has it keeps what it has seen until you unsubscribe."


def _feeds(visit: Visit, person: str) -> list[dict[str, str]]:
    """The addresses that somebody can still use. Waits for the disk."""
    now, clock = visit.premises.gate.now(), _zone(visit.premises.configuration(), person, "")
    return [
        {
            "id": each.id,
            "label": each.label,
            "created": moment_text(each.created_at.replace(second=0, microsecond=0), clock, now),
            "used": moment_text(each.used_at.replace(second=0, microsecond=0), clock, now) if each.used_at else "never",
            "agent": each.agent or "",
        }
        for each in visit.premises.office.tokens()
        if each.scope == "feed" and each.person == person and each.team is None and each.revoked_at is None
        and (each.expires_at is None or each.expires_at > now)
    ]  # fmt: skip


async def _page(visit: Visit, told: str = "", made: Mapping[str, str] | None = None, status: int = 200) -> Response:
    configuration, person, now_at = visit.premises.configuration(), visit.visitor.person, visit.premises.gate.now()
    if person is None:
        raise Refused(403, "this token is nobody's own, so it has no shifts", "sign in with a browser")
    clock = _zone(configuration, person, visit.request.query_params.get("tz", ""))
    lines = await run_in_threadpool(_lines, configuration, person, clock, now_at)
    feeds: list[dict[str, str]] = []
    failed = ""
    if visit.visitor.forms:
        try:
            feeds = await run_in_threadpool(_feeds, visit, person)
        except StoreFailed as error:
            failed = str(error)
    return await shown(
        visit,
        "board_me",
        "/me",
        status,
        lines=lines[:MOST],
        more=len(lines) > MOST,
        zone=clock.name,
        weeks=AHEAD.days // 7,
        told=told,
        made=made or {},
        feeds=feeds,
        failed=failed,
        slow=SLOW,
        can_subscribe=bool(visit.visitor.forms) and bool(configuration.public_url),
    )


def _zone(configuration: Configuration, person: str, wanted: str) -> Zone:
    """The one that is asked for, else the person's own, else that of the first team where they are on call."""
    if wanted:
        return asked.shown({"tz": wanted})
    reach = configuration.people.get(person)
    if reach is not None and reach.timezone:
        return zone(reach.timezone)
    known: dict[int, frozenset[str]] = {}
    for team in configuration.teams.values():
        if any(person in people_of(each, known) for each in team.schedules.values()):
            return zone(team.timezone)
    return zone("UTC")


def _lines(configuration: Configuration, person: str, clock: Zone, now_at: datetime) -> list[Line]:
    window, known = Interval(now_at - BACK, now_at + AHEAD), dict[int, frozenset[str]]()
    now, last = epoch(now_at), epoch(window.end_at)
    found: list[tuple[int, int, Any]] = [
        (shift.start, shift.end, schedule)
        for team in configuration.teams.values()
        for schedule in team.schedules.values()
        if person in people_of(schedule, known)
        for shift in shifts(schedule, window)
        if shift.person == person and shift.end > now
    ]
    return [
        Line(
            moment_text(moment(start), clock, now_at),
            moment(start).isoformat(),
            moment_text(moment(end), clock, now_at),
            moment(end).isoformat(),
            span_text(timedelta(seconds=end - start)),
            schedule.team,
            team_path(schedule.team),
            schedule.name,
            start <= now,
            end >= last,
        )
        for start, end, schedule in sorted(found, key=lambda each: each[:2])
    ]


_ZONE = Parameter("tz", "The zone of what is shown; your own when left out.")
_ME = Spec(
    {200: page("Shifts."), 400: page("A parameter that means nothing."), 403: page("A token is nobody's.")}, (_ZONE,)
)
_FED = Spec(
    {200: page("The address, shown once; or it is revoked."),
     400: page_or_plain("A parameter that means nothing, or no form."),
     403: page("No person has pressed the button."), 404: page("There is no such address."),
     409: page("It was pressed already, or cannot be made."), 503: page("Nothing was done."), **UNREAD},
    body=form_body((FIELD, "do", "id", "label"), "do", "id", "label"),
)  # fmt: skip
BOARD_ME = (
    Door(("GET",), "/me", "board", me, "The shifts of whoever has signed in.", _ME),
    Door(("POST",), "/me/feed", "board", fed, "Make or revoke an address of one's own feed.", _FED),
)
