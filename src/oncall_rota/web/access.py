"""Who is let in by which rule. Every rule is judged here, before a body is read."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from oncall_rota.web.access_shown import Shown, shown
from oncall_rota.web.door import Rule, Visitor
from oncall_rota.web.pages.rendering import page
from oncall_rota.web.premises import Premises

Judge = Callable[[Request, Premises], Awaitable[Visitor | Response]]

NOT_KEPT = {"Cache-Control": "no-store"}
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # a proxy on this machine speaks for others


async def _open(_: Request, __: Premises) -> Visitor | Response:
    return Visitor("open")


async def _source(request: Request, premises: Premises) -> Visitor | Response:
    """By a key of the source, or of the heartbeat, that the path names; of any source where it names none."""
    given = shown(request)
    if given is None:
        return _who_are_you()
    heartbeat = request.path_params.get("heartbeat")
    if heartbeat is not None:
        name = await premises.gate.heartbeat(given, heartbeat)
    else:
        name = await premises.gate.source(given, request.path_params.get("source"))
    return _unknown(given) if name is None else Visitor("source", name)


async def _in_body(_: Request, __: Premises) -> Visitor | Response:
    return Visitor("in-body")


async def _provider(request: Request, premises: Premises) -> Visitor | Response:
    """The channel is there; whether it was its provider, only the notifier can tell, by the body's signature."""
    channel = request.path_params.get("channel", "")
    return Visitor("provider", channel) if channel in premises.configuration().channels else _not_found()


async def _link(request: Request, premises: Premises) -> Visitor | Response:
    """By a link that this store's servers have signed, for the one person whose it is."""
    found = await premises.gate.link(str(request.path_params.get("token", "")))
    return page("gone", 404) if found is None else Visitor("link", *found)


async def _feed(request: Request, premises: Premises) -> Visitor | Response:
    """By the token in the path; a wrong one is answered as if there were nothing."""
    token = await premises.gate.token(Shown(str(request.path_params.get("token", ""))), "feed")
    return _not_found() if token is None else Visitor("feed", token.label, token.person, token.team)


async def _board(request: Request, premises: Premises) -> Visitor | Response:
    return await _scoped(request, premises, "board")


async def _responder(request: Request, premises: Premises) -> Visitor | Response:
    return await _scoped(request, premises, "responder")


async def _admin(request: Request, premises: Premises) -> Visitor | Response:
    return await _scoped(request, premises, "admin")


async def _scoped(request: Request, premises: Premises, scope: Rule) -> Visitor | Response:
    """By a token, or a key of the board."""
    given = shown(request, in_address=False)
    if given is None:
        return _who_are_you()
    token = await premises.gate.token(given, scope)
    if token is not None:
        return Visitor(scope, token.label, token.person, token.team)
    held = await premises.gate.opens(given)
    if scope in held:
        return Visitor(scope)
    return _forbidden(scope) if held else _unknown(given)


async def _metrics(request: Request, _: Premises) -> Visitor | Response:
    """From this machine, as long as nothing else is written down."""
    host = request.client.host if request.client is not None else ""
    try:
        near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        near = False
    near = near and not any(name in request.headers for name in FORWARDED)
    return Visitor("metrics") if near else _not_found()


def _not_found() -> Response:
    return PlainTextResponse("not found\n", 404, NOT_KEPT)


def _who_are_you() -> Response:
    return PlainTextResponse("who are you? send a key or a token\n", 401, {"WWW-Authenticate": "Bearer", **NOT_KEPT})


def _unknown(given: Shown) -> Response:
    if given.in_address:
        return _not_found()
    words = "this key or token is not valid, or not for this\n"
    return PlainTextResponse(words, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"', **NOT_KEPT})


def _forbidden(scope: Rule) -> Response:
    return PlainTextResponse(f"this needs the scope {scope}\n", 403, NOT_KEPT)


JUDGES: dict[Rule, Judge] = {
    "open": _open,
    "source": _source,
    "in-body": _in_body,
    "provider": _provider,
    "link": _link,
    "feed": _feed,
    "board": _board,
    "responder": _responder,
    "admin": _admin,
    "metrics": _metrics,
}
