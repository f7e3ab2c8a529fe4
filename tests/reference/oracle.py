"""A slow, plain reference: who is on call, written from the rotation format's text alone.

It reads the parsed YAML structure (dicts, lists and texts) and knows nothing of the engine. Whatever the
format says is done literally: every handoff, window edge and override edge near the asked stretch is listed
one by one, and each is turned into an instant by looking at what the zone's clock reads. Nothing is
computed that could be listed instead.

    reference = Reference.read(folder, low, high)        # or Reference(teams, people, low, high)
    reference.who("payments", "primary", instant)        # sorted tuple of people
    reference.spans("payments", "primary", low, high)    # [(start, end, frozenset of people)], gaps included

Instants are whole epoch seconds in UTC, intervals half-open. The definition must be free of mistakes: the
reference validates nothing. Where the text leaves a choice, the choice is marked NOTE.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EPOCH = datetime(1970, 1, 1)
DAY = timedelta(days=1)
MARGIN = 20  # days before and after the asked stretch in which everything is listed
FOREVER = 1 << 60


# ---- the one rule: the first instant at which the zone's clock reads that time or later ----------------


@cache
def clock_readings(zone: str, day: int) -> tuple[tuple[int, int, int], ...]:
    """Pieces (start, end, offset) of one UTC day in which the zone keeps one offset, found by looking."""
    tz = ZoneInfo(zone)

    def offset(at: int) -> int:
        return int(datetime.fromtimestamp(at, tz).utcoffset().total_seconds())  # type: ignore[union-attr]

    pieces: list[tuple[int, int, int]] = []
    start = day * 86400
    current = offset(start)
    for quarter in range(1, 97):
        at = day * 86400 + quarter * 900
        if offset(at) != current:
            change = next(second for second in range(at - 899, at + 1) if offset(second) != current)
            pieces.append((start, change, current))
            start, current = change, offset(change)
    end = (day + 1) * 86400
    if start < end:
        pieces.append((start, end, current))
    return tuple(pieces)


@lru_cache(maxsize=1 << 18)
def instant(zone: str, wall: datetime) -> int:
    """The first instant at which the zone's clock reads `wall` (naive) or later."""
    reading = int((wall - EPOCH).total_seconds())
    for day in range(reading // 86400 - 2, reading // 86400 + 3):
        for start, end, offset in clock_readings(zone, day):
            if start + offset >= reading:
                return start  # the clock jumped past it
            if end + offset > reading:
                return reading - offset
    raise AssertionError((zone, wall))


def clock_changes(zone: str, low: int, high: int) -> set[int]:
    """Every instant of [low, high) at which the zone's offset changes."""
    found = set()
    for day in range(low // 86400 - 1, high // 86400 + 2):
        found |= {start for start, _, _ in clock_readings(zone, day)[1:]}
    return found


# ---- small readers of texts ----------------------------------------------------------------------------


def clock_time(text: str) -> timedelta:
    """`9:30` -> the time since midnight."""
    parts = [int(part) for part in text.strip().split(":")]
    return timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) > 2 else 0)


def midnight(day: date) -> datetime:
    """The wall time at which a day begins."""
    return datetime(day.year, day.month, day.day)


def day_number(text: str) -> int:
    """`mon` or `monday` -> 0."""
    return DAYS.index(text.strip().lower()[:3])


def day_set(text: str) -> set[int]:
    """`daily`, `mon-fri`, `fri-mon` or `sat,sun` -> numbers of weekdays."""
    if text.strip() == "daily":
        return set(range(7))
    found: set[int] = set()
    for part in text.split(","):
        if "-" in part:
            first, last = (day_number(end) for end in part.split("-"))
            found |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
        else:
            found.add(day_number(part))
    return found


