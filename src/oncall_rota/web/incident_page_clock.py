"""Times as whoever looks at the board wants them: by the team's clock, or by that of another zone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.config import suggest
from oncall_rota.humantime import day_text, moment_text, span_text
from oncall_rota.rendering.incident import told
from oncall_rota.timeline.zone import UTC_ZONE, Zone, zone
from oncall_rota.web.door import Visit
from oncall_rota.web.failure import Refused

LONGEST = 60  # characters of a zone's name
RELOADS = {"30": "every 30 seconds", "300": "every 5 minutes"}  # only for who asks: it takes a reader from their place
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]*", re.ASCII)
_USUAL = ("UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "Asia/Kolkata")


class Told(NamedTuple):
    """An instant: for programs, and for people."""

    iso: str
    text: str


class Other(NamedTuple):
    """The same page, shown otherwise. `here`: it is shown so now."""

    text: str
    address: str
    here: bool


class Clock:
    """Times of one page. Today's are told without the day."""

    def __init__(self, shown: Zone, now: datetime) -> None:
        self.zone = shown
        self._now = now.replace(second=0, microsecond=0)
        self._today = day_text(now, shown, now)

    def __call__(self, at: datetime) -> Told:
        """An instant, to the minute."""
        return Told(told(at), self.text(at))

    def text(self, at: datetime) -> str:
        """The same for people alone: `13:05`, or `Thu 18 Jun 01:05`."""
        text = moment_text(at.replace(second=0, microsecond=0), self.zone, self._now)
        return text.rpartition(" ")[2] if day_text(at, self.zone, self._now) == self._today else text

    def apart(self, at: datetime) -> str:
        """How far it is from now: `5m ago`, `in 2h 5m`, `now`."""
        minutes = round((at.replace(second=0, microsecond=0) - self._now) / timedelta(minutes=1))
        if not minutes:
            return "now"
        span = span_text(timedelta(minutes=abs(minutes)))
        return f"in {span}" if minutes > 0 else f"{span} ago"

    def full(self, at: datetime) -> Told:
        """An instant with its day and what the zone calls itself."""
        at = at.replace(second=0, microsecond=0)
        return Told(told(at), moment_text(at, self.zone, self._now, abbreviated=True))

    @property
    def now(self) -> Told:
        """The present."""
        return self.full(self._now)


def clock_of(visit: Visit, teams: Iterable[str], now: datetime) -> Clock:
    """By `?tz=`; else by the zone of these teams; where they have several by the viewer's own. Raises `Refused`."""
    return Clock(_asked(visit) or _usual(visit, teams), now)


def _asked(visit: Visit) -> Zone | None:
    wanted = visit.request.query_params.get("tz", "")
    if not wanted:
        return None
    try:
        if len(wanted) > LONGEST or not _NAME.fullmatch(wanted):
            raise ValueError
        return zone(wanted)
    except ValueError:
        near = suggest(wanted[:LONGEST], _USUAL)
        hint = f"did you mean {near}?" if near else "it is a name such as Europe/Berlin, or UTC"
        raise Refused(400, f"tz: no time zone {wanted[:LONGEST]!r}", hint) from None


def _usual(visit: Visit, teams: Iterable[str]) -> Zone:
    configuration, person = visit.premises.configuration(), visit.visitor.person
    known = {found.timezone for each in teams if (found := configuration.world.team(each)) is not None}
    if len(known) == 1:
        return zone(known.pop())
    reach = configuration.world.reach(person) if person is not None else None
    return zone(reach.timezone) if reach is not None and reach.timezone else UTC_ZONE


def zones(visit: Visit, clock: Clock, teams: Iterable[str]) -> tuple[str, ...]:
    """Zones to choose from: the teams', the viewer's own, UTC, and the present one."""
    names = (_usual(visit, teams).name, _usual(visit, ()).name, UTC_ZONE.name, clock.zone.name)
    return tuple(dict.fromkeys(names))


def live_of(visit: Visit) -> str:
    """How often it is to load itself again, in seconds; empty: never."""
    live = visit.request.query_params.get("live", "")
    return live if live in RELOADS else ""
