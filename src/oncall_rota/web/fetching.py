"""What a hook wants to know before it can read a request: asked for where its hook allows, over the door of HTTP.

Only on the public internet, however a name resolves, and without following anything further.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from oncall_rota.intake import Wanting
from oncall_rota.notifiers.http_door import Response, request
from oncall_rota.notifiers.wire import Guard, Wire
from oncall_rota.paging.ports.notifier import Deadline, NotifierError

SECONDS = 5.0  # in all; its sender waits for 15
LARGEST = 65536  # bytes of what is fetched
MOST = 50  # of what is kept

Ask = Callable[[str], Response]


def asked(url: str) -> Response:
    """One GET. Raises `NotifierError`."""
    return request(Wire(), "GET", url, {}, None, Deadline(SECONDS), guard=Guard(), limit=LARGEST)


class Fetching:
    """Of one server process, from the loop's thread."""

    def __init__(self, ask: Ask = asked) -> None:
        self._ask = ask
        self._kept: dict[str, bytes] = {}

    async def __call__(self, wanted: Wanting) -> bytes | None:
        """What is there; empty: it was refused; None: not now."""
        kept = self._kept.get(wanted.url)
        if kept is not None:
            return kept
        try:
            response = await run_in_threadpool(self._ask, wanted.url)
        except NotifierError:
            return None
        if response.status >= 500 or response.status == 429 or not response.whole:
            return None
        if not 200 <= response.status < 300:
            return b""
        if wanted.keep:
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[wanted.url] = response.body
        return response.body or b" "
