"""`away:` of a team's file and of people.yaml -> absences in each schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from oncall_rota.config.document import Document
from oncall_rota.config.draft import Draft
from oncall_rota.config.field import Filled
from oncall_rota.config.people import People
from oncall_rota.config.span import Span, backwards, span
from oncall_rota.schedule.model import Away, Schedule, Source
from oncall_rota.timeline.zone import Zone, moment


class Absence(NamedTuple):
    """One absence as written; its instants depend on the team's zone."""

    person: str
    span: Span
    source: Source
    cover: str | None
    reason: str | None

    def away(self, zone: Zone) -> Away:
        """The absence in a team of that zone."""
        start, end = self.span.instants(zone)
        return Away(self.person, moment(start), moment(end), self.source, self.cover, self.reason)


def absences(person: str | None, values: Filled, people: People, document: Document, attachments: Any) -> list[Absence]:
    """What one entry of `away:` says; nothing where it has no meaning (reported). `person`: whose list it stands in."""
    node = values.node
    cover: str | None = values.get("cover")
    if cover is not None and cover != "next" and not people.check(cover, node["cover"], document):
        return []
    if "calendar" in node:
        return _from_calendar(person, values, people, document, attachments)
    if person is None:
        if "who" not in node:
            document.error(node, "missing-key", "nothing says who is away", "add who: and a person's id")
        person = values.get("who")
        if person is None or not people.check(person, node["who"], document):
            return []
    if cover == person:
        document.error(node["cover"], "covers-self", f"{person} cannot cover for {person}", "name somebody else, or write cover: next")
        return []
    ends = span(values, document)
    if ends is None:
        return []
    return [Absence(person, ends, document.source(node), cover, values.get("reason"))]


def _from_calendar(person: str | None, values: Filled, people: People, document: Document, attachments: Any) -> list[Absence]:
    node = values.node
    for key in ("from", "until", "through"):
        if key in node:
            document.error(node.keys_at[key], "calendar-and-times", f"{key!r} stands beside 'calendar', which says when", "keep one of the two")
    if "calendar" not in values:
        return []
    who = person or values.get("who")
    if "who" in node and (who is None or not people.check(who, node["who"], document)):
        return []
    path = attachments.attachment(values["calendar"], node["calendar"], document)
    if path is None:
        return []
    from oncall_rota import calendar  # only folders with a calendar of absences pay for it

    try:
        events = calendar.ics_absences(path)
    except ValueError as error:
        document.error(node["calendar"], "bad-calendar", f"{values['calendar']}: {error}", "export the calendar again")
        return []
    by_address = {address.casefold(): each.id for each in people.persons.values() for address in each.contacts.values()}
    by_name = {each.name.casefold(): each.id for each in people.persons.values()}
    found = []
    for event in events:
        absent = who or _whose(event, people, by_address, by_name)
        if absent is None:
            document.warn(
                node["calendar"], "whose-absence", f"{values['calendar']}: nobody in people.yaml fits the event {event.summary[:60]!r}",
                "an event names a person by id or name in its title, or by e-mail as attendee; or write who: here",
            )  # fmt: skip
            continue
        ends = Span(event.start, event.end, False)
        found.append(Absence(absent, ends, document.source(node), values.get("cover"), event.summary))
    return found


def _whose(event: Any, people: People, by_address: dict[str, str], by_name: dict[str, str]) -> str | None:
    for address in event.addresses:
        if address.casefold() in by_address:
            return by_address[address.casefold()]
    title = event.summary.casefold()
    for name in sorted(by_name, key=len, reverse=True):
        if title.startswith(name):
            return by_name[name]
    word = title.replace(":", " ").split(" ", 1)[0]
    return word if word in people.persons else None


def attach_absences(draft: Draft, schedules: Iterable[Schedule], everywhere: dict[str, list[Absence]]) -> None:
    """Give each schedule the absences that hold in it: the team's lines, then those of people.yaml."""
    document = draft.document
    given = draft.values.get("away") if draft.values is not None else None
    own: list[Away] = []
    for values in given or ():
        if isinstance(values, Filled):
            for absence in absences(None, values, draft.people, document, draft.calendars.folder):
                away = absence.away(draft.zone)
                if away.end_at <= away.start_at:
                    backwards(values, absence.span, document)
                own.append(away)
    if not own and not everywhere:
        return
    for schedule in schedules:
        if not everywhere:
            schedule.away = tuple(own)
            continue
        wanted = _involved(schedule, own)
        lines = list(own)
        seen: set[str] = set()
        while wanted:
            person = wanted.pop()
            if person in seen:
                continue
            seen.add(person)
            for absence in everywhere.get(person, ()):
                lines.append(absence.away(draft.zone))
                if absence.cover is not None and absence.cover != "next":
                    wanted.add(absence.cover)
        schedule.away = tuple(lines)


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
            elif layer.rotation is not None:
                found.update(person for block in layer.rotation.blocks for entry in block.order for person in entry.people)
    return found
