"""The reference of the schedule jobs: dateutil's rrule, each layer expanded over the window and laid over the last.

It answers the same question as `oncall_rota.schedule.shifts` for layers that turn by hours, days or weeks,
inside weekly windows, where the last layer wins and overrides win over all.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, HOURLY, WEEKLY, rrule

Span = tuple[datetime, datetime, str]
FREQUENCY = {"hour": HOURLY, "day": DAILY, "week": WEEKLY}


def layer(
    unit: str,
    count: int,
    people: list[str],
    starting: datetime,
    window: tuple[list[int], int, int] | None,
    low: datetime,
    high: datetime,
) -> list[Span]:
    """One layer's spans; `window` is (weekdays, first hour, hours)."""
    rule = rrule(FREQUENCY[unit], interval=count, dtstart=starting)
    handoffs = [at.astimezone(UTC) for at in rule.between(starting, high, inc=True)]
    turns = [
        (begin, end, people[number % len(people)])
        for number, (begin, end) in enumerate(zip(handoffs, [*handoffs[1:], high], strict=True))
        if end > low
    ]
    if window is None:
        return [(max(begin, low), min(end, high), who) for begin, end, who in turns]
    days, hour, hours = window
    opening = rrule(WEEKLY, byweekday=days, byhour=hour, byminute=0, bysecond=0, dtstart=starting)
    spans = []
    for at in opening.between(starting - timedelta(days=7), high, inc=True):
        spans.append((at.astimezone(UTC), (at + timedelta(hours=hours)).astimezone(UTC)))
    found: list[Span] = []
    index = 0
    for begin, end, who in turns:
        while index < len(spans) and spans[index][1] <= begin:
            index += 1
        at = index
        while at < len(spans) and spans[at][0] < end:
            found.append((max(begin, spans[at][0]), min(end, spans[at][1]), who))
            at += 1
    return found


def overlaid(under: list[Span], over: list[Span]) -> list[Span]:
    """Both, sorted; where they meet, `over` stays and `under` is cut."""
    starts = [span[0] for span in over]
    found: list[Span] = list(over)
    for begin, end, who in under:
        at = max(0, bisect_right(starts, begin) - 1)
        while begin < end and at < len(over) and over[at][0] < end:
            if over[at][1] > begin:
                if over[at][0] > begin:
                    found.append((begin, over[at][0], who))
                begin = over[at][1]
            at += 1
        if begin < end:
            found.append((begin, end, who))
    found.sort()
    return found


def joined(spans: list[Span]) -> list[Span]:
    """Touching spans of one person as one."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1][1] == span[0] and found[-1][2] == span[2]:
            found[-1] = (found[-1][0], span[1], span[2])
        else:
            found.append(span)
    return found


def zone(name: str) -> ZoneInfo:
    """The standard library's zone, as dateutil takes it."""
    return ZoneInfo(name)
