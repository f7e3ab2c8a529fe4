"""A team: who is on call in the weeks to come, drawn and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from oncall_rota.config.reach import people_of
from oncall_rota.humantime import day_text, moment_text, span_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.message import clean
from oncall_rota.rendering import schedule as timeline
from oncall_rota.rendering import why
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.zone import Zone, epoch, moment
from oncall_rota.web import board_weeks as drawn
from oncall_rota.web import query_asked as asked
from oncall_rota.web.board import NAME, on_the_board, shown, team_path
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.query_now import called
from oncall_rota.web.spec import Parameter, Spec, page

WEEKS, MOST = 4, 26
PIECE, LABEL, HEAD = 1.9, 1.3, 2.6  # heights, rem: of a shift, of a schedule's name, of the days' names


class Bar(NamedTuple):
    """One piece of a lane. `text`: on a large screen; `short`: on a phone. `whole`: all about it, in words."""

    x: str
    y: str
    width: str
    kind: str
    colour: int
    text: str
    short: str
    whole: str
    why: str


class Strip(NamedTuple):
    """One week. `names`: of the lanes, each with where it stands; `height`: rem."""

    title: str
    days: tuple[drawn.Day, ...]
    names: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    away: tuple[str, ...]
    height: str
    now: str


class Line(NamedTuple):
    """One row of the table."""

    start: str
    start_machine: str
    end: str
    end_machine: str
    span: str
    schedule: str
    person: str
    reason: str
    why: str
    is_gap: bool


@on_the_board
async def team(visit: Visit) -> Response:
    """A team's weeks."""
    configuration, now_at = visit.premises.configuration(), visit.premises.gate.now()
    fields = asked.parameters(visit.request, "tz", "from", "weeks")
    name = str(visit.request.path_params["team"])
    values = await run_in_threadpool(_team, configuration, name, fields, now_at, visit.visitor.person)
    return await shown(visit, "board_team", **values)


def _team(
    configuration: Configuration, name: str, fields: Mapping[str, str], now_at: datetime, person: str | None
) -> dict[str, Any]:
    schedules = asked.schedules(configuration, name, "")
    own = configuration.teams[name].timezone
    clock = asked.shown({"tz": fields.get("tz") or own})
    count = _count(fields.get("weeks") or str(WEEKS))
    first = drawn.monday(asked.instant(fields.get("from") or "now", "from", now_at, clock), clock)
    window = drawn.window(first, count, clock)
    table = timeline.rows(schedules, window, causes=True)
    known: dict[int, frozenset[str]] = {}
    people = {each for one in schedules for each in people_of(one, known)}
    on = {shift.person for _, shifts, _ in table for shift in shifts}
    view = _View(configuration, name, clock, now_at, drawn.colours(people | on))
    found = drawn.weeks(table, first, count, clock, epoch(now_at), drawn.holidays_of(schedules))
    return {
        "team": name,
        "own": own,
        "zone": clock.name,
        "zones": _zones(configuration, own, person, clock),
        "count": count,
        "from_": drawn.shifted(first, 0).isoformat(),
        "before": view.address(drawn.shifted(first, -count).isoformat(), count),
        "after": view.address(drawn.shifted(first, count).isoformat(), count),
        "today": view.address("", count),
        "strips": [_strip(week, view) for week in found],
        "legend": [(view.called(each), view.colours[each]) for each in sorted(on, key=view.called)],
        "lines": _lines(table, view),
        "gaps": sum(not gap.declared for _, _, gaps in table for gap in gaps),
        "schedules": [each.name for each in schedules],
        "stale": name in configuration.stale,
    }


class _View(NamedTuple):
    """For whom it is drawn: on which clock, at what moment, in which colours."""

    configuration: Configuration
    team: str
    clock: Zone
    now_at: datetime
    colours: Mapping[str, int]

    def called(self, person: str) -> str:
        """A person's name, as it is shown."""
        return clean(called(self.configuration, person), NAME)

    def text(self, instant: int) -> str:
        """A moment on this clock."""
        return moment_text(moment(instant), self.clock, self.now_at)

    def address(self, from_: str, count: int) -> str:
        """Of other weeks of the team."""
        fields = {"from": from_, "weeks": str(count), "tz": self.clock.name}
        return f"{team_path(self.team)}?{urlencode({name: each for name, each in fields.items() if each})}"

    def why(self, schedule: Schedule, instant: int) -> str:
        """Of the page that explains a moment."""
        query = urlencode({"at": moment(instant).strftime("%Y-%m-%dT%H:%M:%SZ"), "tz": self.clock.name})
        return f"{team_path(self.team)}/{quote(schedule.name, safe='')}/why?{query}"


