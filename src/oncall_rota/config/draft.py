"""A team's files as read, before they become the engine's model."""

from __future__ import annotations

from typing import Any

from oncall_rota.config.declaration import OVERRIDES, TEAM
from oncall_rota.config.document import Document, Mapping
from oncall_rota.config.field import BAD
from oncall_rota.config.holiday import Calendars, Unreadable
from oncall_rota.config.name import team_name
from oncall_rota.config.people import People
from oncall_rota.config.problem import Mistake, shown
from oncall_rota.config.record import Filled
from oncall_rota.schedule.model import HolidayCalendar, Schedule
from oncall_rota.timeline.zone import UTC_ZONE, Zone, zone


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


def draft_of(team: str, document: Document, overrides: Document | None, people: People, calendars: Calendars) -> Draft:
    """The draft of a team: what its file says, and its overrides file if it has one."""
    root = document.root
    if root is None and not document.broken:
        document.error_at(
            1,
            1,
            "empty-file",
            "the file is empty",
            f"write e.g. team: {team}, timezone: Europe/London and rotation:, or use `oncall init`",
        )
    values = TEAM.read(root, document) if root is not None else None
    values = values if isinstance(values, Filled) else None
    draft = Draft(team, document, values, people, calendars, overrides)
    if overrides is not None and overrides.root is not None:
        found = _override_list(overrides)
        draft.overrides = found if isinstance(found, list) else []
    if values is None:
        return draft
    if values.get("team", team) != team and _nameable(team):
        document.error(
            values.node["team"],
            "team-name",
            f"the team is called {shown(values['team'])}, and the file {team}.yaml",
            f"write team: {team}, or rename the file",
        )
    draft.timezone = values.get("timezone", "UTC")
    draft.zone = zone(draft.timezone)
    if "holidays" in values:
        draft.holidays = calendars.read(values["holidays"], values.node["holidays"], document)
    elif "holidays" in values.node:
        draft.holidays = Unreadable()
    if "rotation" in values.node and "schedules" in values.node:
        document.error(
            values.node.keys_at["rotation"],
            "rotation-and-schedules",
            "'rotation' stands beside 'schedules', and means schedules: {primary: …}",
            "move it into 'schedules' under the name primary",
        )
    elif not values.wrote("rotation") and not values.wrote("schedules"):
        document.error(
            values.node,
            "missing-key",
            "the team has neither 'rotation' nor 'schedules'",
            "write e.g. rotation: with people, every, handoff and starting",
        )
    if "schedules" in values:
        draft.written = dict(values["schedules"])
        if not values["schedules"].node:
            document.error(
                values.node["schedules"],
                "empty-list",
                "there is no schedule in 'schedules'",
                "write at least one, by name",
            )
    elif "rotation" in values:
        draft.written = {"primary": values["rotation"]}
    return draft


def _nameable(team: str) -> bool:
    """Whether a file's stem can be a team's name; where it cannot, that is reported already."""
    try:
        return bool(team_name(team))
    except Mistake:
        return False


def _override_list(document: Document) -> Any:
    root = document.root
    if isinstance(root, Mapping) and "overrides" in root:
        document.error(
            root.keys_at["overrides"],
            "wrong-kind",
            "an overrides file is a plain list, without a key 'overrides'",
            "delete this line, and begin every override with '- ' in the first column",
        )
        return BAD
    return OVERRIDES.read(root, document)


_NOTHING = Filled()
_NOTHING.node = Mapping()
