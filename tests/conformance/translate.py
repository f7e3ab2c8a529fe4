"""Conformance cases in their neutral form, written out as files of the rotation format.

`texts(case)` gives {file name: text}. Every field keeps the meaning that the cases' README gives it:

    rotation unit, every, start     every, handoff, starting
    no rotation                     the first slot, without `every`
    count: active-days              every: N shifts, with `when`
    restrictions                    items of `when`
    shift_length                    lasts
    combine top, union, priority    last wins, all, priority
    overrides                       who, who + instead_of, add, remove
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
TEAM = "casework"
SCHEDULE = "primary"
COMBINE = {"top": "last wins", "union": "all", "priority": "priority"}
RESERVED = {"nobody", "next", "always", "none", "otherwise", "holidays"}
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LONG = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def cases() -> list[dict[str, Any]]:
    """Every case of the folder, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))]


def texts(case: dict[str, Any]) -> dict[str, str]:
    """The folder's files: the team's, and the people's with a contact each."""
    return {f"{TEAM}.yaml": team_text(case), "people.yaml": people_text(case)}


def write(case: dict[str, Any], folder: Path) -> Path:
    """Write the case's files under `folder`/rotations and return that folder."""
    rotations = folder / "rotations"
    rotations.mkdir()
    for name, text in texts(case).items():
        (rotations / name).write_text(text, encoding="utf-8")
    return rotations


def people_text(case: dict[str, Any]) -> str:
    """people.yaml: everybody with a contact."""
    lines = []
    for person in case["people"]:
        lines += [f"{person}:", f"  name: {person.title()}", f"  email: {person}@example.com"]
    return "\n".join(lines) + "\n"


def team_text(case: dict[str, Any]) -> str:
    """The team's file: `rotation` for one layer, else `layers` from lowest to highest."""
    lines = [f"team: {TEAM}"]
    if case.get("timezone") is not None:
        lines.append(f"timezone: {case['timezone']}")
    combine = COMBINE.get(case["combine"], case["combine"])
    layers = case["layers"] or [{"name": "nobody", "participants": [[]]}]
    strict = case["tier"] == "validation"
    if len(layers) == 1 and combine != "priority":
        lines += ["rotation:", "  must_cover: none", *indented(layer_lines(layers[0], combine, strict), 2)]
    else:
        lines += [
            "schedules:",
            f"  {SCHEDULE}:",
            "    must_cover: none",
            f"    combine: {combine}",
            "    layers:",
        ]
        for number, layer in enumerate(layers, 1):
            first, *rest = [f"name: {layer_name(layer, number)}", *layer_lines(layer, combine, strict)]
            lines += [f"      - {first}", *indented(rest, 8)]
    if case.get("overrides"):
        lines += ["overrides:", *(f"  - {override(one)}" for one in case["overrides"])]
    return "\n".join(lines) + "\n"


def layer_name(layer: dict[str, Any], number: int) -> str:
    """The case's name in the format's letters, kept off its reserved words; equal names stay equal."""
    name = re.sub(r"[^a-z0-9 -]", "-", layer.get("name", f"layer {number}").lower())
    return f"{name} layer" if name in RESERVED else name


def indented(lines: list[str], by: int) -> list[str]:
    """The lines, moved to the right."""
    return [" " * by + line for line in lines]


# ---- a layer -------------------------------------------------------------------------------------------


def layer_lines(layer: dict[str, Any], combine: str, strict: bool) -> list[str]:
    """The keys of one layer; `strict` writes an empty list of people as it is, instead of as nobody."""
    lines = []
    rotation = layer.get("rotation")
    counted = bool(rotation) and rotation.get("count") == "active-days"
    slots = layer.get("participants", []) if rotation else layer.get("participants", [])[:1]
    lines.append(f"people: [{', '.join(entry(slot) for slot in slots)}]" if slots or strict else "people: [nobody]")
    if layer.get("timezone"):
        lines.append(f"timezone: {layer['timezone']}")
    if combine == "priority":
        lines.append(f"priority: {layer.get('priority', 1)}")
    if rotation:
        lines += active_days(layer) if counted else turns(rotation)
    if layer.get("shift_length") and not counted:
        lines.append(f"lasts: {length(layer['shift_length'])}")
    items = counted_windows(layer) if counted else windows(layer)
    lines += listed("when", items)
    never = not items and (counted or layer.get("restrictions"))
    life = {key: layer[key] for key in ("from", "until") if layer.get(key)}
    if never:  # a window on no day at all: a layer whose life is empty
        life = {"from": "2000-01-01T00:00", "until": "2000-01-01T00:00"}
    lines += [f"{key}: {when(value)}" for key, value in life.items()]
    return lines


def entry(slot: list[str]) -> str:
    """A slot as an entry of `people`."""
    if not slot:
        return "nobody"
    return slot[0] if len(slot) == 1 else f"[{', '.join(slot)}]"


