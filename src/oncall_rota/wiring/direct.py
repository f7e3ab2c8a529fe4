"""A page sent at once by the channels of a folder, without a store."""

from __future__ import annotations

import secrets
from datetime import datetime

from oncall_rota.config import Catalog, configuration
from oncall_rota.errors import UnknownName
from oncall_rota.paging.direct import ByOneChannel, Run, sent_directly
from oncall_rota.paging.incident import Incident, Page
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import Notifier, Receipt
from oncall_rota.wiring import Channels, notifiers


def direct_paging(catalog: Catalog, incident: Incident, via: str | None, now: datetime, *, send: bool) -> Run:
    """Page for an incident now, without a store; with `send` False nothing leaves, and every channel seems to take it.

    `via`: only by this channel. Raises `UnknownName` when there is no such channel.
    """
    found = configuration(catalog, notifiers())
    if via is not None and via not in found.channels:
        raise UnknownName(f"no channel {via!r} in oncall.yaml", f"there is {', '.join(found.channels) or 'none'}")
    channels = Channels(found.channels)

    def notifier(name: str) -> Notifier:
        return channels(name) if send else _UNSENT

    def message(page: Page) -> Message:
        code = secrets.token_hex(2)
        runbook = found.runbooks.get((incident.team, incident.service or ""))
        team = incident.team or "you"
        return cleaned(Message(page.id, code, incident.severity, team, incident.summary, (), runbook, kind="direct"))

    people = found.world if via is None else ByOneChannel(found.world, via)
    return sent_directly(incident, now, people, message, notifier)


class _Unsent:
    """In the place of every notifier when nothing may be sent."""

    def send(self, *_: object) -> Receipt:
        """Take the page and drop it."""
        return Receipt(None)


_UNSENT: Notifier = _Unsent()  # type: ignore[assignment]
