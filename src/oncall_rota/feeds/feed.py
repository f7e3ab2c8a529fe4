"""`feed`: schedules -> the bytes of one calendar feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from oncall_rota.calendar.writing import Calendar, Event, calendar_text
from oncall_rota.feeds.identity import STAMP, Draft, Memory, Remembered, identified, numbered
from oncall_rota.feeds.name import EveryForm, Names, cleaned
from oncall_rota.feeds.slot import slot_keys
from oncall_rota.feeds.template import GAP, SHIFT, Template
from oncall_rota.feeds.text import Sequel, description, gap_description, mark
from oncall_rota.feeds.window import Limits, limits, whole_gaps, whole_shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch

# CSS names, as RFC 7986 wants them, with what Apple's calendar reads; all dark enough for white letters.
COLOURS = {
    "steelblue": "#4682B4",
    "seagreen": "#2E8B57",
    "tomato": "#FF6347",
    "darkorchid": "#9932CC",
    "chocolate": "#D2691E",
    "teal": "#008080",
    "crimson": "#DC143C",
    "slateblue": "#6A5ACD",
    "olivedrab": "#6B8E23",
    "mediumvioletred": "#C71585",
    "dodgerblue": "#1E90FF",
    "goldenrod": "#DAA520",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How a feed shows its events.

    `busy`: shifts block the diary; else they stand in it as free time. `gaps`: also show where nobody is on though
    somebody must be; without `shifts` only that. `colour`: one of `COLOURS`; None: the feed's own, by its title.
    """

    title: Template = SHIFT
    gap_title: Template = GAP
    busy: bool = False
    gaps: bool = False
    shifts: bool = True
    colour: str | None = None
    refresh: timedelta = timedelta(hours=1)


class Feed(NamedTuple):
    """A feed's text, its events, and what to remember of them if anything is."""

    body: bytes
    events: tuple[Event, ...]
    memory: Memory | None


def feed(
    title: str,
    schedules: Iterable[Schedule],
    names: Names,
    window: Interval,
    *,
    person: str | None = None,
    timezone: str = "UTC",
    style: Style | None = None,
    memory: Memory | None = None,
    at: datetime | None = None,
    published: Mapping[str, Remembered] | None = None,
) -> Feed:
    """The final shifts of `schedules` that touch `window`, whole, as a calendar called `title`.

    `person`: only theirs. `timezone`: what the calendar says of itself; all events are in UTC. `memory`: what this
    feed has published before, for UIDs that outlive a change; then `at` is the present. `published`: what `remembered`
    says of these schedules, for the same UIDs. Without either the bytes depend on nothing but the schedules, the names
    and the window.
    """
    style = style or Style()
    within = limits(window)
    drafts: list[Draft] = []
    for schedule in schedules:
        drafts += _drafts(schedule, names, within, person, style, memory is not None or published is not None)
    drafts.sort(key=lambda draft: (draft.start, draft.team, draft.schedule, draft.end, draft.person))
    kept: Memory | None = None
    if published is not None:
        events = numbered(drafts, published)
    else:
        events, kept = identified(drafts, memory, STAMP if at is None else epoch(at), within.low)
    shown = cleaned(title)
    colour = style.colour or list(COLOURS)[sha256(shown.encode()).digest()[0] % len(COLOURS)]
    calendar = Calendar(shown, timezone, (colour, COLOURS[colour]), style.refresh)
    return Feed(calendar_text(calendar, events), tuple(events), kept)


def remembered(
    schedules: Iterable[Schedule], names: EveryForm, window: Interval, memory: Memory, at: datetime
) -> Memory:
    """`memory` once all feeds of `schedules` were published, whatever their style and whosever shifts they show.

    It is itself when nothing has changed. `at`: the present.
    """
    within, style = limits(window), Style(gaps=True)
    drafts = [draft for schedule in schedules for draft in _drafts(schedule, names, within, None, style, True)]
    _, kept = identified(drafts, memory, epoch(at), within.low)
    assert kept is not None
    return kept


def _drafts(
    schedule: Schedule, names: Names, within: Limits, person: str | None, style: Style, slots: bool
) -> Iterator[Draft]:
    found = whole_shifts(schedule, within)
    mine = [each for each in found if style.shifts and person in (None, each.person)]
    empty = whole_gaps(schedule, within) if style.gaps and person is None else []
    after = Sequel(schedule, found, within.high).after([*[each.end for each in mine], *[end for _, end in empty]])
    keys = slot_keys(schedule, found, within) if slots else {}
    team, name = schedule.team, schedule.name
    for each in mine:
        shown = names[each.person]
        summary = style.title.filled(person=shown, id=each.person, mark=mark(each.causes), team=team, schedule=name)
        told = description(each, schedule, names, after[each.end])
        slot = keys.get((each.start, each.person), ())
        yield Draft(team, name, each.person, each.start, each.end, summary, told, style.busy, slot)
    for start, end in empty:
        summary = style.gap_title.filled(person="nobody", id="nobody", mark="", team=team, schedule=name)
        told = gap_description(end, schedule, names, after[end])
        yield Draft(team, name, "", start, end, summary, told, False, ("gap", start))
