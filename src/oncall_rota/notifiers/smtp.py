"""`smtp`: a mail by the company's own server. The Message-ID is the page's, so that a copy is known as one."""

from __future__ import annotations

import io
import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from oncall_rota.notifiers.http_door import tls
from oncall_rota.notifiers.setup import Setup
from oncall_rota.notifiers.wire import Arriving, TooMuch, Wire
from oncall_rota.paging.message import Message, body, masked, subject
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Option, Receipt

REPLIES = 64 * 1024  # bytes that a server may say in one attempt
PORTS = {"starttls": 587, "yes": 465, "no": 25}
Step = Callable[[smtplib.SMTP], tuple[int, bytes]]  # something said to the server, and what it replies
ADDRESS = re.compile(r"[!-;=?A-~]{1,64}@[!-;=?A-~]{1,255}", re.ASCII)
SENDER = rf"[^<>@]*<{ADDRESS.pattern}>|{ADDRESS.pattern}"


class Smtp:
    """A mail server; `tls`: no, starttls (refused when the server has none), or yes from the first byte."""

    declaration = Declaration(
        type="smtp",
        doc="A mail.",
        options=(
            Option("host", "text", "Name of the mail server.", required=True, shape=r"[^\s/@]+"),
            Option("from", "text", "The sender's address.", required=True, shape=SENDER),
            Option("port", "number", "Its port: 587, 465 with `tls: yes`, 25 with `tls: no`.", bounds=(1, 65535)),
            Option("tls", "text", "starttls, yes (from the first byte) or no.", False, "starttls", tuple(PORTS)),
            Option("user", "text", "Name to log in with; the sender's address when only a password is given."),
            Option("password", "secret", "Password to log in with."),
        ),
        to="email",
        provider="smtp",
        shape=ADDRESS.pattern,
        example="alice@example.com",
        can=frozenset({"rehearse"}),
    )

    def __init__(self, setup: Setup) -> None:
        values = setup.values
        self._setup = setup
        self._tls = values["tls"]
        self._port = values["port"] or PORTS[self._tls]
        self._sender = parseaddr(values["from"])[1]

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        if not ADDRESS.fullmatch(address):
            words = f"{masked(address)} is not an address for mail"
            raise NotifierError(words, permanent=True, alarm=words)
        mail = self._mail(message, address)
        self._told(
            deadline,
            lambda server: server.mail(self._sender),
            lambda server: server.rcpt(address),
            last=lambda server: server.data(mail),
        )
        return Receipt(mail_id(message, self._sender), "sent", "accepted by the mail server")

    def rehearse(self, deadline: Deadline) -> str:
        """Log in, begin a mail, and leave it at that."""
        self._told(deadline, lambda server: server.mail(self._sender), last=lambda server: server.docmd("RSET"))
        return "the mail server takes mails"

    def _told(self, deadline: Deadline, *steps: Step, last: Step) -> None:
        """Log in and say these things; what breaks off in the last one may have been done."""
        host = self._setup.values["host"]
        server = _Server(self._setup.wire, deadline, self._tls == "yes")
        handed_over = False
        try:
            _must(server.connect(host, self._port), 220)
            server.ehlo_or_helo_if_needed()
            if self._tls == "starttls":
                server.starttls(context=tls())
            if (password := self._setup.values["password"]) is not None:
                server.login(self._setup.values["user"] or self._sender, password.reveal())
            for step in steps:
                _must(step(server), 250)
            handed_over = True
            _must(last(server), 250)
        except smtplib.SMTPResponseException as refused:
            raise _refused(refused, self._setup.channel, "mail") from None
        except smtplib.SMTPNotSupportedError:
            words = f"{host} does not offer what {self._setup.channel} asks for (starttls, login)"
            raise NotifierError(words, permanent=True, alarm=words) from None
        except ssl.SSLCertVerificationError:
            raise NotifierError(f"{host} has no valid certificate", True, alarm=f"the certificate of {host}") from None
        except (OSError, ValueError) as failed:  # smtplib's own errors are OSErrors
            slow = isinstance(failed, TimeoutError)
            words = f"{host} did not answer in time" if slow else f"{host} broke the connection off"
            raise NotifierError(words, unsure=handed_over) from None
        finally:
            server.close()  # QUIT would wait for an answer that changes nothing

    def _mail(self, message: Message, address: str) -> bytes:
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = subject(message)
        mail["From"] = self._setup.values["from"]
        mail["To"] = address
        mail["Date"] = format_datetime(self._setup.clock.now())
        mail["Message-ID"] = mail_id(message, self._sender)
        mail["Auto-Submitted"] = "auto-generated"  # no out-of-office answers
        mail["X-Oncall-Page"] = _plain(message.page_id)
        if message.kind in ("page", "direct"):
            mail["Importance"] = "high"
        mail.set_content(body(message), cte="base64")
        return mail.as_bytes()


def mail_id(message: Message, sender: str) -> str:
    """The same for every copy of a page."""
    return f"<oncall-{_plain(message.page_id)}@{sender.rpartition('@')[2] or 'localhost'}>"


def _plain(page_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", page_id)


class _Server(smtplib.SMTP):
    """smtplib with our connections: the whole attempt has one deadline, and what the server says an end."""

    def __init__(self, wire: Wire, deadline: Deadline, encrypted: bool) -> None:
        super().__init__(local_hostname="localhost", timeout=max(deadline.left(), 0.001))
        self._wire = wire
        self._deadline = deadline
        self._encrypted = encrypted

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        connection = self._wire.connect(host, port, self._deadline)
        connection.settimeout(max(self._deadline.left(), 0.001))
        self._host = host  # what STARTTLS compares the certificate with
        return tls().wrap_socket(connection, server_hostname=host) if self._encrypted else connection

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(Arriving(self.sock, self._deadline, REPLIES))
        try:
            return super().getreply()
        except smtplib.SMTPResponseException:
            raise TooMuch from None  # a line too long, which smtplib calls a reply of 500

    def send(self, s: Any) -> None:
        seconds = self._deadline.left()
        if seconds <= 0:
            raise TimeoutError  # a process that was stopped: the page may be another's by now
        if self.sock is not None:
            self.sock.settimeout(seconds)
        super().send(s)


def _must(reply: tuple[int, bytes], code: int) -> None:
    """`code` or its neighbours of the same hundred; a refusal is smtplib's own, to be judged in one place."""
    if reply[0] // 100 != code // 100:
        raise smtplib.SMTPResponseException(*reply)


def _refused(refused: smtplib.SMTPResponseException, channel: str, what: str) -> NotifierError:
    """4xx: later, as RFC 5321 says. 5xx: never; 530, 534 and 535 are about the credentials."""
    code = refused.smtp_code
    words = f"the {what} of {channel} was answered {code}"
    if code in (530, 534, 535):
        return NotifierError(words, permanent=True, alarm=f"the credentials of {channel} are refused ({code})")
    if 500 <= code < 600:
        return NotifierError(words, permanent=True, alarm=words)
    return NotifierError(words, unsure=not 400 <= code < 500)
