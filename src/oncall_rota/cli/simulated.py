"""What `oncall simulate` shows, as rows and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from oncall_rota.config import Catalog
from oncall_rota.paging.incident import HELD, Action, Alarm, CancelPages, Incident, Note, Notify, Page
from oncall_rota.paging.model import AddressTarget, LastResort, ScheduleTarget, Target
from oncall_rota.paging.simulation import Moment, NeverFires, stretches
from oncall_rota.rendering.text import instant, json_text
from oncall_rota.timeline.zone import epoch

# What a reader of the table does not ask: each page says its step, and the row of an acknowledgement stands alone.
_UNTOLD = ("step",)


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


class Row(NamedTuple):
    """One thing that happens. `times`: how often, in rounds of the last resort that are alike; `last_at`: the last."""

    at: datetime
    after: timedelta
    times: int
    last_at: datetime
    event: str
    step: str = ""
    person: str = ""
    name: str = ""
    channel: str = ""
    text: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As in `-o plain`."""
        seconds = str(int(self.after.total_seconds()))
        at = instant(epoch(self.at))
        return (at, seconds, str(self.times), self.event, self.step, self.person, self.name, self.channel, self.text)


def rows(told: Simulated, catalog: Catalog) -> Iterator[Row]:
    """Everything in order: pages, notices, and what is recorded about them; then the rules that never fire."""
    for stretch in stretches(told.moments):
        for each in stretch.moments:
            last_at = each.at + (stretch.last_at - stretch.moments[0].at)
            start = Row(each.at, each.at - told.incident.opened_at, stretch.times, last_at, "")
            for action in each.actions:
                row = _row(start, action, catalog)
                if row is not None:
                    yield row
    for never in told.never:
        why = "no address" if never.wait is None else f"the step waits {_span(never.wait)}"
        at = told.incident.opened_at
        channels = ",".join(never.channels)
        name = person_name(catalog, never.person)
        yield Row(at, never.after, 1, at, "never fires", "", never.person, name, channels, why)


def _row(row: Row, action: Action, catalog: Catalog) -> Row | None:
    if isinstance(action, Page):
        return row._replace(
            event="copy" if action.copy else "page",
            step=_step(action),
            person=action.person or "",
            name=action.address if action.person is None else person_name(catalog, action.person),
            channel=action.channel,
            text=action.why,
        )
    if isinstance(action, Notify):
        name = person_name(catalog, action.person)
        return row._replace(event="notice", person=action.person, name=name, text=action.text)
    if isinstance(action, Alarm):
        return row._replace(event="alarm", text=action.text)
    if isinstance(action, CancelPages):
        return row._replace(event="cancel", text="what still rings is stopped")
    if isinstance(action, Note) and action.kind not in _UNTOLD:
        return row._replace(event=action.kind, text=action.text)
    return None


def _step(page: Page) -> str:
    return "last resort" if page.step is None else str(page.step + 1)


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
    """The JSON of `oncall simulate -o json`. `step`: a number from 1, null for the last resort and all but pages."""
    incident, ended = told.incident, told.ended
    events = [_event(row) for row in rows(told, catalog) if row.event != "never fires"]
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


def _event(row: Row) -> dict[str, Any]:
    return {
        "at": _at(row.at),
        "after": _seconds(row.after),
        "times": row.times,
        "last_at": _at(row.last_at),
        "event": row.event,
        "step": int(row.step) if row.step.isdigit() else None,
        "person": row.person or None,
        "name": row.name or None,
        "channel": row.channel or None,
        "text": row.text,
    }


def _at(at: datetime) -> str:
    return instant(epoch(at))


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