def as_list(value: Any) -> list[Any]:
    """One value or a list of them, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def persons(value: Any) -> list[str]:
    """The people of one entry: a person, a list of people, or nobody."""
    return [person for person in as_list(value) if person != "nobody"]


def has_time(text: str) -> bool:
    """Whether a date has a time after it."""
    return len(text.strip()) > 10


def moment(text: str, zone: str, bare: timedelta) -> int:
    """A date, a date and time in `zone`, or an instant with Z or an offset."""
    text = text.strip()
    if not has_time(text):
        return instant(zone, midnight(date.fromisoformat(text)) + bare)
    read = datetime.fromisoformat(text)
    return int(read.timestamp()) if read.tzinfo else instant(zone, read)


UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def amount(text: str) -> tuple[int, str]:
    """`week` -> (1, week), `2 days` -> (2, day)."""
    number, unit = re.fullmatch(r"(?:(\d+) )?([a-z]+?)s?", text.strip()).groups()  # type: ignore[union-attr]
    return int(number or 1), unit


# ---- windows -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One item of `when` or `except`."""

    kind: str  # days, span, otherwise, from
    days: frozenset[int] = frozenset()
    holidays: bool = False
    start: timedelta = timedelta(0)
    end: timedelta = timedelta(0)  # from the midnight of the day on which it starts


def item(text: str) -> Item:
    """Read one window."""
    text = re.sub(r"\s*-\s*", "-", text.strip().lower())
    text = re.sub(r"\s*,\s*", ",", text)
    if text == "otherwise":
        return Item("otherwise")
    span = re.fullmatch(r"([a-z]+) ([\d:]+)-([a-z]+) ([\d:]+)", text)
    if span:
        first, last = day_number(span[1]), day_number(span[3])
        start = clock_time(span[2])
        end = timedelta(days=(last - first) % 7) + clock_time(span[4])
        if end <= start:
            end += timedelta(days=7)
        return Item("span", frozenset({first}), False, start, end)
    words = text.split(" ")
    holidays = words[0] == "holidays"
    days = frozenset() if holidays else frozenset(day_set(words[0]))
    if len(words) == 1:
        return Item("days", days, holidays, timedelta(0), DAY)
    if words[1] == "from":
        return Item("from", days, holidays, clock_time(words[2]))
    start, end = (clock_time(part) for part in words[1].split("-"))
    if end <= start:
        end += DAY
    return Item("days", days, holidays, start, end)


# ---- a rotation's layer, listed near the asked stretch -------------------------------------------------


@dataclass
class Handoff:
    """One change of turns."""

    number: int
    wall: datetime  # where it stands on the calendar (after a holiday moved it)
    at: int


@dataclass
class Turn:
    """What a layer says at one instant before absences and overrides."""

    people: list[str] = field(default_factory=list)
    order: list[Any] = field(default_factory=list)  # the block's entries
    position: int = 0  # the current entry in them


