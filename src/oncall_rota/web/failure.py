"""What goes wrong at the doors of programs, told as `{"error": {"message", "hint"}}`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.web.access_refusal import NOT_KEPT

FOR_PROGRAMS = "/v1/"  # where the paths of such doors begin
_HINTS = {
    401: "send 'Authorization: Bearer TOKEN'; 'oncall token create' makes one",
    403: "'oncall token create' makes a token of a scope",
}


class Refused(Exception):
    """A request that cannot be answered. `status`: 4xx; `hint`: what to do instead."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint


def failure(status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """An answer that tells it."""
    words = {"error": {"message": message, "hint": hint}}
    return JSONResponse(words, status, {**NOT_KEPT, **(headers or {})})


def refused(turned_away: Response) -> Response:
    """What a rule has answered, told so; a browser is still led to where it can sign in."""
    status = turned_away.status_code
    if status < 400:
        return turned_away
    headers = {name: value for name, value in turned_away.headers.items() if name == "www-authenticate"}
    return failure(status, bytes(turned_away.body).decode().strip(), _HINTS.get(status, ""), headers)


def store_failed(error: StoreFailed) -> Response:
    """Nothing is certain to be kept, so that it is to come again."""
    return failure(503, str(error), "try again in a few seconds", {"Retry-After": "5"})
