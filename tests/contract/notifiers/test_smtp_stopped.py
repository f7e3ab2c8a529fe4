"""A process that is stopped in the middle of a mail does not finish it when it goes on: by then it is another's."""

from __future__ import annotations

from typing import Any

import pytest

from oncall_rota.notifiers import registry
from oncall_rota.notifiers.wire import Wire
from oncall_rota.paging.message import Message
from oncall_rota.paging.model import Channel
from oncall_rota.paging.ports.notifier import Deadline, NotifierError

PAGE = Message("5f0c8a52-1", "4f2a", "critical", "payments", "Disk full on db1")
REPLIES = [b"220 mx", b"250 mx", b"250 ok", b"250 ok", b"354 go on", b"250 taken"]  # greeting, EHLO, MAIL, RCPT, DATA
OPTIONS = {"host": "mx.example.com", "from": "oncall@example.com", "tls": "no"}


class Line(Wire):
    """A connection to a mail server, in memory. The process is stopped for an hour right after the reply `stopped`."""

    def __init__(self, stopped: int) -> None:
        super().__init__()
        self.at = 0.0
        self.said = b""
        self._replies = list(REPLIES)
        self._stopped = stopped

    def connect(self, *_: Any) -> Any:
        return self

    def settimeout(self, seconds: float) -> None:
        """It answers at once."""

    def close(self) -> None:
        """Nothing is kept open."""

    def sendall(self, data: bytes) -> None:
        """The client says something."""
        self.said += data

    def recv_into(self, buffer: memoryview) -> int:
        """The server's next reply."""
        reply = self._replies.pop(0) + b"\r\n"
        buffer[: len(reply)] = reply
        self.at += 3600 if len(REPLIES) - len(self._replies) == self._stopped + 1 else 0
        return len(reply)


@pytest.mark.parametrize("stopped", range(5))
def test_nothing_is_said_after_the_deadline(stopped: int) -> None:
    """After whatever reply it is stopped: the next command, and above all the mail itself, stays unsaid."""
    line = Line(stopped)
    notifier = registry.make(Channel("email", "smtp", "email", OPTIONS), environ={}, wire=line)
    with pytest.raises(NotifierError, match="in time"):
        notifier.send(PAGE, "ada@example.com", Deadline(10, lambda: line.at))
    commands = [b"ehlo", b"mail", b"rcpt", b"data"]
    assert [each[:4] for each in line.said.split(b"\r\n")] == [*commands[:stopped], b""]


def test_what_was_handed_over_is_taken() -> None:
    """The last reply is read before anybody looks at the time."""
    line = Line(5)
    notifier = registry.make(Channel("email", "smtp", "email", OPTIONS), environ={}, wire=line)
    assert notifier.send(PAGE, "ada@example.com", Deadline(10, lambda: line.at)).state == "sent"
    assert line.said.endswith(b"\r\n.\r\n")
