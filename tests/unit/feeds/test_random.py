"""Feeds of random folders round clock changes: the events are the engine's shifts, under both identities.

`ONCALL_SEED=1234 pytest tests/unit/feeds/test_random.py` draws that folder alone.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from strategies import folder

from oncall_rota.calendar.writing import Event
from oncall_rota.config import load
from oncall_rota.feeds import Memory, Names, Style, Template, feed, feed_window
from oncall_rota.schedule import shifts
from oncall_rota.schedule.model import Override, Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import moment

FOLDERS = int(os.environ.get("ONCALL_FEED_FOLDERS", "24"))
PARTS = 4
MORE = timedelta(days=400)
IDS = Style(title=Template("{id}"))
Shown = tuple[datetime, datetime, str]


def engine(made: Schedule, window: Interval) -> list[Shown]:
    """The shifts that touch the window, whole; cut at its edge where they go on for more than 400 days."""
    wide = Interval(window[0] - MORE, window[1] + MORE)
    found = []
    for each in shifts(made, wide):
        start = window[0] if each.start_at <= wide[0] else each.start_at
        end = window[1] if each.end_at >= wide[1] else each.end_at
        if start < window[1] and end > window[0]:
            found.append((start, end, each.person))
    return sorted(found)


def read(body: bytes) -> list[Shown]:
    """The events of a feed as icalendar reads them."""
    events = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert all(not event.errors for event in events)
    return sorted((event["DTSTART"].dt, event["DTEND"].dt, str(event["SUMMARY"])) for event in events)


@pytest.mark.parametrize("part", range(PARTS))
def test_events_are_the_engines_shifts(part: int, tmp_path: Path) -> None:
    """Every schedule of a random folder, in windows that begin and end anywhere too; no UID twice."""
    alone = os.environ.get("ONCALL_SEED")
    seeds = [int(alone)] if alone else range(part, FOLDERS, PARTS)
    compared = 0
    for seed in seeds:
        rng = random.Random(seed)
        drawn = folder(rng)
        place = tmp_path / str(seed)
        place.mkdir()
        for name, text in drawn.texts.items():
            (place / name).write_text(text, encoding="utf-8", newline="")
        team = load(place)[0].teams.get("payments")
        if team is None:  # the tests of the engine tell of a folder that was drawn with a mistake
            continue
        compared += 1
        middle = datetime.fromtimestamp((drawn.low + drawn.high) // 2, UTC)
        months = feed_window(middle)
        hours = Interval(*[datetime.fromtimestamp(each, UTC) for each in (drawn.low, drawn.high)])
        for name in drawn.schedules:
            for window in (months, hours):
                check(team.schedules[name], window, f"seed {seed}, {name}\n{drawn.texts['payments.yaml']}")
    assert compared >= len(seeds) * 3 // 4


def check(made: Schedule, window: Interval, story: str) -> None:
    """Both identities of one schedule's feed."""
    want = engine(made, window)
    names = Names({})
    first = feed("x", [made], names, window, style=IDS, memory=Memory(), at=window[0])
    for found in (feed("x", [made], names, window, style=IDS), first):
        assert read(found.body) == want, story
        assert len({each.uid for each in found.events}) == len(want), story
        assert len({each._replace(uid="") for each in found.events}) == len(want), story
    again = feed("x", [made], names, window, style=IDS, memory=first.memory, at=window[1])
    assert again.body == first.body, story
    # Its lines go and come back: a subscriber that takes no number twice keeps up.
    memory = first.memory
    taken: dict[str, Event] = {event.uid: event for event in first.events}
    for step, lines in enumerate([(), made.overrides[:1], made.overrides], 1):
        part = without(made, lines, away=step > 1)
        found = feed("x", [part], names, window, style=IDS, memory=memory, at=window[0] + timedelta(hours=step))
        memory = found.memory
        for event in found.events:
            last = taken.get(event.uid)
            if last is None or (event.sequence or 0) > (last.sequence or 0):
                taken[event.uid] = event
        shown = [taken[event.uid] for event in found.events]
        seen = sorted((moment(each.start), moment(each.end), each.summary) for each in shown)
        assert seen == engine(part, window), f"step {step}, {story}"


def without(made: Schedule, lines: tuple[Override, ...], away: bool) -> Schedule:
    """The same schedule with these overrides, and with its absences or without."""
    return Schedule(
        made.team,
        made.name,
        made.timezone,
        made.source,
        made.layers,
        made.combine,
        lines,
        made.away if away else (),
        made.leader,
        made.followers,
    )
