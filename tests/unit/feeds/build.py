"""Small schedules for the tests of feeds, made from the model: no files are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from oncall_rota.feeds import Names, feed_window
from oncall_rota.schedule import shifts
from oncall_rota.schedule.model import (
    Away,
    Block,
    Entry,
    Every,
    Layer,
    Override,
    Rotation,
    Schedule,
    Source,
    Window,
)
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch

HERE = Source("payments.yaml", 4)
ABOVE = Source("payments.overrides.yaml", 1)
PEOPLE = {
    "alice": "Alice Adams",
    "bob": "Bob Brown",
    "carol": "Carol Chen",
    "dave": "Dave Dunn",
    "erin": "Erin Evans",
}
NAMES = Names(PEOPLE)
NOW = datetime(2026, 6, 17, 12, tzinfo=UTC)
WINDOW = feed_window(NOW)
DAY, HOUR = 86400, 3600


def rotation(
    *entries: str,
    every: tuple[int, str] | None = (1, "week"),
    starting: str = "2026-01-05 09:00",
    lasts: timedelta | None = None,
) -> Rotation:
    """A rotation; an entry such as `alice bob` is a pair, and an empty one nobody."""
    clock = datetime.fromisoformat(starting)
    order = tuple([Entry(tuple(entry.split()), HERE) for entry in entries])
    length = Every(every[1], every[0]) if every is not None else None
    block = Block(clock if every is not None else None, order, HERE)
    return Rotation(
        (block,), HERE, length, month_day=clock.day if length and length.unit == "month" else None, lasts=lasts
    )


def layer(
    name: str, *entries: str, hours: tuple[int, int] | None = None, zone: str = "Europe/London", **more: object
) -> Layer:
    """A layer; `hours` (9, 17) are the weekdays' from nine to five."""
    when = None
    if hours is not None:
        when = Window(spans=tuple([(day * DAY + hours[0] * HOUR, day * DAY + hours[1] * HOUR) for day in range(5)]))
    return Layer(name, zone, HERE, rotation=rotation(*entries, **more), when=when)  # type: ignore[arg-type]


def schedule(
    *layers: Layer,
    overrides: Sequence[Override] = (),
    away: Sequence[Away] = (),
    combine: str = "last wins",
    name: str = "primary",
    must_cover: Window | None = None,
) -> Schedule:
    """A schedule of team payments."""
    return Schedule(
        "payments", name, "Europe/London", HERE, layers, combine, tuple(overrides), tuple(away), must_cover=must_cover
    )


def weekly(*entries: str, **more: object) -> Schedule:
    """One layer, turns of a week from Monday nine o'clock."""
    return schedule(layer("primary", *(entries or ("alice", "bob", "carol", "dave"))), **more)  # type: ignore[arg-type]


def line(verb: str, people: str, start: str, end: str, person: str | None = None, layer: str | None = None) -> Override:
    """An override's line, in UTC."""
    return Override(verb, tuple(people.split()), at(start), at(end), ABOVE, person, layer, reason="a private matter")


def at(text: str) -> datetime:
    """`2026-06-15 09:00` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def engine(made: Schedule, window: Interval = WINDOW) -> list[tuple[int, int, str]]:
    """The engine's shifts, whole: asked for over 400 days more, and those that touch the window kept.

    What goes on for longer than that is cut at the window's edge.
    """
    more = timedelta(days=400)
    low, high = epoch(window[0]), epoch(window[1])
    wide = Interval(window[0] - more, window[1] + more)
    found = []
    for each in shifts(made, wide):
        start = low if each.start_at <= wide[0] else each.start
        end = high if each.end_at >= wide[1] else each.end
        if start < high and end > low:
            found.append((start, end, each.person))
    return sorted(found)
