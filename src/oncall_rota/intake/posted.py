"""What all hooks have in common: a request, what it reports, and how it is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

from oncall_rota.paging.signal import Accepted

Kind = Literal["trigger", "resolve", "acknowledge", "note"]
NOTHING: Mapping[str, str] = MappingProxyType({})
RETRY_AFTER = "10"  # seconds; whoever waits longer anyway does


class Posted(NamedTuple):
    """One request of a monitor that has shown its key.

    `headers`: by name in small letters. `path`: as it came, percent-encoded. `id`: random, of this request alone, made
    by whoever received it: the key of what has none of its own. `fetched`: what is at the addresses that its hook
    wanted; empty where the answer was a refusal.
    """

    body: bytes = b""
    headers: Mapping[str, str] = NOTHING
    query: Mapping[str, str] = NOTHING
    path: str = ""
    method: str = "POST"
    id: str = ""
    fetched: Mapping[str, bytes] = MappingProxyType({})


class Report(NamedTuple):
    """One thing that a monitor says. Texts are as they came: whoever shows them cleans them.

    `key`: reports of one key are about one thing. `severity` None: it names none that we know. `fields`: what routes
    may match, such as `labels.service`. `team`, `service`: what the sender itself asks for; they may not exist.
    `incident_id`: it means that incident, or the one whose id begins so, and `key` is none of its own; whoever has the
    store puts that incident's key in its place. `until_at`: of an acknowledgement, until when it is snoozed.
    """

    key: str
    kind: Kind = "trigger"
    summary: str = ""
    severity: str | None = None
    lines: tuple[str, ...] = ()
    fields: Mapping[str, str] = NOTHING
    team: str | None = None
    service: str | None = None
    incident_id: str | None = None
    until_at: datetime | None = None


class Unreadable(Exception):
    """A request cannot be understood. `field`: what is wrong in it, if it is one thing. `status` 0: the hook's own."""

    def __init__(self, message: str, field: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status


class Wanting(Unreadable):
    """A request cannot be understood before its hook knows what is at `url`, which is asked for and put in `fetched`.

    `keep`: the same is there every time.
    """

    def __init__(self, url: str, message: str, keep: bool = False) -> None:
        super().__init__(message)
        self.url = url
        self.keep = keep


class Answer(NamedTuple):
    """What the sender is told."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = NOTHING


class Hook(Protocol):
    """One kind of monitor's door, with the settings of one source.

    `accepted` is for reports that are on disk; `results` has one for each. The others are for requests of which nothing
    was taken: the answer is the one that makes this sender try again, or not.
    """

    def reports(self, posted: Posted) -> tuple[Report, ...]:
        """What the request says. Raises `Unreadable`, and nothing else."""
        ...

    def accepted(self, posted: Posted, reports: Sequence[Report], results: Sequence[Accepted]) -> Answer:
        """All of it is on disk."""
        ...

    def refused(self, posted: Posted, unreadable: Unreadable) -> Answer:
        """It cannot be understood, and trying again is of no use."""
        ...

    def overloaded(self, posted: Posted) -> Answer:
        """Not now: too much to do, or the store has failed. The sender tries again."""
        ...

    def unknown_key(self, posted: Posted) -> Answer:
        """No source has the key that was shown."""
        ...


def answer(status: int, value: Any, **headers: str) -> Answer:
    """A value as JSON. `headers`: `retry_after="10"`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value).encode()  # ASCII: half a surrogate stays an escape
    return Answer(status, body, {"content-type": "application/json", **named})
