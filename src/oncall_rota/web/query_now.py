"""Who is on call now, in memory: worked out once for as long as it holds, and not for each who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from oncall_rota.paging.configuration import Configuration
from oncall_rota.rendering import who
from oncall_rota.rendering.text import instant
from oncall_rota.schedule import steady_stretches
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch, moment
from oncall_rota.web.representation import Representation, digest

AHEAD = timedelta(hours=6)  # for which a row is worked out, unless it changes before
MEDIA = {
    "json": "application/json",
    "plain": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "names": "text/plain; charset=utf-8",
}

Asked = tuple[str, str, str]  # team, schedule and format; empty: all


class _Row(NamedTuple):
    """One schedule's answer, which holds over `[start, end)`, in seconds since 1970.

    `turn`: that of the configuration for which it was last found right. `revision`: of all files that it follows from.
    `names`: what people are called in it.
    """

    start: int
    end: int
    turn: int
    revision: str
    names: dict[str, str]
    row: dict[str, Any]


class _Answer:
    """The answer to one question, which holds over `[start, end)` but for the moment that it names."""

    __slots__ = ("_body", "_digest", "_form", "_made", "_place", "end", "start")

    def __init__(self, form: str, rows: Sequence[_Row], now: int) -> None:
        self.start = now
        self.end = min([row.end for row in rows], default=now + 1)
        at = instant(now)
        body = who.output(form, at, [row.row for row in rows]).encode("utf-8", "backslashreplace")
        self._form = form
        self._place = body.index(at.encode()) if form == "json" else -1
        self._body = body
        self._digest = digest(_without(body, self._place))
        self._made: tuple[int, Representation] | None = None

    def at(self, now: int) -> Representation:
        """As it is told at one second."""
        made = self._made
        if made is not None and (made[0] == now or self._place < 0):
            return made[1]
        body, validator = self._body, self._digest
        if self._place >= 0:
            body = body[: self._place] + instant(now).encode() + body[self._place + 20 :]
            validator = f"{validator}.{now:x}"
        told = Representation(body, MEDIA[self._form], validator)
        self._made = now, told
        return told


class Present:
    """Of one server process; answers of the configuration of this moment, and rows of the one before that are the same.

    To be asked in any thread.
    """

    def __init__(self) -> None:
        self._of: tuple[Configuration | None, dict[Asked, _Answer]] = (None, {})
        self._rows: dict[tuple[str, str], _Row] = {}
        self._turn = 0  # counts configurations, so that no row keeps an old one in memory

    def find(self, configuration: Configuration, asked: Asked, now: int) -> Representation | None:
        """What is told at `now`, in seconds since 1970; None: it has to be worked out."""
        of, answers = self._of
        if of is not configuration:
            return None
        found = answers.get(asked)
        return found.at(now) if found is not None and found.start <= now < found.end else None

    def make(
        self, configuration: Configuration, asked: Asked, schedules: Sequence[Schedule], now: int
    ) -> Representation:
        """The same, worked out of these schedules, as far as it is not known."""
        answers, rows = self._rows_of(configuration, schedules, now)
        made = _Answer(asked[2], rows, now)
        if self._of[0] is configuration:
            answers[asked] = made
        return made.at(now)

    def rows(
        self, configuration: Configuration, schedules: Sequence[Schedule], now: int
    ) -> tuple[list[Mapping[str, Any]], int]:
        """The results of that answer, for whoever shows them in another form, and until when they hold."""
        rows = self._rows_of(configuration, schedules, now)[1]
        return [each.row for each in rows], min([each.end for each in rows], default=now + 1)

    def _rows_of(
        self, configuration: Configuration, schedules: Sequence[Schedule], now: int
    ) -> tuple[dict[Asked, _Answer], list[_Row]]:
        """The answers of this configuration that are known, and a row for each schedule."""
        if self._of[0] is not configuration:
            there = {
                (each.team, each.name) for team in configuration.teams.values() for each in team.schedules.values()
            }
            self._rows = {name: row for name, row in self._rows.items() if name in there}
            self._of = configuration, {}
            self._turn += 1
        answers, turn = self._of[1], self._turn
        return answers, [self._row(configuration, turn, each, now) for each in schedules]

    def _row(self, configuration: Configuration, turn: int, schedule: Schedule, now: int) -> _Row:
        name = schedule.team, schedule.name
        revision = configuration.revision(schedule.team)
        kept = self._rows.get(name)
        if kept is not None and kept.start <= now < kept.end:
            if kept.turn == turn:
                return kept
            called_so = all(called(configuration, person) == name for person, name in kept.names.items())
            if called_so and revision and kept.revision == revision:
                row = self._rows[name] = kept._replace(turn=turn)
                return row
        names: dict[str, str] = {}

        def name_of(person: str) -> str:
            return names.setdefault(person, called(configuration, person))

        at = moment(now)
        told = who.row(schedule, at, name_of)
        end = epoch(steady_stretches(schedule, Interval(at, at + AHEAD))[0].end_at)
        row = self._rows[name] = _Row(now, end, turn, revision, names, told)
        return row


def called(configuration: Configuration, person: str) -> str:
    """A person's name as people write it, or the id."""
    reach = configuration.people.get(person)
    return reach.name if reach is not None and reach.name else person


def _without(body: bytes, place: int) -> bytes:
    """The body without the moment that it names."""
    return body if place < 0 else body[:place] + body[place + 20 :]
