"""`oncall who` for somebody who looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from oncall_rota.cli.terminal import BOLD, DIM, RED, Cell, Terminal, rows_in_columns, terminal
from oncall_rota.cli.who_text import term_safe
from oncall_rota.humantime.display import moment_text, span_text
from oncall_rota.timeline.zone import Zone, zone

Row = Mapping[str, Any]


def table(rows: Sequence[Row], alarming: Sequence[bool], at: datetime, now: datetime, shown: Zone) -> str:
    """Lines to print: a schedule a row; the team's own clock where it is another one.

    `alarming`: for each row, whether an empty one is a hole.
    """
    screen = terminal()
    elsewhere = any(row["timezone"] != shown.name for row in rows)
    header = ["SCHEDULE", "ON CALL", "UNTIL", *(["TEAM'S CLOCK"] if elsewhere else []), "NEXT"]
    cells = []
    for row, alarm in zip(rows, alarming, strict=True):
        cells.append(_cells(row, alarm, at, now, shown, screen, elsewhere))
    lines = rows_in_columns(header, cells, screen)
    if runbook := next((row["runbook"] for row in rows if row.get("runbook")), None):
        lines += ["", f"{screen.paint('runbook', DIM)}  {term_safe(runbook)}"]
    return "\n".join(lines)


def _cells(
    row: Row, alarm: bool, at: datetime, now: datetime, shown: Zone, screen: Terminal, elsewhere: bool
) -> list[Cell]:
    until = None if row["until"] is None else datetime.fromisoformat(row["until"])
    ending = "no change in 400 days"
    if until is not None:
        ending = moment_text(until, shown, now)
        if screen.width >= (130 if elsewhere else 90):
            ending += f" ({span_text(until - at)})"
    cells = [
        Cell(term_safe(f"{row['team']}/{row['schedule']}")),
        Cell(term_safe(_people(row["on_call"])), BOLD)
        if row["on_call"]
        else Cell("nobody", f"{BOLD};{RED}" if alarm else DIM),
        Cell(ending),
    ]
    if elsewhere:
        theirs = ""
        if row["timezone"] != shown.name and until is not None:
            day, clock = moment_text(until, zone(row["timezone"]), now).split(" ")[0::3][:2]
            theirs = f"{day} {clock} {row['timezone']}"
        cells.append(Cell(theirs, DIM))
    following = term_safe(", ".join(person["name"] for person in row["next"]))
    if following and row["next_from"] != row["until"]:
        following += f" from {moment_text(datetime.fromisoformat(row['next_from']), shown, now)}"
    return [*cells, Cell(following or "-")]


def _people(people: Sequence[Row]) -> str:
    return ", ".join(person["name"] + _mark(person["cause"]) for person in people)


def _mark(cause: Row) -> str:
    """Says so where it is not simply their turn."""
    if cause["kind"] == "borrowed":
        return _mark(cause["cause"])
    if cause["kind"] == "override":
        instead = cause.get("instead_of")
        return f" (override, for {instead})" if instead else " (override)"
    return f" (for {cause['for']})" if cause["kind"] == "away" else ""
