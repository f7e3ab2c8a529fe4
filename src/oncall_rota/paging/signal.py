"""A signal: one inbound message of a monitor, or of somebody at a keyboard; and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, NamedTuple

from oncall_rota.paging.model import CRITICAL

KEY = 500  # the longest key that is kept, in code points; a longer one is cut and told apart by its digest


class Signal(NamedTuple):
    """Something is wrong, or over again. Signals of one `source` and `key` belong to one incident while it is open.

    `person`: it is for one person, and `team` is empty. `lines`: further text. `hold`: how long a route wants it to
    wait before the first page. `via`: page by this channel only.
    """

    source: str
    key: str
    summary: str
    kind: Literal["trigger", "resolve"] = "trigger"
    team: str = ""
    severity: str = CRITICAL
    service: str | None = None
    person: str | None = None
    lines: tuple[str, ...] = ()
    hold: timedelta = timedelta(0)
    via: str | None = None


class Accepted(NamedTuple):
    """What a signal became, on disk. `ignored`: the end of something that is not open.

    `incident_id` is empty for an ignored one.
    """

    what: Literal["opened", "merged", "resolved", "ignored"]
    incident_id: str = ""
