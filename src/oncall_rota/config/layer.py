"""What a layer says -> `Layer`: its turns, its hours, its life."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Any

from oncall_rota.config.draft import Draft
from oncall_rota.config.field import BAD, Filled
from oncall_rota.config.problem import shown
from oncall_rota.config.text import DAYS, Handoff, Moment, ordinal
from oncall_rota.schedule import handoffs_near
from oncall_rota.schedule.model import Block, Entry, Every, HolidayCalendar, Layer, Rotation, Window
from oncall_rota.timeline.zone import epoch, wall, zone

MIDNIGHT = time(0)
_ON_HANDOFF = ("day", "week", "month")


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
                    values.node.keys_at[key], "borrowed-layer", f"{key!r} cannot stand beside 'schedule': the turns are the other schedule's",
                    f"delete {key!r}, or delete 'schedule'",
                )  # fmt: skip
        rotation: Rotation | None = None
        if borrowed is None:
            return None
        at: time | None = None
    else:
        anchor = anchored(values, draft)
        at = anchor.time() if anchor is not None and every is not None and every.unit in _ON_HANDOFF else None
        if at is None and "handoff" in values:
            at = values["handoff"].clock
        rotation = turns(values, draft, anchor, at, holidays)
    start = life(values["from"], at) if "from" in values else None
    end = life(values["until"], at) if "until" in values else None
    if start is not None and end is not None and instant(end, timezone) <= instant(start, timezone):
        document.warn(
            values.at("until"), "empty-layer", f"'until' {show(end)} is not after 'from' {show(start)}: nobody is ever on call in this layer",
            "swap the two, or delete the layer",
        )  # fmt: skip
    if rotation is None and borrowed is None:
        return None
    return Layer(
        name, timezone, document.source(values.node), rotation, borrowed, when, except_, start, end, values.get("priority", 0), holidays
    )


def need_holidays(values: Filled, key: str, draft: Draft) -> None:
    """Report `holidays` in a window without a calendar that says which."""
    draft.document.error(
        values.at(key), "no-holidays", f"{key!r} speaks of holidays, and nothing says which", "add e.g. holidays: GB-ENG to the team, the schedule or the layer"
    )


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
                values.node.keys_at["handoff"], "handoff-without-every", "a handoff, and nothing says how long a turn is", "add e.g. every: week"
            )
        return None if starting is None else life(starting, MIDNIGHT)
    if every is None:
        return None
    if not values.wrote("starting") and not blocks:
        example = "2026-01-05" if handoff else "2026-01-05 09:00"
        document.error(
            values.node, "missing-key", "the rotation lacks the key 'starting': the first turn's start, from which turns are counted",
            f"write e.g. starting: {example}, the day on which the first person of the list begins",
        )  # fmt: skip
        return None
    if "handoff" in values.node and every.unit not in _ON_HANDOFF:
        document.error(
            values.node.keys_at["handoff"], "handoff-not-possible", f"turns of {every.unit}s have no handoff time of their own",
            "delete 'handoff'; " + ("the starts of `when` are the handoffs" if every.unit == "shift" else "write the time into `starting`"),
        )  # fmt: skip
        return None if starting is None else life(starting, MIDNIGHT)
    if handoff is not None and not _fits(handoff, every, starting, values, draft):
        return None
    if starting is None:
        return None
    if every.unit not in _ON_HANDOFF:
        return life(starting, MIDNIGHT)
    if handoff is None and not isinstance(starting, datetime):
        if not values.wrote("handoff"):
            day = {"week": f"{DAYS[starting.weekday()]} 09:00", "day": "09:00", "month": f"{ordinal(starting.day)} 09:00"}[every.unit]
            document.error(
                place, "no-handoff-time", f"{show(starting)} has no time of day, and no 'handoff' gives one",
                f"add handoff: {day}, or write the time here: {show(starting)} 09:00",
            )  # fmt: skip
        return None
    if handoff is not None:
        right = _agrees(starting, handoff, every)
        if not right:
            _off(starting, handoff, every, place, draft)
            return None
        return datetime.combine(starting, handoff.clock)
    return life(starting, MIDNIGHT)


def _fits(handoff: Handoff, every: Every, starting: Moment | None, values: Filled, draft: Draft) -> bool:
    """Whether the handoff is of the right sort for the turns: weekday for weeks, day of the month for months."""
    clock = f"{handoff.clock:%H:%M}"
    wrong = ""
    if every.unit == "week" and handoff.weekday is None:
        day = DAYS[starting.weekday()] if starting is not None else "monday"
        wrong, hint = "turns of weeks change on a weekday", f"write handoff: {day} {clock}"
    elif every.unit == "day" and (handoff.weekday is not None or handoff.month_day is not None):
        wrong, hint = "turns of days change at a time of day", f"write handoff: {clock}, or every: week"
    elif every.unit == "month" and handoff.month_day is None:
        day = ordinal(starting.day) if starting is not None else "1st"
        wrong, hint = "turns of months change on a day of the month", f"write handoff: {day} {clock}"
    if wrong:
        draft.document.error(values.at("handoff"), "bad-handoff", f"{wrong}, and this handoff says {shown(values.node['handoff'].value)}", hint)
    return not wrong


def _agrees(starting: Moment, handoff: Handoff, every: Every) -> bool:
    if isinstance(starting, datetime) and starting.time() != handoff.clock:
        return False
    return _on_day(starting, handoff)


def _on_day(on: date, handoff: Handoff) -> bool:
    if handoff.weekday is not None:
        return on.weekday() == handoff.weekday
    if handoff.month_day is not None:
        return on.day == min(handoff.month_day, monthrange(on.year, on.month)[1])
    return True


def _off(starting: Moment, handoff: Handoff, every: Every, place: Any, draft: Draft) -> None:
    """Report a start that is off its weekday, day of the month or time, with the two nearest right dates."""
    on = starting.date() if isinstance(starting, datetime) else starting
    before, after = on, on
    while not _on_day(before, handoff):
        before -= timedelta(days=1)
    while not _on_day(after, handoff):
        after += timedelta(days=1)
    clock = f" {handoff.clock:%H:%M}" if isinstance(starting, datetime) else ""
    if before == after:
        message, hint = f"{show(starting)} is not at the handoff's time, {handoff.clock:%H:%M}", f"write {before}{clock}, or only the date"
    else:
        if handoff.weekday is not None:
            message = f"{show(starting)} is a {DAYS[on.weekday()].title()}, and the handoff is on {DAYS[handoff.weekday].title()}"
        else:
            message = f"{show(starting)} is the {ordinal(on.day)}, and the handoff is on the {ordinal(handoff.month_day or 1)}"
        hint = f"write {before}{clock} or {after}{clock}"
    draft.document.error(place, "starting-off-handoff", message, hint)


def turns(
    values: Filled, draft: Draft, anchor: datetime | None, at: time | None, holidays: HolidayCalendar | None
) -> Rotation | None:
    """Who takes which turn. None where that has no meaning (reported)."""
    document, node = draft.document, values.node
    every: Every | None = values.get("every")
    if not values.wrote("people"):
        document.error(node, "missing-key", "there are no people here, and no other schedule", "write e.g. people: [alice, bob]")
        return None
    people = values.get("people")
    if people is None:
        return None
    found = blocks(values, draft, anchor, at)
    if not values.wrote("every"):
        for block in found or ():
            if len(block.order) > 1:
                names = ", ".join("[" + ", ".join(entry.people) + "]" if len(entry.people) != 1 else entry.people[0] for entry in block.order)
                document.error(
                    node["people"], "missing-every", f"{len(block.order)} turns, and nothing says how long a turn is",
                    f"add every: week (and handoff:, starting:) for turns, or write [[{names}]] if all are on call together",
                )  # fmt: skip
                return None
    elapsed = values.get("clock") == "elapsed"
    if elapsed and every is not None and every.unit in ("month", "shift"):
        document.error(node["clock"], "elapsed-not-possible", f"real hours cannot count {every.unit}s", "use hours, days or weeks, or delete 'clock'")
    if every is not None and every.unit == "shift":
        _shifts(values, draft)
    if "lasts" in node and not values.wrote("every"):
        document.error(node.keys_at["lasts"], "lasts-without-every", "'lasts' counts from each handoff, and there are none", "add every: and handoff:")
    moves = "handoff_on_holiday" in values
    if moves and holidays is None and "holidays" not in node:
        need_holidays(values, "handoff_on_holiday", draft)
    if moves and (every is None or every.unit not in _ON_HANDOFF):
        document.error(node.keys_at["handoff_on_holiday"], "handoff-not-possible", "only handoffs of days, weeks and months can move", "delete this line")
    if found and len(found) > 1 and every is not None and anchor is not None:
        _check_blocks(found, values, draft, anchor, holidays)
    if not found or (values.wrote("every") and (every is None or anchor is None)):
        return None
    month_day = None
    if every is not None and every.unit == "month" and anchor is not None:
        month_day = values["handoff"].month_day if "handoff" in values else anchor.day
    return Rotation(
        blocks=found, source=document.source(node), every=every, month_day=month_day, elapsed=elapsed, lasts=values.get("lasts"), next_working_day=moves
    )


def _check_blocks(
    found: tuple[Block, ...], values: Filled, draft: Draft, anchor: datetime, holidays: HolidayCalendar | None
) -> None:
    """Each dated block begins on a handoff, counted from the first."""
    every: Every = values["every"]
    if every.unit == "shift" and ("when" not in values or values["when"].otherwise):
        return
    month_day = values["handoff"].month_day if "handoff" in values else anchor.day
    rotation = Rotation(found[:1], found[0].source, every, month_day if every.unit == "month" else None)
    counted = Layer("", draft.timezone, found[0].source, rotation, None, values.get("when"), holidays=holidays)
    for block, written in zip(found, values["people"], strict=False):
        clock = block.starting_clock
        if clock is None or clock <= anchor:
            continue
        before, after = handoffs_near(counted, clock)
        if before != clock:
            draft.document.error(
                written.node["starting"], "block-off-handoff", f"{show(clock)} is not a handoff, and a dated block begins on one",
                f"write {_brief(before, anchor)} or {_brief(after, anchor)}",
            )  # fmt: skip


def _brief(clock: datetime, anchor: datetime) -> str:
    """A handoff as one would write it: only the date where the handoff's time is understood."""
    return f"{clock:%Y-%m-%d}" if clock.time() == anchor.time() else show(clock)


