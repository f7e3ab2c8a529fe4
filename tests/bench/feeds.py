"""Feeds against icalendar: the text of 400 events, from the engine to the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
from measure import Row, ratio

from oncall_rota.calendar import writing
from oncall_rota.calendar.writing import Event
from oncall_rota.feeds import Memory, Names, feed
from oncall_rota.schedule.model import Block, Entry, Every, Layer, Override, Rotation, Schedule, Source
from oncall_rota.timeline.interval import Interval

HERE = Source("bench.yaml", 1)
START = datetime(2026, 1, 5, 9)
LOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
WINDOW = Interval(LOW, LOW + timedelta(hours=12 * 385))
PEOPLE = {f"person{number}": f"Person Number {number}" for number in range(8)}


def schedule() -> Schedule:
    """Turns of twelve hours with overrides: about 400 shifts in the window. Made anew, with nothing remembered."""
    order = tuple([Entry((person,), HERE) for person in PEOPLE])
    rotation = Rotation((Block(START, order, HERE),), HERE, Every("hour", 12))
    layer = Layer("primary", "Europe/London", HERE, rotation=rotation)
    lines = []
    for number in range(15):
        start_at = LOW + timedelta(hours=288 * number + 4)
        lines.append(Override("who", (f"person{number % 8}",), start_at, start_at + timedelta(hours=6), HERE))
    return Schedule("bench", "primary", "Europe/London", HERE, (layer,), overrides=tuple(lines))


def forget() -> None:
    """What is remembered of lines that were written before: a process that exports one feed has none of it."""
    writing._text.cache_clear()
    writing._time.cache_clear()


def by_manual(events: tuple[Event, ...]) -> bytes:
    """The same events by icalendar alone, as its manual does it."""
    top = icalendar.Calendar()
    for name, value in {"prodid": writing.PRODUCT, "version": "2.0", "method": "PUBLISH"}.items():
        top.add(name, value)
    for event in events:
        made = icalendar.Event()
        made.add("uid", event.uid)
        for name, at in (("dtstamp", event.stamp), ("dtstart", event.start), ("dtend", event.end)):
            made.add(name, datetime.fromtimestamp(at, UTC))
        texts = {"summary": event.summary, "description": event.description, "status": "CONFIRMED"}
        for name, value in {**texts, "transp": "TRANSPARENT", "x-microsoft-cdo-busystatus": "FREE"}.items():
            made.add(name, value)
        top.add_component(made)
    written: bytes = top.to_ical()
    return written


def by_values(events: tuple[Event, ...]) -> bytes:
    """The same by icalendar's quickest way: its components with ready values, in the order given."""
    top = icalendar.Calendar()
    stamp, text = icalendar.vDatetime, icalendar.vText
    for name, value in {"PRODID": writing.PRODUCT, "VERSION": "2.0", "METHOD": "PUBLISH"}.items():
        top[name] = text(value)
    for event in events:
        made: Any = icalendar.Event()
        made["UID"] = text(event.uid)
        for name, at in (("DTSTAMP", event.stamp), ("DTSTART", event.start), ("DTEND", event.end)):
            made[name] = stamp(datetime.fromtimestamp(at, UTC))
        texts = {"SUMMARY": event.summary, "DESCRIPTION": event.description, "STATUS": "CONFIRMED"}
        for name, value in {**texts, "TRANSP": "TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS": "FREE"}.items():
            made[name] = text(value)
        top.add_component(made)
    written: bytes = top.to_ical(sorted=False)
    return written


def rows(_: Path) -> Iterator[Row]:
    """A feed from the engine to its bytes, each time from nothing, against the text of its events alone."""
    names = Names(PEOPLE)

    def ours(memory: Memory | None = None) -> tuple[Event, ...]:
        forget()
        return feed("bench", [schedule()], names, WINDOW, memory=memory, at=LOW).events

    events = ours()
    assert len(events) >= 400, len(events)
    job = f"a feed of {len(events)} events"
    manual, quick = "icalendar, as its manual does it", "icalendar, its quickest way"
    yield ratio(f"{job}, by content", ours, manual, lambda: by_manual(events), 1.3)
    yield ratio(f"{job}, by content", ours, quick, lambda: by_values(events), 1.3)
    yield ratio(f"{job}, by slot", lambda: ours(Memory()), quick, lambda: by_values(events), 1.3)
