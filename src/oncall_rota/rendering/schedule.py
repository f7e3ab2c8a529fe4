"""A timeline of shifts and gaps in the formats of `oncall schedule -o`; the server gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oncall_rota.rendering.text import csv_row, instant, json_text, term_safe, tsv_row
from oncall_rota.rendering.who import NameOf
from oncall_rota.schedule import Gap, Shift, gaps, mapping, shifts
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import epoch

COLUMNS = ("start", "end", "team", "schedule", "person", "name", "cause", "path", "line")

Row = tuple[Schedule, Sequence[Shift], Sequence[Gap]]


def rows(schedules: Iterable[Schedule], window: Interval, causes: bool = False) -> list[Row]:
    """The shifts and gaps of each; with `causes`, entries also break where the cause changes."""
    return [(each, shifts(each, window, causes), gaps(each, window)) for each in schedules]


def text(form: str, window: Interval, table: Sequence[Row], name_of: NameOf) -> str:
    """`table` in one of the machine formats, without the last line's end."""
    if form == "json":
        return document(window, table)
    return "\n".join(names(table, name_of) if form == "names" else lines(table, name_of, form == "csv"))


def output(form: str, window: Interval, table: Sequence[Row], name_of: NameOf) -> str:
    """All that is told: `text` with the last line's end, and nothing where there is no line."""
    told = text(form, window, table, name_of)
    return f"{told}\n" if told else ""


def document(window: Interval, table: Sequence[Row], **more: Any) -> str:
    """The JSON of `oncall schedule -o json`."""
    on = [(shift.start, each.team, each.name, shift.person, shift) for each, found, _ in table for shift in found]
    off = [(gap.start, each.team, each.name, gap) for each, _, found in table for gap in found]
    return json_text(
        {
            "version": 1,
            **more,
            "from": instant(epoch(window.start_at)),
            "until": instant(epoch(window.end_at)),
            "shifts": [
                {
                    "team": team,
                    "schedule": name,
                    "person": person,
                    "start": instant(start),
                    "end": instant(shift.end),
                    "cause": mapping(shift.cause),
                }
                for start, team, name, person, shift in sorted(on, key=lambda each: each[:4])
            ],
            "gaps": [
                {
                    "team": team,
                    "schedule": name,
                    "start": instant(start),
                    "end": instant(gap.end),
                    "declared": gap.declared,
                }
                for start, team, name, gap in sorted(off, key=lambda each: each[:3])
            ],
        }
    )


def lines(table: Iterable[Row], name_of: NameOf, csv: bool) -> Iterable[str]:
    """`-o csv` with its header, or `-o plain`: shifts and gaps, sorted by start, team, schedule, person."""
    found: list[tuple[int, str, str, str, int, Mapping[str, Any]]] = []
    for each, on, off in table:
        found += [(s.start, each.team, each.name, s.person, s.end, mapping(s.cause)) for s in on]
        found += [
            (
                gap.start,
                each.team,
                each.name,
                "",
                gap.end,
                {"kind": "declared gap" if gap.declared else "gap"},
            )
            for gap in off
        ]
    written = csv_row if csv else tsv_row
    if csv:
        yield csv_row(COLUMNS)
    for start, team, name, person, end, cause in sorted(found, key=lambda row: row[:4]):
        called = name_of(person) if person else ""
        where = (str(cause.get("path", "")), str(cause.get("line", "")))
        yield written((instant(start), instant(end), team, name, person, called, cause["kind"], *where))


def names(table: Iterable[Row], name_of: NameOf) -> list[str]:
    """`-o names`: everybody who has a shift, one name a line, sorted by id."""
    people = sorted({shift.person for _, on, _ in table for shift in on})
    return [term_safe(name_of(person)) for person in people]
