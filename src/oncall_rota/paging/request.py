"""What the desk is asked to do with incidents, beside taking signals in; and what it answers."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

from oncall_rota.paging.incident import Event, Incident
from oncall_rota.paging.job import Job, Result
from oncall_rota.paging.ports.row import IncidentRow, PageRow
from oncall_rota.paging.signal import Accepted, Signal


class Act(NamedTuple):
    """Somebody, or the pager itself, does something about an incident. `actor`: a person's id, or what acts."""

    incident_id: str
    event: Event
    actor: str


class Remark(NamedTuple):
    """Somebody writes something down about an incident."""

    incident_id: str
    by: str
    text: str


class Tick(NamedTuple):
    """Something is due for an incident, or a process has just begun."""

    row: IncidentRow


class Claimed(NamedTuple):
    """Pages to one address that this instance has taken over, or whose wait is over.

    `at`: seconds of this process's monotonic clock, before they were claimed.
    """

    rows: tuple[PageRow, ...]
    at: float


class Done(NamedTuple):
    """A job has ended."""

    job: Job
    result: Result


class Told(NamedTuple):
    """A provider said, later, how far a page has come."""

    page_id: str
    state: Literal["sent", "delivered", "failed"]
    provider_id: str | None
    why: str = ""


class Unconfirmed(NamedTuple):
    """A provider took a page, and nobody has said in time that it arrived."""

    page_id: str
    why: str


class Rehearse(NamedTuple):
    """Page nobody, by the way that every page goes: a row, claimed in its commit, and a thread of the channel.

    `incident_id`: 16 hexadecimal digits that nothing has.
    """

    incident_id: str
    channel: str


class Inform(NamedTuple):
    """Tell somebody something quietly, about no incident. `key`: who was told by it once is never told again.

    `what`: a word or two. `text`: what there is to know in one line.
    """

    key: str
    person: str
    what: str
    text: str
    lines: tuple[str, ...] = ()

    @property
    def incident_id(self) -> str:
        """By which it is remembered."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]


Request = Signal | Act | Remark | Tick | Claimed | Done | Told | Unconfirmed | Rehearse | Inform


class Acted(NamedTuple):
    """What an `Act` or a `Remark` came to. `incident` None: there is none of that id. `refused`: why it has no effect.

    `held`: it holds in memory alone, because the store has failed.
    """

    incident: Incident | None
    refused: str = ""
    held: bool = False


class Rehearsed(NamedTuple):
    """The page that goes to nobody is on disk, and on its way."""

    page_id: str


class Informed(NamedTuple):
    """It is on disk that somebody was told. `now`: by this request, and not before."""

    now: bool


Reply = Accepted | Acted | Rehearsed | Informed | None
