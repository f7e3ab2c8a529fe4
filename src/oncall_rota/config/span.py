"""`from`, `until` and `through` of an override or absence -> instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from oncall_rota.config.anchor import show
from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft
from oncall_rota.config.problem import did_you_mean, listed, shown
from oncall_rota.config.record import Filled
from oncall_rota.config.text import Moment
from oncall_rota.schedule.model import Away, Override
from oncall_rota.timeline.zone import Zone, epoch, wall

MIDNIGHT = time(0)
MOST_AT_ONCE = 200  # lines in force at one moment: every answer looks at all of them


class Span:
    """Two ends as written: dates, wall times or instants. `whole` days when the end was a `through`."""

    __slots__ = ("end", "start", "whole")

    def __init__(self, start: Moment, end: Moment, whole: bool) -> None:
        self.start, self.end, self.whole = start, end, whole

    def ends_first(self, start: int, end: int) -> bool:
        """Whether these instants of it are the wrong way round; a span that lies in a skipped hour is only empty."""
        skipped = type(self.start) is type(self.end) and _comparable(self.start, self.end) and self.start < self.end
        return end < start or (end == start and not skipped)

    def instants(self, zone: Zone, bare: tuple[time, Zone] | None = None) -> tuple[int, int]:
        """Seconds since 1970 of both ends. `bare`: the time of day, and its zone, of an end without a time."""
        if self.whole:
            bare = None
        return _instant(self.start, zone, bare), _instant(self.end, zone, bare)


def span(values: Filled, document: Document, *, begun: bool = False) -> Span | None:
    """The ends of an override or absence, or None where they have no meaning (reported).

    `begun`: that there is a `from` was looked at already.
    """
    node = values.node
    until, through = "until" in node, "through" in node
    if not values.wrote("from") and not begun:
        document.error(node, "missing-key", "nothing says when this begins", "add from: 2026-06-01 09:00")
    if until and through:
        document.error(
            node.keys_at["through"],
            "two-ends",
            "'until' and 'through' both say when it ends",
            "keep one: `until` is not included, `through` includes that whole day",
        )
        return None
    if not until and not through:
        if not (values.wrote("until") or values.wrote("through")):
            hint = "add until: (a time, not included) or through: (the last whole day)"
            document.error(node, "missing-key", "nothing says when this ends", hint)
        return None
    start: Moment | None = values.get("from")
    end: Moment | None = values.get("until") if until else values.get("through")
    if start is None or end is None:
        return None
    if through:
        end = _next_day(end)
    found = Span(start, end, through)
    if type(start) is type(end) and _comparable(start, end) and end <= start:
        backwards(values, found, document)
        return None
    return found


def backwards(values: Filled, found: Span, document: Document) -> None:
    """Report an end that is not after the start."""
    start, hint = show(found.start), "swap the two, or correct one"
    if found.whole:
        message = f"it goes through {values['through']}, which is before its start, {start}"
    else:
        message = f"it ends at {show(found.end)}, which is not after its start, {start}"
        if found.end == found.start and not isinstance(found.end, datetime):
            hint = f"'until' is not included: for that whole day write through: {start}"
    document.error(values.at("until", "through"), "ends-before-start", message, hint)


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


def _comparable(start: Moment, end: Moment) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (start.tzinfo is None) == (end.tzinfo is None)
    return True


def _instant(moment: Moment, zone: Zone, bare: tuple[time, Zone] | None) -> int:
    if not isinstance(moment, datetime):
        clock, zone = bare or (MIDNIGHT, zone)
        return zone.instant(wall(datetime.combine(moment, clock)))
    return epoch(moment) if moment.tzinfo is not None else zone.instant(wall(moment))


def crowded(lines: Sequence[Away | Override]) -> int | None:
    """The number of the first line at whose start more than `MOST_AT_ONCE` are in force, if any."""
    if len(lines) <= MOST_AT_ONCE:
        return None
    ends = sorted(line.end_at for line in lines)
    over = 0
    for count, number in enumerate(sorted(range(len(lines)), key=lambda number: lines[number].start_at), 1):
        while over < len(ends) and ends[over] <= lines[number].start_at:
            over += 1
        if count - over > MOST_AT_ONCE:
            return number
    return None


def too_crowded(what: str, schedule: str) -> tuple[str, str, str]:
    """The code, message and hint of a crowd."""
    return (
        "too-many-at-once",
        f"more than {MOST_AT_ONCE} {what} hold in {schedule} at this one's start",
        "delete those that are not needed",
    )


def check_schedule(values: Filled, document: Document, draft: Draft) -> None:
    """Report a `schedule:` that the team does not have."""
    name = values.get("schedule")
    if name is None or name in draft.written:
        return
    hint = did_you_mean(name, draft.written, f"schedules are {listed(draft.written, 'and')}")
    if name.startswith(f"{draft.name}/"):
        hint = f"write {name.partition('/')[2]}"
    elif "/" in name:
        hint = f"write it into {name.partition('/')[0]}.overrides.yaml"
    document.error(values.node["schedule"], "unknown-schedule", f"{draft.name} has no schedule {shown(name)}", hint)
