"""Why somebody is on call: the layer, turn, absence or override, and the file and line that it came from."""

from __future__ import annotations

from typing import Any, NamedTuple

from oncall_rota.schedule.model import Source


class Turn(NamedTuple):
    """A rotation's turn. `block` is the dated block's first day (`2026-07-06`) when people are dated."""

    layer: str
    turn: int
    block: str | None
    source: Source


class Always(NamedTuple):
    """An entry without `every`."""

    layer: str
    source: Source


class CalendarCause(NamedTuple):
    """An event of a layer's calendar."""

    layer: str
    source: Source


class AwayCover(NamedTuple):
    """Cover for somebody who is away. `inner` is why that person would have been on."""

    person: str
    source: Source
    inner: Cause


class OverrideCause(NamedTuple):
    """An override's line. `instead_of`: whose place it is, when it takes somebody's place.

    `by`: who made it, of a live one, which stands in no file; None: it stands in one.
    """

    verb: str
    id: str | None
    instead_of: str | None
    source: Source
    by: str | None = None


class Borrowed(NamedTuple):
    """Another schedule's answer. `inner` is its own cause."""

    team: str
    schedule: str
    inner: Cause
    source: Source


Cause = Turn | Always | CalendarCause | AwayCover | OverrideCause | Borrowed


_KINDS: dict[type, str] = {
    Turn: "turn",
    Always: "always",
    CalendarCause: "calendar",
    AwayCover: "away",
    OverrideCause: "override",
    Borrowed: "borrowed",
}


class OnCall(NamedTuple):
    """One person on call, and why."""

    person: str
    cause: Cause


def mapping(cause: Cause) -> dict[str, Any]:
    """The machine form of a cause, as in the JSON of `oncall who`."""
    found: dict[str, Any] = {"kind": _KINDS[type(cause)]}
    if isinstance(cause, Turn):
        found |= {"layer": cause.layer, "turn": cause.turn}
        if cause.block is not None:
            found["block"] = cause.block
    elif isinstance(cause, (Always, CalendarCause)):
        found["layer"] = cause.layer
    elif isinstance(cause, AwayCover):
        found["for"] = cause.person
    elif isinstance(cause, OverrideCause):
        found["verb"] = cause.verb
        if cause.id is not None:
            found["id"] = cause.id
        if cause.instead_of is not None:
            found["instead_of"] = cause.instead_of
        if cause.by is not None:
            return found | {"kind": "live", "by": cause.by}
    else:
        found |= {"team": cause.team, "schedule": cause.schedule, "cause": mapping(cause.inner)}
    return found | {"path": cause.source.path, "line": cause.source.line}
