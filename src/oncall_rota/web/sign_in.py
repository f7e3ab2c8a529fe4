"""People sign in by a link that is sent to them by their own channel, and used once: by a button, never by looking."""

from __future__ import annotations

import secrets

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from oncall_rota.paging.link import valid
from oncall_rota.web.access_form import FIELD, form_of, is_foreign, is_speculative
from oncall_rota.web.access_refusal import NOT_KEPT, SIGN_IN, forbidden, not_found
from oncall_rota.web.access_session import sign_in, sign_out
from oncall_rota.web.access_sign_in import SignIn, inside
from oncall_rota.web.body import BadBody
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import page
from oncall_rota.web.sign_in_link import invite, used
from oncall_rota.web.spec import UNREAD, Parameter, Spec, Told, form_body, plain
from oncall_rota.web.spec import page as told

_FORM = "sign-in"


async def asked_who(visit: Visit) -> Response:
    """Who are you?"""
    if visit.premises.configuration().settings.access.get("login") != "link":
        return not_found()
    following = inside(visit.request.query_params.get("next", "/"))
    return page("sign_in", following=following, once=await visit.premises.gate.forms.new(_FORM))


async def told_who(visit: Visit) -> Response:
    """Send a link to whoever they say they are; the answer is the same whether there is such a person."""
    premises = visit.premises
    if premises.configuration().settings.access.get("login") != "link":
        return not_found()
    form = await _form(visit, _FORM)
    if isinstance(form, Response):
        return form
    key = valid(await premises.gate.link_keys.get(), premises.gate.now())[0]
    code = secrets.token_hex(2)
    person, following = form.get("who", "").strip().lower(), inside(form.get("next", "/"))
    answer = page("sign_in_sent", code=code)
    # Afterwards, so that the time it takes tells nobody whether there is such a person.
    answer.background = BackgroundTask(run_in_threadpool, invite, premises, key, person, following, code)
    return answer


async def shown_who(visit: Visit) -> Response:
    """The button that signs in."""
    people, person = visit.premises.configuration().people, visit.visitor.person or ""
    if person not in people:
        return page("sign_in_gone", 404)
    once = await visit.premises.gate.forms.new(f"{_FORM} {visit.visitor.name}")
    return page("sign_in_as", name=people[person].name or person, once=once)


async def let_in(visit: Visit) -> Response:
    """Sign in, once."""
    premises, visitor = visit.premises, visit.visitor
    form = await _form(visit, f"{_FORM} {visitor.name}")
    if isinstance(form, Response):
        return form
    person, configuration = visitor.person or "", premises.configuration()
    good = person in configuration.people and configuration.settings.access.get("login") == "link"
    link = SignIn(person, visitor.name, visitor.next)
    if not good or not await run_in_threadpool(used, premises, link):
        return page("sign_in_gone", 404)
    answer = RedirectResponse(visitor.next, 303, NOT_KEPT)
    key = valid(await premises.gate.link_keys.get(), premises.gate.now())[0]
    sign_in(answer, person, configuration, key, premises.gate.now())
    return answer


async def let_out(visit: Visit) -> Response:
    """Have the browser forget who it was."""
    answer = RedirectResponse(SIGN_IN, 303, NOT_KEPT)
    sign_out(answer, visit.premises.configuration())
    return answer


async def _form(visit: Visit, subject: str) -> dict[str, str] | Response:
    """The form, if a page of ours gave it out for this."""
    if is_foreign(visit.request) or is_speculative(visit.request):
        return forbidden("a person has to press the button on the page itself")
    try:
        form = await form_of(visit.request)
    except BadBody as error:
        return PlainTextResponse(f"{error}\n", error.status)
    if not await visit.premises.gate.forms.take(form.get(FIELD, ""), subject):
        return forbidden("that page was too old: load it again")
    return dict(form)


_REFUSED = {
    400: plain("It is no form."),
    403: plain("No person has pressed the button, or the page was too old."),
    **UNREAD,
}
_AWAY = plain("People do not sign in here by links.")
_ASKED = Spec({200: told("Who are you?"), 404: _AWAY}, (Parameter("next", "Where to go afterwards."),))
_TOLD = Spec(
    {200: told("A link is sent, if there is such a person."), 404: _AWAY, **_REFUSED},
    body=form_body(("who", "next", FIELD), "next"),
)
_SHOWN = Spec({200: told("The button."), 404: told("The person is not there any more.")})
_IN = Spec(
    {303: Told("They are signed in."), 404: told("The link was used already."), **_REFUSED},
    body=form_body((FIELD,)),
)
_OUT = Spec({303: Told("They are signed out."), **_REFUSED}, body=form_body((FIELD,)))
SIGN_INS = (
    Door(("GET",), SIGN_IN, "open", asked_who, "Where people ask for a link to sign in.", _ASKED),
    Door(("POST",), SIGN_IN, "open", told_who, "Send a link by the person's own channel.", _TOLD),
    Door(("GET",), f"{SIGN_IN}/{{token}}", "sign-in", shown_who, "The page behind that link; signs nobody in.", _SHOWN),
    Door(("POST",), f"{SIGN_IN}/{{token}}", "sign-in", let_in, "Sign in, by the form of that page, once.", _IN),
    Door(("POST",), "/sign-out", "board", let_out, "Sign out.", _OUT),
)
