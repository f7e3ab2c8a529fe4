"""An answer's bytes with a strong validator, sent whole, zipped, or as 304 to whoever has them already."""

from __future__ import annotations

import gzip
from hashlib import blake2b

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

WORTH = 1400  # bytes: what is smaller fits into one packet anyway
LARGE = 65536  # bytes that are zipped in a thread, so that nobody else waits for it
_LEVEL = 6
_ZIPPED = "+gzip"  # other bytes need another validator

Headers = list[tuple[bytes, bytes]]


class Representation:
    """`body` of the media type `media`. `validator`: what stands for these bytes and no others, in an ETag.

    Whoever shows a validator that is the same up to its first `.` has what still holds: an answer that names its
    moment is another one each second, and yet the one that they have is as true as it was.
    """

    __slots__ = ("_common", "_plain", "_zipped", "body", "holds", "validator")

    def __init__(self, body: bytes, media: str, validator: str | None = None) -> None:
        self.body = body
        self.validator = digest(body) if validator is None else validator
        self.holds = self.validator.partition(".")[0]
        self._common: Headers = [
            (b"content-type", media.encode()),
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"Accept, Accept-Encoding"),
        ]
        if media.startswith("text/"):  # which a browser might take for a page
            self._common.append((b"x-content-type-options", b"nosniff"))
        self._plain: Headers = [
            *self._common,
            (b"content-length", b"%d" % len(body)),
            (b"etag", f'"{self.validator}"'.encode()),
        ]
        self._zipped: bytes | None = None

    def zipped(self) -> bytes:
        """The body as gzip has it; the same bytes each time."""
        if self._zipped is None:
            self._zipped = gzip.compress(self.body, _LEVEL, mtime=0)
        return self._zipped

    def shown(self, told: str) -> str | None:
        """The validator of an `If-None-Match` that still holds, as it was shown; None: there is none."""
        for each in told.split(","):
            tag = each.strip().removeprefix("W/")
            if tag == "*":
                return f'"{self.validator}"'
            holds = tag.strip('"').removesuffix(_ZIPPED).partition(".")[0]
            if holds == self.holds and tag.startswith('"'):
                return tag
        return None

    async def to(self, request: Request) -> Response:
        """The answer to a GET or HEAD."""
        zips, shown = False, None
        for name, value in request.scope["headers"]:
            if name == b"if-none-match":
                shown = shown or self.shown(value.decode("latin-1"))
            elif name == b"accept-encoding":
                zips = len(self.body) >= WORTH and accepts_gzip(value.decode("latin-1"))
        if shown is not None:
            return Ready(304, b"", [*self._common[1:], (b"etag", shown.encode("latin-1"))])
        if not zips:
            return Ready(200, self.body, [*self._plain])
        large = self._zipped is None and len(self.body) > LARGE
        body = await run_in_threadpool(self.zipped) if large else self.zipped()
        etag = f'"{self.validator}{_ZIPPED}"'.encode()
        length = b"%d" % len(body)
        return Ready(
            200, body, [*self._common, (b"content-encoding", b"gzip"), (b"content-length", length), (b"etag", etag)]
        )


def digest(body: bytes) -> str:
    """What stands for these bytes."""
    return blake2b(body, digest_size=12).hexdigest()


def accepts_gzip(told: str) -> bool:
    """Whether an `Accept-Encoding` takes gzip, named or by `*`."""
    weights = {}
    for each in told.lower().split(","):
        coding, _, parameter = each.partition(";")
        weights[coding.strip()] = parameter.replace(" ", "")
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return weight.removeprefix("q=").strip("0.") != "" if weight else True


class Ready(Response):
    """A response whose headers are made already."""

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        self.status_code = status
        self.body = body
        self.raw_headers = headers
        self.background = None
