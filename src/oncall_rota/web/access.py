"""Who is let in by which rule. Every rule is judged here, before a body is read.

But for the form of a person who has signed in, and for what is signed: what proves whose it is, is in it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from oncall_rota.intake.opsgenie import ALERTS
from oncall_rota.intake.opsgenie_answer import failed
from oncall_rota.web.access_refusal import NOT_KEPT, not_found, unknown, who_are_you
from oncall_rota.web.access_scope import scoped
from oncall_rota.web.access_session import is_within
from oncall_rota.web.access_shown import Shown, shown
from oncall_rota.web.access_signed import signed
from oncall_rota.web.door import Rule, Visitor
from oncall_rota.web.pages.rendering import page
from oncall_rota.web.premises import Premises

Judge = Callable[[Request, Premises], Awaitable[Visitor | Response]]

LOOPBACK = ("127.0.0.0/8", "::1/128")
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")  # a proxy on this machine speaks for others


async def _open(_: Request, __: Premises) -> Visitor | Response:
    return Visitor("open")


async def _source(request: Request, premises: Premises) -> Visitor | Response:
    """By a key of the source, or of the heartbeat, that the path names; of any source where it names none.

    And by a signature, where the source has secrets; by that alone where it has no keys.
    """
    given, gate = shown(request), premises.gate
    asked: str = request.path_params.get("source", "")
    heartbeat: str | None = request.path_params.get("heartbeat")
    if given is None:
        settings = premises.configuration().settings.sources.get(asked, {})
        only_signs = "keys" not in settings and await gate.signs(asked)
        return await signed(request, premises, asked, has_key=False) if only_signs else _in_its_words(request, None)
    if heartbeat is not None:
        name = await gate.heartbeat(given, heartbeat)
    else:
        name = await gate.source(given, asked or None)
    if name is None:
        return _in_its_words(request, given)
    if heartbeat is None and await gate.signs(name):
        return await signed(request, premises, name, has_key=True)
    return Visitor("source", name)


def _in_its_words(request: Request, given: Shown | None) -> Response:
    """How a monitor is turned away: clients of Opsgenie's read JSON whatever the status is."""
    if request.url.path.startswith(f"{ALERTS}/") or request.url.path == ALERTS:
        answer = failed(401, "Key is not valid", secrets.token_hex(16))
        return Response(answer.body, answer.status, {**NOT_KEPT, **answer.headers})
    return who_are_you() if given is None else unknown(given)


async def _in_body(_: Request, __: Premises) -> Visitor | Response:
    return Visitor("in-body")


async def _provider(request: Request, premises: Premises) -> Visitor | Response:
    """The channel is there; whether it was its provider, only the notifier can tell, by the body's signature."""
    channel = request.path_params.get("channel", "")
    return Visitor("provider", channel) if channel in premises.configuration().channels else not_found()


async def _link(request: Request, premises: Premises) -> Visitor | Response:
    """By a link that this store's servers have signed, for the one person whose it is."""
    found = await premises.gate.link(_token(request))
    return page("gone", 404) if found is None else Visitor("link", *found)


async def _sign_in(request: Request, premises: Premises) -> Visitor | Response:
    """By a link to sign in; whether it was used already, is asked when it is used."""
    found = await premises.gate.sign_in(_token(request))
    return (
        page("sign_in_gone", 404) if found is None else Visitor("sign-in", found.nonce, found.person, None, found.next)
    )


async def _feed(request: Request, premises: Premises) -> Visitor | Response:
    """By the token in the path; a wrong one is answered as if there were nothing."""
    token = await premises.gate.token(Shown(_token(request)), "feed", request.headers.get("user-agent", ""))
    return not_found() if token is None else Visitor("feed", token.label, token.person, token.team)


async def _board(request: Request, premises: Premises) -> Visitor | Response:
    return await scoped(request, premises, "board")


async def _responder(request: Request, premises: Premises) -> Visitor | Response:
    return await scoped(request, premises, "responder")


async def _admin(request: Request, premises: Premises) -> Visitor | Response:
    return await scoped(request, premises, "admin")


async def _metrics(request: Request, premises: Premises) -> Visitor | Response:
    """From the networks that oncall.yaml names, else from this machine; or by a token or key that reads the board."""
    given = shown(request, in_address=False)
    if given is not None:
        return Visitor("metrics") if "board" in await premises.gate.opens(given) else unknown(given)
    written = premises.configuration().settings.access.get("metrics", ("loopback",))
    networks = [network for each in written for network in (LOOPBACK if each == "loopback" else (each,))]
    forwarded = any(name in request.headers for name in FORWARDED)
    return Visitor("metrics") if not forwarded and is_within(request, networks) else not_found()


def _token(request: Request) -> str:
    return str(request.path_params.get("token", ""))


JUDGES: dict[Rule, Judge] = {
    "open": _open,
    "source": _source,
    "in-body": _in_body,
    "provider": _provider,
    "link": _link,
    "sign-in": _sign_in,
    "feed": _feed,
    "board": _board,
    "responder": _responder,
    "admin": _admin,
    "metrics": _metrics,
}
