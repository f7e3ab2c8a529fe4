"""The first page: who is on call now, in every schedule, and what is open.

The rows are those of `/v1/who`. A page is made once for each who looks, and kept for the minute that it names.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.humantime import moment_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.store import Store
from oncall_rota.schedule import gaps
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import moment, zone
from oncall_rota.web import query_asked as asked
from oncall_rota.web.board import NAME, ZIP, Frame, frame, is_zipped, on_the_board, sent, team_path
from oncall_rota.web.board_open import Open, Opened
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import text
from oncall_rota.web.query import FEW
from oncall_rota.web.spec import FLAG, Parameter, Spec, page

MOST = 64  # pages that are kept
EACH = 60  # seconds after which a wall asks again
LONGEST = 100  # code points of what is looked for
_MOMENT = timedelta(seconds=1)


class _Made(NamedTuple):
    """A page that holds over `[start, end)`, in seconds since 1970, for one configuration."""

    configuration: Configuration
    start: int
    end: int
    open: Open
    plain: bytes
    zipped: bytes


class Boards:
    """The first pages of one server process."""

    def __init__(self, store: Store) -> None:
        self.opened = Opened(store)
        self._made: OrderedDict[tuple[Any, ...], _Made] = OrderedDict()

    def find(self, key: tuple[Any, ...], configuration: Configuration, now: int, is_open: Open) -> _Made | None:
        """The page that was made for somebody, as long as nothing in it is another."""
        made = self._made.get(key)
        if made is None or made.configuration is not configuration or made.open != is_open:
            return None
        return made if made.start <= now < made.end else None

    def keep(self, key: tuple[Any, ...], made: _Made) -> _Made:
        """It is asked for again soon: by the same person, or a wall."""
        self._made[key] = made
        self._made.move_to_end(key)
        while len(self._made) > MOST:
            self._made.popitem(last=False)
        return made


@on_the_board
async def now_(visit: Visit) -> Response:
    """Who is on call; nothing is done by looking, nor by following a link from here."""
    request, visitor, premises = visit.request, visit.visitor, visit.premises
    configuration, now = premises.configuration(), int(premises.gate.now().timestamp())
    fields = asked.parameters(request, "q", "wall")
    words = " ".join(clean(fields.get("q", ""), LONGEST).split())
    boards: Boards = request.app.state.boards
    is_open = await boards.opened.get(configuration, visitor.team)
    key = visitor.person, visitor.forms, visitor.team, words
    made = boards.find(key, configuration, now, is_open)
    if made is None:
        around = await frame(visit, "/")
        count = sum(len(team.schedules) for team in configuration.teams.values())
        if count <= FEW:
            made = _page(visit, configuration, now, is_open, words, around)
        else:
            made = await run_in_threadpool(_page, visit, configuration, now, is_open, words, around)
        boards.keep(key, made)
    zips = is_zipped(made.plain, request.headers.get("accept-encoding", ""))
    answer = sent(made.plain, made.zipped if zips else None)
    if asked.yes(fields, "wall"):  # where nobody reads on, and nobody reloads it
        answer.headers["refresh"] = str(EACH)
    return answer


def _page(visit: Visit, configuration: Configuration, now: int, is_open: Open, words: str, around: Frame) -> _Made:
    schedules = asked.schedules(configuration, "", "")
    rows, end = visit.premises.present.rows(configuration, schedules, now)
    at = moment(now)
    found = [(one, row) for one, row in zip(schedules, rows, strict=True) if _is_meant(row, words)]
    told = text(
        "board_now",
        frame=around,
        open=is_open,
        q=words,
        table=_table(found, at),
        count=len(found),
        all=len(schedules),
        nobody=sum(not row["on_call"] for _, row in found),
        stale=sorted(configuration.stale),
        at=moment_text(at.replace(second=0), zone("UTC"), abbreviated=True),
        at_machine=at.replace(second=0).isoformat(),
    ).encode()
    start = now // 60 * 60
    return _Made(configuration, start, min(end, start + 60), is_open, told, gzip.compress(told, ZIP, mtime=0))


def _is_meant(row: Mapping[str, Any], words: str) -> bool:
    """Whether every word is in the name of the team, the schedule or somebody who is on call or next."""
    if not words:
        return True
    people = [each[name] for each in (*row["on_call"], *row["next"]) for name in ("id", "name")]
    there = "\n".join([row["team"], row["schedule"], *people]).casefold()
    return all(word in there for word in words.casefold().split())


def _table(found: Sequence[tuple[Schedule, Mapping[str, Any]]], at: datetime) -> str:
    """The rows; tags that HTML lets one leave out are left out, as 200 teams are to come at once on a telephone."""
    ends: dict[tuple[str, str], str] = {}  # teams hand over at the same times

    def until(text: str, name: str) -> str:
        if (text, name) not in ends:
            said = moment_text(datetime.fromisoformat(text), zone(name), at, abbreviated=True)
            ends[text, name] = f"<time datetime={text}>{escape(said)}</time>"
        return ends[text, name]

    def row(schedule: Schedule, told: Mapping[str, Any]) -> str:
        on = _names(told["on_call"]) if told["on_call"] else _nobody(schedule, at)
        end = until(told["until"], schedule.timezone) if told["until"] is not None else ""
        team = f'<a href="{team_path(told["team"])}">{escape(told["team"])}</a>'
        return f"<tr><th scope=row>{team}<td>{escape(told['schedule'])}<td>{on}<td>{end}<td>{_names(told['next'])}"

    return "\n".join([row(schedule, told) for schedule, told in found])


def _names(people: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join([escape(clean(each["name"], NAME)) for each in people])


def _nobody(schedule: Schedule, at: datetime) -> str:
    """In words: whether somebody must be."""
    is_gap = any(not gap.declared for gap in gaps(schedule, Interval(at, at + _MOMENT)))
    return "<strong class=no>Nobody: a gap</strong>" if is_gap else "<span class=soft>nobody, as agreed</span>"


_SPEC = Spec(
    {200: page("Who is on call, and what is open."), 400: page("A parameter that there is not.")},
    (
        Parameter("q", "Words that are all in the name of a team, a schedule or a person."),
        Parameter("wall", "For a screen that nobody touches: it loads itself again each minute.", schema=FLAG),
    ),
)
BOARD_NOW = (Door(("GET",), "/", "board", now_, "Who is on call now, for a browser.", _SPEC),)
