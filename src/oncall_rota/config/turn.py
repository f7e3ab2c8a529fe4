"""Who takes which turn: `people`, plain or in dated blocks, and what goes with `every`."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from oncall_rota.config.anchor import MIDNIGHT, ON_HANDOFF, life, show
from oncall_rota.config.draft import Draft
from oncall_rota.config.field import BAD
from oncall_rota.config.record import Filled
from oncall_rota.config.text import Moment
from oncall_rota.schedule import handoffs_near
from oncall_rota.schedule.model import Block, Entry, Every, HolidayCalendar, Layer, Rotation, Source

_new = tuple.__new__  # a named tuple without its checks of arguments: half the time, for thousands of entries


def need_holidays(values: Filled, key: str, draft: Draft) -> None:
    """Report `holidays` in a window without a calendar that says which."""
    draft.document.error(
        values.at(key),
        "no-holidays",
        f"{key!r} speaks of holidays, and nothing says which",
        "add e.g. holidays: GB-ENG to the team, the schedule or the layer",
    )


def turns(
    values: Filled,
    draft: Draft,
    anchor: datetime | None,
    at: time | None,
    holidays: HolidayCalendar | None,
    timezone: str,
) -> Rotation | None:
    """Who takes which turn. None where that has no meaning (reported)."""
    document, node = draft.document, values.node
    every: Every | None = values.get("every")
    if not values.wrote("people"):
        document.error(
            node, "missing-key", "there are no people here, and no other schedule", "write e.g. people: [alice, bob]"
        )
        return None
    people = values.get("people")
    if people is None:
        return None
    found = blocks(values, draft, anchor, at)
    if not values.wrote("every"):
        for block in found or ():
            if len(block.order) > 1:
                names = ", ".join(
                    "[" + ", ".join(entry.people) + "]" if len(entry.people) != 1 else entry.people[0]
                    for entry in block.order
                )
                document.error(
                    node["people"],
                    "missing-every",
                    f"{len(block.order)} turns, and nothing says how long a turn is",
                    f"add every: week (and handoff:, starting:) for turns, or write [[{names}]] if all are on call "
                    "together",
                )
                return None
    elapsed = values.get("clock") == "elapsed"
    if elapsed and every is not None and every.unit in ("month", "shift"):
        document.error(
            node["clock"],
            "elapsed-not-possible",
            f"real hours cannot count {every.unit}s",
            "use hours, days or weeks, or delete 'clock'",
        )
    if every is not None and every.unit == "shift":
        _shifts(values, draft)
    if "lasts" in node and not values.wrote("every"):
        document.error(
            node.keys_at["lasts"],
            "lasts-without-every",
            "'lasts' counts from each handoff, and there are none",
            "add every: and handoff:",
        )
    if elapsed and not values.wrote("every"):
        document.error(
            node["clock"],
            "elapsed-not-possible",
            "'clock' says how turns are counted, and there are none",
            "add every: and handoff:, or delete 'clock'",
        )
    moves = "handoff_on_holiday" in values
    if moves and holidays is None and "holidays" not in node:
        need_holidays(values, "handoff_on_holiday", draft)
    if moves and (every is None or every.unit not in ON_HANDOFF):
        document.error(
            node.keys_at["handoff_on_holiday"],
            "handoff-not-possible",
            "only handoffs of days, weeks and months can move",
            "delete this line",
        )
    if found and len(found) > 1 and every is not None and anchor is not None:
        _check_blocks(found, values, draft, anchor, holidays, timezone)
    if not found or (values.wrote("every") and (every is None or anchor is None)):
        return None
    month_day = None
    if every is not None and every.unit == "month" and anchor is not None:
        month_day = values["handoff"].month_day if "handoff" in values else anchor.day
    return Rotation(
        blocks=found,
        source=document.source(node),
        every=every,
        month_day=month_day,
        elapsed=elapsed,
        lasts=values.get("lasts"),
        next_working_day=moves,
    )


def _check_blocks(
    found: tuple[Block, ...],
    values: Filled,
    draft: Draft,
    anchor: datetime,
    holidays: HolidayCalendar | None,
    timezone: str,
) -> None:
    """Each dated block begins on a handoff, counted from the first."""
    every: Every = values["every"]
    if every.unit == "shift" and ("when" not in values or values["when"].otherwise):
        return
    month_day = values["handoff"].month_day if "handoff" in values else anchor.day
    rotation = Rotation(
        found[:1],
        found[0].source,
        every,
        month_day if every.unit == "month" else None,
        elapsed=values.get("clock") == "elapsed",
    )
    counted = Layer("", timezone, found[0].source, rotation, None, values.get("when"), holidays=holidays)
    moved = counted
    if "handoff_on_holiday" in values:  # the day to which a handoff moves is meant as well
        moved = counted._replace(rotation=rotation._replace(next_working_day=True))
    for block, written in zip(found, values["people"], strict=False):
        clock = block.starting_clock
        if clock is None or clock <= anchor:
            continue
        before, after = handoffs_near(counted, clock)
        if before != clock and handoffs_near(moved, clock)[0] != clock:
            draft.document.error(
                written.node["starting"],
                "block-off-handoff",
                f"{show(clock)} is not a handoff, and a dated block begins on one",
                f"write {_brief(before, anchor)} or {_brief(after, anchor)}",
            )


def _brief(clock: datetime, anchor: datetime) -> str:
    """A handoff as one would write it: only the date where the handoff's time is understood."""
    return f"{clock:%Y-%m-%d}" if clock.time() == anchor.time() else show(clock)


