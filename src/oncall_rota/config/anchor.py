"""Where the counting of turns starts: `starting`, checked against `every` and `handoff`."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Any

from oncall_rota.config.draft import Draft
from oncall_rota.config.problem import shown
from oncall_rota.config.record import Filled
from oncall_rota.config.text import DAYS, Handoff, Moment, ordinal
from oncall_rota.schedule.model import Every
from oncall_rota.timeline.zone import epoch, wall, zone

MIDNIGHT = time(0)
ON_HANDOFF = ("day", "week", "month")


def life(moment: Moment | None, at: time | None) -> datetime | None:
    """An end of a layer's life: a bare date takes the handoff's time."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, at or MIDNIGHT)


def instant(clock: datetime, timezone: str) -> int:
    """Seconds since 1970 of a wall time in `timezone`, or of an aware time."""
    return epoch(clock) if clock.tzinfo is not None else zone(timezone).instant(wall(clock))


def show(clock: Moment) -> str:
    """A date or a time as it is written in a file."""
    if not isinstance(clock, datetime):
        return clock.isoformat()
    offset = "" if clock.tzinfo is None else clock.strftime("%z").replace("+0000", "Z")
    return clock.strftime("%Y-%m-%d %H:%M:%S" if clock.second else "%Y-%m-%d %H:%M") + offset


def anchored(values: Filled, draft: Draft) -> datetime | None:
    """The first turn's start, checked against `every` and `handoff`. None where there is none."""
    document = draft.document
    every: Every | None = values.get("every")
    handoff: Handoff | None = values.get("handoff")
    people = values.get("people")
    blocks: list[Filled] = []
    starting: Moment | None = values.get("starting")
    place = values.at("starting")
    if not values.wrote("starting"):
        blocks = [block for block in people or () if isinstance(block, Filled)]
        if blocks and "starting" in blocks[0]:
            starting, place = blocks[0]["starting"], blocks[0].node["starting"]
    if not values.wrote("every"):
        if "handoff" in values.node:
            document.error(
                values.node.keys_at["handoff"],
                "handoff-without-every",
                "a handoff, and nothing says how long a turn is",
                "add e.g. every: week",
            )
        return None if starting is None else life(starting, MIDNIGHT)
    if every is None:
        return None
    if not values.wrote("starting") and not blocks:
        example = "2026-01-05" if handoff else "2026-01-05 09:00"
        document.error(
            values.node,
            "missing-key",
            "the rotation lacks the key 'starting': the first turn's start, from which turns are counted",
            f"write e.g. starting: {example}, the day on which the first person of the list begins",
        )
        return None
    if "handoff" in values.node and every.unit not in ON_HANDOFF:
        document.error(
            values.node.keys_at["handoff"],
            "handoff-not-possible",
            f"turns of {every.unit}s have no handoff time of their own",
            "delete 'handoff'; "
            + ("the starts of `when` are the handoffs" if every.unit == "shift" else "write the time into `starting`"),
        )
        return None if starting is None else life(starting, MIDNIGHT)
    if handoff is not None and not _fits(handoff, every, starting, values, draft):
        return None
    if starting is None:
        return None
    if every.unit not in ON_HANDOFF:
        return life(starting, MIDNIGHT)
    if handoff is None and not isinstance(starting, datetime):
        if not values.wrote("handoff"):
            day = {
                "week": f"{DAYS[starting.weekday()]} 09:00",
                "day": "09:00",
                "month": f"{ordinal(starting.day)} 09:00",
            }[every.unit]
            document.error(
                place,
                "no-handoff-time",
                f"{show(starting)} has no time of day, and no 'handoff' gives one",
                f"add handoff: {day}, or write the time here: {show(starting)} 09:00",
            )
        return None
    if handoff is not None:
        right = _agrees(starting, handoff)
        if not right:
            _off(starting, handoff, place, draft)
            return None
        return datetime.combine(starting, handoff.clock)
    return life(starting, MIDNIGHT)


def _fits(handoff: Handoff, every: Every, starting: Moment | None, values: Filled, draft: Draft) -> bool:
    """Whether the handoff is of the right sort for the turns: weekday for weeks, day of the month for months."""
    if every.unit == "week":
        right = handoff.weekday is not None
    elif every.unit == "month":
        right = handoff.month_day is not None
    else:
        right = handoff.weekday is None and handoff.month_day is None
    if right:
        return True
    clock = f"{handoff.clock:%H:%M}"
    if every.unit == "week":
        day = DAYS[starting.weekday()] if starting is not None else "monday"
        wrong, hint = "turns of weeks change on a weekday", f"write handoff: {day} {clock}"
    elif every.unit == "month":
        day = ordinal(starting.day) if starting is not None else "1st"
        wrong, hint = "turns of months change on a day of the month", f"write handoff: {day} {clock}"
    else:
        wrong, hint = "turns of days change at a time of day", f"write handoff: {clock}, or every: week"
    draft.document.error(
        values.at("handoff"),
        "bad-handoff",
        f"{wrong}, and this handoff says {shown(values.node['handoff'].value)}",
        hint,
    )
    return False


def _agrees(starting: Moment, handoff: Handoff) -> bool:
    if isinstance(starting, datetime) and starting.time() != handoff.clock:
        return False
    return _on_day(starting, handoff)


def _on_day(on: date, handoff: Handoff) -> bool:
    if handoff.weekday is not None:
        return on.weekday() == handoff.weekday
    if handoff.month_day is not None:
        return on.day == min(handoff.month_day, monthrange(on.year, on.month)[1])
    return True


def _off(starting: Moment, handoff: Handoff, place: Any, draft: Draft) -> None:
    """Report a start that is off its weekday, day of the month or time, with the two nearest right dates."""
    on = starting.date() if isinstance(starting, datetime) else starting
    before, after = on, on
    while not _on_day(before, handoff):
        before -= timedelta(days=1)
    while not _on_day(after, handoff):
        after += timedelta(days=1)
    clock = f" {handoff.clock:%H:%M}" if isinstance(starting, datetime) else ""
    if before == after:
        message, hint = (
            f"{show(starting)} is not at the handoff's time, {handoff.clock:%H:%M}",
            f"write {before}{clock}, or only the date",
        )
    else:
        if handoff.weekday is not None:
            is_on, should = DAYS[on.weekday()].title(), DAYS[handoff.weekday].title()
            message = f"{show(starting)} is a {is_on}, and the handoff is on {should}"
        else:
            should = ordinal(handoff.month_day or 1)
            message = f"{show(starting)} is the {ordinal(on.day)}, and the handoff is on the {should}"
        hint = f"write {before}{clock} or {after}{clock}"
    draft.document.error(place, "starting-off-handoff", message, hint)
