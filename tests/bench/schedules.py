"""The engine against dateutil: a year's final schedule, an instant, a terminal timeline."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import calendar_expansion
from dateutil.rrule import WEEKLY, rrule
from measure import Row, ratio

from oncall_rota.schedule import on_call_at, shifts
from oncall_rota.schedule.model import (
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

ZONE = "America/New_York"
START = datetime(2026, 1, 5, 9)
HERE = Source("bench.yaml", 1)
DAY, HOUR = 86400, 3600

# kind -> layers of (unit, count, people, window as (weekdays, first hour, hours) or None)
WEEKDAYS = ([0, 1, 2, 3, 4], 9, 8)
WEEKEND = ([5, 6], 0, 24)
CREW = [f"person{number}" for number in range(13)]
LOADS: dict[str, list[tuple[str, int, list[str], tuple[list[int], int, int] | None]]] = {
    "mixed": [("week", 1, CREW[:6], None), ("day", 1, CREW[6:10], WEEKDAYS), ("hour", 4, CREW[10:], WEEKEND)],
    "hourly": [("hour", 1, CREW[:6], None), ("hour", 1, CREW[6:10], WEEKDAYS), ("hour", 1, CREW[10:], WEEKEND)],
    "weekly": [("week", 1, CREW[:6], None), ("week", 1, CREW[6:10], WEEKDAYS), ("week", 1, CREW[10:], WEEKEND)],
}


def overrides() -> list[tuple[datetime, datetime]]:
    """Fifty windows of 8 hours, spread over the year, none overlapping."""
    chance = random.Random(7)
    begin = datetime(2026, 1, 5, 14, tzinfo=UTC)
    slots = sorted(chance.sample(range(364 * 3), 50))
    return [(begin + timedelta(hours=8 * slot), begin + timedelta(hours=8 * slot + 8)) for slot in slots]


def schedule(kind: str, starting: datetime = START) -> Schedule:
    """The schedule of a load."""
    layers = []
    for number, (unit, count, people, window) in enumerate(LOADS[kind]):
        order = tuple([Entry((person,), HERE) for person in people])
        rotation = Rotation((Block(starting, order, HERE),), HERE, Every(unit, count))
        when = None
        if window is not None:
            days, hour, hours = window
            when = Window(spans=tuple([(day * DAY + hour * HOUR, day * DAY + (hour + hours) * HOUR) for day in days]))
        layers.append(Layer(f"layer {number}", ZONE, HERE, rotation=rotation, when=when))
    lines = tuple([Override("who", ("cover",), start, end, HERE) for start, end in overrides()])
    return Schedule("bench", "primary", ZONE, HERE, tuple(layers), "last wins", overrides=lines)


def reference(kind: str, low: datetime, high: datetime) -> list[calendar_expansion.Span]:
    """The same answer by dateutil."""
    zone = calendar_expansion.zone(ZONE)
    final: list[calendar_expansion.Span] = []
    for unit, count, people, window in LOADS[kind]:
        starting = START.replace(tzinfo=zone)
        spans = calendar_expansion.layer(unit, count, people, starting, window, low, high)
        final = calendar_expansion.overlaid(final, spans)
    return calendar_expansion.joined(
        calendar_expansion.overlaid(final, [(start, end, "cover") for start, end in overrides()])
    )


def rows(_: Path) -> Iterator[Row]:
    """A line for each job of the engine."""
    window = Interval(datetime(2026, 1, 5, 14, tzinfo=UTC), datetime(2027, 1, 5, 14, tzinfo=UTC))
    for kind in LOADS:
        made = schedule(kind)
        found = [(each.start_at, each.end_at, each.person) for each in shifts(made, window)]
        expected = reference(kind, *window)
        if kind != "hourly":  # over clock changes dateutil counts hours on the wall in another way
            assert found == expected, [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]][:3]
        yield ratio(
            f"a year's final schedule, {kind} ({len(found)} shifts)",
            lambda made=made: shifts(made, window),
            f"dateutil rrule and overlay ({len(expected)} spans)",
            lambda kind=kind: reference(kind, *window),
            0.6,
        )
    yield from instants(window)
    yield timeline(window)


def instants(window: Interval) -> Iterator[Row]:
    """`on_call_at` over the year, and with an anchor long ago."""
    chance = random.Random(11)
    moments = [window.start_at + timedelta(seconds=chance.randrange(365 * DAY)) for _ in range(2000)]
    rule = rrule(WEEKLY, dtstart=START.replace(tzinfo=calendar_expansion.zone(ZONE)))

    def ask(made: Schedule) -> None:
        for at in moments:
            on_call_at(made, at)

    def look_back() -> None:
        for at in moments:
            rule.before(at)

    for kind in LOADS:
        made = schedule(kind)
        yield ratio(
            f"on_call_at, {kind}, 2,000 instants",
            lambda made=made: ask(made),
            "rrule.before, weekly",
            look_back,
            1 / 30,
        )
    near, far = schedule("mixed", START - timedelta(days=7)), schedule("mixed", datetime(2006, 1, 2, 9))
    yield ratio("on_call_at, anchor 20 years ago", lambda: ask(far), "anchor a week ago", lambda: ask(near), 1.2, 21)


def timeline(window: Interval) -> Row:
    """A year drawn for a terminal against a rich table of its rows."""
    from rich.console import Console
    from rich.table import Table

    from oncall_rota.cli.chart import Chart, Track
    from oncall_rota.cli.schedule_chart import bars
    from oncall_rota.cli.terminal import Terminal
    from oncall_rota.timeline.zone import epoch, zone

    made = schedule("mixed")
    found = shifts(made, window)
    screen = Terminal(True, 100, 256, True)
    names = {each.person: each.person.title() for each in found}

    def drawn() -> None:
        start, end = map(epoch, window)
        chart = Chart(start, end, start, zone(ZONE), screen, names)
        "\n".join(chart.lines([Track("bench/primary", "", bars(made, window).pieces)]))

    def table() -> None:
        console = Console(file=io.StringIO(), force_terminal=True, width=100)
        shown = Table("start", "end", "person")
        for each in found:
            shown.add_row(f"{each.start_at:%a %d %b %H:%M}", f"{each.end_at:%a %d %b %H:%M}", each.person)
        console.print(shown)

    return ratio("a year as a terminal timeline", drawn, f"rich Table of its {len(found)} rows", table, 0.2, 5)