def _shifts(values: Filled, draft: Draft) -> None:
    document, node = draft.document, values.node
    if not values.wrote("when"):
        document.error(
            node,
            "missing-key",
            "'every: shift' counts the parts of `when`, and there is no 'when'",
            "write e.g. when: mon-fri 09:00-17:30",
        )
    elif "when" in values and values["when"].otherwise:
        document.error(
            node["when"],
            "shift-of-otherwise",
            "'every: shift' cannot count 'otherwise', which depends on other layers",
            "write the hours out, or use every: day or week",
        )
    if "lasts" in node:
        document.error(
            node.keys_at["lasts"], "lasts-with-shift", "a shift lasts as long as its part of `when`", "delete 'lasts'"
        )


def blocks(values: Filled, draft: Draft, anchor: datetime | None, at: time | None) -> tuple[Block, ...] | None:
    """The dated blocks, or the one undated list. None where it has no meaning (reported)."""
    document, node = draft.document, values.node["people"]
    people = values["people"]
    dated = [isinstance(each, Filled) for each in people]
    if any(dated):
        if not all(dated):
            odd = node[dated.index(False)] if dated[0] else node[dated.index(True)]
            document.error(
                odd,
                "mixed-people",
                "people and dated blocks stand in one list",
                "write all people under the `order` of a block with its `starting`",
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
        if at is None and every_key and values.get("every") is not None and values["every"].unit in ON_HANDOFF:
            good = False
            continue
        clock = life(starting, at or MIDNIGHT)
        assert clock is not None
        if number == 0 and anchor is not None and clock != anchor:
            document.error(
                block.node["starting"],
                "starting-twice",
                f"the first block starts at {show(clock)}, and the rotation at {show(anchor)}",
                "delete the rotation's own `starting`: the first block's is the anchor",
            )
            good = False
        if found and found[-1].starting_clock is not None and clock <= found[-1].starting_clock:
            document.error(
                block.node["starting"],
                "blocks-out-of-order",
                f"this block starts at {show(clock)}, not after the one before ({show(found[-1].starting_clock)})",
                "write the blocks in the order of time",
            )
            good = False
        found.append(Block(clock, order, document.source(block.node)))
    return tuple(found) if good and found else None


def entries(people: list[Any], nodes: Any, draft: Draft) -> tuple[Entry, ...]:
    """The entries of a list of people; unknown ones are reported and left out."""
    document = draft.document
    known, path = draft.people.persons, document.path
    found: list[Entry] = []
    for each, node in zip(people, nodes, strict=False):
        if each.__class__ is str:
            if each in known or (each != "nobody" and draft.known(each, node)):
                found.append(_new(Entry, ((each,), _new(Source, (path, node.start_mark.line + 1)))))
            elif each == "nobody":
                found.append(Entry((), document.source(node)))
        elif each.__class__ is list:
            together = []
            for person, place in zip(each, node, strict=False):
                if person is BAD or not draft.known(person, place):
                    continue
                if person in together:
                    document.error(
                        place, "person-twice", f"{person} stands twice in one turn", "write each person once"
                    )
                    continue
                together.append(person)
            found.append(Entry(tuple(together), document.source(node)))
        elif each is not BAD:
            document.error(node, "wrong-kind", "a dated block stands inside another", "write people here")
    return tuple(found)
