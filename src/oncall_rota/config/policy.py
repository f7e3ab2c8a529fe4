"""A team's escalations, typed: what its file says, and what holds where it says nothing.

Nothing written: the first schedule, every 5 minutes, three times; an acknowledgement holds for 30 minutes; a snooze
lasts an hour; all severities are paged alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from oncall_rota.config.catalog import Catalog
from oncall_rota.config.declaration import SEVERITIES, TEAM
from oncall_rota.config.document import Document
from oncall_rota.config.escalation import DEFAULT_REPEAT, DEFAULT_WAIT
from oncall_rota.config.field import BAD
from oncall_rota.config.folder import Folder
from oncall_rota.config.holiday import Calendars
from oncall_rota.config.reader import read
from oncall_rota.config.record import Filled
from oncall_rota.paging.model import PersonTarget, Policy, ScheduleTarget, Severity, Step, Target, TeamPaging
from oncall_rota.schedule.model import HolidayCalendar, Person, Schedule, Team

ACK_TIMEOUT = timedelta(minutes=30)
SNOOZE = timedelta(hours=1)

Find = Callable[[str], Target | None]


def document_of(catalog: Catalog, path: str) -> Document:
    """One of the catalogue's files, read again; with no root when it is not there."""
    return read(path, catalog.texts[path].encode()) if catalog.texts.get(path) else Document(path)


def target_named(catalog: Catalog, name: str, team: Team | None = None) -> Target | None:
    """What a target's name means, in the file of `team` or in oncall.yaml; None when it is not there (reported)."""
    other, slash, schedule = name.partition("/")
    if slash:
        found = catalog.teams.get(other)
        found = team if team is not None and team.name == other else found
        made = found.schedules.get(schedule) if found is not None else None
        return ScheduleTarget(made) if made is not None else None
    if team is not None and name in team.schedules:
        return ScheduleTarget(team.schedules[name])
    return PersonTarget(name) if name in catalog.people else None


def team_paging(catalog: Catalog, team: Team) -> TeamPaging:
    """How a team is paged. A target that is not there is left out, a severity with a mistake is paged like the rest."""
    document = document_of(catalog, team.source.path)
    values = TEAM.read(document.root, document) if document.root is not None else None
    return _Reading(catalog, team, document, values if isinstance(values, Filled) else Filled()).paging()


class Policies:
    """`team_paging`, kept for the teams that are as they were; one that pages others' schedules is read each time."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Team, str, dict[str, Person], TeamPaging]] = {}

    def __call__(self, catalog: Catalog, team: Team) -> TeamPaging:
        """How a team is paged."""
        text, made = catalog.texts.get(team.source.path, ""), self._made.get(team.name)
        alone = not catalog.paged.get(team.name)
        if alone and made is not None and made[0] is team and made[1] == text and made[2] is catalog.people:
            return made[3]
        found = team_paging(catalog, team)
        self._made[team.name] = team, text, catalog.people, found
        return found


class _Reading:
    def __init__(self, catalog: Catalog, team: Team, document: Document, values: Filled) -> None:
        self.catalog, self.team, self.document, self.values = catalog, team, document, values

    def paging(self) -> TeamPaging:
        values = self.values
        ack_timeout = values.get("ack_timeout", ACK_TIMEOUT)
        usual = self._policy(values) or Policy(
            (Step(tuple(_with_copies([ScheduleTarget(self.team.first)])), DEFAULT_WAIT, self.team.source),),
            DEFAULT_REPEAT,
        )
        written = values.get("severity") or {}
        severities = {level: self._severity(written.get(level), usual, ack_timeout) for level in SEVERITIES}
        return TeamPaging(
            self.team.name,
            self.team.timezone,
            severities,
            values.get("snooze", SNOOZE),
            self._holidays(severities),
        )

    def _severity(self, written: Any, usual: Policy, ack_timeout: timedelta | None) -> Severity:
        if written == "none":
            return Severity(None, None)
        if not isinstance(written, Filled):
            return Severity(usual, ack_timeout)
        if written.get("notify"):
            source = self.document.source(written.node["notify"])
            policy = Policy((Step(self._targets(written["notify"]), None, source),))
        elif "escalation" in written:
            policy = self._policy(written) or usual
        else:
            policy = usual._replace(repeat=written.get("repeat", usual.repeat))
        return Severity(policy, written.get("ack_timeout", ack_timeout), written.get("when"))

    def _policy(self, values: Filled) -> Policy | None:
        """The steps that were written; None when there are none."""
        steps = [step for step in values.get("escalation") or () if isinstance(step, Filled) and "notify" in step]
        if not steps:
            return None
        repeat: int = values.get("repeat", self.values.get("repeat", 0))
        made = []
        for number, step in enumerate(steps, 1):
            needed = DEFAULT_WAIT if number < len(steps) or repeat else None  # where it is missing, which is reported
            turns = step.get("pick") == "round robin"
            targets = self._targets(step["notify"], copies=not turns)
            made.append(Step(targets, step.get("wait", needed), self.document.source(step.node), turns))
        return Policy(tuple(made), repeat)

    def _targets(self, names: list[Any], *, copies: bool = True) -> tuple[Target, ...]:
        found = [target_named(self.catalog, name, self.team) for name in names if name is not BAD]
        targets = [target for target in found if target is not None]
        return tuple(dict.fromkeys(_with_copies(targets) if copies else targets))

    def _holidays(self, severities: dict[str, Severity]) -> HolidayCalendar | None:
        """The team's holidays, if its hours speak of them."""
        if "holidays" not in self.values or not any(each.hours and each.hours.holidays for each in severities.values()):
            return None
        node = self.values.node["holidays"]
        return Calendars(Folder(self.catalog.folder)).read(self.values["holidays"], node, self.document)


def _with_copies(targets: list[Any]) -> list[Target]:
    """With the shadows of the schedules: those that follow one with `pages: copy` get a copy of its pages."""
    shadows: list[Schedule] = [
        follower
        for target in targets
        if isinstance(target, ScheduleTarget)
        for follower in target.schedule.followers
        if follower.pages == "copy"
    ]
    return [*targets, *(ScheduleTarget(each) for each in shadows)]
