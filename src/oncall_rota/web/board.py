"""The board: pages for people who look, in one frame: where they are, who they are, and the way out.

A page extends `board.html` and is made by `shown`; its handler is wrapped in `on_the_board`, so that what cannot be
answered is told in the same frame. Every page is of use without a script, and none has one.
"""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.paging.message import clean
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.pages.rendering import board_headers, board_style, board_style_path, text
from oncall_rota.web.query_now import called
from oncall_rota.web.representation import WORTH, Ready, accepts_gzip
from oncall_rota.web.spec import TEXT, Spec, Told

ZIP = 6  # gzip's level
NAME = 80  # the most that is shown of a name, in code points
PAGES = (("/", "On call"), ("/incidents", "Incidents"), ("/me", "My shifts"), ("/load", "Load"))


class Frame(NamedTuple):
    """What stands round a page. `here`: the address in `pages` that it is, or is under.

    `name`: of the person who has signed in. `once`: the hidden field of every form on the page; good for a day, for
    this person alone, and as often as they like.
    """

    here: str
    name: str
    once: str
    signs_out: bool
    signs_in: bool
    pages: tuple[tuple[str, str], ...] = PAGES


async def frame(visit: Visit, here: str) -> Frame:
    """For whoever visits. Raises `StoreFailed`."""
    configuration, visitor = visit.premises.configuration(), visit.visitor
    by_link = configuration.settings.access.get("login") == "link"
    once = await visit.premises.gate.forms.new(visitor.forms) if visitor.forms else ""
    name = called(configuration, visitor.person) if visitor.person is not None else ""
    return Frame(here, clean(name, NAME), once, bool(once) and by_link, visitor.person is None and by_link)


async def shown(visit: Visit, name: str, /, here: str = "", status: int = 200, **values: Any) -> Response:
    """The page `name`.html, which extends `board.html`, with these values and `frame` in it. Raises `StoreFailed`."""
    around = await frame(visit, here)
    accepts = visit.request.headers.get("accept-encoding", "")
    # In a thread: a page of hundreds of rows takes as long as hundreds of signals.
    return await run_in_threadpool(_rendered, name, {**values, "frame": around}, status, accepts)


def _rendered(name: str, values: Mapping[str, Any], status: int, accepts: str) -> Response:
    body = text(name, **values).encode()
    return sent(body, gzip.compress(body, ZIP, mtime=0) if is_zipped(body, accepts) else None, status)


def is_zipped(body: bytes, accepts: str) -> bool:
    """Whether it is worth it, and a browser takes it. What is secret in a page is another text each time it is made."""
    return len(body) >= WORTH and accepts_gzip(accepts)


def sent(body: bytes, zipped: bytes | None, status: int = 200) -> Response:
    """A page that is made already; `zipped`: the same, for whoever takes it."""
    headers = [(name.lower().encode(), value.encode()) for name, value in board_headers().items()]
    headers += [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"vary", b"Accept-Encoding"),
        (b"content-length", b"%d" % len(body if zipped is None else zipped)),
    ]
    if zipped is None:
        return Ready(status, body, headers)
    return Ready(status, zipped, [*headers, (b"content-encoding", b"gzip")])


def team_path(name: str) -> str:
    """The address of a team's page."""
    return f"/teams/{quote(name, safe='')}"


Handler = Callable[[Visit], Awaitable[Response]]


def on_the_board(handler: Handler) -> Handler:
    """A handler whose `Refused` is told as a page."""

    @wraps(handler)
    async def answer(visit: Visit) -> Response:
        try:
            return await handler(visit)
        except Refused as error:
            return await shown(visit, "board_refused", status=error.status, message=str(error), hint=error.hint)

    return answer


async def styled(visit: Visit) -> Response:
    """The style sheet; of another version too, as servers of both may answer while a new one is rolled out."""
    is_ours = visit.request.url.path == board_style_path()
    kept = "public, max-age=31536000, immutable" if is_ours else "no-store"
    return Response(
        board_style(), media_type="text/css", headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    )


BOARD = (
    Door(
        ("GET",), "/style/{version}.css", "open", styled, "The style of the board's pages.",
        Spec({200: Told("A style sheet.", {"text/css": TEXT})}),
    ),
)  # fmt: skip