def turns(rotation: dict[str, Any]) -> list[str]:
    """`every`, `handoff` and `starting`; a start that is no date is passed on as it was written."""
    every, unit, start = rotation.get("every", 1), rotation["unit"], rotation.get("start")
    lines = [f"every: {unit}" if every == 1 else f"every: {every} {unit}s"]
    if start is None:
        return lines
    try:
        first = datetime.fromisoformat(start)
    except ValueError:
        return [*lines, f"starting: {when(start)}"]
    time = clock(first)
    if unit not in ("day", "week", "month"):
        return [*lines, f"starting: {first.date()} {time}"]
    handoff = {
        "day": time,
        "week": f"{LONG[first.weekday()]} {time}",
        "month": f"{ordinal(first.day)} {time}",
    }[unit]
    return [*lines, f"handoff: {handoff}", f"starting: {first.date()}"]


def ordinal(day: int) -> str:
    """1 -> 1st, 22 -> 22nd."""
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def clock(moment: datetime) -> str:
    """The time of day, with seconds only where there are some."""
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def length(parts: dict[str, int]) -> str:
    """The written unit if there is one, else all of it in the smallest."""
    if len(parts) == 1:
        (unit, number), *_ = parts.items()
        return f"{number} {unit}"
    whole = timedelta(**parts)
    return f"{int(whole.total_seconds()) // 60} minutes"


def when(text: str) -> str:
    """`2024-06-03T09:00` -> `2024-06-03 09:00`; an instant with Z or an offset stays as it is."""
    return text if re.search(r"(Z|[+-]\d\d:\d\d)$", text) else text.replace("T", " ")


# ---- windows -------------------------------------------------------------------------------------------


def windows(layer: dict[str, Any]) -> list[str]:
    """The restrictions as items of `when`; one on no day at all gives none."""
    return [text for one in layer.get("restrictions") or [] if (text := window(one))]


def window(one: dict[str, Any]) -> str | None:
    """One restriction as a window."""
    if "from_day" in one:
        return f"{one['from_day']} {one['from']} - {one['to_day']} {one['to']}"
    if one.get("days") == []:
        return None
    days = ",".join(one["days"]) if one.get("days") else "daily"
    return f"{days} {one.get('from', '')}-{one['to']}" if "to" in one else f"{days} {one.get('from', '')}"


def counted_windows(layer: dict[str, Any]) -> list[str]:
    """The occurrences that `every: shift` counts: each day from the handoff's time, or its restrictions."""
    rotation = layer["rotation"]
    days = rotation.get("by_day", WEEKDAYS)
    if layer.get("restrictions"):
        found = []
        for one in layer["restrictions"]:
            both = [day for day in one.get("days", WEEKDAYS) if day in days]
            if text := window({**one, "days": both}):
                found.append(text)
        return found
    if not days:
        return []
    start = datetime.fromisoformat(rotation["start"])
    end = start + timedelta(**layer.get("shift_length", {"days": 1}))
    return [f"{','.join(days)} {clock(start)}-{clock(end)}"]


def active_days(layer: dict[str, Any]) -> list[str]:
    """`every: N shifts` and `starting` of a rotation that counts days."""
    rotation = layer["rotation"]
    a_day = max(1, len(layer.get("restrictions") or []))  # occurrences that a counted day has
    number = rotation["every"] * a_day
    start = datetime.fromisoformat(rotation["start"])
    return [
        "every: shift" if number == 1 else f"every: {number} shifts",
        f"starting: {start.date()} {clock(start)}",
    ]


def listed(key: str, items: list[str]) -> list[str]:
    """A key with one value, or with a list."""
    if len(items) <= 1:
        return [f"{key}: {one}" for one in items]
    return [f"{key}:", *(f"  - {one}" for one in items)]


# ---- overrides -----------------------------------------------------------------------------------------


def override(one: dict[str, Any]) -> str:
    """One line of `overrides`; a part that the case leaves out is left out."""
    parts = []
    if "adds" in one:
        parts.append(f"add: {many(one['adds'])}")
    if "removes" in one:
        parts.append(f"remove: {many(one['removes'])}")
    if "person" in one or "people" in one:
        who = one["people"] if "people" in one else one["person"]
        parts.append(f"who: {many(who) if who else 'nobody'}")
    if "replaces" in one:
        parts.append(f"instead_of: {many(one['replaces'])}")
    parts += [f"{ours}: {when(one[theirs])}" for ours, theirs in (("from", "start"), ("until", "end")) if theirs in one]
    return "{" + ", ".join(parts) + "}"


def many(people: str | list[str]) -> str:
    """A person, or a list of them."""
    if isinstance(people, str):
        return people
    return people[0] if len(people) == 1 else f"[{', '.join(people)}]"