class Layer:
    """One layer as its YAML mapping says, with all that happens to it between `low` and `high`."""

    def __init__(self, house: Reference, team: str, schedule: dict[str, Any], spec: dict[str, Any]) -> None:
        self.house, self.team, self.spec = house, team, spec
        owner = house.teams[team]
        self.name = spec.get("name")
        self.zone = spec.get("timezone") or schedule.get("timezone") or owner["timezone"]
        self.days_off = house.days_off(spec.get("holidays", schedule.get("holidays", owner.get("holidays"))))
        self.every = amount(spec["every"]) if "every" in spec else None
        self.elapsed = spec.get("clock") == "elapsed"
        self.blocks = self._blocks()
        self.handoff_time = self._handoff_time()
        self.when = [item(text) for text in as_list(spec.get("when"))]
        self.excepted = [item(text) for text in as_list(spec.get("except"))]
        self.borrows = spec.get("schedule")
        self.lives = [self._life(spec)]
        self.offset = 0
        self.handoffs = self._handoffs()
        self.started_at = self._started_at()
        self.excepted_spans = [span for one in self.excepted for span in self._spans(one)]
        self.spans: list[tuple[int, int]] = []  # of plain items; `from` and `otherwise` need the neighbours
        for one in self.when:
            if one.kind in ("days", "span"):
                self.spans += self._spans(one)
        self.from_starts = sorted(start for one in self.when if one.kind == "from" for start, _ in self._starts(one))
        self._note_edges()

    # -- reading

    def _blocks(self) -> list[tuple[str | None, list[Any]]]:
        people = as_list(self.spec.get("people"))
        if people and isinstance(people[0], dict):
            return [(block["starting"], as_list(block["order"])) for block in people]
        return [(self.spec.get("starting"), people)]

    def _handoff_time(self) -> timedelta | None:
        """The wall time of day at which turns change, if there is one."""
        if self.every is None or self.every[1] in ("hour", "shift"):
            return None
        if "handoff" in self.spec:
            return clock_time(self.spec["handoff"].split(" ")[-1])
        start = datetime.fromisoformat(self.blocks[0][0])  # type: ignore[arg-type]
        return start - midnight(start.date())

    def _life(self, spec: dict[str, Any]) -> tuple[int, int]:
        bare = self.handoff_time or timedelta(0)
        low = moment(spec["from"], self.zone, bare) if "from" in spec else -FOREVER
        high = moment(spec["until"], self.zone, bare) if "until" in spec else FOREVER
        return low, high

    def live_within(self, spec: dict[str, Any]) -> None:
        """Cut the layer's life by its schedule's `from` and `until` too."""
        self.lives.append(self._life(spec))
        self.house.edges |= set(self.lives[-1])

    def _wall(self, text: str) -> datetime:
        if has_time(text):
            return datetime.fromisoformat(text)
        return midnight(date.fromisoformat(text)) + (self.handoff_time or timedelta(0))

    # -- windows

    def _dates(self) -> list[date]:
        first = datetime.fromtimestamp(self.house.low, UTC).date() - MARGIN * DAY
        last = datetime.fromtimestamp(self.house.high, UTC).date() + MARGIN * DAY
        return [first + step * DAY for step in range((last - first).days + 1)]

    def _on_day(self, one: Item, day: date) -> bool:
        return day in self.days_off if one.holidays else day.weekday() in one.days

    def _starts(self, one: Item) -> list[tuple[int, date]]:
        return [(instant(self.zone, midnight(day) + one.start), day) for day in self._dates() if self._on_day(one, day)]

    def _spans(self, one: Item) -> list[tuple[int, int]]:
        return [(start, instant(self.zone, midnight(day) + one.end)) for start, day in self._starts(one)]

    def alive(self, at: int) -> bool:
        return all(low <= at < high for low, high in self.lives)

    def started(self, at: int) -> bool:
        return self.started_at is None or self.started_at <= at

    def in_except(self, at: int) -> bool:
        return any(start <= at < end for start, end in self.excepted_spans)

    def in_window(self, at: int, layers: list[Layer]) -> bool:
        """In `when` and not in `except`; nothing about life or `starting`."""
        if self.in_except(at):
            return False
        if not self.when:
            return True
        for one in self.when:
            if one.kind == "otherwise" and not any(
                other.covers(at, layers) for other in layers if other is not self and not other.is_otherwise
            ):
                return True
            if one.kind == "from" and self._in_from(at, layers):
                return True
        return any(start <= at < end for start, end in self.spans)

    @property
    def is_otherwise(self) -> bool:
        return any(one.kind == "otherwise" for one in self.when)

    def covers(self, at: int, layers: list[Layer]) -> bool:
        """What `otherwise` of a neighbour leaves out."""
        return self.alive(at) and self.started(at) and self.in_window(at, layers)

    def _in_from(self, at: int, layers: list[Layer]) -> bool:
        """The latest start at or before `at` among all `from` layers alive then is one of this layer.

        NOTE: the layer's own start begins its stretch even before its own life or `starting`.
        """
        own = [start for start in self.from_starts if start <= at]
        if not own:
            return False
        ends = [
            start
            for other in layers
            for start in other.from_starts
            if own[-1] < start <= at and (other is self or (other.alive(start) and other.started(start)))
        ]
        return not ends

    # -- handoffs

    def _calendar(self) -> list[datetime]:
        """The wall times of all handoffs up to the end of the asked stretch, in order."""
        start = self._wall(self.blocks[0][0])  # type: ignore[arg-type]
        last = datetime.fromtimestamp(self.house.high, UTC).replace(tzinfo=None) + MARGIN * DAY
        last = max(last, *(self._wall(written) + DAY for written, _ in self.blocks))  # type: ignore[arg-type]
        count, unit = self.every  # type: ignore[misc]
        found = []
        if unit == "shift":
            day = start.date() - 8 * DAY
            while midnight(day) <= last:
                found += [midnight(day) + one.start for one in self.when if self._on_day(one, day)]
                day += DAY
            found = sorted({wall for wall in found if wall >= start})
            return found[::count]
        k = 0
        while True:
            if unit == "month":
                year, month = divmod(start.year * 12 + start.month - 1 + k * count, 12)
                month += 1
                wanted = self._day_of_month(start)
                day = date(year, month, min(wanted, calendar.monthrange(year, month)[1]))
                wall = midnight(day) + (start - midnight(start.date()))
            else:
                wall = start + k * count * timedelta(seconds=UNITS[unit])
            if wall > last:
                return found
            found.append(wall)
            k += 1

    def _day_of_month(self, start: datetime) -> int:
        written = self.spec.get("handoff", "")
        number = re.match(r"(\d+)(st|nd|rd|th)\b", written)
        return int(number[1]) if number else start.day

    def _moved(self, wall: datetime) -> datetime:
        """A handoff on a holiday goes to the next Monday to Friday that is no holiday."""
        if self.spec.get("handoff_on_holiday") != "next working day" or wall.date() not in self.days_off:
            return wall
        while wall.date() in self.days_off or wall.weekday() > 4:
            wall += DAY
        return wall

    def _handoffs(self) -> list[Handoff]:
        if self.every is None:
            return []
        walls = self._calendar()
        nearly = datetime.fromtimestamp(self.house.low, UTC).replace(tzinfo=None) - MARGIN * DAY
        found: list[Handoff] = []
        self.walls = walls
        first = bisect_right(walls, nearly) - 1  # all before this one are over long before `low`
        for number in range(max(0, first), len(walls)):
            wall = self._moved(walls[number])
            at = instant(self.zone, wall)
            if self.elapsed:
                at = self._real_hours()[number]
            found.append(Handoff(number, wall, at))
        self.first_wall = walls[0] if walls else None
        return found

    def _real_hours(self) -> list[int]:
        """The instants of all handoffs of an elapsed clock."""
        count, unit = self.every  # type: ignore[misc]
        first = instant(self.zone, self.walls[0])
        return [first + number * count * UNITS[unit] for number in range(len(self.walls))]

    def _started_at(self) -> int | None:
        if self.every is not None:
            if self.first_wall is None:
                return FOREVER
            return instant(self.zone, self._moved(self.first_wall))
        written = self.blocks[0][0]
        return moment(written, self.zone, timedelta(0)) if written else None

    def _handoff(self, at: int) -> Handoff | None:
        """The handoff with the highest number among those at or before `at`."""
        past = [one for one in self.handoffs if one.at <= at]
        return max(past, key=lambda one: one.number) if past else None

    def _over(self, handoff: Handoff) -> int:
        """When `lasts` is up. NOTE: wall clock is added to the handoff's wall time."""
        if "lasts" not in self.spec:
            return FOREVER
        count, unit = amount(self.spec["lasts"])
        if self.elapsed:
            return handoff.at + count * UNITS[unit]
        return instant(self.zone, handoff.wall + timedelta(seconds=count * UNITS[unit]))

    def active(self, at: int, layers: list[Layer]) -> bool:
        if not (self.covers(at, layers)):
            return False
        if self.every is None:
            return True
        handoff = self._handoff(at)
        return handoff is not None and at < self._over(handoff)

    # -- turns

    def _entry(self, number: int) -> Turn:
        """The entry of turn `number`, counted through the dated blocks; it wraps in the first one."""
        starts = [0]
        for written, _ in self.blocks[1:]:
            wall = self._wall(written)  # type: ignore[arg-type]
            if self.elapsed:
                begin = instant(self.zone, wall)
                later = [number for number, at in enumerate(self._real_hours()) if at >= begin]
            else:
                later = [number for number, one in enumerate(self.walls) if one >= wall]
            starts.append(min(later, default=FOREVER))
        block = max(index for index, start in enumerate(starts) if index == 0 or start <= number)
        order = self.blocks[block][1]
        if not order:
            return Turn()
        position = (number - starts[block]) % len(order)
        return Turn(persons(order[position]), order, position)

    def turn(self, at: int, layers: list[Layer]) -> Turn:
        """Who is on by turn; nobody while the layer is not active."""
        if not self.active(at, layers):
            return Turn()
        if self.borrows:
            return Turn(list(self.house.who(*self.house.borrowed(self.team, self.borrows), at)))
        if self.every is None:
            order: list[Any] = []
            for written, entries in self.blocks:
                if written is None or moment(written, self.zone, timedelta(0)) <= at:
                    order = entries
            if not order:
                return Turn()
            position = self.offset % len(order)
            return Turn(persons(order[position]), order, position)
        handoff = self._handoff(at)
        return self._entry(handoff.number + self.offset) if handoff else Turn()

    # -- where the answer may change

    def _note_edges(self) -> None:
        edges = self.house.edges
        edges |= clock_changes(self.zone, self.house.low, self.house.high)
        for low, high in [*self.lives, *self.spans, *self.excepted_spans]:
            edges |= {low, high}
        edges |= set(self.from_starts)
        for handoff in self.handoffs:
            edges |= {handoff.at, self._over(handoff)}
        if self.started_at is not None:
            edges.add(self.started_at)
        if self.every is None:
            edges |= {moment(written, self.zone, timedelta(0)) for written, _ in self.blocks if written}


