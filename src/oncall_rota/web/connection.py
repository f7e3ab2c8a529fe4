"""One connection, with a deadline for whatever it waits for: nobody holds it by saying little, or nothing, or too much.

uvicorn bounds only the silence between two requests. Here the head of a request has a deadline and a size, so has what
is thrown away of a body that was answered early, and so has a whole request with its answer, which may not be fetched.
"""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = 10.0  # seconds for the head of a request, from its first byte or from when the connection was made
REQUEST = 60.0  # seconds from there until its answer is on its way; a body has 20 of them
LINGER = 2.0  # seconds for the rest of a body that was answered before it was read, so that the answer is seen
MOST_HEAD = 64 << 10  # bytes of a request's first line and headers
MOST_REST = 16 << 20  # bytes of such a rest; and of what a body has around it, as chunks and trailers
MOST = 8192  # connections; beyond that the one that has been kept waiting for its head longest is cut
RESERVED = 256  # file descriptors that are the store's, the senders' and the pager's
_REFUSED = b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def room() -> int:
    """How many connections there may be; the process's own limit of open files is raised as far as it may be.

    Whoever opens many connections must not use up what pages are sent by.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + RESERVED if hard == resource.RLIM_INFINITY else min(MOST + RESERVED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if soft == resource.RLIM_INFINITY else max(min(MOST, soft - RESERVED), soft // 2)


class Connection(HttpToolsProtocol):
    """As uvicorn has it, and ended in time. `most`: connections of the process; set by whoever serves."""

    most = MOST

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timer: asyncio.TimerHandle | None = None
        self._size = 0  # bytes of the present head, or of what is thrown away of a body
        self._reads = "head"  # what comes next: idle (nothing is asked), head, body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._within(HEAD)
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        """Cut whoever waits with an unfinished head longest, or says nothing between two requests."""
        others = [each for each in self.connections if isinstance(each, Connection) and not each.is_asking]
        # A set of them has no order, but their deadlines have; those that are idle go first.
        oldest = min(others, key=lambda each: each.ends_at, default=self)
        oldest.transport.abort()

    @property
    def is_asking(self) -> bool:
        """Whether a request has come whole enough to be answered, and is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def ends_at(self) -> float:
        """When it is over, by the loop's clock; 0 for one that is asked nothing of."""
        return self._timer.when() if self._timer is not None else 0.0

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._reads == "body":
            self._size += len(data)
        super().data_received(data)
        if self.parser is None or self.transport.is_closing():
            return
        if self._reads == "idle" and self._timer is None and not self.is_asking:
            self._begin()  # blank lines before a request say nothing, and are no reason to wait for ever
        elif self._reads == "head":
            self._size += len(data)
            if self._size > MOST_HEAD:
                self._refuse(b"431 Request Header Fields Too Large")
        elif self._reads == "body" and self._size > MOST_REST:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self.is_asking:
            self._begin()
        self._reads = "head"

    def _begin(self) -> None:
        """A head is coming: it has so long from now, or from when the connection was made."""
        if self._reads == "idle":
            self._size = 0
            self._within(HEAD)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._reads, self._size = "body", 0
        self._within(REQUEST)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reads != "body":  # nobody asks for what stands behind a body
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        if self.is_asking:
            self._size -= len(body)  # whoever reads it counts it
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reads = "idle"
        if not self.is_asking:
            self._stop()  # the rest of what was answered early

    def on_response_complete(self) -> None:
        self._stop()
        super().on_response_complete()
        if self.transport.is_closing():
            # What is not fetched is not waited for.
            self._within(REQUEST)
        elif self._reads == "body":
            self._unset_keepalive_if_required()
            self._size = 0
            self._within(LINGER)
        elif self.is_asking:
            self._within(REQUEST)  # the next of several that came together
        elif self._reads == "head":
            self._within(HEAD)

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._within(LINGER)  # as what was answered may not have been fetched

    def _within(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._ends)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ends(self) -> None:
        """Its time is over."""
        self._timer = None
        started = self._reads == "head" and self._size > 0 and not self.is_asking
        self._refuse(b"408 Request Timeout" if started else b"")

    def _refuse(self, status: bytes) -> None:
        """Say why, when it can be said, and let go; of what nobody fetches nothing is kept."""
        if status and not self.is_asking and not self.transport.is_closing():
            self.transport.write(_REFUSED % status)
            self.transport.close()
            self._within(LINGER)
        else:
            self.transport.abort()
