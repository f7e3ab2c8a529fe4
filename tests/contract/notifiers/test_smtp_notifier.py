"""Mail, against aiosmtpd and against a server that misbehaves on the wire."""

from __future__ import annotations

import base64
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any, ClassVar

import fake_server as play
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from fake_server import FakeServer
from notifier_suite import (
    AGAIN,
    CREDENTIALS,
    NEXT,
    PAGE,
    PATIENCE,
    PLENTY,
    SECRET,
    SENT,
    UNSURE,
    NetworkContract,
    Outcome,
    made,
    outcome,
    same,
)

from oncall_rota.paging.ports.notifier import Deadline

ADDRESS = "ada@example.com"


class Mailbox:
    """An aiosmtpd handler that answers what it is told, and keeps what it takes."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.mails: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO."""
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_MAIL(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail."""
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("250") or answer == "drop":
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
            self.recipients.append(envelope.rcpt_tos)
        if answer == "drop":
            server.transport.abort()
        return answer

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Only the tests' own password."""
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == SECRET.encode(), handled=False)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A server on a port that the system chose."""
    box = Mailbox()

    class Chosen(Controller):
        """aiosmtpd's own start checks the port that it was told."""

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Chosen(
        box, "127.0.0.1", 0, authenticator=box.authenticate, auth_require_tls=False, ident="mail of the tests"
    )
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


class TestSmtp(NetworkContract):
    """A mail by aiosmtpd."""

    KIND = "smtp"
    ADDRESS = ADDRESS
    ENVIRON: ClassVar[dict[str, str]] = {"THE_SECRET": SECRET}

    @pytest.fixture(autouse=True)
    def _mail(self, mailbox: tuple[Mailbox, int], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", True)  # aiosmtpd's own words are not ours
        self.box, self.port = mailbox

    def options_of(self, host: str, port: int) -> dict[str, object]:
        return {"host": host, "port": str(port), "from": "oncall@example.com", "tls": "no"}

    def options(self, server: FakeServer) -> dict[str, object]:
        return self.options_of("127.0.0.1", self.port)

    def accepts(self, server: FakeServer) -> None:
        self.box.answers.clear()

    def received(self, server: FakeServer) -> list[str]:
        mails = [message_from_bytes(mail, policy=policy.default) for mail in self.box.mails]
        return [f"{mail['Subject']}\n{mail.get_content()}" for mail in mails]  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("step", "answer", "wanted"),
        [
            ("MAIL", "451 later", AGAIN),
            ("MAIL", "421 closing", AGAIN),
            ("MAIL", "550 no", NEXT),
            ("MAIL", "530 log in first", CREDENTIALS),
            ("RCPT", "450 greylisted", AGAIN),
            ("RCPT", "452 too many", AGAIN),
            ("RCPT", "550 unknown", NEXT),
            ("RCPT", "553 no", NEXT),
            ("RCPT", "251 forwarded", SENT),
            ("DATA", "452 full", AGAIN),
            ("DATA", "552 too large", NEXT),
            ("DATA", "554 spam", NEXT),
            ("DATA", "250 queued as 4f2a", SENT),
            ("DATA", "drop", UNSURE),
        ],
    )
    def test_an_answer(self, step: str, answer: str, wanted: Outcome, server: FakeServer) -> None:
        """4xx is later, 5xx never; a reply that is lost after the mail was taken is neither."""
        self.box.answers[step] = answer
        same(self.attempt(self.notifier(server)), wanted)

    def test_a_copy_has_the_same_id(self, server: FakeServer) -> None:
        """After a lost reply the mail goes out again, and mail programs know it for the same."""
        notifier = self.notifier(server)
        self.box.answers["DATA"] = "drop"
        same(self.attempt(notifier), UNSURE)
        self.accepts(server)
        same(self.attempt(notifier), SENT)
        ids = {message_from_bytes(mail)["Message-ID"] for mail in self.box.mails}
        assert len(self.box.mails) == 2
        assert ids == {f"<oncall-{PAGE.page_id}@example.com>"}

    def test_no_header_comes_from_an_alert(self, server: FakeServer) -> None:
        """Line breaks in any field make no header and no recipient."""
        notifier = self.notifier(server)
        evil = "x\r\nBcc: all@example.com\r\n\r\nbody"
        from oncall_rota.paging.message import cleaned

        page = PAGE._replace(summary=evil, team=evil, severity=evil, page_id=evil, lines=(evil, ".", "\r\n.\r\nQUIT"))
        same(self.attempt(notifier, cleaned(page)), SENT)
        mail = message_from_bytes(self.box.mails[0], policy=policy.default)
        assert self.box.recipients == [[ADDRESS]]
        assert sorted(mail.keys()) == sorted(
            ["Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Oncall-Page", "Importance"]
            + [
                "Content-Type",
                "Content-Transfer-Encoding",
                "MIME-Version",
                *[k for k in mail if k.startswith("X-Peer")],
            ]
            + [k for k in mail.keys() if k in ("X-MailFrom", "X-RcptTo")]  # noqa: SIM118 not a mapping
        )

    @pytest.mark.parametrize("address", ["", "ada", "a@b>\r\nRCPT TO:<c@d", "a b@c", "ü@example.com", "a@" + "b" * 300])
    def test_only_an_address_is_an_address(self, address: str, server: FakeServer) -> None:
        """Nothing is sent, and the administrator told."""
        notifier = self.notifier(server)
        same(outcome(lambda: notifier.send(PAGE, address, Deadline(PLENTY))), NEXT)
        assert self.box.mails == []

    def test_a_password(self, server: FakeServer) -> None:
        """It is used; a wrong one is an alarm."""
        options = self.options(server) | {"user": "oncall", "password": {"env": "THE_SECRET"}}
        same(self.attempt(made("smtp", options, self.ENVIRON)), SENT)
        assert self.box.logins == [(b"oncall", SECRET.encode())]
        same(self.attempt(made("smtp", options, {"THE_SECRET": "wrong"})), CREDENTIALS)

    def test_starttls_is_not_given_up(self, server: FakeServer) -> None:
        """A server without it gets no mail and no password."""
        options = self.options(server) | {"tls": "starttls", "password": {"env": "THE_SECRET"}}
        same(self.attempt(made("smtp", options, self.ENVIRON)), NEXT)
        assert self.box.logins == self.box.mails == []

    def test_tls_from_the_first_byte(self, server: FakeServer) -> None:
        """A server that does not speak it gets nothing."""
        options = self.options(server) | {"tls": "yes"}
        found = self.attempt(made("smtp", options, self.ENVIRON), PAGE, PATIENCE)
        assert found.kind == "again"
        assert self.box.mails == []