# ---- overrides and absences ----------------------------------------------------------------------------


@dataclass
class Line:
    """An override or an absence and when it holds."""

    spec: dict[str, Any]
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


class Schedule:
    """One schedule: its layers, and the override lines that hold in it."""

    def __init__(self, house: Reference, team: str, name: str) -> None:
        self.house, self.team, self.name = house, team, name
        owner = house.teams[team]
        self.first = house.first_schedule(team)
        spec = house.schedules(team)[name]
        self.spec = spec
        self.leader: str | None = spec.get("follows")
        self.layers = self._layers(spec)
        self.combine = self._combine(spec)
        self.zone = owner["timezone"]
        self.midnight = (self.zone, timedelta(0))
        self.overrides = [
            line
            for written in [*as_list(owner.get("overrides")), *house.overrides.get(team, [])]
            if (line := self._line(written, self._bare())) is not None
        ]
        self.away: list[tuple[str, Line]] = []
        for written in as_list(owner.get("away")):
            line = self._line(written, self.midnight)
            if line is not None:
                self.away += [(person, line) for person in as_list(written["who"])]
        for person, entry in house.people.items():
            for written in as_list((entry or {}).get("away")):
                self.away.append((person, self._timed({**written, "everywhere": "yes"}, self.midnight)))

    # -- reading

    def _layers(self, spec: dict[str, Any]) -> list[Layer]:
        if self.leader is None:
            written = spec.get("layers", [spec])
            layers = [Layer(self.house, self.team, spec, one) for one in written]
            if "layers" in spec:
                for layer in layers:
                    layer.live_within(spec)
            return layers
        lead = Schedule(self.house, self.team, self.leader)
        for layer in lead.layers:
            layer.offset += int(spec.get("offset", 0))
            if "people" in spec:
                layer.blocks = [(layer.blocks[0][0], as_list(spec["people"]))]
                layer.borrows = None
            layer.live_within(spec)
        return lead.layers

    def _combine(self, spec: dict[str, Any]) -> str:
        while "follows" in spec:
            spec = self.house.schedules(self.team)[spec["follows"]]
        return str(spec.get("combine", "exclusive"))

    def _bare(self) -> tuple[str, timedelta]:
        """What a bare date of an override means in this schedule: the zone and the time of day.

        NOTE: where it is the handoff's time, it is read in the handoff's zone, so that it is a handoff.
        """
        if len(self.layers) == 1 and self.layers[0].handoff_time is not None:
            return self.layers[0].zone, self.layers[0].handoff_time
        return self.midnight

    def _line(self, written: dict[str, Any], bare: tuple[str, timedelta]) -> Line | None:
        """The line if it holds in this schedule."""
        everywhere = "swap" in written or "remove" in written or "absence" in written
        named = written.get("schedule")
        if named is not None and named != self.name:
            return None
        if named is None and not everywhere and self.name != self.first:
            return None
        if written.get("layer") is not None and all(layer.name != written["layer"] for layer in self.layers):
            return None
        return self._timed(written, bare)

    def _timed(self, written: dict[str, Any], bare: tuple[str, timedelta]) -> Line:
        if "through" in written:
            last = date.fromisoformat(written["through"].strip())
            start = moment(written["from"], *self.midnight)
            line = Line(written, start, instant(self.zone, midnight(last + DAY)))
        else:
            ends = (
                moment(text, *(self.midnight if has_time(text) else bare))
                for text in (written["from"], written["until"])
            )
            line = Line(written, *ends)
        self.house.edges |= {line.start, line.end}
        return line

    # -- asking

    def _combined(self, at_layer: list[list[str]]) -> set[str]:
        peopled = [(layer, people) for layer, people in zip(self.layers, at_layer, strict=True) if people]
        if not peopled:
            return set()
        if self.combine == "last wins":
            return set(peopled[-1][1])
        if self.combine == "first wins":
            return set(peopled[0][1])
        if self.combine == "priority":
            best = max(int(layer.spec["priority"]) for layer, _ in peopled)
            return {p for layer, people in peopled if int(layer.spec["priority"]) == best for p in people}
        return {p for _, people in peopled for p in people}

    def by_turn(self, at: int) -> set[str]:
        """Who is on by turn alone, before absences and overrides."""
        return self._combined([layer.turn(at, self.layers).people for layer in self.layers])

    def who(self, at: int) -> set[str]:
        on = [self._present(layer, at) for layer in self.layers]
        beside: list[str] = []
        for line in self.overrides:
            if line.holds(at):
                beside = self._act(line.spec, on, beside, at)
        return self._combined(on) | set(beside)

    # -- absences

    def _absence(self, person: str, layer: Layer, at: int) -> dict[str, Any] | None:
        """The line that decides: the first that holds, the team file's before people.yaml's."""
        for away, line in self.away:
            if away != person or not line.holds(at):
                continue
            if line.spec.get("layer") not in (None, layer.name):
                continue
            if self._already(layer, line.spec):
                continue
            return line.spec
        return None

    def _already(self, layer: Layer, spec: dict[str, Any]) -> bool:
        """NOTE: what holds everywhere already acted inside a borrowed schedule; it does not act twice.

        An absence of people.yaml acted in every team, a line of this file in every schedule of this team.
        """
        if not layer.borrows or "schedule" in spec or "layer" in spec:
            return False
        return "everywhere" in spec or self.house.borrowed(self.team, layer.borrows)[0] == self.team

    def _present(self, layer: Layer, at: int) -> list[str]:
        turn = layer.turn(at, self.layers)
        on: list[str] = []
        for person in turn.people:
            if self._absence(person, layer, at) is None:
                stand_in: str | None = person
            else:
                stand_in = self._cover(person, turn, layer, at, on, [])
            if stand_in is not None and stand_in not in on:
                on.append(stand_in)
        return on

    def _cover(self, person: str, turn: Turn, layer: Layer, at: int, on: list[str], seen: list[str]) -> str | None:
        absence = self._absence(person, layer, at)
        if absence is None:
            return person
        cover = absence.get("cover")
        if cover is None or cover == "none" or person in seen:
            return None
        if cover != "next":
            return self._cover(cover, turn, layer, at, on, [*seen, person])
        elsewhere = self._elsewhere(at)
        for step in range(1, len(turn.order)):
            for candidate in persons(turn.order[(turn.position + step) % len(turn.order)]):
                if (
                    self._absence(candidate, layer, at) is None
                    and candidate not in turn.people
                    and candidate not in on  # NOTE: a stand-in already found is in this turn too
                    and candidate not in elsewhere
                ):
                    return candidate
        return None

    def _elsewhere(self, at: int) -> set[str]:
        """NOTE: the leader's final answer; a leader's followers by turn."""
        found: set[str] = set()
        if self.leader is not None:
            found |= set(self.house.who(self.team, self.leader, at))
        for name, spec in self.house.schedules(self.team).items():
            if spec.get("follows") == self.name:
                found |= self.house.schedule(self.team, name).by_turn(at)
        return found

    # -- overrides

    def _act(self, spec: dict[str, Any], on: list[list[str]], beside: list[str], at: int) -> list[str]:
        """Change `on` (people of each layer) in place; return who stands beside the layers after it."""
        scope = spec.get("layer")
        if scope is None:
            places = [index for index, layer in enumerate(self.layers) if not self._already(layer, spec)]
        else:
            places = [
                index
                for index, layer in enumerate(self.layers)
                if layer.name == scope and layer.active(at, self.layers)
            ]

        def change(rule: Any) -> list[str]:
            for index in places:
                on[index] = once(rule(on[index]))
            return once(rule(beside)) if scope is None else beside

        if "swap" in spec:
            one, other = spec["swap"]
            each = {one: other, other: one}
            return change(lambda people: [each.get(person, person) for person in people])
        if "remove" in spec:
            gone = as_list(spec["remove"])
            return change(lambda people: [person for person in people if person not in gone])
        if "add" in spec:
            more = persons(spec["add"])
            if scope is None:
                return once([*beside, *more])
            return change(lambda people: [*people, *more])
        if "instead_of" in spec:
            old, new = as_list(spec["instead_of"]), persons(spec["who"])
            return change(lambda people: [q for person in people for q in (new if person in old else [person])])
        if scope is not None:
            return change(lambda _: persons(spec["who"]))
        for index in range(len(on)):
            on[index] = []
        return persons(spec["who"])


