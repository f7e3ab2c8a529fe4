"""What a layer says -> `Layer`: its turns, its hours, its life."""

from __future__ import annotations

from datetime import time
from typing import Any

from oncall_rota.config.anchor import ON_HANDOFF, anchored, instant, life, show
from oncall_rota.config.draft import Draft
from oncall_rota.config.record import Filled
from oncall_rota.config.turn import need_holidays, turns
from oncall_rota.schedule.model import Every, HolidayCalendar, Layer, Rotation, Window


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
    if "schedule" in values.node:
        for key in ("people", "every", "handoff", "starting", "clock", "lasts", "handoff_on_holiday"):
            if key in values.node:
                document.error(
                    values.node.keys_at[key],
                    "borrowed-layer",
                    f"{key!r} cannot stand beside 'schedule': the turns are the other schedule's",
                    f"delete {key!r}, or delete 'schedule'",
                )
        rotation: Rotation | None = None
        if borrowed is None:
            return None
        at: time | None = None
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
    if rotation is None and borrowed is None:
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
    )
