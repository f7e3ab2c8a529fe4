"""From what a monitor says to whose it is: routes, maintenance, defaults. Nothing is dropped on the way.

In this order: the first route with a `match` that takes it and leads to a team that is there; the team that the sender
itself names; the route without a `match`; the source's `team`; the only team there is; the last resort. What fires
under maintenance waits until that is over, and pages then if nobody and nothing has ended it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from oncall_rota.intake.heartbeat import SOURCE, Heartbeat, heartbeat, silence
from oncall_rota.intake.json_text import decoded
from oncall_rota.intake.pattern import Match, globs
from oncall_rota.intake.posted import Posted, Report, Unreadable
from oncall_rota.intake.secrecy import hidden
from oncall_rota.intake.severity import severity_of
from oncall_rota.intake.value import FIELD
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.model import CRITICAL
from oncall_rota.paging.signal import Signal
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.zone import moment, wall, zone

NOWHERE = "unknown team"  # no team can be called so: the last resort is told
KEPT = 8000  # bytes of a body that could not be read


class Place(NamedTuple):
    """Whose a report is. `severity`: a route's own. `why`: for the audit."""

    team: str
    service: str | None
    why: str
    severity: str | None = None
    hold: timedelta = timedelta(0)


class _Route(NamedTuple):
    number: int
    match: Match | None
    written: Mapping[str, Any]


class _Maintenance(NamedTuple):
    match: Match
    start_at: datetime
    end_at: datetime
    why: str


