"""The application: doors in, responses out; nothing is answered that no rule has judged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.tally import Tell
from oncall_rota.web.access import JUDGES
from oncall_rota.web.acknowledge import ACKNOWLEDGE
from oncall_rota.web.board import BOARD
from oncall_rota.web.board_cover import BOARD_COVER
from oncall_rota.web.board_load import BOARD_LOAD
from oncall_rota.web.board_me import BOARD_ME
from oncall_rota.web.board_now import BOARD_NOW, Boards
from oncall_rota.web.board_team import BOARD_TEAM
from oncall_rota.web.board_why import BOARD_WHY
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import FOR_PROGRAMS, Refused, failure, refused, store_failed
from oncall_rota.web.feeds import FEEDS
from oncall_rota.web.health import HEALTH
from oncall_rota.web.hooks import HOOKS
from oncall_rota.web.icon import ICON
from oncall_rota.web.incident_acts import INCIDENT_ACTS
from oncall_rota.web.incident_page import INCIDENT_PAGES
from oncall_rota.web.incidents import INCIDENTS
from oncall_rota.web.metrics import METRICS, measured
from oncall_rota.web.on_calls import ON_CALLS
from oncall_rota.web.openapi import OPENAPI, Described
from oncall_rota.web.overrides import OVERRIDES
from oncall_rota.web.paging import PAGES
from oncall_rota.web.premises import Premises
from oncall_rota.web.provider import PROVIDERS
from oncall_rota.web.query import QUERY
from oncall_rota.web.sign_in import SIGN_INS
from oncall_rota.web.traffic import VISITOR, Traffic, Watched

DOORS: tuple[Door, ...] = (
    *QUERY,  # first, as doors are tried one after the other, and nothing is asked as often
    *HEALTH,
    *FEEDS,
    *OPENAPI,
    *METRICS,
    *HOOKS,
    *ON_CALLS,
    *ACKNOWLEDGE,
    *PROVIDERS,
    *SIGN_INS,
    *BOARD,
    *BOARD_NOW,
    *BOARD_TEAM,
    *BOARD_WHY,
    *BOARD_COVER,
    *BOARD_ME,
    *BOARD_LOAD,
    *ICON,
    *INCIDENTS,
    *INCIDENT_ACTS,
    *INCIDENT_PAGES,
    *PAGES,
    *OVERRIDES,
)


def application(premises: Premises, doors: Sequence[Door] = DOORS, tell: Tell | None = None) -> Starlette:
    """All doors, with what stands behind them. `tell`: to whom each request is told of; None: nobody."""
    paths: dict[str, list[Door]] = {}
    for door in doors:
        paths.setdefault(door.path, []).append(door)
    routes = [_route(path, each, premises) for path, each in paths.items()]
    traffic = Traffic(routes, tell)
    made = Starlette(routes=routes, middleware=[Middleware(Watched, traffic)])
    made.state.described = Described(doors)
    made.state.boards = Boards(premises.store)
    made.state.metrics = measured(premises, traffic)
    return made


def _route(path: str, doors: Sequence[Door], premises: Premises) -> Route:
    """All doors of a path: a method that none of them has is answered with those that there are."""
    answers = {method: _answer(door, premises) for door in doors for method in door.methods}
    if "GET" in answers:
        answers.setdefault("HEAD", answers["GET"])
    return Route(path, _Entrance(answers), methods=list(answers))


class _Entrance:
    """The doors of a path, by method. An application and no function, around which Starlette would put more layers."""

    __slots__ = ("_answers",)

    def __init__(self, answers: Mapping[str, Callable[[Request], Awaitable[Response]]]) -> None:
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answers[scope["method"]](Request(scope, receive, send))
        await response(scope, receive, send)


def _answer(door: Door, premises: Premises) -> Callable[[Request], Awaitable[Response]]:
    judge, programs = JUDGES[door.rule], door.path.startswith(FOR_PROGRAMS)

    async def answer(request: Request) -> Response:
        try:
            visitor = await judge(request, premises)
            if isinstance(visitor, Response):
                return refused(visitor) if programs else visitor
            request.scope[VISITOR] = visitor
            return await door.handler(Visit(request, visitor, premises))
        except Refused as error:
            return failure(error.status, str(error), error.hint)
        except StoreFailed as error:
            if programs:
                return store_failed(error)
            return PlainTextResponse(f"{error}\n", 503, {"Retry-After": "5", "Cache-Control": "no-store"})

    return answer
