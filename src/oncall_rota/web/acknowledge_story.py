"""What is told about an incident behind a link: how it stands, who is next and when, and what was done so far."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from oncall_rota.humantime import day_text, moment_text, span_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD, RESOLVED, TRIGGERED, Incident, Page
from oncall_rota.paging.job import page_data
from oncall_rota.paging.message import clean
from oncall_rota.paging.office import Story
from oncall_rota.paging.outlook import to_come
from oncall_rota.paging.ports.row import PageRow
from oncall_rota.rendering.story import sentence
from oncall_rota.timeline.zone import Zone, zone

# A page is light, whatever an alert says: so much of each is shown. Longest texts in code points.
NAME, WHY = 40, 100
NEXT, ROWS = 5, 12
LOOKED_AHEAD = 12  # moments
TOLD = ("acknowledged", "declined", "snoozed", "reassigned", "resolved", "timeout", "remark", "last-resort", "calm")
STATES = {
    "waiting": ("waits", "soft"),
    "claimed": ("on its way", "soft"),
    "unsure": ("on its way", "soft"),
    "sent": ("sent", ""),
    "delivered": ("delivered", "yes"),
    "failed": ("failed", "no"),
    "cancelled": ("stopped", "soft"),
    "missed": ("missed", "no"),
}


class Said(NamedTuple):
    """A text, and the class that colours it."""

    text: str
    tone: str = ""


class Told(NamedTuple):
    """A line with its time. `mark`: a word at its end."""

    at: str
    text: str
    mark: str = ""
    tone: str = ""


class Reader(NamedTuple):
    """Who looks at a page, and when. `person` None: it went to an address that is nobody's own."""

    page: PageRow
    person: str | None
    configuration: Configuration
    now: datetime

    @property
    def actor(self) -> str:
        """Who acts by it."""
        return self.person or self.page.channel

    def name(self, person: str | None) -> str:
        """A person's name, or the id of somebody who is not there any more."""
        reach = self.configuration.world.reach(person) if person else None
        return clean(reach.name if reach is not None and reach.name else person or "somebody", NAME)


class Clock:
    """Times as a team's clock shows them: of another day than today's with the day."""

    def __init__(self, incident: Incident, reader: Reader) -> None:
        team = reader.configuration.world.team(incident.team)
        self._zone: Zone = zone(team.timezone if team is not None else "UTC")
        self._now = reader.now

    def __call__(self, at: datetime) -> str:
        text = moment_text(at.replace(second=0, microsecond=0), self._zone)
        day = day_text(at, self._zone, self._now)
        return text.rpartition(" ")[2] if day == day_text(self._now, self._zone, self._now) else text

    @property
    def told(self) -> str:
        """What it is now, and where."""
        return f"It is {self(self._now)}, by the clock of {self._zone.name}"


def state(incident: Incident, reader: Reader, clock: Clock) -> Said:
    """How it stands."""
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by is not None:
        mine = incident.acknowledged_by == reader.person
        who = "You have" if mine else f"{reader.name(incident.acknowledged_by)} has"
        since = incident.acknowledged_at
        return Said(f"{who} it{f', since {clock(since)}' if since is not None else ''}", "yes")
    if incident.status == RESOLVED:
        return Said("It is over", "yes")
    if incident.status == HELD:
        until = incident.ends_at
        return Said(f"It waits{f' until {clock(until)}' if until is not None else ''}; nobody was paged yet", "soft")
    if incident.status == TRIGGERED:
        return Said(f"Nobody has acknowledged it, since {clock(incident.opened_at)}", "no")
    return Said("It is only recorded", "soft")


def coming(incident: Incident, reader: Reader, clock: Clock) -> Iterator[Told]:
    """Who is paged next, and when, as long as nobody does anything; each round of the last resort is like the first."""
    told = set()
    for moment in to_come(incident, reader.configuration.world, reader.now, LOOKED_AHEAD):
        pages = [each for each in moment.actions if isinstance(each, Page)]
        for (whom, step), group in groupby(pages, lambda each: (each.person or each.address, each.step)):
            many = list(group)
            who = reader.name(whom) if many[0].person is not None else clean(whom, NAME)
            channels = ", ".join(dict.fromkeys(each.channel for each in many))
            place = "" if step is None else f"step {step + 1}"
            if step is None and many[0].why.startswith("last resort"):
                if (whom, channels) in told:
                    continue
                told.add((whom, channels))
                place = "last resort, again and again"
            yield Told(clock(moment.at), f"{who} by {channels}, {_ahead(moment.at - reader.now)}", place, "soft")


def _ahead(span: timedelta) -> str:
    """How long until then, in whole minutes where it is several."""
    if span >= timedelta(minutes=2):
        return f"in {span_text(timedelta(minutes=round(span / timedelta(minutes=1))))}"
    return f"in {span_text(span)}" if span >= timedelta(seconds=1) else "now"


def so_far(story: Story, reader: Reader, clock: Clock) -> list[Told]:
    """Who was paged how, and with what receipt; who did what. The last of it, in order of time."""
    reasons, states = story.reasons, {row.id: row.state for row in story.pages}
    rows: list[tuple[datetime, Told]] = []
    for row in story.pages:
        data = page_data(row.data)
        if data.what != "page":
            continue
        who = reader.name(row.person) if row.person is not None else clean(data.address or "", NAME)
        mark, tone = STATES[states.get(data.bundle or "", row.state)]
        why = f": {clean(reasons[row.id], WHY)}" if mark == "failed" and row.id in reasons else ""
        text = f"{who} by {row.channel}{', a copy' if data.copy else ''}"
        rows.append((row.created_at, Told(clock(row.created_at), text, mark + why, tone)))
    for each in story.audit:
        if each.kind in TOLD:
            rows.append((each.at, Told(clock(each.at), clean(sentence(each.kind, each.cause), WHY))))
    rows.sort(key=lambda row: row[0])
    told = [row for _, row in rows[-ROWS:]]
    return [Told("", f"{len(rows) - ROWS} lines before"), *told] if len(rows) > ROWS else told
