"""`oncall why`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from oncall_rota.cli.answering import on_clocks
from oncall_rota.cli.option import Dir, Json, OneSchedule, Tz
from oncall_rota.cli.override_text import line_text, place_text
from oncall_rota.cli.selection import Selection, display_name, select
from oncall_rota.cli.setting import asked_at, asked_format, display, present, rotations
from oncall_rota.cli.terminal import BOLD, DIM, RED, Terminal, columns_of, fitted, terminal
from oncall_rota.rendering.text import instant, json_text, term_safe
from oncall_rota.schedule import Explanation, LayerState, OnCall, explanation, mapping
from oncall_rota.schedule.cause import Always, AwayCover, Borrowed, Cause, OverrideCause, Turn
from oncall_rota.schedule.model import Override, Schedule
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
        results = [_result(found, each, explained) for each, explained in told]
        print(json_text({"version": 1, "at": instant(epoch(at_)), "results": results}))
        return
    screen = terminal()
    print("\n\n".join("\n".join(_text(found, each, explained, at_, shown, screen)) for each, explained in told))


def _result(found: Selection, each: Schedule, told: Explanation) -> dict[str, Any]:
    return {
        "team": each.team,
        "schedule": each.name,
        "timezone": each.timezone,
        "on_call": _people(found, told.on_call),
        "without_overrides": _people(found, told.without_overrides),
        "layers": [
            {
                "name": state.layer.name,
                "active": state.active,
                "turn": state.turn,
                "people": [on.person for on in state.people],
                "path": state.layer.source.path,
                "line": state.layer.source.line,
            }
            for state in told.layers
        ],
        "changes": [
            {
                "kind": "override" if isinstance(change.line, Override) else "away",
                **({"verb": change.line.verb} if isinstance(change.line, Override) else {"for": change.line.person}),
                "reason": change.line.reason,
                "before": [on.person for on in change.before],
                "after": [on.person for on in change.after],
                "path": change.line.source.path,
                "line": change.line.source.line,
            }
            for change in told.changes
        ],
    }


def _people(found: Selection, people: Iterable[OnCall]) -> list[dict[str, Any]]:
    return [
        {"id": on.person, "name": display_name(found.catalog, on.person), "cause": mapping(on.cause)} for on in people
    ]


def _text(
    found: Selection, each: Schedule, told: Explanation, at: datetime, shown: Zone, screen: Terminal
) -> list[str]:
    place = term_safe(f"{each.team}/{each.name}")
    lines = [f"{screen.paint(place, BOLD)} at {on_clocks(at, shown, [each.timezone])}", ""]
    for on in told.on_call:
        name = screen.paint(term_safe(display_name(found.catalog, on.person)), BOLD)
        lines += [
            f"{name} is on call: {_because(found, on.cause)}",
            f"  {place_text(_source(on.cause), screen)}",
        ]
    if not told.on_call:
        lines.append(f"{screen.paint('Nobody', f'{BOLD};{RED}')} is on call.")
    if told.changes:
        without = _names(found, told.without_overrides)
        lines.append(f"Without overrides and absences it would have been {without}.")
    lines += ["", screen.paint("Layers", DIM), *_layers(found, told.layers, screen)]
    if told.changes:
        lines += ["", screen.paint("Absences and overrides in force, in order", DIM)]
        arrow = "→" if screen.unicode else "->"
        for change in told.changes:
            lines.append(f"  {line_text(change.line, found.catalog, shown, at, screen)}")
            changed = f"{_names(found, change.before)} {arrow} {_names(found, change.after)}"
            same = {on.person for on in change.before} == {on.person for on in change.after}
            lines.append(f"    {'changes nobody' if same else changed}")
    return lines


def _layers(found: Selection, layers: Sequence[LayerState], screen: Terminal) -> list[str]:
    width = max([columns_of(term_safe(state.layer.name)) for state in layers], default=0)
    lines = []
    for state in layers:
        if not state.active:
            what = screen.paint("not active then", DIM)
        else:
            what = _names(found, state.people)
            what += "" if state.turn is None else f" (turn {state.turn})"
            if state.layer.borrows is not None:
                what += f" (as {term_safe(state.layer.borrows.team)}/{term_safe(state.layer.borrows.name)})"
        place = place_text(state.layer.source, screen)
        lines.append(f"  {fitted(term_safe(state.layer.name), width)}  {what}  {place}")
    return lines


def _because(found: Selection, cause: Cause) -> str:
    if isinstance(cause, Turn):
        block = f", in the order from {cause.block}" if cause.block else ""
        return f"turn {cause.turn} of layer {term_safe(cause.layer)!r}{block}"
    if isinstance(cause, Always):
        return f"always, in layer {term_safe(cause.layer)!r}"
    if isinstance(cause, AwayCover):
        away = term_safe(display_name(found.catalog, cause.person))
        return f"covers for {away}, who is away ({_because(found, cause.inner)})"
    if isinstance(cause, OverrideCause):
        instead = ""
        if cause.instead_of:
            instead = f", instead of {term_safe(display_name(found.catalog, cause.instead_of))}"
        return f"by an override ({cause.verb}{instead})"
    assert isinstance(cause, Borrowed)
    return f"as {term_safe(cause.team)}/{term_safe(cause.schedule)} says: {_because(found, cause.inner)}"


def _source(cause: Cause) -> Any:
    return cause.inner.source if isinstance(cause, Borrowed) else cause.source


def _names(found: Selection, people: Iterable[OnCall]) -> str:
    return " and ".join(term_safe(display_name(found.catalog, on.person)) for on in people) or "nobody"
