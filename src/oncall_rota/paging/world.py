"""What escalation asks of the world: the last good configuration, and who is on call by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from oncall_rota.paging.model import LastResort, Policy, Reach, ScheduleTarget, Step, TeamPaging
from oncall_rota.schedule import on_call_at
from oncall_rota.schedule.model import Schedule, Service, Team


class World(Protocol):
    """The last good configuration. Who is on call is asked at the moment of the step."""

    def team(self, name: str) -> TeamPaging | None:
        """A team's paging; None when it is not known any more."""
        ...

    def policy(self, team: str, service: str | None, severity: str, at: datetime) -> Policy | None:
        """Whose escalation it is: the team's, or for a service that was handed over the other team's, then the team.

        None: nobody's; the severity is never paged, or the team is not known any more.
        """
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
        self._on: tuple[datetime | None, dict[int, tuple[Schedule, tuple[str, ...]]]] = (None, {})

    def team(self, name: str) -> TeamPaging | None:
        """A team's paging; None when it is not known any more."""
        return self._paging.get(name)

    def policy(self, team: str, service: str | None, severity: str, at: datetime) -> Policy | None:
        """The team's policy of that severity; for a service that was handed over the other team's, then the team."""
        own = self._paging[team].severity(severity).policy if team in self._paging else None
        found = self._teams[team].services.get(service or "") if team in self._teams else None
        if own is None or found is None or found.handover is None or at < found.handover.starting_at:
            return own
        return self._handed_over(found, self._teams[team].first, severity)

    def _handed_over(self, service: Service, team: Schedule, severity: str) -> Policy:
        """The new owner first, by their own policy of the severity; then the team that built it."""
        assert service.handover is not None
        to = service.handover.to
        other = self._paging.get(to.team)
        theirs = (other.severity(severity).policy if other is not None else None) or Policy(())
        # A wait that nobody wrote down: as long as the rules of those who are paged need.
        first, last = (Step((ScheduleTarget(each),), None, service.source) for each in (to, team))
        begins = bool(theirs.steps) and ScheduleTarget(to) in theirs.steps[0].targets
        return Policy((*(() if begins else (first,)), *theirs.steps, last), theirs.repeat)

    def on_call(self, schedule: Schedule, at: datetime) -> tuple[str, ...]:
        """The ids of those on call, sorted; worked out once for all that is decided at one instant."""
        of, known = self._on
        if of != at:
            of, known = self._on = at, {}
        found = known.get(id(schedule))
        if found is None:  # the schedule is kept with the answer, so that no other can have its id
            found = known[id(schedule)] = schedule, tuple([each.person for each in on_call_at(schedule, at)])
        return found[1]

    def reach(self, person: str) -> Reach | None:
        """How a person is reached; None when unknown."""
        return self._people.get(person)

    def last_resort(self) -> LastResort | None:
        """Who is told when nobody was reached."""
        return self._resort
