"""The doors of the house, each with the rule of who is let in. A route without a rule cannot be written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from oncall_rota.web.access_signature import Signed
from oncall_rota.web.premises import Premises
from oncall_rota.web.spec import Spec

# open: everybody. source: a monitor, by a key of its source or heartbeat. in-body: a monitor whose protocol has the key
# in the body, so that its handler asks the gate. provider: signed by a provider, which its notifier judges.
# link, sign-in: a signed link of one person's. feed: a feed's token. board, responder, admin: a token or a session of
# that scope, or of one that holds it. metrics: from networks that may, or by a key of the board.
Rule = Literal[
    "open", "source", "in-body", "provider", "link", "sign-in", "feed", "board", "responder", "admin", "metrics"
]  # fmt: skip


class Visitor(NamedTuple):
    """Who came in. `name`: the source, the channel, the page or the token's label. `person`: who it is; None: nobody.

    `next`: where somebody who signs in wanted to go. `forms`: of a person who has signed in, the subject of forms that
    are theirs alone: without one they can only look. `form`: the fields of the one that they sent. `signed`: of a
    source that signs, the body, which had to be read.
    """

    rule: Rule
    name: str = ""
    person: str | None = None
    team: str | None = None
    next: str = "/"
    forms: str = ""
    form: Mapping[str, str] | None = None
    signed: Signed | None = None


class Visit(NamedTuple):
    """One request, let in."""

    request: Request
    visitor: Visitor
    premises: Premises


class Door(NamedTuple):
    """One route. `path`: as Starlette writes it. `handler` answers; it is called only after `rule` has been kept.

    `spec`: what `/openapi.json` tells of it.
    """

    methods: tuple[str, ...]
    path: str
    rule: Rule
    handler: Callable[[Visit], Awaitable[Response]]
    doc: str
    spec: Spec | None = None
