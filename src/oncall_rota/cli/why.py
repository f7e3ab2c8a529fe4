"""`oncall why`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from oncall_rota.cli.answering import on_clocks
from oncall_rota.cli.option import Dir, Json, OneSchedule, Tz
from oncall_rota.cli.override_text import line_text, place_text
from oncall_rota.cli.selection import Selection, display_name, select
from oncall_rota.cli.setting import asked_at, asked_format, display, present, rotations
from oncall_rota.cli.terminal import BOLD, DIM, RED, Terminal, columns_of, fitted, terminal
from oncall_rota.rendering import why as reason
from oncall_rota.rendering.text import instant, json_text, term_safe
from oncall_rota.rendering.who import NameOf
from oncall_rota.schedule import Explanation, LayerState, explanation
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.zone import Zone, epoch


def why(
    name: OneSchedule,
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="The moment to explain; now when left out.")] = "now",
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="table or json.")] = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Why somebody is on call: layer, turn, override, file and line; and what it would have been.

    Examples:
      oncall why payments
      oncall why payments/primary --at '25 dec 09:00'
      oncall why payments --at 2026-11-25T12:00Z --json
    """
    form = asked_format(output, json, ("table", "plain", "json"))
    now = present()
    shown = display(tz).zone
    at_ = asked_at(at, "--at", now, shown)
    found = select(rotations(dir_), [name]).whole()
    told = [(each, explanation(each, at_)) for each in found.schedules]
    if form == "json":
        results = [
            reason.result(each, explained, lambda who: display_name(found.catalog, who)) for each, explained in told
        ]
        print(json_text({"version": 1, "at": instant(epoch(at_)), "results": results}))
        return
    screen = terminal()
    print("\n\n".join("\n".join(_text(found, each, explained, at_, shown, screen)) for each, explained in told))


def _text(
    found: Selection, each: Schedule, told: Explanation, at: datetime, shown: Zone, screen: Terminal
) -> list[str]:
    def name_of(person: str) -> str:
        return display_name(found.catalog, person)

    place = term_safe(f"{each.team}/{each.name}")
    lines = [f"{screen.paint(place, BOLD)} at {on_clocks(at, shown, [each.timezone])}", ""]
    for on in told.on_call:
        name = screen.paint(term_safe(name_of(on.person)), BOLD)
        lines += [
            f"{name} is on call: {reason.because(on.cause, name_of)}",
            f"  {place_text(reason.source(on.cause), screen)}",
        ]
    if not told.on_call:
        lines.append(f"{screen.paint('Nobody', f'{BOLD};{RED}')} is on call.")
    if told.changes:
        without = reason.names(told.without_overrides, name_of)
        lines.append(f"Without overrides and absences it would have been {without}.")
    lines += ["", screen.paint("Layers", DIM), *_layers(told.layers, name_of, screen)]
    if told.changes:
        lines += ["", screen.paint("Absences and overrides in force, in order", DIM)]
        arrow = "→" if screen.unicode else "->"
        for change in told.changes:
            lines.append(f"  {line_text(change.line, found.catalog, shown, at, screen)}")
            lines.append(f"    {reason.change_text(change.before, change.after, name_of, arrow)}")
    return lines


def _layers(layers: Sequence[LayerState], name_of: NameOf, screen: Terminal) -> list[str]:
    width = max([columns_of(term_safe(state.layer.name)) for state in layers], default=0)
    lines = []
    for state in layers:
        what = reason.state_text(state, name_of) if state.active else screen.paint("not active then", DIM)
        place = place_text(state.layer.source, screen)
        lines.append(f"  {fitted(term_safe(state.layer.name), width)}  {what}  {place}")
    return lines
