"""What a rotation file says, typed: the values that the engine answers from.

Wall times are naive `datetime`, instants aware UTC `datetime`, spans `timedelta`. Offsets into a week are whole
seconds from Monday 00:00. Everything names the file and line that it came from, so that every answer can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

_NO_CONTACTS: Mapping[str, str] = MappingProxyType({})


class Source(NamedTuple):
    """A place in the rotations folder: `path` relative to it, `line` from 1."""

    path: str
    line: int


class HolidayCalendar(Protocol):
    """Days off, by year."""

    def days(self, year: int) -> Iterable[date]:
        """The holidays of one calendar year."""
        ...


class Entry(NamedTuple):
    """One turn's people, on call together. No people: `nobody`, a vacant turn."""

    people: tuple[str, ...]
    source: Source


class Block(NamedTuple):
    """The order of people from the turn that begins at `starting_clock` on (None: since ever)."""

    starting_clock: datetime | None
    order: tuple[Entry, ...]
    source: Source


class Every(NamedTuple):
    """Length of a turn: `number` times `unit`, one of hour, day, week, month, shift."""

    unit: str
    number: int


class Rotation(NamedTuple):
    """Who takes which turn.

    `every` None: the one entry of each block is always on. `month_day` is the day of the month on which
    turns change, 1 to 31, cut to the month's end. `offset`: during turn k the people of turn k + offset are on.
    """

    blocks: tuple[Block, ...]
    source: Source
    every: Every | None = None
    month_day: int | None = None
    elapsed: bool = False
    lasts: timedelta | None = None
    next_working_day: bool = False
    offset: int = 0


class Window(NamedTuple):
    """A union of parts of the week.

    `spans`: (start, end) seconds from Monday 00:00, start within the week, end after it, at most a week long.
    `holidays`: (start, end) seconds from the holiday's 00:00. `starts`: the weekly moments of `… from 08:00`.
    Spans are in the order written and not merged: `every: shift` counts them.
    """

    spans: tuple[tuple[int, int], ...] = ()
    holidays: tuple[tuple[int, int], ...] = ()
    starts: tuple[int, ...] = ()
    otherwise: bool = False


class CalendarShift(NamedTuple):
    """One event of a calendar: its people are on call together. `source`: where it stands in the calendar's file."""

    start_at: datetime
    end_at: datetime
    people: tuple[str, ...]
    source: Source


class Layer(NamedTuple):
    """One layer: a rotation, the hours it is active, and its life.

    In place of a rotation: another schedule (`borrows`), or the events of a calendar (`shifts`), which are also the
    hours in which it is active.
    `from_clock` and `until_clock` are naive (in the layer's zone) or aware. `when` None: always.
    """

    name: str
    timezone: str
    source: Source
    rotation: Rotation | None = None
    borrows: Schedule | None = None
    when: Window | None = None
    except_: Window | None = None
    from_clock: datetime | None = None
    until_clock: datetime | None = None
    priority: int = 0
    holidays: HolidayCalendar | None = None
    shifts: tuple[CalendarShift, ...] | None = None

    def people(self) -> Iterator[str]:
        """Everybody who is ever on by turn, with repetitions; not those of a schedule that it borrows."""
        for block in self.rotation.blocks if self.rotation is not None else ():
            for entry in block.order:
                yield from entry.people
        for shift in self.shifts or ():
            yield from shift.people


class Override(NamedTuple):
    """One line of `overrides:`, as it applies to one schedule.

    `verb`: `who`, `instead_of` (`people` take over from `person`), `add`, `remove` (`person`), `swap` (the two
    `people`). No `people`: nobody. `layer`: only that layer, while it is active. `by`: who made it, of a live one;
    None: it stands in a file.
    """

    verb: str
    people: tuple[str, ...]
    start_at: datetime
    end_at: datetime
    source: Source
    person: str | None = None
    layer: str | None = None
    id: str | None = None
    reason: str | None = None
    by: str | None = None


class Away(NamedTuple):
    """One absence of `person`. `cover`: `next`, a person's id, or None."""

    person: str
    start_at: datetime
    end_at: datetime
    source: Source
    cover: str | None = None
    reason: str | None = None


class Schedule:
    """One schedule of a team, complete: all that decides its answer hangs from it.

    `combine`: `exclusive`, `last wins`, `first wins`, `all`, `priority`. `overrides` and `away` are those that
    hold here, in the order in which they apply. `leader` is the schedule that it `follows`; `followers` those
    that follow it. `must_cover` None: never. `pages`: `copy` for a shadow that never counts as cover. `plan` is
    the engine's own.
    """

    __slots__ = (
        "away",
        "combine",
        "cover_holidays",
        "followers",
        "layers",
        "leader",
        "must_cover",
        "must_cover_except",
        "name",
        "overrides",
        "pages",
        "plan",
        "source",
        "team",
        "timezone",
    )

    def __init__(
        self,
        team: str,
        name: str,
        timezone: str,
        source: Source,
        layers: tuple[Layer, ...],
        combine: str = "exclusive",
        overrides: tuple[Override, ...] = (),
        away: tuple[Away, ...] = (),
        leader: Schedule | None = None,
        followers: tuple[Schedule, ...] = (),
        must_cover: Window | None = None,
        must_cover_except: Window | None = None,
        cover_holidays: HolidayCalendar | None = None,
        pages: str = "all",
    ) -> None:
        self.team = team
        self.name = name
        self.timezone = timezone
        self.source = source
        self.layers = layers
        self.combine = combine
        self.overrides = overrides
        self.away = away
        self.leader = leader
        self.followers = followers
        self.must_cover = must_cover
        self.must_cover_except = must_cover_except
        self.cover_holidays = cover_holidays
        self.pages = pages
        self.plan: Any = None

    def __repr__(self) -> str:
        return f"<schedule {self.team}/{self.name}>"


class Handover(NamedTuple):
    """From `starting_at` on another team's schedule is a service's first line."""

    to: Schedule
    starting_at: datetime
    source: Source
    monitoring: str
    documentation: str


class Service(NamedTuple):
    """Something that a team runs. `availability` in percent."""

    name: str
    source: Source
    runbook: str | None = None
    availability: float | None = None
    handover: Handover | None = None


class Team:
    """One team's file: its schedules in the order written, its services."""

    __slots__ = ("name", "schedules", "services", "source", "timezone")

    def __init__(
        self,
        name: str,
        timezone: str,
        source: Source,
        schedules: dict[str, Schedule],
        services: dict[str, Service] | None = None,
    ) -> None:
        self.name = name
        self.timezone = timezone
        self.source = source
        self.schedules = schedules
        self.services = services or {}

    @property
    def first(self) -> Schedule:
        """`primary` if there is one, else the schedule written first."""
        return self.schedules.get("primary") or next(iter(self.schedules.values()))


class Person(NamedTuple):
    """One entry of people.yaml. `contacts`: field -> address. `until_on`: the day on which the person left."""

    id: str
    name: str
    source: Source
    contacts: Mapping[str, str] = _NO_CONTACTS
    timezone: str | None = None
    until_on: date | None = None
