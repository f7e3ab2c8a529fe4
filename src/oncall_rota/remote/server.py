"""One server: questions out, JSON in, and what goes wrong as the errors that commands know.

A redirect is never followed: the token is for the host that was named. What comes back is judged before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from oncall_rota.errors import OncallError, ServerGone, UnknownName, UsageError
from oncall_rota.paging.message import clean
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.remote.address import Address

PATIENCE = 5.0  # seconds for each question
LONGEST_ANSWER = 64 << 20  # bytes: the story of a storm is long
LONGEST = 300  # code points of what an error says
HINT = "see that it runs, or unset $ONCALL_SERVER to use the store of this machine"


class Answered(NamedTuple):
    """What came back over HTTP, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unanswered(Exception):
    """Nothing came back, or not all of it. `unsure`: what was asked for may have been done."""

    def __init__(self, message: str, unsure: bool) -> None:
        super().__init__(message)
        self.unsure = unsure


# Method, URL, headers, body, and seconds in which all of it is over. Raises `Unanswered`; follows no redirect.
Ask = Callable[[str, str, Mapping[str, str], bytes | None, float], Answered]


class Server:
    """One server. `token`: what `$ONCALL_TOKEN` says; it goes nowhere but into a header to this host."""

    def __init__(self, at: Address, token: str, ask: Ask) -> None:
        self.at = at
        self._token = token
        self._ask = ask

    def get(self, path: str, parameters: Sequence[tuple[str, str]] = (), patience: float = PATIENCE) -> dict[str, Any]:
        """What is answered. Raises `ServerGone`, `StoreFailed`, `UnknownName`, `UsageError`, `OncallError`."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._judged(self._asked("GET", f"{path}{query}", None, patience))

    def post(self, path: str, told: Mapping[str, Any], patience: float = PATIENCE) -> dict[str, Any]:
        """The same; also the answer 409 of an act that changes nothing, when it tells about which incidents."""
        body = json.dumps({name: value for name, value in told.items() if value is not None}).encode("ascii")
        found = self._asked("POST", path, body, patience)
        value = _mapping(found.body)
        if found.status == 409 and value is not None and isinstance(value.get("incidents"), list):
            return value
        return self._judged(found)

    def delete(self, path: str, patience: float = PATIENCE) -> dict[str, Any]:
        """What is answered when it is gone. Raises as `get` does."""
        return self._judged(self._asked("DELETE", path, None, patience))

    def _asked(self, method: str, path: str, body: bytes | None, patience: float) -> Answered:
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            return self._ask(method, f"{self.at.url}{path}", headers, body, patience)
        except Unanswered as error:
            raise self.gone(str(error), unsure=error.unsure and method != "GET", silent=True) from None

    def gone(self, words: str, *, unsure: bool = False, silent: bool = False) -> ServerGone:
        """It cannot be used."""
        return ServerGone(f"the server {self.at.host} cannot be used: {words}", HINT, unsure, silent)

    def _judged(self, found: Answered) -> dict[str, Any]:
        status, told = found.status, _mapping(found.body)
        if 200 <= status < 300:
            if told is None:
                raise self.gone("what it answers is no JSON of ours", unsure=True)
            return told
        error = told.get("error") if told is not None else None
        words = _text(error, "message")
        if 300 <= status < 400:
            raise self.gone(f"it sends us elsewhere ({status}), and a token is for one host")
        if status == 401:
            hint = "set $ONCALL_TOKEN to what 'oncall token create responder LABEL --person P' prints there"
            raise OncallError(f"the server {self.at.host} does not let us in: {words or 'who are you?'}", hint)
        if error is None or status in (408, 425, 429) or (status >= 500 and status != 503):
            raise self.gone(f"it answers {status}{f' ({words})' if words else ''}", unsure=status >= 500)
        hint = _text(error, "hint")
        if status == 503:
            raise StoreFailed("gone", f"the server {self.at.host} cannot keep it: {words}", hint)
        if status == 404:
            raise UnknownName(words, hint)
        if status == 403:
            raise OncallError(words, hint)
        raise UsageError(words, hint)


def segment(text: str) -> str:
    """A part of a path, whatever is in it."""
    return quote(text, safe="")


def _mapping(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _text(told: object, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    return clean(value, LONGEST) if isinstance(value, str) else ""
