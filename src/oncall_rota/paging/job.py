"""What a sender is given: one page, claimed and ready to send, and what came of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import Incident, Page
from oncall_rota.paging.message import Kind, Message, cleaned

SOMEBODY = "-"  # in an address reference: nobody's own
CODE = 4  # hexadecimal digits that a person types
_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `dumps` would make one each time

What = Literal["page", "bundle", "notice", "synthetic"]
QUIET: tuple[What, ...] = ("notice", "synthetic")  # nobody is to answer them


class PageData(NamedTuple):
    """What a page's row keeps beside its columns. `what`: a bundle names the `pages` of several incidents.

    `address`: only one that is nobody's own. `text`: of a notice. `bundle`: the one that it was sent in. `held`: it
    waited for its budget, and waits on.
    """

    what: What = "page"
    why: str = ""
    step: int | None = None
    copy: bool = False
    address: str | None = None
    text: str = ""
    pages: tuple[str, ...] = ()
    bundle: str | None = None
    held: bool = False

    def json(self) -> str:
        """As it is kept; defaults are left out."""
        told = zip(self._fields, self, _UNSAID, strict=True)
        return _encoded({name: value for name, value, unsaid in told if value != unsaid})


_UNSAID = PageData()


def page_data(text: str) -> PageData:
    """What `PageData.json` wrote; unknown keys, of a later version, are passed over."""
    kept: dict[str, Any] = {key: value for key, value in json.loads(text).items() if key in PageData._fields}
    return PageData(**{**kept, "pages": tuple(kept.get("pages", ()))})


class Job(NamedTuple):
    """A page in this instance's hands. `fence` 0: it has no row, so nobody else can have it.

    `since`: when it was claimed first, by the clock on the wall. `claimed`: seconds of this process's monotonic clock
    when the present claim was made. `unsure`: somebody may have sent it before. `attempts`: how many sends began, this
    one counted. `named`: the pages that it stands for, itself or those of a bundle, each with its incident.
    """

    page_id: str
    fence: int
    incident_id: str
    person: str | None
    channel: str
    address_ref: str
    address: str | None
    message: Message
    since: datetime
    claimed: float
    what: What = "page"
    copy: bool = False
    unsure: bool = False
    attempts: int = 1
    named: tuple[tuple[str, str], ...] = ()

    @property
    def kept(self) -> bool:
        """Whether it has a row in the store."""
        return self.fence > 0


class Result(NamedTuple):
    """What came of a job.

    `sent`, `delivered`: the provider took it. `failed`: no more tries. `retry`: not before `wait` is over. `unsure`: it
    may have been taken. `renew`: it lay too long, and needs a new lease before it is sent. `lost`: it is another
    instance's by now. `begun` False: it did not try. `alarm`: what an administrator has to be told.
    """

    state: Literal["sent", "delivered", "failed", "retry", "unsure", "renew", "lost", "cancelled"]
    why: str = ""
    provider_id: str | None = None
    wait: timedelta = timedelta(0)
    alarm: str | None = None
    begun: bool = True


def code_of(secret: bytes, incident_id: str, whom: str) -> str:
    """What one person types to acknowledge one incident: the same on every channel, and nobody can guess it."""
    return hmac.new(secret, f"{incident_id}\0{whom}".encode(), hashlib.sha256).hexdigest()[:CODE]


def address_ref(page: Page, configuration: Configuration) -> str:
    """The name of an address, which is none: `bob/phone`."""
    channel = configuration.channels.get(page.channel)
    return f"{page.person or SOMEBODY}/{channel.to if channel is not None else page.channel}"


def address_of(person: str | None, channel: str, data: PageData, configuration: Configuration) -> str | None:
    """Where a page goes, by the configuration of this moment; None when there is no such address any more."""
    if person is None:
        return data.address
    reach = configuration.world.reach(person)
    return reach.addresses.get(channel) if reach is not None else None


def message_of(
    page_id: str, code: str, incident: Incident, data: PageData, configuration: Configuration, link: str | None = None
) -> Message:
    """The text of a page or a notice, cleaned. `link`: where it may be acknowledged; a notice asks for nothing."""
    kind: Kind = "notice" if data.what in QUIET else "page"
    summary = f"{data.text}: {incident.summary}" if data.what == "notice" else incident.summary
    runbooks: Mapping[tuple[str, str], str] = configuration.runbooks
    runbook = runbooks.get((incident.team, incident.service)) if incident.service is not None else None
    lines = (data.why, *incident.lines) if data.why else incident.lines
    team = incident.team or "you"
    ack_url = link if kind == "page" else None
    return cleaned(Message(page_id, code, incident.severity, team, summary, lines, runbook, ack_url, kind))
