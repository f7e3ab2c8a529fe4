"""Who may read or act: by a token, by a key of the board, or as a person who has signed in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from oncall_rota.paging.token import HOLDS
from oncall_rota.web.access_form import FIELD, form_of, is_foreign
from oncall_rota.web.access_refusal import forbidden, please_sign_in, unknown
from oncall_rota.web.access_session import Person, signed_in
from oncall_rota.web.access_shown import Shown, shown
from oncall_rota.web.body import BadBody
from oncall_rota.web.door import Rule, Visitor
from oncall_rota.web.premises import Premises

SAFE = ("GET", "HEAD", "OPTIONS")


async def scoped(request: Request, premises: Premises, scope: Rule) -> Visitor | Response:
    """Let in whoever holds the scope. Raises `StoreFailed`."""
    given = shown(request, in_address=False, passwords=request.method in SAFE)
    if given is not None:
        return await _by_token(given, premises, scope)
    configuration, gate = premises.configuration(), premises.gate
    person = signed_in(request, configuration, await gate.link_keys.get(), gate.now())
    if person is None:
        return please_sign_in(request, configuration)
    admins = configuration.settings.access.get("admins", ())
    if scope not in HOLDS["admin" if person.id in admins else "responder"]:
        return forbidden(f"this needs the scope {scope}")
    visitor = Visitor(scope, person.id, person.id, forms=person.forms)
    if request.method in SAFE:
        return visitor
    form = await _own_form(request, premises, person)
    return form if isinstance(form, Response) else visitor._replace(form=form)


async def _by_token(given: Shown, premises: Premises, scope: Rule) -> Visitor | Response:
    token = await premises.gate.token(given, scope)
    if token is not None:
        return Visitor(scope, token.label, token.person, token.team)
    held = await premises.gate.opens(given)
    if scope in held:
        return Visitor(scope)
    return forbidden(f"this needs the scope {scope}") if held else unknown(given)


async def _own_form(request: Request, premises: Premises, person: Person) -> Mapping[str, str] | Response:
    """The form that a browser sends, if a page of ours gave it to this very person.

    A browser shows who it is with every request, whoever's page has asked it to send that.
    """
    refused = forbidden("this was not sent by a page of this server: load the page again")
    if is_foreign(request):
        return refused
    try:
        form = await form_of(request)
    except BadBody as error:
        return PlainTextResponse(f"{error}\n", error.status)
    good = await premises.gate.forms.is_good(form.get(FIELD, ""), person.forms)
    return form if good else refused
