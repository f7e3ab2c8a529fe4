"""What a team's file and the settings say about paging, typed.

Spans are `timedelta`, instants aware UTC `datetime`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from oncall_rota.schedule.model import HolidayCalendar, Schedule, Source, Window

CRITICAL = "critical"
SEVERITIES = (CRITICAL, "error", "warning", "info")  # the usual ones, gravest first; a team may name others


class ScheduleTarget(NamedTuple):
    """Whoever is on call in a schedule when the step starts."""

    schedule: Schedule


class PersonTarget(NamedTuple):
    """One person, on call or not."""

    person: str


class AddressTarget(NamedTuple):
    """An address that is nobody's own, such as a mailing list. `via`: a channel."""

    via: str
    address: str


Target = ScheduleTarget | PersonTarget | AddressTarget


class Step(NamedTuple):
    """One step of an escalation policy.

    `wait`: how long it waits for an acknowledgement, from its start. None: until the rules of those whom it pages
    have run, and a little longer. `round_robin`: one of the targets, the next one at each incident.
    """

    targets: tuple[Target, ...]
    wait: timedelta | None
    source: Source
    round_robin: bool = False


class Policy(NamedTuple):
    """Steps in order, the list `repeat` more times, then the last resort."""

    steps: tuple[Step, ...]
    repeat: int = 0


class Severity(NamedTuple):
    """How incidents of one severity are paged. `policy` None: recorded, never paged.

    `hours`: paging waits until they open (in the team's zone), None: at once. `ack_timeout` None: none.
    """

    policy: Policy | None
    ack_timeout: timedelta | None
    hours: Window | None = None


class TeamPaging(NamedTuple):
    """One team's paging. `severities` by name; an unknown severity is paged as `critical`."""

    team: str
    timezone: str
    severities: Mapping[str, Severity]
    snooze: timedelta
    holidays: HolidayCalendar | None = None

    def severity(self, name: str) -> Severity:
        """How that severity is paged; an unknown one as critical."""
        return self.severities.get(name) or self.severities[CRITICAL]


class Rule(NamedTuple):
    """A person's own rule: `channels` at `after` from the start of the step."""

    after: timedelta
    channels: tuple[str, ...]


class Wishes(NamedTuple):
    """How a person wants notices, which are no pages. `via`: channels, in order; empty: as everybody.

    `quiet`: from when until when nothing is to come, in seconds of their day; it may go over midnight. None: never.
    """

    via: tuple[str, ...] = ()
    quiet: tuple[int, int] | None = None


class Reach(NamedTuple):
    """How a person is reached: rules in order of time, and an address for each channel that has one.

    `timezone`: theirs, if they have said so. `wishes`: about notices.
    """

    person: str
    name: str
    rules: tuple[Rule, ...]
    addresses: Mapping[str, str] = MappingProxyType({})
    timezone: str | None = None
    wishes: Wishes = Wishes()


class LastResort(NamedTuple):
    """Who is told when a whole policy reached nobody, `every` so often until somebody acknowledges."""

    every: timedelta
    targets: tuple[Target, ...]


class Limit(NamedTuple):
    """A budget of a channel for each person: `burst` at once, then one each `refill`."""

    burst: int
    refill: timedelta


class Channel(NamedTuple):
    """A configured notifier. `options` hold secrets unresolved; `limit` None: unmetered."""

    name: str
    type: str
    to: str
    options: Mapping[str, object]
    limit: Limit | None = None
    source: Source = Source("oncall.yaml", 1)
