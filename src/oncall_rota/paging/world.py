"""What escalation asks of the world: the last good configuration, and who is on call by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall_rota.paging.model import (
    CRITICAL,
    LastResort,
    Policy,
    Reach,
    ScheduleTarget,
    Severity,
    Step,
    TeamPaging,
)
from oncall_rota.schedule import on_call_at
from oncall_rota.schedule.model import Schedule, Team


class World(Protocol):
    """The last good configuration. Who is on call is asked at the moment of the step."""

    def team(self, name: str) -> TeamPaging | None:
        """A team's paging; None when it is not known any more."""
        ...

    def policy(self, team: str, service: str | None, severity: Severity, at: datetime) -> Policy:
        """Whose escalation it is: the severity's, or for a service that was handed over, the other team's first."""
        ...

    def on_call(self, schedule: Schedule, at: datetime) -> tuple[str, ...]:
        """The ids of those on call, sorted."""
        ...

    def reach(self, person: str) -> Reach | None:
        """How a person is reached; None when unknown."""
        ...

    def last_resort(self) -> LastResort | None:
        """Who is told when nobody was reached."""
        ...


class Configured:
    """A `World` from values: what each team's file, people.yaml and the settings say."""

    def __init__(
        self,
        paging: Mapping[str, TeamPaging],
        people: Mapping[str, Reach],
        resort: LastResort | None,
        teams: Mapping[str, Team],
    ) -> None:
        self._paging = paging
        self._people = people
        self._resort = resort
        self._teams = teams

    def team(self, name: str) -> TeamPaging | None:
        """A team's paging; None when it is not known any more."""
        return self._paging.get(name)

    def policy(self, team: str, service: str | None, severity: Severity, at: datetime) -> Policy:
        """The severity's policy; for a service that was handed over the other team's, and then the first team."""
        own = severity.policy or Policy(())
        found = self._teams[team].services.get(service or "") if team in self._teams else None
        if found is None or found.handover is None or at < found.handover.starting_at:
            return own
        other = self._paging.get(found.handover.to.team)
        theirs = other.severities[CRITICAL].policy if other is not None else None
        steps = theirs.steps if theirs is not None else ()
        wait = steps[-1].wait if steps else None
        last = Step((ScheduleTarget(self._teams[team].first),), wait, found.source)
        return Policy((*steps, last), theirs.repeat if theirs is not None else 0)

    def on_call(self, schedule: Schedule, at: datetime) -> tuple[str, ...]:
        """The ids of those on call, sorted."""
        return tuple([each.person for each in on_call_at(schedule, at)])

    def reach(self, person: str) -> Reach | None:
        """How a person is reached; None when unknown."""
        return self._people.get(person)

    def last_resort(self) -> LastResort | None:
        """Who is told when nobody was reached."""
        return self._resort
