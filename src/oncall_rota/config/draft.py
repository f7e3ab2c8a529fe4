"""A team's files as read, before they become the engine's model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oncall_rota.config.document import Document
from oncall_rota.config.field import Filled
from oncall_rota.config.holiday import Calendars
from oncall_rota.config.people import People
from oncall_rota.schedule.model import HolidayCalendar, Schedule
from oncall_rota.timeline.zone import UTC_ZONE, Zone


@dataclass(slots=True, eq=False)
class Draft:
    """One team: what was written in its file and in its overrides file, and the schedules made of it so far.

    `borrowed`: the other teams' names that its answer needs, each with the node that says so.
    """

    name: str
    document: Document
    values: Filled | None
    people: People
    calendars: Calendars
    overrides_document: Document | None = None
    overrides: list[Any] = field(default_factory=list)
    timezone: str = "UTC"
    zone: Zone = UTC_ZONE
    holidays: HolidayCalendar | None = None
    written: dict[str, Filled] = field(default_factory=dict)
    schedules: dict[str, Schedule | None] = field(default_factory=dict)
    borrowed: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> str | None:
        """The name of the first schedule: `primary`, else the one written first."""
        return "primary" if "primary" in self.written else next(iter(self.written), None)

    @property
    def broken(self) -> bool:
        """Whether its own files have no single meaning."""
        return self.document.broken or (self.overrides_document is not None and self.overrides_document.broken)

    def known(self, person: str, node: Any, document: Document | None = None) -> bool:
        """Whether `person` exists; reports it otherwise."""
        return self.people.check(person, node, document or self.document)