def once(people: list[str]) -> list[str]:
    """Each person at the first place only."""
    return list(dict.fromkeys(people))


# ---- the whole folder ----------------------------------------------------------------------------------


class Reference:
    """All teams of a folder, able to answer between `low` and `high`."""

    def __init__(
        self,
        teams: dict[str, dict[str, Any]],
        people: dict[str, Any],
        low: int,
        high: int,
        overrides: dict[str, list[dict[str, Any]]] | None = None,
        holidays: dict[str, set[date]] | None = None,
    ) -> None:
        self.teams, self.people, self.low, self.high = teams, people, low, high
        self.overrides = overrides or {}
        self.holidays = holidays or {}
        self.edges: set[int] = set()
        self._schedules: dict[tuple[str, str], Schedule] = {}
        self._answers: dict[tuple[str, str, int], tuple[str, ...]] = {}
        for team in teams.values():
            for line in as_list(team.get("away")):
                line["absence"] = "yes"

    @classmethod
    def read(cls, folder: Path, low: int, high: int, holidays: dict[str, set[date]] | None = None) -> Reference:
        """Read a folder of plain YAML texts; every scalar stays a text."""
        teams, overrides, people = {}, {}, {}
        for path in sorted(folder.glob("*.yaml")):
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
            if path.name == "people.yaml":
                people = content or {}
            elif path.name.endswith(".overrides.yaml"):
                overrides[path.name.removesuffix(".overrides.yaml")] = content or []
            elif path.name != "oncall.yaml":
                teams[content["team"]] = content
        return cls(teams, people, low, high, overrides, holidays)

    def days_off(self, named: Any) -> set[date]:
        return {day for name in as_list(named) for day in self.holidays[name]}

    def schedules(self, team: str) -> dict[str, dict[str, Any]]:
        owner = self.teams[team]
        found: dict[str, dict[str, Any]] = (
            owner["schedules"] if "schedules" in owner else {"primary": owner["rotation"]}
        )
        return found

    def first_schedule(self, team: str) -> str:
        names = list(self.schedules(team))
        return "primary" if "primary" in names else names[0]

    def borrowed(self, team: str, name: str) -> tuple[str, str]:
        if "/" in name:
            other, schedule = name.split("/")
            return other, schedule
        return team, name

    def schedule(self, team: str, name: str) -> Schedule:
        if (team, name) not in self._schedules:
            self._schedules[team, name] = Schedule(self, team, name)
        return self._schedules[team, name]

    def who(self, team: str, name: str, at: int) -> tuple[str, ...]:
        """The people on call at an instant, sorted."""
        key = (team, name, at)
        if key not in self._answers:
            self._answers[key] = tuple(sorted(self.schedule(team, name).who(at)))
        return self._answers[key]

    def spans(self, team: str, name: str, low: int, high: int) -> list[tuple[int, int, frozenset[str]]]:
        """[(start, end, people)] over the whole of [low, high): neighbours differ, gaps have no people.

        Each stretch between two listed edges is asked at its first, middle and last second, and must say
        the same thing three times: an edge that was not listed would show.
        """
        for team_name in self.teams:
            for schedule in self.schedules(team_name):
                self.schedule(team_name, schedule)
        edges = [low, *sorted(edge for edge in self.edges if low < edge < high), high]
        found: list[tuple[int, int, frozenset[str]]] = []
        for start, end in pairwise(edges):
            people = frozenset(self.who(team, name, start))
            for at in ((start + end) // 2, end - 1):
                assert frozenset(self.who(team, name, at)) == people, ("an edge is missing", start, end)
            if found and found[-1][2] == people:
                found[-1] = (found[-1][0], end, people)
            else:
                found.append((start, end, people))
        return found

    def shifts(self, team: str, name: str, low: int, high: int) -> list[tuple[int, int, str]]:
        """[(start, end, person)]: unbroken stretches of one person, cut at the asked window, sorted."""
        open_since: dict[str, int] = {}
        found = []
        for start, _, people in [*self.spans(team, name, low, high), (high, high, frozenset[str]())]:
            found += [(open_since.pop(person), start, person) for person in sorted(set(open_since) - people)]
            for person in people:
                open_since.setdefault(person, start)
        return sorted(found)
