"""A team's files as read, before they become the engine's model."""

from __future__ import annotations

from typing import Any

from oncall_rota.config.document import Document, Mapping
from oncall_rota.config.holiday import Calendars
from oncall_rota.config.people import People
from oncall_rota.config.record import Filled
from oncall_rota.schedule.model import HolidayCalendar, Schedule
from oncall_rota.timeline.zone import UTC_ZONE, Zone


class Draft:
    """One team: what was written in its file and in its overrides file, and the schedules made of it so far.

    `written`: what each schedule says; `schedules`: those made, None where one has no meaning; `borrowed`: the
    other teams' names that its answer needs, each with the node that says so; `handed_over`: services, likewise;
    `paged`: other teams whose schedules its escalations page. `ids`: those of its overrides.
    """

    __slots__ = (
        "borrowed",
        "calendars",
        "document",
        "handed_over",
        "holidays",
        "ids",
        "name",
        "overrides",
        "overrides_document",
        "paged",
        "people",
        "schedules",
        "timezone",
        "values",
        "written",
        "zone",
    )

    def __init__(
        self,
        name: str,
        document: Document,
        values: Filled | None,
        people: People,
        calendars: Calendars,
        overrides_document: Document | None,
    ) -> None:
        self.name = name
        self.document = document
        self.values = values
        self.people = people
        self.calendars = calendars
        self.overrides_document = overrides_document
        self.overrides: list[Any] = []
        self.timezone = "UTC"
        self.zone: Zone = UTC_ZONE
        self.holidays: HolidayCalendar | None = None
        self.written: dict[str, Filled] = {}
        self.schedules: dict[str, Schedule | None] = {}
        self.borrowed: dict[str, Any] = {}
        self.handed_over: dict[str, Any] = {}
        self.paged: set[str] = set()
        self.ids: set[str] = set()

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

    def release(self) -> None:
        """Let go of the nodes, most of a load's memory, once the schedules are made. The names stay."""
        self.values = None
        self.overrides = []
        self.written = dict.fromkeys(self.written, _NOTHING)
        self.document.root = None
        if self.overrides_document is not None:
            self.overrides_document.root = None


_NOTHING = Filled()
_NOTHING.node = Mapping()
