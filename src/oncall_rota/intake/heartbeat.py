"""Heartbeats: signals whose absence pages. A request to a heartbeat's address is a ping, whatever is in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from oncall_rota.intake.pattern import Match, globs
from oncall_rota.intake.posted import Answer, answer
from oncall_rota.intake.severity import severity_of
from oncall_rota.paging.model import CRITICAL
from oncall_rota.paging.signal import Signal

SOURCE = "heartbeats"  # of their signals; a heartbeat's name is the key
PART = 10  # without a `grace`, this part of `every`


class Heartbeat(NamedTuple):
    """One that is expected `every` so often, and missed `grace` after that.

    `source`: whose alerts it is, those that `match` takes or all; None: whatever asks for its own address.
    """

    name: str
    every: timedelta
    grace: timedelta
    team: str
    severity: str
    source: str | None = None
    match: Match | None = None

    def is_told(self, source: str, fields: Mapping[str, str]) -> bool:
        """Whether an alert of a source, by its fields, is this heartbeat."""
        return source == self.source and (self.match is None or self.match.takes(fields))


def heartbeat(name: str, settings: Mapping[str, Any]) -> Heartbeat:
    """One of oncall.yaml's."""
    every: timedelta = settings["every"]
    grace: timedelta | None = settings.get("grace")
    severity = severity_of(settings.get("severity")) or CRITICAL
    grace = every / PART if grace is None else grace
    told = settings.get("source"), globs(settings.get("match"))
    return Heartbeat(name, every, grace, settings.get("team", ""), severity, *told)


def late_at(beat: Heartbeat, heard_at: datetime | None, listening_at: datetime) -> datetime:
    """When it is missed. `heard_at`: the last ping; None: there was none yet.

    `listening_at`: since when it could be heard without a break: what came while nobody listened is lost, so it has a
    whole period from then on. A restart of seconds is no such break, since senders try again: else whoever restarts
    every day never misses a heartbeat of a week.
    """
    return max(heard_at or listening_at, listening_at) + beat.every + beat.grace


def silence(beat: Heartbeat, heard_at: datetime | None, listening_at: datetime, now: datetime) -> Signal | None:
    """The signal of its silence; None: it is not late. Said again it is the same incident."""
    if now < late_at(beat, heard_at, listening_at):
        return None
    since = f"since {heard_at:%Y-%m-%dT%H:%M:%SZ}" if heard_at is not None else "ever"
    text = f"heartbeat {beat.name} is silent: nothing was heard {since}, expected every {_span(beat.every)}"
    return Signal(SOURCE, beat.name, text, team=beat.team, severity=beat.severity, cause="silence")


def pinged(beat: Heartbeat) -> Signal:
    """A ping, which ends its silence."""
    return Signal(SOURCE, beat.name, f"heartbeat {beat.name} is back", "resolve")


def ping_answer(name: str) -> Answer:
    """What its sender is told when it was heard."""
    return answer(200, {"status": "heard", "heartbeat": name})


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if count) or "0s"
