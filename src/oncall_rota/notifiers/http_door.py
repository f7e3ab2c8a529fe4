"""The one door to HTTP: one request, one deadline, a bounded answer; and what an answer means for a page.

The standard library's client, with our own connections: .github/decisions/0011.
"""

from __future__ import annotations

import functools
import http.client
import io
import json
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from oncall_rota import __version__
from oncall_rota.notifiers.wire import Arriving, Guard, Wire
from oncall_rota.paging.ports.notifier import LONGEST_RETRY, Deadline, NotifierError

HEADERS, BODY = 64 * 1024, 256 * 1024  # bytes: no provider has more to say about one page


class Response(NamedTuple):
    """`whole`: the body ended before its limit and before the deadline."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; None when it is not one."""
        try:
            value = json.loads(self.body) if self.whole else None
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class _Connection:
    """As much of a socket as `http.client` uses, with the deadline in every step."""

    def __init__(self, connection: Any, deadline: Deadline, limit: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._limit = limit
        self.sent = False

    def sendall(self, data: bytes) -> None:
        seconds = self._deadline.left()
        if seconds <= 0:
            raise TimeoutError
        self._connection.settimeout(seconds)  # of the whole call, says the standard library
        self.sent = True
        self._connection.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(Arriving(self._connection, self._deadline, self._limit))

    def close(self) -> None:
        """The client closes when it has read the headers; the body still comes, and `_asked` closes."""


@functools.cache
def tls() -> ssl.SSLContext:
    """The system's authorities; made once, because reading them takes 10 ms and more."""
    return ssl.create_default_context()


def request(
    wire: Wire,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: Deadline,
    *,
    guard: Guard | None = None,
    redirects: int = 0,
    limit: int = BODY,
) -> Response:
    """One request. Raises `NotifierError` when there is no answer; a bad answer is returned.

    Of redirects only those are followed that repeat the method and body (307, 308), each judged by the guard.
    `limit`: bytes of the body that are read; the rest is left unread and the connection closed.
    """
    response = _asked(wire, method, url, headers, body, deadline, guard, limit)
    target = response.headers.get("location")
    if response.status not in (307, 308) or redirects <= 0 or not target:
        return response
    try:
        further = urljoin(url, target)
    except ValueError:
        return response
    if url.startswith("https:") and not further.startswith("https:"):
        raise NotifierError("redirected from https to something else", permanent=True, alarm="a redirect leaves https")
    return request(wire, method, further, headers, body, deadline, guard=guard, redirects=redirects - 1, limit=limit)


def _asked(
    wire: Wire,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: Deadline,
    guard: Guard | None,
    limit: int,
) -> Response:
    host, port, secure, path = _place(url)
    client = http.client.HTTPConnection(host, port)
    client.default_port = 443 if secure else 80  # what needs no mention in the Host header
    connection = wire.connect(host, port, deadline, guard)
    ours = None
    try:
        if secure:
            connection.settimeout(max(deadline.left(), 0.001))
            connection = tls().wrap_socket(connection, server_hostname=host)
        ours = _Connection(connection, deadline, HEADERS + limit)
        client.sock = ours
        # No compression is asked for, and none undone: a bomb stays as small as it came.
        client.request(method, path, body, {"User-Agent": f"oncall/{__version__}", **headers})
        answer = client.getresponse()
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        try:
            data = answer.read(limit + 1) if limit else b""
            whole = len(data) <= limit and not answer.length
        except (OSError, http.client.HTTPException):
            data, whole = b"", False  # the status has come, and it decides
        return Response(answer.status, lowered, data[:limit], whole)
    except ssl.SSLCertVerificationError:
        raise NotifierError(f"{host} has no valid certificate", True, alarm=f"the certificate of {host}") from None
    except (OSError, http.client.HTTPException, ValueError) as failed:
        slow = isinstance(failed, TimeoutError)
        words = f"{host} did not answer in time" if slow else f"{host} broke the connection off or talks no HTTP"
        raise NotifierError(words, unsure=ours is not None and ours.sent) from None
    finally:
        client.close()
        connection.close()


def _place(url: str) -> tuple[str, int, bool, str]:
    """Host, port, whether encrypted, and path of an address. Raises `NotifierError`."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        if parts.hostname and parts.scheme in ("http", "https"):
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            return parts.hostname, parts.port or (443 if secure else 80), secure, path
    except ValueError:
        pass
    raise NotifierError("not an address of http or https", permanent=True, alarm="an address cannot be used")


def judged(response: Response, channel: str, now: datetime, detail: str = "") -> Response:
    """The response when the provider took the page; else `NotifierError`. `detail`: a code of the provider's.

    2xx: taken. 401 and 403: the credentials, an alarm. 408, 425, 429: again, when the provider wants. 5xx: again,
    and unless it is 503 the page may have been taken. All else would be refused again: the next channel, an alarm.
    """
    status = response.status
    if 200 <= status < 300:
        return response
    words = f"{channel} was answered {status}{f' ({detail})' if detail else ''}"
    if status in (401, 403):
        raise NotifierError(words, permanent=True, alarm=f"the credentials of {channel} are refused ({status})")
    if status in (408, 425, 429) or status >= 500:
        wish = retry_after(response.headers, now)
        raise NotifierError(words, retry_after=wish, unsure=status >= 500 and status != 503)
    raise NotifierError(words, permanent=True, alarm=words)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """When the provider wants to be asked again, at most a minute; None when it does not say, or not so that
    anyone could read it.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), LONGEST_RETRY)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_RETRY)
