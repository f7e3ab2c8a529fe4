"""What Opsgenie answers. A request's id tells what was done and to which incident, so that nothing needs to be kept."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from oncall_rota.intake.posted import Answer, answer
from oncall_rota.intake.value import digest
from oncall_rota.paging.signal import Accepted

TOOK = 0.01  # seconds; nobody looks at it
_INCIDENT = re.compile("[0-9a-f]{16}")
_ACTIONS = ("create", "close", "delete", "acknowledge", "snooze", "note")  # in an id by their place
_DONE = {
    "create": "Created alert",
    "close": "Closed alert",
    "delete": "Deleted alert",
    "acknowledge": "Acknowledged alert",
    "snooze": "Snoozed alert",
}
_NOBODY = "0" * 16


class Asked(NamedTuple):
    """What a request's id tells. `incident_id` None: nothing was open that it could have been about."""

    action: str
    incident_id: str | None


def request_id(action: str, incident_id: str, token: str) -> str:
    """An id for a request that did this; `token`: the request's own, which makes it unique."""
    place = _ACTIONS.index(action) if action in _ACTIONS else len(_ACTIONS) - 1
    incident = incident_id if _INCIDENT.fullmatch(incident_id) else _NOBODY
    digits = f"{incident}{place:x}{digest(token)[:15]}"
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def asked(written: str) -> Asked | None:
    """What a request's id tells; None: it is none of ours."""
    digits = written.lower().replace("-", "")
    if len(written) != 36 or len(digits) != 32 or not set(digits) <= set(string.hexdigits):
        return None
    place = int(digits[16], 16)
    if place >= len(_ACTIONS):
        return None
    return Asked(_ACTIONS[place], None if digits[:16] == _NOBODY else digits[:16])


def accepted(action: str, result: Accepted, token: str) -> Answer:
    """Always asynchronous, says the protocol."""
    given = request_id(action, "" if result.what == "ignored" else result.incident_id, token)
    return answer(202, {"result": "Request will be processed", "took": TOOK, "requestId": given})


def failed(
    status: int, message: str, token: str, errors: Mapping[str, str] | None = None, retry_after: str | None = None
) -> Answer:
    """A refusal. `errors`: by field."""
    words = {"message": message, **({"errors": dict(errors)} if errors else {})}
    headers = {"retry_after": retry_after} if retry_after else {}
    return answer(status, {**words, "took": TOOK, "requestId": request_id("note", "", token)}, **headers)


def request_status(written: str, key: str | None, at: datetime) -> Answer:
    """What became of a request. `key`: that of the incident its id tells; None: it is not there, or another source's.

    `at`: when it was processed, as far as anybody wants to know.
    """
    found = asked(written)
    if found is None:
        return answer(404, {"message": "Request not found. It might not be processed, yet.", "took": TOOK})
    success = found.incident_id is not None and key is not None
    data = {
        "success": success,
        "isSuccess": success,
        "action": found.action.capitalize(),
        "processedAt": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": _DONE.get(found.action, "Updated alert") if success else "Alert does not exist",
        "alertId": found.incident_id if success else "",
        "alias": key if success else "",
    }
    return answer(200, {"data": data, "took": TOOK, "requestId": written})


def on_calls(schedule: str, recipients: Sequence[str], flat: bool, token: str) -> Answer:
    """Who is on call in a schedule, by mail address or name."""
    data = {
        "_parent": {"id": schedule, "name": schedule, "enabled": True},
        **(
            {"onCallRecipients": list(recipients)}
            if flat
            else {"onCallParticipants": [{"id": each, "name": each, "type": "user"} for each in recipients]}
        ),
    }
    return answer(200, {"data": data, "took": TOOK, "requestId": request_id("note", "", token)})


def pong(token: str) -> Answer:
    """A heartbeat was heard."""
    return answer(
        202, {"result": "PONG - Heartbeat received", "took": TOOK, "requestId": request_id("note", "", token)}
    )