def wire(*steps: bytes | Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    """What a server says, one step before each line of ours."""

    def serve(connection: socket.socket) -> None:
        for step in steps:
            if callable(step):
                step(connection)
            else:
                connection.sendall(step)
            if not connection.recv(65536):
                return

    return serve


def dripping(connection: socket.socket) -> None:
    """One byte at a time."""
    for byte in b"220-slow\r\n" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.01)


def endless(connection: socket.socket) -> None:
    """A reply of a gigabyte."""
    for _ in range(play.GIGABYTE // 65536):
        connection.sendall(b"250-" + b"x" * 65530 + b"\r\n")


def many_lines(connection: socket.socket) -> None:
    """A reply of endless lines."""
    for _ in range(play.GIGABYTE // 10000):
        connection.sendall(b"250-x\r\n" * 1000)


OK = b"250 OK\r\n"
TO_DATA = (b"220 x\r\n", b"250 x\r\n", OK, OK)


@pytest.mark.parametrize(
    ("serve", "wanted"),
    [
        (wire(b"554 go away\r\n"), NEXT),
        (wire(b"421 busy\r\n"), AGAIN),
        (wire(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "again"),
        (wire(b"\x16\x03\x01\x00\r\n"), "again"),
        (wire(b""), AGAIN),
        (wire(dripping), AGAIN),
        (wire(b"220 x\r\n", endless), AGAIN),
        (wire(b"220 x\r\n", many_lines), AGAIN),
        (wire(*TO_DATA, b"451 not now\r\n"), AGAIN),
        (wire(*TO_DATA, b"354 go\r\n"), UNSURE),
        (wire(*TO_DATA, b"354 go\r\n", many_lines), UNSURE),
        (socket.socket.close, AGAIN),
    ],
)
def test_a_bad_server(serve: Callable[[socket.socket], None], wanted: Outcome | str) -> None:
    """Whatever it does: the attempt ends in time, and what is not sure is called so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    serve(connection)
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        port = str(listener.getsockname()[1])
        notifier = made("smtp", {"host": "127.0.0.1", "port": port, "from": "oncall@example.com", "tls": "no"}, {})
        started = time.monotonic()
        found = outcome(lambda: notifier.send(PAGE, ADDRESS, Deadline(PATIENCE)))
        assert time.monotonic() - started < 2
        if isinstance(wanted, str):
            assert found.kind == wanted
        else:
            same(found, wanted)
        thread.join(10)


def test_the_words_are_in_the_mail(mailbox: tuple[Mailbox, int]) -> None:
    """As base64, which no server on the way may change, with the moment of our clock."""
    box, port = mailbox
    options = {"host": "127.0.0.1", "port": str(port), "from": "On Call <oncall@example.com>", "tls": "no"}
    made("smtp", options, {}).send(PAGE, ADDRESS, Deadline(PLENTY))
    mail = message_from_bytes(box.mails[0])
    assert mail["Date"] == "Mon, 07 Dec 2026 03:00:00 +0000"
    assert mail["From"] == "On Call <oncall@example.com>"
    text = base64.b64decode(str(mail.get_payload())).decode()
    assert text.split("\r\n")[0] == "critical payments: Disk full on db1"
