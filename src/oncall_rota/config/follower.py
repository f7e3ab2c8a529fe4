"""`follows`: the layers of another schedule of the team, with another offset, other people or another life."""

from __future__ import annotations

from typing import Any

from oncall_rota.config.anchor import ON_HANDOFF, instant, life
from oncall_rota.config.draft import Draft
from oncall_rota.config.record import Filled
from oncall_rota.config.turn import blocks
from oncall_rota.schedule.model import Block, Layer, Rotation, Schedule

# Keys that come from the schedule that is followed.
COPIED = (
    "every",
    "handoff",
    "starting",
    "timezone",
    "clock",
    "lasts",
    "when",
    "except",
    "handoff_on_holiday",
    "layers",
    "combine",
    "schedule",
    "priority",
)


def copied(led: Layer, draft: Draft, values: Filled) -> Layer | None:
    """A layer of the schedule that is followed, as it is in the follower; None where it has no meaning (reported)."""
    document, node = draft.document, values.node
    rotation, borrows = led.rotation, led.borrows
    offset: int = values.get("offset", 0)
    shifts = led.shifts
    if rotation is None and "offset" in node and "people" not in node:
        origin = f"{borrows.team}/{borrows.name}" if borrows is not None else "a calendar's"
        document.error(
            node.keys_at["offset"],
            "offset-of-borrowed",
            f"'offset' cannot count the turns of layer {led.name!r}, which is {origin}",
            "delete 'offset', or give this schedule people of its own",
        )
        return None
    if "people" in node:
        if "people" not in values:
            return None
        rotation = _replaced(led, draft, values)
        borrows = None
        if rotation is None:
            return None
        if shifts is not None:
            people = rotation.blocks[0].order[0].people
            rotation, shifts = None, tuple([shift._replace(people=people) for shift in shifts])
    elif rotation is not None:
        rotation = _turned(rotation, rotation.blocks, rotation.offset + offset, rotation)
    at = _handoff_time(led)
    start, end = life(values.get("from"), at), life(values.get("until"), at)
    if start is None or (
        led.from_clock is not None and instant(led.from_clock, led.timezone) > instant(start, led.timezone)
    ):
        start = led.from_clock
    if end is None or (
        led.until_clock is not None and instant(led.until_clock, led.timezone) < instant(end, led.timezone)
    ):
        end = led.until_clock
    if (
        ("from" in values or "until" in values)
        and start is not None
        and end is not None
        and instant(end, led.timezone) <= instant(start, led.timezone)
    ):
        document.warn(
            values.at("until", "from"),
            "empty-layer",
            f"nobody is ever on call in layer {led.name!r} here: its end is not after its start",
            "change 'from' or 'until'",
        )
    return Layer(
        name=led.name,
        timezone=led.timezone,
        source=led.source,
        rotation=rotation,
        borrows=borrows,
        when=led.when,
        except_=led.except_,
        from_clock=start,
        until_clock=end,
        priority=led.priority,
        holidays=led.holidays,
        shifts=shifts,
    )


def _replaced(led: Layer, draft: Draft, values: Filled) -> Rotation | None:
    document, node = draft.document, values.node
    rotation = led.rotation
    anchor = rotation.blocks[0].starting_clock if rotation is not None else None
    given = blocks(values, draft, None, _handoff_time(led))
    if given is None:
        return None
    every = rotation.every if rotation is not None else None
    if every is None and any(len(block.order) > 1 for block in given):
        document.error(
            node["people"],
            "missing-every",
            f"several turns, and layer {led.name!r} of the schedule that is followed has none",
            "write one entry; [[alice, bob]] for two people on call together",
        )
        return None
    if given[0].starting_clock is None:
        given = (Block(anchor, given[0].order, given[0].source), *given[1:])
    if rotation is None:
        return Rotation(blocks=given, source=document.source(node))
    return _turned(rotation, given, rotation.offset + values.get("offset", 0), Rotation(given, document.source(node)))


def _turned(rotation: Rotation, given: tuple[Block, ...], offset: int, placed: Rotation) -> Rotation:
    return Rotation(
        blocks=given,
        source=placed.source,
        every=rotation.every,
        month_day=rotation.month_day,
        elapsed=rotation.elapsed,
        lasts=rotation.lasts,
        next_working_day=rotation.next_working_day,
        offset=offset,
    )


def _handoff_time(led: Layer) -> Any:
    """The time of day of a layer's handoffs, None if it has none."""
    rotation = led.rotation
    if rotation is None or rotation.every is None or rotation.every.unit not in ON_HANDOFF:
        return None
    start = rotation.blocks[0].starting_clock
    return start.time() if start is not None else None


def handoff_time(schedule: Schedule) -> tuple[Any, str] | None:
    """The time of day of the handoffs of a schedule of exactly one layer, and its zone; None if there is none."""
    if len(schedule.layers) != 1:
        return None
    at = _handoff_time(schedule.layers[0])
    return None if at is None else (at, schedule.layers[0].timezone)
