"""Mail to a real server: exim4, with STARTTLS, TLS from the first byte, a login, and refusals of its own.

`tests/real/install-mail` installs it; then, as root, `pytest -m real tests/real/test_smtp.py`. An exim4 that is missing
is a failure.
"""

from __future__ import annotations

import grp
import pwd
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from oncall_rota.notifiers import http_door, registry, smtp
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.model import Channel
from oncall_rota.paging.ports.notifier import Deadline, NotifierError, Receipt

pytestmark = pytest.mark.real

EXIM = Path("/usr/sbin/exim4")
PAGE = Message("5f0c8a52-1d6e", "4f2a", "critical", "payments", "Disk full on db1")
PASSWORD = "password-of-the-tests"
CONFIGURATION = """
primary_hostname = mx.example.com
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
exim_user = {user}
exim_group = {group}
never_users =
daemon_smtp_ports = {port} : {tls_port}
local_interfaces = 127.0.0.1
tls_on_connect_ports = {tls_port}
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
keep_environment =
queue_only
acl_smtp_rcpt = rcpt
acl_smtp_data = data
message_size_limit = 1M

begin acl
rcpt:
  deny    local_parts = nobody
          message = no such person
  defer   local_parts = busy
          message = try again later
  accept
data:
  defer   condition = ${{if match{{$h_subject:}}{{greylisted}}}}
          message = greylisted
  deny    condition = ${{if match{{$h_subject:}}{{rejected}}}}
          message = rejected
  accept

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
"""


class Mta(NamedTuple):
    """A running exim4. Mail that it takes stays in its queue, in `folder`."""

    port: int
    tls_port: int
    folder: Path

    def queued(self) -> list[EmailMessage]:
        """The mails that it has accepted, oldest first."""
        headers = sorted((self.folder / "spool" / "input").rglob("*-H"), key=lambda path: path.stat().st_mtime_ns)
        return [self._read(path) for path in headers]

    def _read(self, path: Path) -> EmailMessage:
        identity = path.name.removesuffix("-H")
        text = subprocess.run(
            [str(EXIM), "-C", str(self.folder / "exim.conf"), "-Mvc", identity], capture_output=True, check=True
        ).stdout
        mail = message_from_bytes(text, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        return mail


def free_port() -> int:
    """A port that was free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def mta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mta]:
    """exim4 on loopback, with a certificate made for it."""
    assert EXIM.exists(), "exim4 is missing: run tests/real/install-mail"
    folder = tmp_path_factory.mktemp("exim")
    for part in (folder, *folder.parents):
        if part.is_relative_to(Path(tmp_path_factory.getbasetemp()).parent):
            part.chmod(0o755)
    user = pwd.getpwnam("Debian-exim")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            str(folder / "key.pem"),
            "-out",
            str(folder / "cert.pem"),
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    for name in ("spool", "log"):
        (folder / name).mkdir()
    ports = free_port(), free_port()
    group = grp.getgrgid(user.pw_gid).gr_name
    (folder / "exim.conf").write_text(
        CONFIGURATION.format(
            folder=folder, user=user.pw_name, group=group, port=ports[0], tls_port=ports[1], password=PASSWORD
        )
    )
    subprocess.run(
        ["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", str(folder / "spool"), str(folder / "log")], check=True
    )
    for name in ("key.pem", "cert.pem"):
        subprocess.run(["chown", f"0:{user.pw_gid}", str(folder / name)], check=True)
        (folder / name).chmod(0o640)
    process = subprocess.Popen([str(EXIM), "-C", str(folder / "exim.conf"), "-bdf"])
    try:
        until = time.monotonic() + 30
        while True:
            assert process.poll() is None, "exim4 ended"
            assert time.monotonic() < until
            try:
                socket.create_connection(("127.0.0.1", ports[0]), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield Mta(*ports, folder)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def trusted(mta: Mta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its certificate is believed, as a company's own authority would be."""
    context = ssl.create_default_context(cafile=str(mta.folder / "cert.pem"))
    monkeypatch.setattr(smtp, "tls", lambda: context)


def sender(mta: Mta, environ: dict[str, str] | None = None, **more: object) -> Callable[..., Receipt]:
    """`send(page, address)` through exim4."""
    port = mta.tls_port if more.get("tls") == "yes" else mta.port
    options: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": str(port),
        "from": "oncall@example.com",
        "tls": "no",
        **more,
    }
    notifier = registry.make(Channel("email", "smtp", "email", options), environ=environ or {})
    return lambda page=PAGE, address="ada@example.com": notifier.send(page, address, Deadline(20))


def test_a_mail_is_in_its_queue(mta: Mta) -> None:
    """With our id and words, and the receipt names it."""
    receipt = sender(mta)()
    mail = mta.queued()[-1]
    assert mail["Message-ID"] == receipt.provider_id
    assert mail["Subject"] == "[critical] payments: Disk full on db1 (#4f2a)"
    assert "oncall ack 4f2a" in mail.get_content()


def test_hostile_texts(mta: Mta) -> None:
    """No header, no recipient, no end of the mail comes from an alert."""
    send = sender(mta)
    for text in (
        "x\r\nBcc: all@example.com",
        "\r\n.\r\nQUIT\r\n",
        "\ud800\0\x1b\u2028",
        "東京 🔥",
        "=?utf-8?q?x?=",
        "." * 900,
    ):
        before = len(mta.queued())
        send(cleaned(PAGE._replace(summary=text, lines=(text, ".", "..x"))))
        mails = mta.queued()
        assert len(mails) == before + 1
        assert mails[-1]["Bcc"] is None
        assert mails[-1]["To"] == "ada@example.com"
        assert "4f2a" in str(mails[-1]["Subject"])
        assert "\n.\n..x" in mails[-1].get_content().replace("\r\n", "\n")


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("tls", ["starttls", "yes"])
def test_encrypted_with_a_login(mta: Mta, tls: str) -> None:
    """Both ways of encryption; a wrong password is an alarm."""
    more = {"tls": tls, "user": "oncall", "password": {"env": "P"}}
    assert sender(mta, {"P": PASSWORD}, **more)().provider_id
    with pytest.raises(NotifierError) as caught:
        sender(mta, {"P": "wrong"}, **more)()
    assert caught.value.permanent
    assert "credentials" in (caught.value.alarm or "")
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("tls", ["starttls", "yes"])
def test_a_certificate_of_nobody_known(mta: Mta, tls: str) -> None:
    """No mail and no password goes to whoever that is."""
    before = len(mta.queued())
    http_door.tls.cache_clear()
    with pytest.raises(NotifierError) as caught:
        sender(mta, {"P": PASSWORD}, tls=tls, password={"env": "P"})()
    assert caught.value.permanent
    assert "certificate" in (caught.value.alarm or "")
    assert len(mta.queued()) == before


@pytest.mark.parametrize(
    ("address", "summary", "permanent"),
    [
        ("nobody@example.com", "x", True),
        ("busy@example.com", "x", False),
        ("ada@example.com", "greylisted", False),
        ("ada@example.com", "rejected", True),
    ],
)
def test_its_refusals(mta: Mta, address: str, summary: str, permanent: bool) -> None:
    """Of the recipient or of the mail: now or for good; surely not taken."""
    before = len(mta.queued())
    with pytest.raises(NotifierError) as caught:
        sender(mta)(PAGE._replace(summary=summary), address)
    assert caught.value.permanent is permanent
    assert not caught.value.unsure
    assert len(mta.queued()) == before
