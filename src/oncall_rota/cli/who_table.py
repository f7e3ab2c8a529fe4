"""`oncall who` for somebody who looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from oncall_rota.cli.terminal import BOLD, DIM, RED, Cell, columns_of, rows_in_columns, terminal
from oncall_rota.humantime.display import moment_text, span_text
from oncall_rota.rendering.text import term_safe
from oncall_rota.timeline.zone import Zone, zone

Row = Mapping[str, Any]
_SCHEDULE, _ON, _UNTIL, _LEFT, _THERE, _NEXT = "SCHEDULE", "ON CALL", "UNTIL", "LEFT", "TEAM'S CLOCK", "NEXT"
# What is left out first where the screen is narrow.
_LAYOUTS = (
    (_SCHEDULE, _ON, _UNTIL, _LEFT, _THERE, _NEXT),
    (_SCHEDULE, _ON, _UNTIL, _THERE, _NEXT),
    (_SCHEDULE, _ON, _UNTIL, _LEFT, _NEXT),
    (_SCHEDULE, _ON, _UNTIL, _NEXT),
    (_SCHEDULE, _ON, _UNTIL),
)


def table(rows: Sequence[Row], alarming: Sequence[bool], at: datetime, now: datetime, shown: Zone) -> str:
    """Lines to print: a schedule a row; the team's own clock where it is another one.

    `alarming`: for each row, whether an empty one is a hole.
    """
    screen = terminal()
    sign = "◆" if screen.unicode else "*"
    others = list(dict.fromkeys(row["timezone"] for row in rows if row["timezone"] != shown.name))
    cells = [_cells(row, alarm, at, now, shown, sign) for row, alarm in zip(rows, alarming, strict=True)]
    layouts = [each for each in _LAYOUTS if others or _THERE not in each]
    for header in layouts:
        natural = [max([len(title), *[columns_of(row[title].text) for row in cells]]) for title in header]
        if sum(natural) + 2 * (len(header) - 1) <= screen.width:
            break
    titles = [title if title != _LEFT else "" for title in header]
    lines = rows_in_columns(titles, [[row[title] for title in header] for row in cells], screen)
    notes = []
    if any(_is_unusual(person["cause"]) for row in rows for person in row["on_call"]):
        notes.append(f"{sign} override or cover")
    if others and _THERE not in header:
        notes += wrap(f"times in {shown.name}; some teams are in {', '.join(others)}", screen.width)
    if notes:
        lines += ["", *[screen.paint(note, DIM) for note in notes]]
    if runbook := next((row["runbook"] for row in rows if row.get("runbook")), None):
        lines += ["", f"{screen.paint('runbook', DIM)}  {term_safe(runbook)}"]
    return "\n".join(lines)


def _cells(row: Row, alarm: bool, at: datetime, now: datetime, shown: Zone, sign: str) -> dict[str, Cell]:
    until = None if row["until"] is None else datetime.fromisoformat(row["until"])
    there = ""
    if until is not None and row["timezone"] != shown.name:
        words = moment_text(until, zone(row["timezone"]), now).split(" ")
        there = f"{words[0]} {words[-1]} {row['timezone']}"
    following = ", ".join(person["name"] for person in row["next"])
    if following and row["next_from"] != row["until"]:
        following += f" from {moment_text(datetime.fromisoformat(row['next_from']), shown, now)}"
    nobody = Cell("nobody", f"{BOLD};{RED}" if alarm else DIM)
    return {
        _SCHEDULE: Cell(term_safe(f"{row['team']}/{row['schedule']}")),
        _ON: Cell(term_safe(_people(row["on_call"], sign)), BOLD) if row["on_call"] else nobody,
        _UNTIL: Cell(moment_text(until, shown, now) if until else "no change in 400 days"),
        _LEFT: Cell(span_text(until - at) if until else "", DIM),
        _THERE: Cell(there, DIM),
        _NEXT: Cell(term_safe(following) or "-"),
    }


def _people(people: Sequence[Row], sign: str) -> str:
    return ", ".join(
        f"{person['name']} {sign}" if _is_unusual(person["cause"]) else person["name"] for person in people
    )


def _is_unusual(cause: Row) -> bool:
    """Whether it is not simply their turn."""
    if cause["kind"] == "borrowed":
        return _is_unusual(cause["cause"])
    return cause["kind"] in ("override", "away")
