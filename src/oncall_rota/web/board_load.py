"""Who has how much of it: hours on call, at night, at weekends and on holidays, and pages, per person and team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config import known
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.row import PagedCount
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.schedule import shifts
from oncall_rota.schedule.load import Load, Measure
from oncall_rota.schedule.model import Team
from oncall_rota.schedule.window import merged
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import UTC_ZONE, epoch, zone
from oncall_rota.web import query_asked as asked
from oncall_rota.web.board import NAME, on_the_board, shown, team_path
from oncall_rota.web.board_weeks import holidays_of
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.query_now import called
from oncall_rota.web.spec import Parameter, Spec, page

BEFORE, AFTER = timedelta(weeks=4), timedelta(weeks=8)
COLUMNS = {
    "person": "Person", "team": "Team", "hours": "Hours", "night": "At night", "weekend": "At weekends",
    "holiday": "On holidays", "paged_night": "Pages by night", "paged_day": "Pages by day",
}  # fmt: skip
MOST = 1000  # rows that are shown
_WORDS = ("person", "team")  # columns that are sorted from A on; others from the most on


class Row(NamedTuple):
    """One person in one team. Hours are whole ones."""

    person: str
    team: str
    hours: int
    night: int
    weekend: int
    holiday: int
    paged_night: int
    paged_day: int


@on_the_board
async def load(visit: Visit) -> Response:
    """The table, sorted as is asked."""
    premises, fields = visit.premises, asked.parameters(visit.request, "from", "until", "team", "sort")
    configuration, now_at = premises.configuration(), premises.gate.now()
    sort = fields.get("sort") or "hours"
    if sort not in COLUMNS:
        raise Refused(400, f"sort: no column {sort!r}", known(sort, COLUMNS))
    given = {name: fields[name] for name in ("from", "until", "team") if fields.get(name)}
    teams = _teams(configuration, fields.get("team", ""))
    count = sum(len(each.schedules) for each in teams.values())
    if not given and count * (BEFORE + AFTER).days > asked.MOST:
        teams = {}  # nobody has asked for that much
    window = _window(fields, now_at, sum(len(each.schedules) for each in teams.values()))
    paged, failed = await run_in_threadpool(_paged, premises.store, window, now_at)
    rows = await run_in_threadpool(rows_of, configuration, teams, window, paged)
    rows.sort(key=lambda row: (row.person.casefold(), row.team))
    rows.sort(key=lambda row: getattr(row, sort), reverse=sort not in _WORDS)
    return await shown(
        visit,
        "board_load",
        "/load",
        rows=rows[:MOST],
        more=len(rows) - MOST,
        too_much=count if not teams else 0,
        totals=_totals(rows),
        columns=[(name, words, f"?{urlencode({**given, 'sort': name})}") for name, words in COLUMNS.items()],
        sort=sort,
        rising=sort in _WORDS,
        from_=f"{window.start_at:%Y-%m-%d}",
        until=f"{window.end_at:%Y-%m-%d}",
        team=fields.get("team", ""),
        teams=list(configuration.teams),
        failed=failed,
        path=team_path,
    )


def _teams(configuration: Configuration, name: str) -> Mapping[str, Team]:
    if not name:
        return configuration.teams
    asked.schedules(configuration, name, "")
    return {name: configuration.teams[name]}


def _window(fields: Mapping[str, str], now_at: datetime, schedules: int) -> Interval:
    today_at = now_at.replace(hour=0, minute=0, second=0, microsecond=0)
    given = {name: fields[name] for name in ("from", "until") if fields.get(name)}
    given.setdefault("from", f"{today_at - BEFORE:%Y-%m-%d}")
    given.setdefault("until", f"{today_at + AFTER:%Y-%m-%d}")
    return asked.window(given, now_at, UTC_ZONE, schedules)


def _paged(store: Store, window: Interval, now_at: datetime) -> tuple[tuple[PagedCount, ...], str]:
    """How often people were paged; and why nobody knows."""
    if window.start_at >= now_at:
        return (), ""
    try:
        return store.paged(window.start_at, window.end_at), ""
    except StoreFailed as error:
        return (), str(error)


def rows_of(
    configuration: Configuration, teams: Mapping[str, Team], window: Interval, paged: tuple[PagedCount, ...]
) -> list[Row]:
    """A row for each person and team who has a shift, or was paged, in the window."""
    low, high = epoch(window.start_at), epoch(window.end_at)
    measures: dict[tuple[str, str], Measure] = {}
    found: dict[tuple[str, str], Load] = {}
    holidays: dict[str, Callable[[date], bool]] = {
        name: holidays_of(team.schedules.values()) for name, team in teams.items()
    }

    def measure(person: str, team: str) -> Measure:
        reach = configuration.people.get(person)
        clock = reach.timezone if reach is not None and reach.timezone else teams[team].timezone
        key = clock, team
        if key not in measures:
            measures[key] = Measure(zone(clock), low, high, holidays[team])
        return measures[key]

    for name, team in teams.items():
        spans: dict[str, list[tuple[int, int]]] = {}
        for schedule in team.schedules.values():
            for shift in shifts(schedule, window):
                spans.setdefault(shift.person, []).append((shift.start, shift.end))
        for person, own in spans.items():
            found[person, name] = measure(person, name).load(merged(sorted(own)))
    nights: dict[tuple[str, str], int] = {}
    days: dict[tuple[str, str], int] = {}
    for each in paged:
        if each.team in teams:
            key = each.person, each.team
            counts = nights if measure(*key).nights.holds(epoch(each.quarter_at)) else days
            counts[key] = counts.get(key, 0) + each.number
    return [
        Row(
            clean(called(configuration, key[0]), NAME),
            key[1],
            *_hours(found.get(key, Load())),
            nights.get(key, 0),
            days.get(key, 0),
        )
        for key in {**found, **nights, **days}
    ]


def _hours(load: Load) -> tuple[int, int, int, int]:
    total, night, weekend, holiday = [round(each / 3600) for each in load]
    return total, night, weekend, holiday


def _totals(rows: list[Row]) -> list[tuple[str, int, Any]]:
    """Of each team: how many people, and the sums of their rows."""
    teams: dict[str, list[Row]] = {}
    for row in rows:
        teams.setdefault(row.team, []).append(row)
    return [
        (name, len(own), [sum(column) for column in zip(*[row[2:] for row in own], strict=True)])
        for name, own in sorted(teams.items())
    ]


_SPEC = Spec(
    {200: page("The table."), 400: page("A parameter that means nothing, or too much at once."),
     404: page("There is no such team."), 503: page("The team's files have no meaning.")},
    (
        Parameter("from", "The first day; four weeks ago when left out."),
        Parameter("until", "The day after the last; in eight weeks when left out."),
        Parameter("team", "Only this team."),
        Parameter("sort", "By which column.", schema={"type": "string", "enum": list(COLUMNS)}),
    ),
)  # fmt: skip
BOARD_LOAD = (Door(("GET",), "/load", "board", load, "Hours on call and pages, per person and team.", _SPEC),)