def _shifts(values: Filled, draft: Draft) -> None:
    document, node = draft.document, values.node
    if not values.wrote("when"):
        document.error(
            node, "missing-key", "'every: shift' counts the parts of `when`, and there is no 'when'", "write e.g. when: mon-fri 09:00-17:30"
        )
    elif "when" in values and values["when"].otherwise:
        document.error(
            node["when"], "shift-of-otherwise", "'every: shift' cannot count 'otherwise', which depends on other layers",
            "write the hours out, or use every: day or week",
        )  # fmt: skip
    if "lasts" in node:
        document.error(node.keys_at["lasts"], "lasts-with-shift", "a shift lasts as long as its part of `when`", "delete 'lasts'")


def blocks(values: Filled, draft: Draft, anchor: datetime | None, at: time | None) -> tuple[Block, ...] | None:
    """The dated blocks, or the one undated list. None where it has no meaning (reported)."""
    document, node = draft.document, values.node["people"]
    people = values["people"]
    dated = [isinstance(each, Filled) for each in people]
    if any(dated):
        if not all(dated):
            odd = node[dated.index(False)] if dated[0] else node[dated.index(True)]
            document.error(
                odd, "mixed-people", "people and dated blocks stand in one list", "write all people under the `order` of a block with its `starting`"
            )
            return None
        return _dated(values, draft, anchor, at)
    order = entries(people, node, draft)
    if not order:
        return None
    start = anchor if values.wrote("every") or "starting" in values.node else None
    return (Block(start, order, document.source(node)),)


