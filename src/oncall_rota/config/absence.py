"""`away:` of a team's file and of people.yaml -> absences in each schedule."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft
from oncall_rota.config.folder import Folder
from oncall_rota.config.holiday import events_of, reason
from oncall_rota.config.people import People
from oncall_rota.config.problem import shown
from oncall_rota.config.record import Filled
from oncall_rota.config.span import Span, backwards, check_schedule, crowded, span, too_crowded
from oncall_rota.schedule.model import Away, Schedule, Source
from oncall_rota.timeline.zone import UTC_ZONE, Zone, moment

if TYPE_CHECKING:
    from oncall_rota.calendar import CalendarEvent


class Absence(NamedTuple):
    """One absence as written; its instants depend on the team's zone."""

    person: str
    span: Span
    source: Source
    cover: str | None
    reason: str | None

    def aways(self, zone: Zone) -> list[Away]:
        """The absence in a team of that zone."""
        start, end = self.span.instants(zone)
        return [Away(self.person, moment(start), moment(end), self.source, self.cover, self.reason)]


class CalendarAbsence(NamedTuple):
    """The absences that an `.ics` file holds. `person` None: each event's title says whose it is."""

    person: str | None
    path: Path
    source: Source
    cover: str | None
    people: People
    kept: dict[str, tuple[CalendarEvent, ...]]

    def aways(self, zone: Zone) -> list[Away]:
        """The events as absences in a team of that zone; those of nobody in people.yaml are left out."""
        found = []
        for event in self.events(zone):
            for person in (self.person,) if self.person else self.people.mentioned(event.summary):
                found.append(Away(person, event.start_at, event.end_at, self.source, self.cover, event.summary))
        return found

    def events(self, zone: Zone) -> tuple[CalendarEvent, ...]:
        """The file's events. Raises `ValueError`."""
        if zone.name not in self.kept:
            self.kept[zone.name] = events_of(self.path, zone.name)
        return self.kept[zone.name]


def absences(
    person: str | None, values: Filled, people: People, document: Document, attachments: Folder
) -> list[Absence | CalendarAbsence]:
    """What one entry of `away:` says; nothing where it has no meaning (reported). `person`: in whose list it is."""
    node = values.node
    cover: str | None = values.get("cover")
    covered = cover in (None, "next") or people.check(cover or "", node["cover"], document)
    if "calendar" in node:
        return _from_calendar(person, values, people, document, attachments)
    if person is None:
        if "who" not in node:
            document.error(node, "missing-key", "nothing says who is away", "add who: and a person's id")
        person = values.get("who")
        if person is None or not people.check(person, node["who"], document):
            return []
    if cover == person:
        document.error(
            node["cover"],
            "covers-self",
            f"{person} cannot cover for {person}",
            "name somebody else, or write cover: next",
        )
        return []
    ends = span(values, document)
    if ends is None or not covered:
        return []
    return [Absence(person, ends, document.source(node), cover, values.get("reason"))]


def _from_calendar(
    person: str | None, values: Filled, people: People, document: Document, attachments: Folder
) -> list[Absence | CalendarAbsence]:
    node = values.node
    for key in ("from", "until", "through"):
        if key in node:
            document.error(
                node.keys_at[key],
                "calendar-and-times",
                f"{key!r} stands beside 'calendar', which says when",
                "keep one of the two",
            )
    if "calendar" not in values:
        return []
    who = person or values.get("who")
    if "who" in node and (who is None or not people.check(who, node["who"], document)):
        return []
    path = attachments.attachment(values["calendar"], node["calendar"], document)
    if path is None:
        return []
    found = CalendarAbsence(who, path, document.source(node), values.get("cover"), people, {})
    try:
        events = found.events(UTC_ZONE)
    except ValueError as error:
        document.error(
            node["calendar"],
            "bad-calendar",
            f"{values['calendar']}: {reason(error)}",
            "correct it there, or export it again",
        )
        return []
    if who is None:
        strangers = dict.fromkeys(event.summary for event in events if not people.mentioned(event.summary))
        for title in list(strangers)[:20]:
            document.warn(
                node["calendar"],
                "whose-absence",
                f"{values['calendar']}: nobody in people.yaml fits the event {shown(title)}",
                "let its title hold the person's id, e-mail or name, or write who: here",
            )
    return [found]


def attach_absences(
    draft: Draft, schedules: Iterable[Schedule], everywhere: dict[str, list[Absence | CalendarAbsence]]
) -> None:
    """Give each schedule the absences that hold in it: the team's lines, then those of people.yaml."""
    document = draft.document
    given = draft.values.get("away") if draft.values is not None else None
    scoped: list[tuple[str | None, Away]] = []
    for values in given or ():
        if isinstance(values, Filled):
            check_schedule(values, document, draft)
            for absence in absences(None, values, draft.people, document, draft.calendars.folder):
                if isinstance(absence, Absence) and absence.span.ends_first(*absence.span.instants(draft.zone)):
                    backwards(values, absence.span, document)
                scoped += [(values.get("schedule"), line) for line in absence.aways(draft.zone)]
    if not scoped and not everywhere:
        return
    for schedule in schedules:
        own = [line for name, line in scoped if name in (None, schedule.name)]
        if not everywhere:
            schedule.away = _counted(own, schedule, document)
            continue
        wanted = sorted(_involved(schedule, own))
        lines = list(own)
        seen: set[str] = set()
        while wanted:
            person = wanted.pop()
            if person in seen:
                continue
            seen.add(person)
            for absence in everywhere.get(person, ()):
                lines += absence.aways(draft.zone)
                if absence.cover is not None and absence.cover != "next":
                    wanted.append(absence.cover)
        schedule.away = _counted(lines, schedule, document)


def _counted(lines: list[Away], schedule: Schedule, document: Document) -> tuple[Away, ...]:
    """The lines; none where too many hold at one moment (reported)."""
    crowd = crowded(lines)
    if crowd is None:
        return tuple(lines)
    source = lines[crowd].source
    line = source.line if source.path == document.path else 1
    document.error_at(line, 1, *too_crowded("absences", f"{schedule.team}/{schedule.name}"))
    return ()


def _involved(schedule: Schedule, own: Iterable[Away]) -> set[str]:
    """Everybody who could be on call in a schedule, or cover for somebody who is."""
    found = {line.cover for line in own if line.cover is not None}
    found.update(line.person for line in own)
    for override in schedule.overrides:
        found.update(override.people)
    stack = [schedule]
    while stack:
        each = stack.pop()
        for layer in each.layers:
            if layer.borrows is not None:
                stack.append(layer.borrows)
            else:
                found.update(layer.people())
    return found
