"""What a layer says -> `Layer`: its turns, its hours, its life."""

from __future__ import annotations

from datetime import time
from typing import Any

from oncall_rota.config.anchor import ON_HANDOFF, anchored, instant, life, show
from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft
from oncall_rota.config.holiday import events_of, reason
from oncall_rota.config.problem import shown
from oncall_rota.config.record import Filled
from oncall_rota.config.turn import need_holidays, turns
from oncall_rota.schedule.model import CalendarShift, Every, HolidayCalendar, Layer, Rotation, Source, Window


def layer(
    values: Filled, name: str, draft: Draft, timezone: str, holidays: HolidayCalendar | None, borrowed: Any = None
) -> Layer | None:
    """The layer, or None where its turns have no meaning (reported). `borrowed`: the schedule that it stands for."""
    document = draft.document
    timezone = values.get("timezone", timezone)
    if "holidays" in values:
        holidays = draft.calendars.read(values["holidays"], values.node["holidays"], document)
    every: Every | None = values.get("every")
    when: Window | None = values.get("when")
    except_: Window | None = values.get("except")
    if holidays is None and "holidays" not in values.node:
        if when is not None and when.holidays:
            need_holidays(values, "when", draft)
        if except_ is not None and except_.holidays:
            need_holidays(values, "except", draft)
    rotation: Rotation | None = None
    shifts: tuple[CalendarShift, ...] | None = None
    at: time | None = None
    if "calendar" in values.node:
        _alone(values, document, "calendar", "the calendar's events say who is on call", ("schedule",))
        shifts = calendar_shifts(values, draft, timezone)
        if shifts is None:
            return None
    elif "schedule" in values.node:
        _alone(values, document, "schedule", "the turns are the other schedule's")
        if borrowed is None:
            return None
    else:
        anchor = anchored(values, draft)
        at = anchor.time() if anchor is not None and every is not None and every.unit in ON_HANDOFF else None
        if at is None and "handoff" in values:
            at = values["handoff"].clock
        rotation = turns(values, draft, anchor, at, holidays, timezone)
    start = life(values["from"], at) if "from" in values else None
    end = life(values["until"], at) if "until" in values else None
    if start is not None and end is not None and instant(end, timezone) <= instant(start, timezone):
        document.warn(
            values.at("until"),
            "empty-layer",
            f"'until' {show(end)} is not after 'from' {show(start)}: nobody is ever on call in this layer",
            "swap the two, or delete the layer",
        )
    if rotation is None and borrowed is None and shifts is None:
        return None
    return Layer(
        name,
        timezone,
        document.source(values.node),
        rotation,
        borrowed,
        when,
        except_,
        start,
        end,
        values.get("priority", 0),
        holidays,
        shifts,
    )


def _alone(values: Filled, document: Document, key: str, why: str, others: tuple[str, ...] = ()) -> None:
    """Report what cannot stand beside `key`, which takes the place of a rotation."""
    for other in (*others, "people", "every", "handoff", "starting", "clock", "lasts", "handoff_on_holiday"):
        if other in values.node:
            document.error(
                values.node.keys_at[other],
                "borrowed-layer" if key == "schedule" else "calendar-and-turns",
                f"{other!r} cannot stand beside {key!r}: {why}",
                f"delete {other!r}, or delete {key!r}",
            )


def calendar_shifts(values: Filled, draft: Draft, timezone: str) -> tuple[CalendarShift, ...] | None:
    """The shifts of a layer's `.ics` file; None where it cannot be read (reported)."""
    document, node = draft.document, values.node["calendar"]
    if "calendar" not in values:
        return None
    name: str = values["calendar"]
    path = draft.calendars.folder.attachment(name, node, document)
    if path is None:
        return None
    try:
        events = events_of(path, timezone)
    except ValueError as error:
        document.error(node, "bad-calendar", f"{name}: {reason(error)}", "correct it there, or export it again")
        return None
    strangers: dict[str, int] = {}
    found = []
    for event in events:
        people = draft.people.mentioned(event.summary)
        if people:
            found.append(CalendarShift(event.start_at, event.end_at, people, Source(name, event.line)))
        else:
            strangers.setdefault(event.summary, event.line)
    for title, line in [*strangers.items()][:20]:
        document.error(
            node,
            "whose-shift",
            f"{name}:{line}: nobody in people.yaml fits the event {shown(title)}, so nobody is on call in it",
            "let its title hold the person's id, e-mail or name",
            fatal=False,  # the other events still answer
        )
    return tuple(found)