class Routing:
    """The routes of one configuration, made once for each."""

    def __init__(self, settings: Settings, teams: Mapping[str, Team]) -> None:
        self._sources = settings.sources
        self._routes = [_Route(at, globs(each.get("match")), each) for at, each in enumerate(settings.routes, 1)]
        self._maintenance = [found for each in settings.maintenance if (found := _maintenance(each)) is not None]
        self.heartbeats = {name: heartbeat(name, each) for name, each in settings.heartbeats.items()}
        self._teams = {_folded(name): name for name in teams}
        self._owners: dict[str, list[str]] = {}
        for name, team in teams.items():
            for service in team.services:
                self._owners.setdefault(service, []).append(name)

    def signal(self, source: str, report: Report, now: datetime) -> Signal:
        """What a report of a source becomes."""
        if report.kind != "trigger":
            return Signal(source, report.key, hidden(report.summary, words=True), report.kind, until_at=report.until_at)
        settings = self._sources.get(source, {})
        severity = report.severity or severity_of(settings.get("severity")) or CRITICAL
        fields = self._fields(source, report, severity)
        place = self._place(settings, report, fields)
        severity = place.severity or severity
        own = {"severity": severity, "team": place.team, **({"service": place.service} if place.service else {})}
        waits, why = self._held(fields | own, now)
        told = tuple(map(hidden, report.lines))
        lines = told if place.team != NOWHERE else (place.why, *told)
        return Signal(
            source,
            report.key,
            hidden(report.summary, words=True),
            "trigger",
            place.team,
            severity,
            place.service,
            lines=(why, *lines) if why else lines,
            hold=max(place.hold, waits),
            cause="; ".join([place.why, *([why] if why else [])]),
        )

    def unreadable(self, source: str, posted: Posted, why: Unreadable, now: datetime) -> Signal:
        """A request that showed a key and cannot be understood: one incident a source, with the first such body."""
        what = f"{why.field}: {why.message}" if why.field else why.message
        body = hidden(decoded(posted.body[:KEPT]))
        lines = ("What it sent:", *body.splitlines())
        made = self.signal(source, Report("body", summary=f"unreadable alert from {source}: {what}", lines=lines), now)
        return made._replace(source=f"{source}/unreadable")  # where no key of the monitor's own can be

    # -- heartbeats

    def source(self, name: str) -> Mapping[str, Any]:
        """What a source's hook is made of: its settings, and what of its alerts is no part of any group."""
        settings = self._sources[name]
        if any(each.source == name for each in self.heartbeats.values()):
            return {**settings, "apart": lambda report: self.beat(name, report) is not None}
        return settings

    def beat(self, source: str, report: Report) -> Heartbeat | None:
        """The heartbeat that an alert is while it fires; None: it is an alert like others."""
        if report.kind != "trigger":
            return None
        fields = self._fields(source, report, report.severity or "")
        return next((each for each in self.heartbeats.values() if each.is_told(source, fields)), None)

    def late(self, name: str, heard_at: datetime | None, listening_at: datetime, now: datetime) -> Signal | None:
        """The signal of a heartbeat's silence; None: it is not late, or there is none of that name. See `late_at`."""
        beat = self.heartbeats.get(name)
        made = silence(beat, heard_at, listening_at, now) if beat is not None else None
        if made is None:
            return None
        fields = {"source": SOURCE, "heartbeat": name, "team": made.team, "severity": made.severity}
        waits, why = self._held(fields, now)
        return made._replace(hold=waits, cause=why, lines=(why, *made.lines)) if why else made

    # -- whose it is

    def team(self, written: str | None) -> str | None:
        """The team that somebody means, who may write `Payments Team` for payments-team; None: there is none."""
        return self._teams.get(_folded(written[:FIELD])) if written else None

    def _fields(self, source: str, report: Report, severity: str) -> dict[str, str]:
        named = {"team": report.team, "service": report.service, "summary": report.summary[:FIELD]}
        kind = self._sources.get(source, {}).get("type", "")
        own = {"source": source, "type": kind, "severity": severity}
        return {**report.fields, **{name: text for name, text in named.items() if text}, **own}

    def _place(self, settings: Mapping[str, Any], report: Report, fields: Mapping[str, str]) -> Place:
        for route in self._routes:
            if route.match is None:
                break  # whatever stands below it is never asked
            if route.match.takes(fields) and (place := self._led(route, fields)) is not None:
                return place
        rest = next((route for route in self._routes if route.match is None), None)
        named = self._named(report)
        if named is not None:
            hold = rest.written.get("hold") if rest is not None else None
            return named._replace(hold=hold or timedelta(0))
        if rest is not None and (place := self._led(rest, fields)) is not None:
            return place
        return self._default(settings)

    def _led(self, route: _Route, fields: Mapping[str, str]) -> Place | None:
        """Where a route leads; None: to nobody who is there."""
        written = route.written
        service = self._service(written.get("service"), fields.get(written.get("service_from", "")))
        team = self.team(written.get("team")) or self.team(fields.get(written.get("team_from", "")))
        team = team or self._owner(service)
        if team is None:
            return None
        hold = written.get("hold") or timedelta(0)
        return Place(team, service, f"route {route.number}", written.get("severity"), hold)

    def _named(self, report: Report) -> Place | None:
        """What the sender itself asks for."""
        service = self._service(report.service)
        team = self.team(report.team) or self._owner(service)
        return Place(team, service, "the sender names it") if team is not None else None

    def _default(self, settings: Mapping[str, Any]) -> Place:
        team = self.team(settings.get("team"))
        if team is not None:
            return Place(team, None, "the team of its source")
        if len(self._teams) == 1:
            return Place(next(iter(self._teams.values())), None, "the only team")
        return Place(NOWHERE, None, "no route leads to a team")

    def _service(self, *written: str | None) -> str | None:
        """The first of these services that is there."""
        return next((each for each in written if each in self._owners), None)

    def _owner(self, service: str | None) -> str | None:
        """The team whose file has the service: of several the first by name."""
        return min(self._owners[service]) if service is not None else None

    # -- maintenance

    def _held(self, fields: Mapping[str, str], now: datetime) -> tuple[timedelta, str]:
        """How long maintenance holds it back, and why; no time: not at all."""
        holding = [
            each for each in self._maintenance if each.start_at <= now < each.end_at and each.match.takes(fields)
        ]
        if not holding:
            return timedelta(0), ""
        last = max(holding, key=lambda each: each.end_at)
        return last.end_at - now, f"{last.why} until {last.end_at:%Y-%m-%dT%H:%M:%SZ}"


def _maintenance(written: Mapping[str, Any]) -> _Maintenance | None:
    """A window; None: it says nothing that it is for, or never ends, and so holds nothing back."""
    match, start, end = globs(written.get("match")), written.get("from"), written.get("until")
    if match is None or match.is_empty or start is None or end is None:
        return None
    name = written.get("timezone", "UTC")
    reason = written.get("reason")
    return _Maintenance(
        match, _instant(start, name), _instant(end, name), f"maintenance: {reason}" if reason else "maintenance"
    )


def _instant(written: date, name: str) -> datetime:
    """A time on the window's own clock, which is UTC unless it says another; or an instant, as it was written."""
    at = written if isinstance(written, datetime) else datetime.combine(written, time(0))
    return at.astimezone(UTC) if at.tzinfo is not None else moment(zone(name).instant(wall(at)))


def _folded(name: str) -> str:
    return name.strip().casefold().replace(" ", "-").replace("_", "-")
