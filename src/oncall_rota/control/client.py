"""The other end of the socket: an `Office` whose every method asks the process that has the store."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from oncall_rota.control.line import Lines
from oncall_rota.control.peer import believed_users, user_of
from oncall_rota.control.place import short
from oncall_rota.control.wire import (
    ANSWER_MOST,
    DRIVE,
    PROTOCOL,
    REQUEST_MOST,
    Asked,
    Greeting,
    Request,
    answer_of,
    greeting_of,
    request_line,
)
from oncall_rota.errors import OfficeGone, OncallError, UsageError
from oncall_rota.paging.incident import Event
from oncall_rota.paging.live import OverrideAsked
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import OPEN, IncidentRow, IncidentStatus, LiveOverride
from oncall_rota.paging.request import Acted
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.token import TokenAsked, TokenKept

PATIENCE = 5.0  # seconds to connect, and for each answer
HINT = "ask again: when that process has ended, this one opens the store itself"


class RemoteOffice:
    """The office behind the socket at `path`, over one connection, for any number of threads.

    A connection that was idle may have been closed, and is made anew. Every method may raise `OfficeGone`.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._asking = threading.Lock()
        self._number = 0
        self._connection, self._lines, self.greeting = self._connected()

    # -- what an office is asked

    def signal(self, signal: Signal) -> Accepted:
        found: Accepted = self._ask("signal", signal=signal)
        return found

    def act(self, incident_id: str, event: Event, actor: str) -> Acted:
        if not isinstance(event, Asked):
            raise UsageError(f"{type(event).__name__} is not for people to say")
        found: Acted = self._ask("act", incident_id=incident_id, event=event, actor=actor)
        return found

    def remark(self, incident_id: str, by: str, text: str) -> Acted:
        found: Acted = self._ask("remark", incident_id=incident_id, by=by, text=text)
        return found

    def meant(self, reference: str) -> tuple[IncidentRow, ...]:
        found: tuple[IncidentRow, ...] = self._ask("meant", reference=reference)
        return found

    def incidents(
        self, statuses: Sequence[IncidentStatus] = OPEN, team: str | None = None, limit: int = 1000
    ) -> tuple[IncidentRow, ...]:
        found: tuple[IncidentRow, ...] = self._ask("incidents", statuses=tuple(statuses), team=team, limit=limit)
        return found

    def story(self, incident_id: str) -> Story | None:
        found: Story | None = self._ask("story", incident_id=incident_id)
        return found

    def add_token(self, asked: TokenAsked) -> TokenKept:
        found: TokenKept = self._ask("add_token", asked=asked)
        return found

    def tokens(self) -> tuple[TokenKept, ...]:
        found: tuple[TokenKept, ...] = self._ask("tokens")
        return found

    def revoke_token(self, token_id: str) -> TokenKept:
        found: TokenKept = self._ask("revoke_token", token_id=token_id)
        return found

    def rotate_key(self) -> tuple[str, ...]:
        found: tuple[str, ...] = self._ask("rotate_key")
        return found

    def add_override(self, asked: OverrideAsked) -> LiveOverride:
        found: LiveOverride = self._ask("add_override", asked=asked)
        return found

    def overrides(self) -> tuple[LiveOverride, ...]:
        found: tuple[LiveOverride, ...] = self._ask("overrides")
        return found

    def cancel_override(self, override_id: str, by: str) -> LiveOverride:
        found: LiveOverride = self._ask("cancel_override", override_id=override_id, by=by)
        return found

    def drive(self, incident_id: str) -> None:
        """Have the owner drive an incident whose own process has ended, too."""
        self._ask(DRIVE, incident_id=incident_id)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- over the wire

    def _ask(self, name: str, **arguments: Any) -> Any:
        with self._asking:
            self._number += 1
            request = Request(self._number, name, arguments)
            line = request_line(request)
            if self._closed():
                self._connection.close()
                self._connection, self._lines, self.greeting = self._connected()
            try:
                self._lines.send(line, self._patience)
                answer = self._lines.receive(ANSWER_MOST, self._patience)
                if answer is None:
                    raise ConnectionResetError("it has ended")
                return answer_of(answer, request)
            except (OSError, ValueError) as error:
                # Whatever comes after this on the same connection would be taken for another request's answer.
                self._connection.close()
                raise OfficeGone(f"{self._owner} does not answer: {error}", HINT, unsure=True) from error

    @property
    def _owner(self) -> str:
        name = f" ({self.greeting.name})" if self.greeting.name else ""
        return f"process {self.greeting.process}{name}, which has the store,"

    def _closed(self) -> bool:
        """Whether the owner has hung up while nothing was asked."""
        if self._connection.fileno() < 0:
            return True
        try:
            self._connection.setblocking(False)
            return not self._connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _connected(self) -> tuple[socket.socket, Lines, Greeting]:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            return connection, *self._greeted(connection)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError | ValueError):
                words = error.strerror if isinstance(error, OSError) and error.strerror else error
                raise OfficeGone(f"nobody answers on {self.path}: {words}", HINT) from error
            raise

    def _greeted(self, connection: socket.socket) -> tuple[Lines, Greeting]:
        connection.settimeout(self._patience)
        with short(self.path) as name:
            connection.connect(name)
        user = user_of(connection)
        if user is not None and user not in believed_users(self.path):
            raise OncallError(f"{self.path} is a socket of user {user}, who is not the owner of the store")
        lines = Lines(connection)
        said = lines.receive(REQUEST_MOST, self._patience)
        if said is None:
            raise ConnectionResetError("it has ended")
        greeting = greeting_of(said)
        if greeting.protocol != PROTOCOL:
            words = f"process {greeting.process}, which has the store, is of another version of this program"
            raise OncallError(words, "use that one, or end it")
        return lines, greeting
