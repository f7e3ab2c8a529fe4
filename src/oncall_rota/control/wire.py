"""What goes over the socket: a greeting of the owner, then for each request a line, and for each of them an answer.

::

    ← {"protocol": 1, "process": 4711, "name": "oncall serve", "drives": "all"}
    → {"id": 7, "do": "act", "with": {"incident_id": "…", "event": {"is": "Resolved", "by": "alice"}, "actor": "alice"}}
    ← {"id": 7, "value": {"incident": {…}, "refused": "", "held": false}}
    ← {"id": 8, "error": {"kind": "StoreFailed", "reason": "full", "message": "…", "hint": "…"}}

A line is JSON in ASCII and ends with a line feed. `protocol` changes when older versions could not understand it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from oncall_rota.control.codec import decoded, encoded
from oncall_rota.errors import ConfigurationError, OncallError, UnknownName, UsageError
from oncall_rota.paging.incident import Acknowledged, Declined, Reassigned, Resolved, Snoozed
from oncall_rota.paging.live import OverrideAsked
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import IncidentRow, IncidentStatus, LiveOverride
from oncall_rota.paging.ports.store import Reason, StoreFailed, StoreHeld, StoreTooOld, Unstorable
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.token import TokenAsked, TokenKept

PROTOCOL = 1
DRIVE = "drive"  # have an incident driven whose own process has ended
REQUEST_MOST = 1 << 20  # bytes of a request's line
ANSWER_MOST = 64 << 20  # bytes of an answer's: the story of a storm is long
LONGEST_HOLD = timedelta(days=366)
MOST_ROWS = 10_000

# What people do. What else can happen to an incident is the pager's own business.
Asked = Acknowledged | Resolved | Snoozed | Declined | Reassigned


class Greeting(NamedTuple):
    """What the owner says first. `drives`: `all` open incidents, or only those that are its `own`."""

    protocol: int
    process: int
    name: str = ""
    drives: str = ""


class Call(NamedTuple):
    """A method of `Office`, or `DRIVE`: the types of its arguments by name, and of its answer."""

    arguments: Mapping[str, Any]
    answer: Any


CALLS: Mapping[str, Call] = MappingProxyType(
    {
        "signal": Call({"signal": Signal}, Accepted),
        "act": Call({"incident_id": str, "event": Asked, "actor": str}, Acted),
        "remark": Call({"incident_id": str, "by": str, "text": str}, Acted),
        "meant": Call({"reference": str}, tuple[IncidentRow, ...]),
        "incidents": Call(
            {"statuses": tuple[IncidentStatus, ...], "team": str | None, "limit": int}, tuple[IncidentRow, ...]
        ),
        "story": Call({"incident_id": str}, Story | None),
        "add_token": Call({"asked": TokenAsked}, TokenKept),
        "tokens": Call({}, tuple[TokenKept, ...]),
        "revoke_token": Call({"token_id": str}, TokenKept),
        "rotate_key": Call({}, tuple[str, ...]),
        "add_override": Call({"asked": OverrideAsked}, LiveOverride),
        "overrides": Call({}, tuple[LiveOverride, ...]),
        "cancel_override": Call({"override_id": str, "by": str}, LiveOverride),
        DRIVE: Call({"incident_id": str}, None),
    }
)
_TAGGED = {"event"}
_ERRORS = {
    kind.__name__: kind
    for kind in (StoreHeld, StoreTooOld, Unstorable, UsageError, UnknownName, ConfigurationError, OncallError)
}


class Request(NamedTuple):
    """A request that was understood. `number`: the client's own, to tell answers apart."""

    number: int
    name: str
    arguments: dict[str, Any]


def request_line(request: Request) -> bytes:
    """A request as it is sent. Raises `UsageError` when it is longer than an owner reads."""
    told = {name: encoded(value, name in _TAGGED) for name, value in request.arguments.items()}
    line = _line({"id": request.number, "do": request.name, "with": told})
    if len(line) > REQUEST_MOST:
        raise UsageError("this is too long to be sent to the owner of the store", "send a shorter text")
    return line


def request_of(line: bytes) -> Request:
    """A request as it came. Raises `ValueError`, which says in words what is wrong with it."""
    told = _object(line)
    number, name, arguments = told.get("id"), told.get("do"), told.get("with")
    if type(number) is not int:
        raise ValueError("a request has a whole number as 'id'")
    if type(name) is not str or name not in CALLS:
        raise ValueError(f"'do' is one of {', '.join(CALLS)}")
    if type(arguments) is not dict:
        raise ValueError("'with' is an object")
    found = {}
    for each, kind in CALLS[name].arguments.items():
        if each not in arguments:
            raise ValueError(f"{name} needs {each!r}")
        found[each] = decoded(kind, arguments[each])
    _judge(found)
    return Request(number, name, found)


def _judge(arguments: Mapping[str, Any]) -> None:
    """What the types allow and nobody means: it would overflow in the middle of a decision."""
    signal = arguments.get("signal")
    if signal is not None and not timedelta(0) <= signal.hold <= LONGEST_HOLD:
        raise ValueError(f"hold: it is at most {LONGEST_HOLD.days} days")
    if not 0 < arguments.get("limit", 1) <= MOST_ROWS:
        raise ValueError(f"limit: it is at most {MOST_ROWS}")


def answer_line(number: int | None, value: Any) -> bytes:
    """An answer as it is sent."""
    line = _line({"id": number, "value": encoded(value)})
    if len(line) > ANSWER_MOST:
        return error_line(number, UsageError("that is too much to be sent at once", "ask for fewer incidents"))
    return line


def error_line(number: int | None, error: Exception) -> bytes:
    """An error as it is sent: by kind, with what it says."""
    told = {"kind": OncallError.__name__, "message": f"the owner of the store failed: {type(error).__name__}"}
    if isinstance(error, OncallError):
        kinds = [kind.__name__ for kind in type(error).__mro__]
        told["kind"] = next(kind for kind in kinds if kind in _ERRORS or kind == StoreFailed.__name__)
        told |= {"message": str(error), "hint": error.hint}
    if isinstance(error, StoreFailed):
        told["reason"] = error.reason
    return _line({"id": number, "error": told})


def answer_of(line: bytes, request: Request) -> Any:
    """The value of an answer. Raises the error that it tells, and `ValueError` when it is none to this request."""
    told = _object(line)
    if isinstance(told.get("error"), dict):
        raise _error_of(told["error"])
    if told.get("id") != request.number or "value" not in told:
        raise ValueError("it is no answer to this request")
    return decoded(CALLS[request.name].answer, told["value"])


def _error_of(told: Mapping[str, Any]) -> OncallError:
    kind, message, hint = [str(told.get(name, "")) for name in ("kind", "message", "hint")]
    if kind == StoreFailed.__name__:
        reason: Reason = next((each for each in get_args(Reason) if each == told.get("reason")), "io")
        return StoreFailed(reason, message, hint)
    return _ERRORS.get(kind, OncallError)(message, hint)


def greeting_line(greeting: Greeting) -> bytes:
    """The owner's greeting as it is sent."""
    return _line(encoded(greeting))


def greeting_of(line: bytes) -> Greeting:
    """The owner's greeting as it came. Raises `ValueError`, and the `OncallError` that is told in its place."""
    told = _object(line)
    if isinstance(told.get("error"), dict):
        raise _error_of(told["error"])
    found: Greeting = decoded(Greeting, told)
    return found


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    if type(told) is not dict:
        raise ValueError("it is an object")
    return told
