"""A signal: one inbound message of a monitor, or of somebody at a keyboard; and what became of it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from oncall_rota.paging.message import clean
from oncall_rota.paging.model import CRITICAL

PAGED_BY_HAND = "cli"  # the source of what somebody pages, at whichever door
KEY = 500  # the longest key that is kept, in code points; a longer one is cut and told apart by its digest

Origin = tuple[str, str]  # of an incident: its source, and its key there


class Signal(NamedTuple):
    """Something is wrong, or over again. Signals of one `source` and `key` belong to one incident while it is open.

    `kind`: whoever uses the monitor's own page may acknowledge there, or write something down. `person`: it is for one
    person, and `team` is empty. `lines`: further text. `hold`: how long a route wants it to wait before the first page.
    `via`: page by this channel only. `until_at`: of an acknowledgement, when it is to be paged again. `cause`: why it
    is what it is, such as the route that took it; for the audit. `incident_id`: of the incident that it opens, 16
    hexadecimal digits, where its sender has to know them before there is an answer; empty: any.
    """

    source: str
    key: str
    summary: str
    kind: Literal["trigger", "resolve", "acknowledge", "note"] = "trigger"
    team: str = ""
    severity: str = CRITICAL
    service: str | None = None
    person: str | None = None
    lines: tuple[str, ...] = ()
    hold: timedelta = timedelta(0)
    via: str | None = None
    until_at: datetime | None = None
    cause: str = ""
    incident_id: str = ""


class Accepted(NamedTuple):
    """What a signal became, on disk. `kept`: the end of something that flaps, which stays open until it was calm.

    `ignored`: it changes nothing, and the audit says why; `incident_id` is empty when nothing of its key is open.
    """

    what: Literal["opened", "merged", "resolved", "kept", "acknowledged", "noted", "ignored"]
    incident_id: str = ""


def origin_of(signal: Signal) -> Origin:
    """What tells its incident: the source, and a key that any store takes and that stays as it is however it came."""
    key = clean(signal.key, KEY)
    if key != signal.key:
        # Cut, or cleaned of something: two keys that look alike now must not become one.
        told = hashlib.sha256(signal.key.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        key = f"{clean(signal.key, KEY - 17)} {told}"
    return clean(signal.source, KEY), key
