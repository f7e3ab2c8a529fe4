"""Where real adapters meet ports: what a command needs of the lower floors, put together."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from oncall_rota.config import Catalog, paging
from oncall_rota.errors import ConfigurationError, UnknownName
from oncall_rota.paging.direct import ByOneChannel, Run, sent_directly
from oncall_rota.paging.incident import Incident, Page
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import Declaration, Notifier, NotifierError, Receipt
from oncall_rota.paging.world import Configured, World

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging


def notifiers() -> Mapping[str, Declaration]:
    """What each kind of notifier declares, those of other distributions too; no provider's library is imported."""
    from oncall_rota.notifiers.registry import declared

    return declared()


def world(catalog: Catalog) -> Configured:
    """What escalation asks, answered from a folder that was read whole."""
    return _configured(catalog, paging(catalog, notifiers()))


def _configured(catalog: Catalog, found: Paging) -> Configured:
    return Configured(found.teams, found.people, found.last_resort, catalog.teams)


def direct_paging(catalog: Catalog, incident: Incident, via: str | None, now: datetime, *, send: bool) -> Run:
    """Page for an incident now, without a store; with `send` False nothing leaves, and every channel seems to take it.

    `via`: only by this channel. Raises `UnknownName` when there is no such channel.
    """
    found = paging(catalog, notifiers())
    everybody: World = _configured(catalog, found)
    if via is not None and via not in found.channels:
        raise UnknownName(f"no channel {via!r} in oncall.yaml", f"there is {', '.join(found.channels) or 'none'}")
    made: dict[str, Notifier] = {}
    making = threading.Lock()

    def notifier(name: str) -> Notifier:
        if not send:
            return _UNSENT
        from oncall_rota.notifiers.registry import make

        with making:
            if name not in made:
                try:
                    made[name] = make(found.channels[name])
                except ConfigurationError as error:
                    raise NotifierError(str(error), permanent=True) from None
            return made[name]

    owner = catalog.teams.get(incident.team)
    service = owner.services.get(incident.service or "") if owner is not None else None

    def message(page: Page) -> Message:
        code = secrets.token_hex(2)
        runbook = service.runbook if service is not None else None
        team = incident.team or "you"
        return cleaned(Message(page.id, code, incident.severity, team, incident.summary, (), runbook))

    people = everybody if via is None else ByOneChannel(everybody, via)
    return sent_directly(incident, now, people, message, notifier)


class _Unsent:
    """In the place of every notifier when nothing may be sent."""

    def send(self, *_: object) -> Receipt:
        """Take the page and drop it."""
        return Receipt(None)


_UNSENT: Notifier = _Unsent()  # type: ignore[assignment]
