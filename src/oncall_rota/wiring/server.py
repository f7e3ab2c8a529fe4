"""What a server needs beside an office: an address, the keys of whoever asks, and the doors themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from oncall_rota.paging.configuration import Settings

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging
    from oncall_rota.control.owner import Opened
    from oncall_rota.paging.tally import Tell
    from oncall_rota.web.serving import Listening

BUSY = 0.05  # seconds between two looks whether an address is free


def missing_keys(found: Paging) -> tuple[str, ...]:
    """Keys of sources, of heartbeats and of the board that are named and cannot be read, in words."""
    from oncall_rota.web.access_key import Keys

    return Keys.of(Settings(sources=found.sources, heartbeats=found.heartbeats, access=found.access)).missing


def listening(address: str, where: str, patience: float) -> Listening:
    """An address, bound before anything else begins; that of the server which has the store is waited for.

    `patience`: seconds for that. Raises `OncallError`, and `ImportError` where the server's packages are missing.
    """
    from oncall_rota.store import SCHEMES
    from oncall_rota.store.owner import holder
    from oncall_rota.web.serving import Listening, Taken

    until = time.monotonic() + patience
    while True:
        try:
            return Listening(address)
        except Taken:
            held = None if where.startswith(SCHEMES) else holder(Path(where.removeprefix("sqlite:///")))
            if held is None:
                raise
            if time.monotonic() >= until:
                raise held from None
        threading.Event().wait(BUSY)


def served(opened: Opened, at: Listening, alarm: Callable[[str], None], tell: Tell | None = None) -> bool:
    """Answer HTTP for a process that has a store and drives all of it, until it is told to end; False: the pager died.

    `tell`: told of each request. To be called in the main thread.
    """
    from oncall_rota.paging.fallback import FallbackStore
    from oncall_rota.paging.hearing import Hearing
    from oncall_rota.web.access_gate import Gate
    from oncall_rota.web.app import application
    from oncall_rota.web.beats import Beats
    from oncall_rota.web.feed_kept import Feeds
    from oncall_rota.web.notices import Notices
    from oncall_rota.web.premises import Premises, Routings
    from oncall_rota.web.query_now import Present
    from oncall_rota.web.serving import serve
    from oncall_rota.web.together import Together
    from oncall_rota.web.watchdog import Watchdog
    from oncall_rota.wiring.outbound import fetched

    crew, store, auditor, configured = opened.crew, opened.store, opened.auditor, opened.configuration
    assert crew is not None and store is not None and auditor is not None  # noqa: PT018 - one fact
    assert configured is not None
    assert opened.notifier is not None
    hearing = Hearing(store, crew.submit, configured)
    gate = Gate(store, configured)
    premises = Premises(
        crew.submit,
        opened.office,
        hearing,
        store,
        configured,
        opened.notifier,
        crew,
        auditor,
        store.now(),
        gate,
        Routings(),
        Feeds(store, gate.now, shared=isinstance(store, FallbackStore) and store.shared),
        Present(),
        Together(crew.submit),
    )
    watching = Watchdog(premises, at.own, fetched, alarm)
    with Beats(premises, alarm), Notices(premises, alarm), watching:
        return serve(application(premises, tell=tell), at, crew.died)
