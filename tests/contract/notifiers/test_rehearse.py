"""A provider is asked whether it would take a page, and gets none: what its answers mean, and what is asked."""

from __future__ import annotations

from typing import Any

import fake_server as play
import pytest
from fake_server import FakeServer
from notifier_suite import AGAIN, CREDENTIALS, NEXT, PLENTY, SECRET, Outcome, made, outcome, same
from test_smtp_notifier import Mailbox, mailbox

from oncall_rota.paging.ports.notifier import Deadline, Rehearses

__all__ = ["mailbox"]  # a fixture
LOOPBACK = ["127.0.0.0/8"]
SENDS = ("chat.postMessage", "Messages", "Calls")
TWILIO = {"from": "+441632960001", "account": "AC" + "0" * 32, "token": {"env": "THE_SECRET"}}
KINDS: dict[str, dict[str, Any]] = {
    "ntfy": {"allow_private": LOOPBACK},
    "slack": {"token": {"env": "THE_SECRET"}},
    "twilio-sms": TWILIO,
    "twilio-voice": TWILIO,
}
WELL: dict[str, dict[str, Any]] = {
    "ntfy": {"healthy": True},
    "slack": {"ok": True, "user": "oncall"},
    "twilio-sms": {"sid": TWILIO["account"], "status": "active"},
    "twilio-voice": {"sid": TWILIO["account"], "status": "active"},
}
UNWELL: dict[str, tuple[dict[str, Any], Outcome]] = {
    "ntfy": ({"healthy": False}, AGAIN),
    "slack": ({"ok": False, "error": "token_revoked"}, CREDENTIALS),
    "twilio-sms": ({"sid": TWILIO["account"], "status": "suspended"}, NEXT),
    "twilio-voice": ({"sid": TWILIO["account"], "status": "closed"}, NEXT),
}


def channel(kind: str, server: FakeServer) -> Rehearses:
    """One of that kind, at our server."""
    found = made(kind, {"url": f"http://127.0.0.1:{server.port}", **KINDS[kind]}, {"THE_SECRET": SECRET})
    assert isinstance(found, Rehearses)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_is_well_is_asked_and_sent_nothing(kind: str, server: FakeServer) -> None:
    """One question, by which nobody is paged."""
    server.plays[:] = [play.answer(200, WELL[kind])]
    assert channel(kind, server).rehearse(Deadline(PLENTY))
    (request,) = server.requests
    assert not any(word in request.target for word in SENDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_that_says_no_says_so(kind: str, server: FakeServer) -> None:
    """In an answer that is fine as HTTP."""
    body, wanted = UNWELL[kind]
    server.plays[:] = [play.answer(200, body)]
    same(outcome(lambda: channel(kind, server).rehearse(Deadline(PLENTY)), (SECRET,)), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_credentials_that_are_none_any_more_are_told(kind: str, server: FakeServer) -> None:
    """Before anybody has to be paged."""
    server.plays[:] = [play.answer(401, {"code": 20003, "message": "Authenticate"})]
    same(outcome(lambda: channel(kind, server).rehearse(Deadline(PLENTY)), (SECRET,)), CREDENTIALS)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_ends_with_the_deadline(kind: str, server: FakeServer) -> None:
    """A provider that hangs holds up nothing."""
    server.plays[:] = [play.silence]
    found = outcome(lambda: channel(kind, server).rehearse(Deadline(0.3)), (SECRET,))
    assert found.kind == "again"


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [({"MAIL": "451 later"}, AGAIN), ({"MAIL": "550 no"}, NEXT), ({"MAIL": "530 log in first"}, CREDENTIALS)],
)
def test_a_mail_server_that_would_take_no_mail(
    mailbox: tuple[Mailbox, int],
    answers: dict[str, str],
    wanted: Outcome,
) -> None:
    """It is asked as for a mail: whoever connects is not yet let in."""
    box, port = mailbox
    box.answers.update(answers)
    same(outcome(lambda: _mail(port).rehearse(Deadline(PLENTY))), wanted)


def test_a_mail_server_that_would_take_one_gets_none(mailbox: tuple[Mailbox, int]) -> None:
    """A mail is begun and left."""
    box, port = mailbox
    assert _mail(port).rehearse(Deadline(PLENTY)) == "the mail server takes mails"
    assert (box.mails, box.recipients) == ([], [])


def _mail(port: int) -> Rehearses:
    found = made("smtp", {"host": "127.0.0.1", "port": str(port), "from": "oncall@example.com", "tls": "no"}, {})
    assert isinstance(found, Rehearses)
    return found
