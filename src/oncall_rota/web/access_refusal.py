"""How somebody is turned away: never with more than that."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match

from oncall_rota.paging.configuration import Configuration
from oncall_rota.web.access_shown import Shown

NOT_KEPT = {"Cache-Control": "no-store"}
SIGN_IN = "/sign-in"


def not_found() -> Response:
    """As if there were no such address."""
    return PlainTextResponse("not found\n", 404, NOT_KEPT)


def who_are_you() -> Response:
    """Nothing was shown."""
    return PlainTextResponse("who are you? send a key or a token\n", 401, {"WWW-Authenticate": "Bearer", **NOT_KEPT})


def unknown(given: Shown) -> Response:
    """What was shown opens nothing here."""
    if given.in_address:
        return not_found()
    words = "this key or token is not valid, or not for this\n"
    return PlainTextResponse(words, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"', **NOT_KEPT})


def not_signed() -> Response:
    """The source signs what it sends, and this is not signed so, or was sent before."""
    words = "this is not signed with a secret of this source and a timestamp of these minutes, or was taken before\n"
    return PlainTextResponse(words, 401, NOT_KEPT)


def forbidden(words: str) -> Response:
    """Somebody who is known may not do this."""
    return PlainTextResponse(f"{words}\n", 403, NOT_KEPT)


def please_sign_in(request: Request, configuration: Configuration) -> Response:
    """A person at a browser is asked to sign in, where that is possible; anything else for a token."""
    looks = request.method in ("GET", "POST") and "text/html" in request.headers.get("accept", "")
    if not looks or configuration.settings.access.get("login") != "link":
        return who_are_you()
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "POST" and not _is_a_page(request):
        wanted = "/"
    return RedirectResponse(f"{SIGN_IN}?next={quote(wanted, safe='/')}", 303, NOT_KEPT)


def _is_a_page(request: Request) -> bool:
    """Whether an address to which a form goes can be looked at, too."""
    scope = {**request.scope, "method": "GET"}
    return any(route.matches(scope)[0] == Match.FULL for route in request.app.routes)