def _count(written: str) -> int:
    count = int(written) if written.isascii() and written.isdigit() and len(written) < 4 else 0
    if not 0 < count <= MOST:
        raise Refused(400, f"weeks: it is a whole number from 1 to {MOST}")
    return count


def _zones(configuration: Configuration, own: str, person: str | None, clock: Zone) -> list[str]:
    """Those that somebody may want: the team's, their own, UTC, and the one that is shown."""
    reach = configuration.people.get(person) if person is not None else None
    return list(
        dict.fromkeys([own, *([reach.timezone] if reach is not None and reach.timezone else []), "UTC", clock.name])
    )


def _strip(week: drawn.Week, view: _View) -> Strip:
    several = len(week.lanes) > 1
    top, names, bars = HEAD, [], []
    for lane in week.lanes:
        if several:
            names.append((lane.schedule.name, f"{top + LABEL * 0.8:.2f}"))
            top += LABEL
        bars += [_bar(piece, lane.schedule, top, view) for piece in lane.pieces]
        top += PIECE * lane.rows + 0.2
    first, last = moment(week.start), moment(week.end - 1)
    year = f"{week.days[-1].on:%Y}"
    title = (
        f"{day_text(first, view.clock, first)} – {day_text(last, view.clock, last)} {year}, week {week.days[0].on:%V}"
    )
    now = "" if week.now is None else f"{week.now:.3f}"
    return Strip(title, week.days, tuple(names), tuple(bars), _away(week, view), f"{top + 0.1:.2f}", now)


def _bar(piece: drawn.Piece, schedule: Schedule, top: float, view: _View) -> Bar:
    name = view.called(piece.person) if piece.person else ""
    times = f"{view.text(piece.start)} – {view.text(piece.end)}"
    if piece.cause is None:
        words = ("Nobody: a gap", "Gap") if piece.kind == "gap" else ("nobody, as agreed", "–")
        text, short, whole = *(words if piece.width >= drawn.WIDE else words[1:] * 2), f"{words[0]}, {times}"
    else:
        marked = {"override": " (override)", "cover": " (cover)"}.get(piece.kind, "")
        text, short = drawn.labels(name, piece.width)
        text += marked if piece.width >= 2 * drawn.WIDE else ""
        whole = f"{name}, {times}, {why.because(piece.cause, view.called)}"
    return Bar(
        f"{piece.x:.3f}", f"{top + PIECE * piece.row:.2f}", f"{piece.width:.3f}", piece.kind,
        view.colours.get(piece.person, 0), text, short, f"{schedule.name}: {whole}", view.why(schedule, piece.start),
    )  # fmt: skip


def _away(week: drawn.Week, view: _View) -> tuple[str, ...]:
    """Who is away in that week, each once."""
    found = {
        (each.start_at, each.end_at, each.person): None
        for lane in week.lanes
        for each in lane.schedule.away
        if epoch(each.start_at) < week.end and epoch(each.end_at) > week.start
    }
    return tuple(
        [
            f"{view.called(who)} ({view.text(epoch(start))} – {view.text(epoch(end))})"
            for start, end, who in sorted(found)
        ]
    )


def _lines(table: Sequence[timeline.Row], view: _View) -> list[Line]:
    found: list[tuple[int, str, int, Line]] = []
    for schedule, shifts, gaps in table:
        for shift in shifts:
            reason = why.because(shift.cause, view.called)
            line = _line(schedule, (shift.start, shift.end), view.called(shift.person), reason, view, is_gap=False)
            found.append((shift.start, schedule.name, shift.end, line))
        for gap in gaps:
            who, reason = ("nobody", "as agreed") if gap.declared else ("Nobody", "a gap")
            line = _line(schedule, (gap.start, gap.end), who, reason, view, is_gap=not gap.declared)
            found.append((gap.start, schedule.name, gap.end, line))
    return [line for *_, line in sorted(found, key=lambda each: each[:3])]


def _line(schedule: Schedule, times: tuple[int, int], person: str, reason: str, view: _View, *, is_gap: bool) -> Line:
    start, end = times
    return Line(
        view.text(start), moment(start).isoformat(), view.text(end), moment(end).isoformat(),
        span_text(timedelta(seconds=end - start)), schedule.name, person, reason, view.why(schedule, start), is_gap,
    )  # fmt: skip


_TEAM = Spec(
    {200: page("The weeks."), 400: page("A parameter that means nothing."), 404: page("There is no such team."),
     503: page("The team's files have no meaning.")},
    (
        Parameter("tz", "The zone of what is shown; the team's when left out."),
        Parameter("from", "A moment of the first week; now when left out."),
        Parameter("weeks", f"How many: from 1 to {MOST}; {WEEKS} when left out."),
    ),
)  # fmt: skip
BOARD_TEAM = (Door(("GET",), "/teams/{team}", "board", team, "A team's weeks, drawn and as a table.", _TEAM),)
