"""What `oncall simulate` shows, as rows and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.config import Catalog
from oncall_rota.paging.incident import HELD, Incident, Page
from oncall_rota.paging.model import AddressTarget, LastResort, ScheduleTarget, Target
from oncall_rota.paging.simulation import Moment, NeverFires
from oncall_rota.rendering import course
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.text import instant, json_text
from oncall_rota.timeline.zone import epoch


class Simulated(NamedTuple):
    """An incident that was played. `ended`: how it stood at `until_at`, or when it was acknowledged."""

    incident: Incident
    moments: tuple[Moment, ...]
    ended: Incident
    never: tuple[NeverFires, ...]
    resort: LastResort | None
    until_at: datetime

    @property
    def reaches(self) -> bool:
        """Whether a step pages anybody; copies and the last resort do not count."""
        actions = [action for each in self.moments for action in each.actions]
        return any(isinstance(each, Page) and each.step is not None and not each.copy for each in actions)

    @property
    def waits(self) -> bool:
        """Whether it still waits for its hours."""
        return self.ended.status == HELD


def rows(told: Simulated, catalog: Catalog) -> Iterator[Row]:
    """Everything in order: pages, notices, and what is recorded about them; then the rules that never fire."""
    yield from course.rows(told.moments, told.incident.opened_at, lambda person: person_name(catalog, person))
    for never in told.never:
        why = "no address" if never.wait is None else f"the step waits {_span(never.wait)}"
        at = told.incident.opened_at
        channels = ",".join(never.channels)
        name = person_name(catalog, never.person)
        yield Row(at, never.after, 1, at, "never fires", "", never.person, name, channels, why)


def person_name(catalog: Catalog, person: str) -> str:
    """A person's name, or the id."""
    known = catalog.people.get(person)
    return known.name if known is not None and known.name else person


def target_text(target: Target) -> str:
    """A target as it is written in oncall.yaml."""
    if isinstance(target, AddressTarget):
        return f"{target.via} {target.address}"
    return f"{target.schedule.team}/{target.schedule.name}" if isinstance(target, ScheduleTarget) else target.person


def _span(span: timedelta) -> str:
    from oncall_rota.humantime import span_text

    return span_text(span)


def document(told: Simulated, catalog: Catalog) -> str:
    """The JSON of `oncall simulate -o json`."""
    incident, ended = told.incident, told.ended
    happens = [row for row in rows(told, catalog) if row.event != "never fires"]
    events = [{"at": None, "after": _seconds(row.after)} | row.mapping for row in happens]
    resort = told.resort
    return json_text(
        {
            "version": 1,
            "at": _at(incident.opened_at),
            "until": _at(told.until_at),
            "team": incident.team or None,
            "service": incident.service,
            "person": incident.person,
            "severity": incident.severity,
            "events": events,
            "never": [
                {
                    "person": each.person,
                    "after": _seconds(each.after),
                    "channels": list(each.channels),
                    "wait": None if each.wait is None else _seconds(each.wait),
                }
                for each in told.never
            ],
            "last_resort": None
            if resort is None
            else {"every": _seconds(resort.every), "targets": [target_text(each) for each in resort.targets]},
            "status": ended.status,
            "acknowledged_by": ended.acknowledged_by,
            "next": None if ended.next_at is None else _at(ended.next_at),
            "paged": list(ended.paged),
        }
    )


def _at(at: datetime) -> str:
    return instant(epoch(at))


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
