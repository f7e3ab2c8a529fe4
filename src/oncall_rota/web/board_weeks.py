"""The weeks of a team as they are drawn: where each shift, gap and day stands in its week, in percent of its width.

A week is from Monday to Monday on the clock of the zone that is shown, so that one in which the clocks change has 167
or 169 hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from oncall_rota.rendering.schedule import Row
from oncall_rota.schedule.cause import AwayCover, Borrowed, Cause, OverrideCause
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch, moment

DAY, DAYS = 86400, 7
_MONDAY = 4 * DAY  # 1970-01-05
WIDE, NARROW = 10.0, 3.0  # percent of a week on a large screen that hold a whole name, or its first word
WIDE_ON_PHONE, NARROW_ON_PHONE = 40.0, 11.0


class Piece(NamedTuple):
    """A shift's or gap's part of one week. `x`, `width`: percent. `row`: from 0, where several people are on at once.

    `start`, `end`: of all of it, in seconds since 1970. `kind`: shift, override, cover, gap or agreed. `person`: empty
    in a gap.
    """

    x: float
    width: float
    row: int
    kind: str
    person: str
    start: int
    end: int
    cause: Cause | None


class Lane(NamedTuple):
    """One schedule in one week."""

    schedule: Schedule
    rows: int
    pieces: tuple[Piece, ...]


class Day(NamedTuple):
    """`x`, `width`: percent."""

    x: float
    width: float
    on: date
    weekend: bool
    holiday: bool
    today: bool


class Week(NamedTuple):
    """`now`: percent, None: not in this week."""

    start: int
    end: int
    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    now: float | None


def monday(at: datetime, zone: Zone) -> int:
    """The wall time (seconds since 1970) at which the week of an instant begins."""
    wall = zone.clock(epoch(at))
    return wall - (wall - _MONDAY) % (DAYS * DAY)


def bounds(first: int, count: int, zone: Zone) -> list[int]:
    """The instants at which `count` weeks begin, and that at which the last ends; `first`: a wall time."""
    return [zone.instant(first + number * DAYS * DAY) for number in range(count + 1)]


def weeks(
    table: Sequence[Row], first: int, count: int, zone: Zone, now: int, holidays: Callable[[date], bool]
) -> Iterator[Week]:
    """Each week of the window for which `table` was worked out."""
    for number, (start, end) in enumerate(pairwise(bounds(first, count, zone))):
        days = tuple(_days(first + number * DAYS * DAY, (start, end), zone, now, holidays))
        lanes = tuple([_lane(row, start, end) for row in table])
        at = (now - start) * 100 / (end - start) if start <= now < end else None
        yield Week(start, end, days, lanes, at)


def _days(wall: int, week: tuple[int, int], zone: Zone, now: int, holidays: Callable[[date], bool]) -> Iterator[Day]:
    today = datetime.fromtimestamp(zone.clock(now), UTC).date()
    starts = [zone.instant(wall + number * DAY) for number in range(DAYS + 1)]
    length = week[1] - week[0]
    for number, (start, end) in enumerate(pairwise(starts)):
        on = datetime.fromtimestamp(wall + number * DAY, UTC).date()
        x, width = (start - week[0]) * 100 / length, (end - start) * 100 / length
        yield Day(x, width, on, number >= 5, holidays(on), on == today)


def _lane(row: Row, start: int, end: int) -> Lane:
    schedule, on, off = row
    found = [(each.start, each.end, kind_of(each.cause), each.person, each.cause) for each in on]
    holes = [(each.start, each.end, "agreed" if each.declared else "gap", "", None) for each in off]
    pieces: list[Piece] = []
    ends: list[int] = []  # of the last piece of each row
    for low, high, kind, person, cause in sorted([*found, *holes], key=lambda each: each[:4]):
        if high <= start or low >= end:
            continue
        own = next((number for number, each in enumerate(ends) if each <= low), len(ends))
        ends[own : own + 1] = [high]
        left, right = max(low, start), min(high, end)
        x, width = (left - start) * 100 / (end - start), (right - left) * 100 / (end - start)
        pieces.append(Piece(x, width, own, kind, person, low, high, cause))
    return Lane(schedule, max(len(ends), 1), tuple(pieces))


def kind_of(cause: Cause) -> str:
    """How a shift came about, as far as it is drawn in another way."""
    inner = cause.inner if isinstance(cause, Borrowed) else cause
    if isinstance(inner, OverrideCause):
        return "override"
    return "cover" if isinstance(inner, AwayCover) else "shift"


def holidays_of(schedules: Iterable[Schedule]) -> Callable[[date], bool]:
    """Whether a day is a holiday for any of them, or any layer of theirs."""
    calendars = {
        id(each): each
        for schedule in schedules
        for each in (schedule.cover_holidays, *[layer.holidays for layer in schedule.layers])
        if each is not None
    }
    known: dict[int, frozenset[date]] = {}

    def is_holiday(on: date) -> bool:
        if on.year not in known:
            known[on.year] = frozenset(day for each in calendars.values() for day in each.days(on.year))
        return on in known[on.year]

    return is_holiday


def labels(name: str, width: float) -> tuple[str, str]:
    """What of a name fits into that part of a week: on a large screen, and on a phone."""
    first = name.split()[0] if name.split() else name
    letters = [next((letter for letter in word if letter.isalnum()), "") for word in name.split()]
    initials = "".join([letter for letter in letters if letter][:2])

    def fits(whole: float, half: float) -> str:
        return name if width >= whole else first if width >= half else initials

    return fits(WIDE, NARROW), fits(WIDE_ON_PHONE, NARROW_ON_PHONE)


def colours(people: Iterable[str], count: int = 12) -> Mapping[str, int]:
    """A number below `count` for each: the same as long as the same people are in the team."""
    return {person: number % count for number, person in enumerate(sorted(set(people)))}


def shifted(first: int, count: int) -> date:
    """The day on which the week `count` weeks after a wall time begins."""
    return (datetime.fromtimestamp(first, UTC) + timedelta(weeks=count)).date()


def window(first: int, count: int, zone: Zone) -> Interval:
    """All these weeks."""
    found = bounds(first, count, zone)
    return Interval(moment(found[0]), moment(found[-1]))
