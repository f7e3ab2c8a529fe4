"""Incidents on the board: what is open, the story of one, and the buttons; looking at it never does anything.

A button is a form of the person who has signed in. When it is done the browser is led to the page again, so that
loading that again does nothing twice; when it has no effect the answer says why, and who was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import wraps

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.reference import STATUSES, Named
from oncall_rota.paging.request import Act, Remark
from oncall_rota.paging.saved import readable
from oncall_rota.web.access_form import FIELD, is_speculative
from oncall_rota.web.access_refusal import NOT_KEPT
from oncall_rota.web.board import Handler, on_the_board
from oncall_rota.web.board import shown as on_board
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.fields import Fields
from oncall_rota.web.incident_acts import DEEDS, answered
from oncall_rota.web.incident_page_done import TWICE, Banner, after, done, nothing
from oncall_rota.web.incident_page_list import listed
from oncall_rota.web.incident_page_offer import LONGEST_NOTE, given_to
from oncall_rota.web.incident_page_story import Shown, all_meant, clock_for, kept, one_meant, several, shown
from oncall_rota.web.incidents import name_of
from oncall_rota.web.pages.rendering import page as rendered
from oncall_rota.web.spec import UNREAD, Parameter, Schema, Spec, Told, form_body, page_or_plain
from oncall_rota.web.spec import page as told

HERE = "/incidents"
NOTE = "note"
_NO_FORM: Mapping[str, str] = {}


def _or_failed(handler: Handler) -> Handler:
    """On the board; while the store cannot be read, a page that says so and what else there is to do."""

    @wraps(handler)
    async def answer(visit: Visit) -> Response:
        try:
            return await on_the_board(handler)(visit)
        except StoreFailed as error:
            return rendered("failed", 503, why=f"{error}.")

    return answer


async def list_(visit: Visit) -> Response:
    """What is open, newest first; or what else is asked for."""
    found = await run_in_threadpool(listed, visit)
    return _again(await on_board(visit, "incidents", HERE, shown=found), found.live)


async def show(visit: Visit) -> Response:
    """The story of one."""
    found = await run_in_threadpool(all_meant, visit)
    if len(found) > 1:
        rows = await run_in_threadpool(several, visit, found)
        return await on_board(visit, "incident_several", HERE, rows=rows, tz=visit.request.query_params.get("tz", ""))
    return await _page(visit, found[0], await done(visit, found[0].row.id, name_of(visit)))


async def act(visit: Visit) -> Response:
    """Do what a button asks for, once; then lead to how it stands."""
    form = visit.visitor.form
    if form is None:
        raise Refused(403, "buttons are for people who have signed in", "programs use POST /v1/incidents/{id}/ack")
    if is_speculative(visit.request):
        raise Refused(403, "a person has to press the button on the page itself")
    named: Named | None = None
    try:
        named = await run_in_threadpool(one_meant, visit)
        return await _acted(visit, named, form)
    except StoreFailed as error:
        return await _not_done(visit, named, str(error), form)


async def _acted(visit: Visit, named: Named, form: Mapping[str, str]) -> Response:
    try:
        request, to = await run_in_threadpool(_asked, visit, named, form)
    except Refused as error:
        words = f"Not done: {error}{f'; {error.hint}' if error.hint else ''}".rstrip(".")
        words += "" if words.endswith("?") else "."
        return await _page(visit, named, Banner(words, "no"), error.status, form)
    if not await visit.premises.gate.forms.take(form.get(FIELD, ""), visit.visitor.forms):
        return await _page(visit, named, Banner(TWICE), 409, form)
    (reply,) = await answered(visit, [request])
    if reply.incident is None:
        raise Refused(404, f"there is no incident {named.row.id} any more", "see what is open")
    if reply.refused:
        return await _page(visit, named, reply.refused, 409, form)
    following = await after(visit, named.row.id, form["do"], to, held=reply.held)
    return RedirectResponse(following, 303, NOT_KEPT)


def _asked(visit: Visit, named: Named, form: Mapping[str, str]) -> tuple[Act | Remark, str]:
    """What a form asks for, and to whom it gives it. Waits for the disk. Raises `Refused`, `StoreFailed`."""
    by, do = visit.visitor.person or visit.visitor.name, form.get("do", "")
    if do == NOTE:
        return Remark(named.row.id, by, _note(form.get("text", ""))), ""
    if do not in DEEDS:
        raise Refused(400, "there is no such button")
    now, given = visit.premises.now(), {name: form[name] for name in DEEDS[do].fields if form.get(name)}
    if do == "reassign" and "to" not in given:
        incident = readable(named.row)
        given["to"] = given_to(incident, visit, form.get("choice", ""), form.get("named", ""), now)
    make = DEEDS[do].make(Fields(given, DEEDS[do].fields), visit)
    return Act(named.row.id, make(by, named, now), by), given.get("to", "")


def _note(text: str) -> str:
    if not text.strip():
        raise Refused(400, "there is nothing to write down")
    if len(text) > 2 * LONGEST_NOTE:  # a browser counts lines and some letters otherwise than we do
        raise Refused(400, f"a note has at most {LONGEST_NOTE} characters")
    return text.strip()


async def _page(
    visit: Visit,
    named: Named,
    said: Banner | str | None,
    status: int = 200,
    form: Mapping[str, str] = _NO_FORM,
) -> Response:
    """How it stands. `said`: what came of a button, or why it had no effect. `form`: what was typed, which is kept."""
    found, banner = await run_in_threadpool(_told, visit, named, said)
    typed = {name: form.get(name, "") for name in ("text", "named", "choice")}
    made = await on_board(visit, "incident", HERE, status, shown=found, banner=banner, typed=typed)
    return _again(made, found.live) if status == 200 else made


def _told(visit: Visit, named: Named, said: Banner | str | None) -> tuple[Shown, Banner | None]:
    story = kept(visit, named.row.id)
    clock = clock_for(visit, story)
    banner = nothing(said, story, visit, name_of(visit), clock) if isinstance(said, str) else said
    return shown(visit, story, clock), banner


async def _not_done(visit: Visit, named: Named | None, why: str, form: Mapping[str, str]) -> Response:
    """The store has failed; what can still be read is shown, with what was typed."""
    words = f"Not done: {why}."
    if named is not None:
        with suppress(StoreFailed):
            return await _page(visit, named, Banner(words, "no"), 503, form)
    return rendered("failed", 503, why=words)


def _again(made: Response, live: str) -> Response:
    """A page that loads itself again, for who has asked for that."""
    if live:
        made.headers["Refresh"] = live
    return made


_TZ = Parameter("tz", "By the clock of this time zone; else the team's.")
_LIVE = Parameter("live", "Have the browser load it again.", schema={"type": "string", "enum": ["", "30", "300"]})
_STATUS: Schema = {"type": "string", "enum": [*STATUSES]}
_WRONG = told("The address has no meaning.")
_FAILED = page_or_plain("The store cannot be read, or it is not done.")
_LIST = Spec(
    {200: told("Incidents, newest first."), 400: _WRONG, 503: _FAILED},
    (
        Parameter("status", "Those that stand so.", schema=_STATUS),
        Parameter("team", "Only this team's."),
        Parameter("q", "Only those that say this text."),
        Parameter("before", "Those after this place in the list."),
        _TZ,
        _LIVE,
    ),
)
_REFERENCE = Parameter("reference", "An incident's id, its unique beginning, or the code of a page.", "path")
_MEANT = {
    400: _WRONG,
    404: told("The reference means nothing."),
    409: told("The reference means several, or nothing has changed, and why."),
    503: _FAILED,
}
_SHOW = Spec(
    {200: told("The story of one, or several to choose from."), **_MEANT},
    (_REFERENCE, Parameter("until", "The lines of the story up to this one."), _TZ, _LIVE),
)
_FIELDS = ("for", "page", "to", "choice", "named", "text")
_ACT = Spec(
    {
        303: Told("It is done: look at how it stands."),
        **_MEANT,
        403: page_or_plain("No person has pressed a button."),
        **UNREAD,
    },
    (_REFERENCE, _TZ),
    form_body(("do", FIELD, *_FIELDS), *_FIELDS),
)
INCIDENT_PAGES = (
    Door(("GET",), HERE, "board", _or_failed(list_), "Incidents for a browser, newest first.", _LIST),
    Door(("GET",), f"{HERE}/{{reference}}", "board", _or_failed(show), "The story of one, for a browser.", _SHOW),
    Door(("POST",), f"{HERE}/{{reference}}", "responder", _or_failed(act), "What a button there asks for.", _ACT),
)
