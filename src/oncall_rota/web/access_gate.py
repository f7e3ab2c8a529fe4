"""What the judges of one process know: keys, tokens, and the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.link import ACKNOWLEDGE, begun, said
from oncall_rota.paging.ports.row import Token
from oncall_rota.paging.ports.store import Store, StoreFailed
from oncall_rota.paging.token import HOLDS, used
from oncall_rota.timeline.clock import SystemClock
from oncall_rota.web.access_form import Forms
from oncall_rota.web.access_fresh import SOON, Fresh
from oncall_rota.web.access_key import Keys
from oncall_rota.web.access_shown import Shown
from oncall_rota.web.access_sign_in import Invitations, SignIn
from oncall_rota.web.access_signature import Signatures
from oncall_rota.web.access_token import Tokens

NOTED = timedelta(hours=1)  # a token's last use is written down at most so often


class Gate:
    """Of one server process. `now`: of the machine, which a store may be too slow to tell."""

    def __init__(
        self,
        store: Store,
        configuration: Callable[[], Configuration],
        now: Callable[[], datetime] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self.configuration = configuration
        self.now = now or SystemClock().now
        self.keys = Fresh(lambda: Keys.of(configuration().settings), monotonic, soon=SOON)
        self.tokens = Fresh(lambda: Tokens.of(store.tokens()), monotonic, soon=SOON)
        self.link_keys = Fresh(lambda: begun(store), monotonic, soon=SOON)
        self.forms = Forms(self.link_keys, self.now)
        self.invitations = Invitations()
        self.signatures = Signatures()
        self._noted: dict[str, datetime] = {}
        self._noting: set[asyncio.Task[None]] = set()

    async def source(self, shown: Shown, asked: str | None = None) -> str | None:
        """The source whose key it is; None: nobody's. `asked`: only this one is meant.

        A token of the scope `source` counts as a key of the source that is its label.
        """
        names = (await self.keys.get()).sources.get(shown.digest, ())
        if not names:
            token = await self.token(shown, "source")
            known = self.configuration().settings.sources
            names = (token.label,) if token is not None and token.label in known else ()
        return next((name for name in names if asked in (None, name)), None)

    async def signs(self, name: str) -> bool:
        """Whether a source signs what it sends, and so needs more than a key."""
        return name in (await self.keys.get()).signing

    async def heartbeat(self, shown: Shown, asked: str) -> str | None:
        """The heartbeat that is asked for, if it is its key; else None."""
        return asked if asked in (await self.keys.get()).heartbeats.get(shown.digest, ()) else None

    async def token(self, shown: Shown, scope: str, agent: str | None = None) -> Token | None:
        """The token that is shown, if it opens what needs that scope; else None.

        `agent`: the program that shows it, where people want to know.
        """
        found = (await self.tokens.get()).find(shown.digest, self.now())
        if found is None or scope not in HOLDS.get(found.scope, ()):
            return None
        self._note(found, agent)
        return found

    async def link(self, text: str) -> tuple[str, str | None] | None:
        """The page that a link is for, and the person whose it is; None: it is none of ours, or older than a day."""
        found = said(await self.link_keys.get(), ACKNOWLEDGE, text, self.now())
        return None if found is None or len(found) != 2 else (found[0], found[1] or None)

    async def sign_in(self, text: str) -> SignIn | None:
        """What a link to sign in says; None: it is none of ours, or too old."""
        return SignIn.of(await self.link_keys.get(), text, self.now())

    async def opens(self, shown: Shown) -> frozenset[str]:
        """All scopes that a key or token holds: empty when it is unknown."""
        if shown.digest in (await self.keys.get()).board:
            return HOLDS["board"]
        found = (await self.tokens.get()).find(shown.digest, self.now())
        return frozenset() if found is None else HOLDS.get(found.scope, frozenset())

    def _note(self, token: Token, agent: str | None) -> None:
        """Write down that it was used, now and then, while nobody waits for it."""
        now = self.now()
        before = self._noted.get(token.id, token.used_at)
        if before is None or now - before >= NOTED:
            self._noted[token.id] = now
            task = asyncio.create_task(self._write(token.id, now, agent))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

    async def _write(self, token_id: str, at: datetime, agent: str | None) -> None:
        try:
            await run_in_threadpool(used, self._store, token_id, at, agent)
        except StoreFailed:
            self._noted.pop(token_id, None)
