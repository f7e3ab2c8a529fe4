"""What stands at the two ends of a socket in these tests, and a rotations folder."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from oncall_rota.paging.incident import Event, Incident
from oncall_rota.paging.message import Message
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.notifier import Deadline, Declaration, Receipt
from oncall_rota.paging.ports.row import OPEN, AuditRow, IncidentRow, IncidentStatus, PageRow
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal

SETTINGS = """\
notifiers:
  screen: {type: console, to: name}
"""
PEOPLE = """\
alice: {name: Alice Adams, notify: [0m: screen]}
bob: {name: Bob Brown, notify: [0m: screen]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation:
  people: [alice]
  every: week
  handoff: monday 09:00
  starting: 2026-01-05
escalation:
  - {notify: primary, wait: 1h}
  - {notify: bob, wait: 1h}
"""

PATIENCE = 30.0  # seconds for what takes none
AT = datetime(2026, 6, 17, 12, 0, 0, 123456, UTC)
INCIDENT = Incident("0123456789abcdef", "payments", "critical", "disk full", AT, paged=("alice",), ends_at=AT)
ROW = IncidentRow(
    INCIDENT.id, 3, "payments", None, "cli", "disk", "critical", "triggered", AT, AT, '{"summary":"disk full"}'
)  # fmt: skip
PAGE = PageRow(
    f"{INCIDENT.id}-1", INCIDENT.id, "alice", "sms", "alice/phone", "sent", 1, 1, None, 1, "0dfc", "SM1", AT, "{}"
)  # fmt: skip
AUDIT = AuditRow(INCIDENT.id, AT, "pager", "paged", "step 1", "", "{}")


class Reception:
    """An office that knows one incident. `asked`: every call, in order. `fails`: raised by the next one.

    `gate`: an event that a call with this word in it waits for.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.driven: list[str] = []
        self.fails: Exception | None = None
        self.story_of_storm = 1
        self.gates: dict[str, tuple[threading.Event, threading.Event]] = {}

    def gate(self, word: str) -> tuple[threading.Event, threading.Event]:
        """Calls that say `word` wait: the event that one has come, and the one that lets it go on."""
        return self.gates.setdefault(word, (threading.Event(), threading.Event()))

    def _ask(self, name: str, *arguments: Any) -> None:
        self.asked.append((name, arguments))
        for word, (came, go) in self.gates.items():
            if word in arguments:
                came.set()
                assert go.wait(PATIENCE)
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error

    def signal(self, signal: Signal) -> Accepted:
        self._ask("signal", signal)
        return Accepted("opened", INCIDENT.id)

    def act(self, incident_id: str, event: Event, actor: str) -> Acted:
        self._ask("act", incident_id, event, actor)
        return Acted(INCIDENT if incident_id == INCIDENT.id else None, "it is resolved already", True)

    def remark(self, incident_id: str, by: str, text: str) -> Acted:
        self._ask("remark", incident_id, by, text)
        return Acted(INCIDENT)

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        self._ask("meant", reference)
        return (ROW,)

    def incidents(
        self, statuses: Sequence[IncidentStatus] = OPEN, team: str | None = None, limit: int = 1000
    ) -> tuple[IncidentRow, ...]:
        self._ask("incidents", statuses, team, limit)
        return (ROW, ROW)

    def story(self, incident_id: str) -> Story | None:
        self._ask("story", incident_id)
        return Story(ROW, INCIDENT, (PAGE,), (AUDIT,) * self.story_of_storm) if incident_id == INCIDENT.id else None

    def drive(self, incident_id: str) -> None:
        """Have it driven."""
        self._ask("drive", incident_id)


class Line:
    """A bare connection to whoever listens at `path`; `greeting` is what it said first."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE)
        self._socket.connect(str(path))
        self._read = self._socket.makefile("rb")
        self.greeting = self.hears()

    def says(self, words: bytes) -> None:
        """Send these bytes, all of them."""
        self._socket.sendall(words)

    def hears(self) -> bytes:
        """The next line; empty at the end."""
        return self._read.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._read.close()
        self._socket.close()


class Alarms(list[str]):
    """What whoever runs an owner was told. `said`: set with the first sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.said = threading.Event()

    def __call__(self, sentence: str) -> None:
        """Say one."""
        self.append(sentence)
        self.said.set()


class Phones:
    """Every channel's notifier: what is sent is to be read by `next`. `answers`: what a send waits for, if anything."""

    declaration = Declaration("fake", "a fake", (), "name", "fake")

    def __init__(self) -> None:
        self.inbox: SimpleQueue[tuple[str, Message]] = SimpleQueue()
        self.before: Callable[[Message], None] = lambda _: None

    def __call__(self, channel: str) -> Phones:
        return self

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        """It lands on the phone of whoever has that address."""
        self.before(message)
        self.inbox.put((address, message))
        return Receipt("1")

    def next(self) -> tuple[str, Message]:
        """What comes next: the address and the message."""
        return self.inbox.get(timeout=PATIENCE)
