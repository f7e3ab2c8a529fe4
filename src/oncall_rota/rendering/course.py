"""What happens to an incident, or would, as rows: pages, notices, and what is recorded about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from oncall_rota.paging.incident import Action, Alarm, CancelPages, Incident, Note, Notify, Page
from oncall_rota.paging.simulation import Moment, stretches
from oncall_rota.rendering.incident import NameOf, nobodys, told

# What a reader of the table does not ask: each page says its step, and the row of an acknowledgement stands alone.
_UNTOLD = ("step",)


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

    @classmethod
    def of(cls, told: Mapping[str, Any], opened_at: datetime) -> Row:
        """The row of a mapping, but for the last resort's name. Raises `KeyError`, `TypeError`, `ValueError`."""
        at, last_at = datetime.fromisoformat(told["at"]), datetime.fromisoformat(told["last_at"])
        step = "" if told["step"] is None else str(int(told["step"]))
        texts = [str(told[name] or "") for name in ("person", "name", "channel", "text")]
        return cls(at, at - opened_at, int(told["times"]), last_at, str(told["event"]), step, *texts)

    @property
    def cells(self) -> tuple[str, ...]:
        """As in `-o plain`."""
        seconds = str(int(self.after.total_seconds()))
        at = told(self.at)
        return (at, seconds, str(self.times), self.event, self.step, self.person, self.name, self.channel, self.text)

    @property
    def mapping(self) -> dict[str, Any]:
        """As in `-o json`, but for `after`. `step`: a number from 1, null for the last resort and all but pages."""
        return {
            "at": told(self.at),
            "times": self.times,
            "last_at": told(self.last_at),
            "event": self.event,
            "step": int(self.step) if self.step.isdigit() else None,
            "person": self.person or None,
            "name": self.name or None,
            "channel": self.channel or None,
            "text": self.text,
        }


def rows(moments: Iterable[Moment], opened_at: datetime, name_of: NameOf) -> Iterator[Row]:
    """Everything that is decided, in order."""
    for stretch in stretches(tuple(moments)):
        for each in stretch.moments:
            last_at = each.at + (stretch.last_at - stretch.moments[0].at)
            start = Row(each.at, each.at - opened_at, stretch.times, last_at, "")
            for action in each.actions:
                row = _row(start, action, name_of)
                if row is not None:
                    yield row


def waiting(incident: Incident) -> Iterator[Row]:
    """What its step still has to send, where nothing else can be told."""
    for each in incident.due:
        step = "" if incident.ended or incident.step < 0 else str(incident.step + 1)
        whom = each.person or nobodys(each.address)
        event = "copy" if each.copy else "page"
        yield Row(each.at, each.at - incident.opened_at, 1, each.at, event, step, each.person or "", whom, each.channel)


def _row(row: Row, action: Action, name_of: NameOf) -> Row | None:
    if isinstance(action, Page):
        return row._replace(
            event="copy" if action.copy else "page",
            step="last resort" if action.step is None else str(action.step + 1),
            person=action.person or "",
            name=nobodys(action.address) if action.person is None else name_of(action.person),
            channel=action.channel,
            text=action.why,
        )
    if isinstance(action, Notify):
        return row._replace(event="notice", person=action.person, name=name_of(action.person), text=action.text)
    if isinstance(action, Alarm):
        return row._replace(event="alarm", text=action.text)
    if isinstance(action, CancelPages):
        return row._replace(event="cancel", text="what still rings is stopped")
    if isinstance(action, Note) and action.kind not in _UNTOLD:
        return row._replace(event=action.kind, text=action.text)
    return None
