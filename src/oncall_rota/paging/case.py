"""One incident in the batch that is being decided: as it was read, as it becomes, and what is to be written of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.direct import ByOneChannel
from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import Action, Alarm, CancelPages, Event, Incident, Note, Notify, Page, Refused
from oncall_rota.paging.job import PageData, address_ref, code_of
from oncall_rota.paging.model import Limit
from oncall_rota.paging.ports.row import PENDING, AuditRow, IncidentRow, NewPage, Outcome, PageRow, Receipt, Take, Unit
from oncall_rota.paging.saved import Recalled, row_of
from oncall_rota.paging.world import World

BUNDLED = timedelta(seconds=55)  # so long a page over budget waits for others to join it; a minute when it is sent
PAGER = "pager"
_encoded = json.JSONEncoder(separators=(",", ":")).encode  # `dumps` would make one each time


class Scene(NamedTuple):
    """What every decision of one batch is made with. `page`: a page's row, None when there is none.

    `secret`: what codes are made with. `clock`: whose time `now` is, for the audit. `token`: so many random bytes, hex.
    `ahead`: by how much `now` is ahead of the clock on the wall. `sign`: a page's own address for one person, until a
    time after `now`; None: there is no server. `recalled`: incidents as they were written before.
    """

    now: datetime
    configuration: Configuration
    secret: bytes
    clock: str
    page: Callable[[str], PageRow | None]
    token: Callable[[int], str]
    ahead: timedelta = timedelta(0)
    sign: Callable[[str, str | None, datetime], str | None] | None = None
    recalled: Recalled = Recalled(0)

    @property
    def data(self) -> str:
        """Of a row of the audit that names nothing further."""
        return _clock_data(self.clock)

    def world(self, incident: Incident) -> World:
        """The configuration, narrowed to one channel when the page was asked for by that one only."""
        world = self.configuration.world
        return world if incident.via is None else ByOneChannel(world, incident.via)

    def link(self, page_id: str, person: str | None) -> str | None:
        """Where that person may acknowledge, and see how it stands."""
        return None if self.sign is None else self.sign(page_id, person, self.now - self.ahead)


class Case:
    """An incident on its way from a row to a `Unit`. `incident` None: nothing of it is there yet.

    `origin`: its source and key.
    """

    def __init__(self, scene: Scene, row: IncidentRow | None) -> None:
        self._scene = scene
        self.row = row
        self.incident: Incident | None = scene.recalled.incident(row) if row is not None else None
        self.before = self.incident
        self.origin = (row.source, row.key) if row is not None else ("", "")
        self.pages: dict[str, NewPage] = {}
        self.data: dict[str, PageData] = {}  # of those pages
        self.outcomes: list[Outcome] = []
        self.receipts: list[Receipt] = []
        self.audit: list[AuditRow] = []
        self.alarms: list[str] = []
        self.ringing: list[PageRow] = []  # sent, and to be stopped at the provider when it can
        self.refused = ""  # why the event decided last has no effect

    @property
    def state(self) -> Incident:
        """The incident, which is there."""
        assert self.incident is not None
        return self.incident

    @property
    def unit(self) -> Unit:
        """What is to be written."""
        rows: tuple[IncidentRow, ...] = ()
        if self.incident is not None and self.incident != self.before:
            version = self.row.version if self.row is not None else 0
            rows = (row_of(self.incident, version, *self.origin),)
        return Unit(rows, tuple(self.pages.values()), tuple(self.outcomes), tuple(self.receipts), tuple(self.audit))

    def open(self, incident: Incident, source: str, key: str) -> None:
        """Begin a new incident."""
        self.incident, self.origin = incident, (source, key)

    def decide(self, event: Event, actor: str = PAGER) -> None:
        """What an event makes of it."""
        self.refused = ""
        self.incident, actions = decide(self.state, event, self._scene.now, self._scene.world(self.state))
        for action in actions:
            self._perform(action, actor)

    def note(self, kind: str, cause: str, actor: str = PAGER, about: Incident | None = None, **ids: str) -> None:
        """A row of the audit. `about`: another incident."""
        incident = about or self.incident
        incident_id, team = (None, "") if incident is None else (incident.id, incident.team)
        data = _encoded({"clock": self._scene.clock, **ids}) if ids else self._scene.data
        revision = self._scene.configuration.revision(team)
        self.audit.append(AuditRow(incident_id, self._scene.now, actor, kind, cause, revision, data))

    def _perform(self, action: Action, actor: str) -> None:
        if isinstance(action, Page):
            self._page(action)
        elif isinstance(action, CancelPages):
            for page in action.pages:
                self.cancel(page)
        elif isinstance(action, Notify):
            self.notify(action)
        elif isinstance(action, Note):
            self.note(action.kind, action.text, actor)
        elif isinstance(action, Alarm):
            self.note("alarm", action.text)
            self.alarms.append(f"incident {self.state.id}: {action.text}")
        elif isinstance(action, Refused):
            self.refused = action.text

    # -- pages

    def _page(self, page: Page) -> None:
        configuration = self._scene.configuration
        address = page.address if page.person is None else None
        data = self.data[page.id] = PageData("page", page.why, page.step, page.copy, address)
        channel = configuration.channels.get(page.channel)
        whom = page.person or page.address
        take = taken(channel.limit, whom, page.channel) if channel is not None and channel.limit is not None else None
        ref, code = address_ref(page, configuration), self.code(whom)
        self.pages[page.id] = NewPage(
            page.id, self.state.id, page.person, page.channel, ref, code, data.json(), take=take
        )
        self.note("paged", page.why, page=page.id)

    def code(self, whom: str) -> str:
        """What somebody types to acknowledge this incident."""
        return code_of(self._scene.secret, self.state.id, whom)

    def cancel(self, page_id: str) -> None:
        """Nothing more is to come of a page: not sent when it was not, stopped when it rings."""
        made = self.pages.get(page_id)
        if made is not None:
            self.pages[page_id] = made._replace(state="cancelled", take=None)
            return
        row = self._scene.page(page_id)
        if row is None:
            return
        if row.state in PENDING:
            self.outcomes.append(Outcome(row.id, row.fence, "cancelled"))
        elif row.state == "sent" and row.provider_id is not None:
            self.ringing.append(row)

    def notify(self, notice: Notify) -> None:
        """A quiet notice, by the first channel that may carry it, theirs first; nothing when there is none."""
        configuration = self._scene.configuration
        if self.state.status == "resolved" and not configuration.resolved:
            return
        reach = configuration.world.reach(notice.person)
        addresses = reach.addresses if reach is not None else {}
        unmetered = [name for name, channel in configuration.channels.items() if channel.limit is None]
        wanted = (reach.wishes.via if reach is not None else ()) or configuration.quiet or unmetered
        channel = next((name for name in wanted if name in addresses), None)
        if channel is None:
            return
        page = Page(f"{self.state.id}-n{self._scene.token(4)}", notice.person, channel, "", "")
        ref, data = address_ref(page, configuration), PageData("notice", text=notice.text)
        self.data[page.id] = data
        code, known = self.code(notice.person), configuration.channels.get(channel)
        # A budget of their own: a storm's notices are no storm, and no page waits because of them.
        told = None if known is None or known.limit is None else taken(known.limit, notice.person, f"{channel} notices")
        self.pages[page.id] = NewPage(page.id, self.state.id, notice.person, channel, ref, code, data.json(), take=told)


@lru_cache(maxsize=8)
def _clock_data(clock: str) -> str:
    return _encoded({"clock": clock})


def taken(limit: Limit, whom: str, channel: str) -> Take:
    """A page's share of a budget; over it, the page waits to be bundled."""
    return Take(whom, channel, limit.burst, limit.refill, BUNDLED)
