"""Every request, counted and told of: by the address as its door is written, never as somebody wrote it.

An address may have a key or a token in it, and what follows it anything at all; so may a header and a body.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncall_rota.paging.tally import Tell
from oncall_rota.web.door import Visitor

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # anybody may send any word
NOWHERE = "(none)"  # the address is nobody's
OTHER = "other"
LOOKS = ("GET", "HEAD")  # change nothing, and come by the thousand: counted, and worth a word only when refused
VISITOR = "oncall.visitor"  # of the scope: who was let in
NAMED = ("source", "feed", "board", "responder", "admin")  # rules whose visitor's name is a label, and no secret


class Traffic:
    """Of one process. `requests`: how many, by method, door and status.

    `tell`: to whom each is told of, but for looks that went well; None: nobody.

    To be used in one event loop, and read from any thread.
    """

    def __init__(self, routes: Sequence[Route], tell: Tell | None = None) -> None:
        self._templates = {route.endpoint: route.path for route in routes}
        self._tell = tell
        self.requests: Counter[tuple[str, str, int]] = Counter()

    def ended(self, scope: Scope, status: int, seconds: float) -> None:
        """A request was answered."""
        method = scope["method"] if scope["method"] in METHODS else OTHER
        endpoint: Any = scope.get("endpoint")
        route = self._templates.get(endpoint, NOWHERE)
        self.requests[method, route, status] += 1
        if self._tell is None or (status < 400 and method in LOOKS):
            return
        ids = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        self._tell("warning" if status >= 500 else "info", "request", {**ids, **_who(scope.get(VISITOR))})


class Watched:
    """An application whose traffic is seen."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500  # what is answered when nothing was begun

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._traffic.ended(scope, status, time.monotonic() - began)


def _who(visitor: Visitor | None) -> dict[str, str]:
    """Who it was, as ids."""
    if visitor is None:
        return {}
    found = {"rule": visitor.rule, "name": visitor.name if visitor.rule in NAMED else "", "person": visitor.person}
    return {name: text for name, text in found.items() if text}
