"""A request's body, read with a limit in bytes and in seconds: neither a flood nor a drip holds anything up."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

LARGEST = 16 << 20  # bytes of a signal; what Alertmanager sends for 25,000 alerts
SLOWEST = 20.0  # seconds for all of it


class BadBody(Exception):
    """It cannot be read. `status`: what to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def body_of(request: Request, largest: int = LARGEST, slowest: float = SLOWEST) -> bytes:
    """The whole body. Raises `BadBody`: 413 too large, 408 too slow, 400 broken off."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > largest:
        raise BadBody(413, f"more than {largest} bytes")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(slowest):
            async for part in request.stream():
                size += len(part)
                if size > largest:
                    raise BadBody(413, f"more than {largest} bytes")
                parts.append(part)
    except TimeoutError:
        raise BadBody(408, f"not read within {slowest:.0f} s") from None
    except ClientDisconnect:
        raise BadBody(400, "broken off") from None
    return b"".join(parts)
