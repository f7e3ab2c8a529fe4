"""Why somebody is on call, in words and as in the JSON of `oncall why`; the board says the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oncall_rota.rendering.text import term_safe
from oncall_rota.rendering.who import NameOf
from oncall_rota.schedule import Explanation, LayerState, OnCall, mapping
from oncall_rota.schedule.cause import Always, AwayCover, Borrowed, CalendarCause, Cause, OverrideCause, Turn
from oncall_rota.schedule.model import Away, Override, Schedule, Source


def result(schedule: Schedule, told: Explanation, name_of: NameOf) -> dict[str, Any]:
    """One schedule's explanation as in the JSON contract."""
    return {
        "team": schedule.team,
        "schedule": schedule.name,
        "timezone": schedule.timezone,
        "on_call": _people(told.on_call, name_of),
        "without_overrides": _people(told.without_overrides, name_of),
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
                **_deed(change.line),
                "reason": change.line.reason,
                "before": [on.person for on in change.before],
                "after": [on.person for on in change.after],
                **_place(change.line),
            }
            for change in told.changes
        ],
    }


def _deed(line: Away | Override) -> dict[str, Any]:
    """What kind of line it is."""
    if isinstance(line, Away):
        return {"kind": "away", "for": line.person}
    if line.by is not None:
        return {"kind": "live", "verb": line.verb, "id": line.id, "by": line.by}
    return {"kind": "override", "verb": line.verb}


def _place(line: Away | Override) -> dict[str, Any]:
    """Where it stands; a live override stands nowhere."""
    if isinstance(line, Override) and line.by is not None:
        return {}
    return {"path": line.source.path, "line": line.source.line}


def _people(people: Iterable[OnCall], name_of: NameOf) -> list[dict[str, Any]]:
    return [{"id": on.person, "name": name_of(on.person), "cause": mapping(on.cause)} for on in people]


def because(cause: Cause, name_of: NameOf) -> str:
    """`turn 12 of layer 'nights'`, `covers for Alice Adams, who is away (…)`, …"""
    if isinstance(cause, Turn):
        block = f", in the order from {cause.block}" if cause.block else ""
        return f"turn {cause.turn} of layer {term_safe(cause.layer)!r}{block}"
    if isinstance(cause, Always):
        return f"always, in layer {term_safe(cause.layer)!r}"
    if isinstance(cause, CalendarCause):
        return f"an event of the calendar of layer {term_safe(cause.layer)!r}"
    if isinstance(cause, AwayCover):
        away = term_safe(name_of(cause.person))
        return f"covers for {away}, who is away ({because(cause.inner, name_of)})"
    if isinstance(cause, OverrideCause):
        instead = f", instead of {term_safe(name_of(cause.instead_of))}" if cause.instead_of else ""
        if cause.by is not None:
            return f"by a live override of {term_safe(name_of(cause.by))} ({cause.verb}{instead})"
        return f"by an override ({cause.verb}{instead})"
    assert isinstance(cause, Borrowed)
    return f"as {term_safe(cause.team)}/{term_safe(cause.schedule)} says: {because(cause.inner, name_of)}"


def source(cause: Cause) -> Source:
    """Where it is written: for another schedule's answer, there."""
    return cause.inner.source if isinstance(cause, Borrowed) else cause.source


def names(people: Iterable[OnCall], name_of: NameOf) -> str:
    """`Alice Adams and Bob Brown`, or `nobody`."""
    return " and ".join([term_safe(name_of(on.person)) for on in people]) or "nobody"


def state_text(state: LayerState, name_of: NameOf) -> str:
    """What a layer says by turn, when it is active: `Bob Brown (turn 3)`."""
    what = names(state.people, name_of)
    what += "" if state.turn is None else f" (turn {state.turn})"
    if state.layer.borrows is not None:
        what += f" (as {term_safe(state.layer.borrows.team)}/{term_safe(state.layer.borrows.name)})"
    return what


def change_text(before: Iterable[OnCall], after: Iterable[OnCall], name_of: NameOf, arrow: str = "→") -> str:
    """`Alice Adams → Bob Brown`, or that it changes nobody."""
    was, is_ = tuple(before), tuple(after)
    if {on.person for on in was} == {on.person for on in is_}:
        return "changes nobody"
    return f"{names(was, name_of)} {arrow} {names(is_, name_of)}"


def line_text(line: Away | Override, name_of: NameOf) -> str:
    """What an override or absence says: `Carol Chen instead of Alice Adams`, `Bob Brown is away`, …"""
    named = [term_safe(name_of(person)) for person in getattr(line, "people", ())]
    people = " and ".join(named) or "nobody"
    person = term_safe(name_of(line.person)) if line.person else ""
    if isinstance(line, Away):
        cover = {None: "", "next": ", covered by the next"}.get(line.cover)
        if cover is None:
            cover = f", covered by {term_safe(name_of(line.cover or ''))}"
        return f"{person} is away{cover}"
    layer = f" in layer {term_safe(line.layer)!r}" if line.layer else ""
    if line.verb == "instead_of":
        return f"{people} instead of {person}{layer}"
    if line.verb == "remove":
        return f"without {person or people}{layer}"
    if line.verb == "add":
        return f"{people} as well{layer}"
    return f"{' and '.join(named)} swap{layer}" if line.verb == "swap" else f"{people}{layer}"
