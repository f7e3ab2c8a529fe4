"""Notices of handoffs that are due: planned an hour ahead, a team anew when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.handoff import Notice, handoffs, open_lines
from oncall_rota.paging.model import Reach
from oncall_rota.paging.office import ANSWERED
from oncall_rota.paging.ports.row import OPEN
from oncall_rota.paging.request import Inform
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.web.premises import Premises

PLANNED = timedelta(hours=1)


class _Planned(NamedTuple):
    team: Team
    notices: tuple[Notice, ...]


class Handoffs:
    """Of one server process; called by one thread."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._plans: dict[str, _Planned] = {}
        self._made: tuple[Mapping[str, Reach], timedelta] | None = None
        self._until: datetime | None = None
        self._told: set[str] = set()

    def look(self, configuration: Configuration, now: datetime) -> None:
        """Send what is due. Raises `StoreFailed`, `TimeoutError`."""
        ahead = configuration.ahead.handoff
        if ahead is None:
            return
        for notice in self._due(configuration, ahead, now):
            rows = self._premises.store.incidents(OPEN, notice.team, limit=100)
            lines = open_lines(rows, configuration.public_url)
            inform = Inform(notice.key, notice.person, notice.what, notice.text, lines)
            self._premises.submit(inform).result(ANSWERED)
            self._told.add(notice.key)

    def _due(self, configuration: Configuration, ahead: timedelta, now: datetime) -> list[Notice]:
        made = dict(configuration.people), ahead
        if self._until is None or not self._until - PLANNED <= now < self._until or self._made != made:
            self._plans, self._made, self._until = {}, made, now + PLANNED
        window = Interval(now, self._until)
        found: list[Notice] = []
        for name, team in configuration.teams.items():
            plan = self._plans.get(name)
            if plan is None or plan.team is not team:
                plan = self._plans[name] = _Planned(team, handoffs(team, configuration.people, ahead, window))
            found += [each for each in plan.notices if each.due_at <= now < each.until_at]
        keys = {each.key for each in found}
        self._told &= keys
        return [each for each in found if each.key not in self._told]
