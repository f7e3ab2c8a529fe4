"""Where real adapters meet ports: what a command needs of the lower floors, put together."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oncall_rota.config import Catalog, configuration
from oncall_rota.errors import ConfigurationError
from oncall_rota.paging.ports.notifier import Declaration, Notifier, NotifierError
from oncall_rota.paging.world import World

if TYPE_CHECKING:
    from oncall_rota.paging.model import Channel


def notifiers() -> Mapping[str, Declaration]:
    """What each kind of notifier declares, those of other distributions too; no provider's library is imported."""
    from oncall_rota.notifiers.registry import declared

    return declared()


def world(catalog: Catalog) -> World:
    """What escalation asks, answered from a folder that was read whole."""
    return configuration(catalog, notifiers()).world


class Channels:
    """The channels of oncall.yaml by name, each made ready once, at its first use, in whatever thread that is.

    `public_url`: of the server that providers call back; None without one. One that takes long delays no other.
    """

    def __init__(self, channels: Mapping[str, Channel], public_url: str | None = None) -> None:
        self._channels = channels
        self._public_url = public_url
        self._made: dict[str, tuple[tuple[Channel, str | None], Notifier]] = {}
        self._making: dict[str, threading.Lock] = {}

    def __call__(self, name: str) -> Notifier:
        """One of them. Raises `NotifierError`: options, secrets or its provider's package are missing."""
        return self.as_in(self._channels, self._public_url, name)

    def as_in(self, channels: Mapping[str, Channel], public_url: str | None, name: str) -> Notifier:
        """One of these `channels`, made anew when it is not as it was. Raises `NotifierError`."""
        from oncall_rota.notifiers.registry import make

        if name not in channels:
            raise NotifierError(f"oncall.yaml has no channel {name} any more", permanent=True)
        of = channels[name], public_url
        with self._making.setdefault(name, threading.Lock()):
            made = self._made.get(name)
            if made is None or made[0] != of:
                try:
                    made = self._made[name] = of, make(*of)
                except ConfigurationError as error:
                    raise NotifierError(str(error), permanent=True) from None
            return made[1]