def _dated(values: Filled, draft: Draft, anchor: datetime | None, at: time | None) -> tuple[Block, ...] | None:
    document = draft.document
    every_key = values.wrote("every")
    found: list[Block] = []
    good = True
    for number, block in enumerate(values["people"]):
        order = entries(block["order"], block.node["order"], draft) if "order" in block else ()
        starting: Moment | None = block.get("starting")
        if starting is None or not order:
            good = False
            continue
        if at is None and every_key and values.get("every") is not None and values["every"].unit in _ON_HANDOFF:
            good = False
            continue
        clock = life(starting, at or MIDNIGHT)
        assert clock is not None
        if number == 0 and anchor is not None and clock != anchor:
            document.error(
                block.node["starting"], "starting-twice", f"the first block starts at {show(clock)}, and the rotation at {show(anchor)}",
                "delete the rotation's own `starting`: the first block's is the anchor",
            )  # fmt: skip
            good = False
        if found and found[-1].starting_clock is not None and clock <= found[-1].starting_clock:
            document.error(
                block.node["starting"], "blocks-out-of-order", f"this block starts at {show(clock)}, not after the one before ({show(found[-1].starting_clock)})",
                "write the blocks in the order of time",
            )  # fmt: skip
            good = False
        found.append(Block(clock, order, document.source(block.node)))
    return tuple(found) if good and found else None


def entries(people: list[Any], nodes: Any, draft: Draft) -> tuple[Entry, ...]:
    """The entries of a list of people; unknown ones are reported and left out."""
    document = draft.document
    known = draft.people.persons
    found: list[Entry] = []
    for each, node in zip(people, nodes, strict=False):
        if each.__class__ is str:
            if each in known or (each != "nobody" and draft.known(each, node)):
                found.append(Entry((each,), document.source(node)))
            elif each == "nobody":
                found.append(Entry((), document.source(node)))
        elif each.__class__ is list:
            together = []
            for person, place in zip(each, node, strict=False):
                if person is BAD or not draft.known(person, place):
                    continue
                if person in together:
                    document.error(place, "person-twice", f"{person} stands twice in one turn", "write each person once")
                    continue
                together.append(person)
            found.append(Entry(tuple(together), document.source(node)))
        elif each is not BAD:
            document.error(node, "wrong-kind", "a dated block stands inside another", "write people here")
    return tuple(found)
