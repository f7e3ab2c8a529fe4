"""`.ics` files in: holidays, and the shifts and absences that somebody else plans.

Wall times become instants by the project's one rule (`timeline.zone`), in the zones of the time zone
database. Cancelled events are left out, transparent ones count: a feed of shifts is transparent so as not to
block anybody. An event whose rule leaves out its own DTSTART still takes place then, as calendar apps show it.
A repeated event is as long on the wall clock as the first one, unless it says its length in real hours
(`DURATION:PT12H`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from oncall_rota.calendar import CalendarEvent, CalendarFileError
from oncall_rota.calendar.content import read
from oncall_rota.calendar.event import FIRST_YEAR, LAST_YEAR, Event, EventError, Stamp, event, windows_zone
from oncall_rota.calendar.recurrence import occurrences
from oncall_rota.timeline.zone import epoch, moment, wall, zone

MAX_A_YEAR = 100_000
_DAY = timedelta(days=1)
_EXCHANGE_UTC = "tzone://microsoft/utc"


class IcsHolidays:
    """Days that the events of one file touch; years are kept once asked for."""

    __slots__ = ("_events", "_years", "path")

    def __init__(self, path: Path, events: tuple[Event, ...]) -> None:
        self.path, self._events = path, events
        self._years: dict[int, tuple[date, ...]] = {}

    def __repr__(self) -> str:
        return f"IcsHolidays({str(self.path)!r})"

    def days(self, year: int) -> Iterable[date]:
        """The days of one calendar year, sorted; none before 1800 or after 2200."""
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return ()
        if year not in self._years:
            low, high = datetime(year, 1, 1), datetime(year + 1, 1, 1)
            found: set[date] = set()
            for _, start, end in _occurrences(self._events, low, high, "UTC"):
                last = max(start.clock, end.on(start.zone_name or "UTC") - timedelta(seconds=1))
                day = max(start.clock, low).date()
                while day <= last.date() and day.year == year:
                    found.add(day)
                    day += _DAY
            self._years[year] = tuple(sorted(found))
        return self._years[year]


def ics_holidays(path: Path) -> IcsHolidays:
    """The days of a file, which is read and checked now. Raises `CalendarFileError`."""
    return IcsHolidays(path, _events(path))


def ics_shifts(path: Path, zone_name: str, window: tuple[datetime, datetime]) -> tuple[CalendarEvent, ...]:
    """The events that touch `window`, whole, sorted. Raises `CalendarFileError`, also for an empty one."""
    given = _events(path)
    for one in given:
        if one.end == one.start and not one.cancelled:
            raise CalendarFileError(path, one.line, "the event has no length: it needs a DTEND or a DURATION")
    own = zone(zone_name)
    first, last = epoch(window[0]), epoch(window[1])
    earliest, latest = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR + 1, 1, 1)
    low = max(moment(first).replace(tzinfo=None), earliest) - 2 * _DAY  # no clock is two days from UTC
    high = min(moment(last).replace(tzinfo=None), latest) + 2 * _DAY

    def instant(stamp: Stamp) -> int:
        return (zone(stamp.zone_name) if stamp.zone_name else own).instant(wall(stamp.clock))

    found = []
    for one, start, end in _occurrences(given, low, high, zone_name):
        start_at, end_at = instant(start), instant(end)
        if start_at < last and end_at > first and start_at < end_at:
            found.append(CalendarEvent(moment(start_at), moment(end_at), one.summary, one.line))
    return tuple(sorted(found))


def _events(path: Path) -> tuple[Event, ...]:
    text = read(path)

    def zone_name(tzid: str) -> str:
        return _zone_name(tzid, text.locations)

    found = []
    rate = 0
    for one in text.events:
        try:
            found.append(event(one, zone_name))
        except EventError as error:
            raise CalendarFileError(path, error.line, error.reason) from None
        repeats = found[-1].rule
        rate += repeats.cost if repeats else 0
        if rate > MAX_A_YEAR:
            raise CalendarFileError(path, one.line, f"has more than {MAX_A_YEAR} events a year")
    return tuple(found)


def _zone_name(tzid: str, locations: dict[str, str]) -> str:
    """The zone of a TZID: an IANA name, perhaps with a prefix, Windows' name, or what the file says."""
    plain = tzid.strip().strip('"')
    candidates = [
        "UTC" if plain.lower() == _EXCHANGE_UTC else plain,
        windows_zone(plain),
        locations.get(tzid),
        locations.get(plain),
    ]
    parts = plain.split("/")
    candidates += ["/".join(parts[-length:]) for length in (3, 2) if length < len(parts)]
    for name in candidates:
        if name:
            try:
                zone(name)
            except ValueError:
                continue
            return name
    raise ValueError(f"no time zone {tzid[:60]!r} in the time zone database, expected e.g. 'Europe/London'")


def _occurrences(
    events: tuple[Event, ...], low: datetime, high: datetime, zone_name: str
) -> Iterator[tuple[Event, Stamp, Stamp]]:
    """What takes place at clocks in `[low, high)`, and what began before and may reach into it."""
    changed: dict[str, list[Stamp]] = {}
    newest: dict[tuple[str, datetime], int] = {}
    for one in events:
        if one.instance is not None:
            changed.setdefault(one.uid, []).append(one.instance)
            key = (one.uid, one.named(one.instance))
            newest[key] = max(newest.get(key, 0), one.sequence)
    for one in events:
        if one.cancelled:
            continue
        if one.instance is not None:
            if one.sequence < newest[one.uid, one.named(one.instance)]:
                continue  # an older version of the same change
            yield one, one.start, _end(one, one.start, zone_name)
            continue
        left_out = [*one.without, *changed.get(one.uid, ())]
        clocks = {one.named(stamp) for stamp in left_out if stamp.all_day == one.start.all_day}
        days = {stamp.clock.date() for stamp in left_out if stamp.all_day}
        if one.start.all_day:
            days |= {day for stamp in left_out if not stamp.all_day for day in _midnights(stamp, zone_name)}
        for start in _starts(one, low, high):
            if start.on("UTC") not in clocks and start.clock.date() not in days:
                yield one, start, _end(one, start, zone_name)


def _midnights(stamp: Stamp, zone_name: str) -> Iterator[date]:
    """The day whose midnight `stamp` is, as it is written or on the clock of `zone_name`: Outlook's for a whole day."""
    for clock in (stamp.clock, stamp.on(zone_name)):
        if clock.time() == time():
            yield clock.date()


def _starts(one: Event, low: datetime, high: datetime) -> Iterable[Stamp]:
    """The starts of an event's occurrences, each once."""
    stamps = dict.fromkeys((one.start, *one.more))
    if one.rule is not None:
        span = one.end.on("UTC") - one.start.on("UTC") + _DAY
        for clock in occurrences(one.rule, one.start.clock, low - span, high):
            stamps[Stamp(clock, one.start.all_day, one.start.zone_name)] = None
    return stamps


def _end(one: Event, start: Stamp, zone_name: str) -> Stamp:
    """The end of the occurrence that begins at `start`; floating times are in `zone_name`."""
    if one.elapsed is not None:
        at = zone(start.zone_name or zone_name).instant(wall(start.clock))
        return Stamp(moment(at).replace(tzinfo=None) + one.elapsed, False, "UTC")
    if start == one.start:
        return one.end
    length = one.end.on(one.start.zone_name or "UTC") - one.start.clock
    return Stamp(start.clock + length, start.all_day, start.zone_name)
