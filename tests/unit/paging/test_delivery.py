"""One attempt at one page: nothing is sent by whoever does not have it any more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall_rota.paging.delivery import Standing, attempt
from oncall_rota.paging.job import Job
from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.notifier import Attempt, Deadline, Declaration, Receipt

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
JOB = Job(
    "i-1", 1, "i", "bob", "sms", "bob/phone", "+441632960001", Message("i-1", "4f2a", "critical", "x", "y"), AT, 0.0
)


class Phone:
    """Takes every page; asked what it has, it has nothing."""

    declaration = Declaration("phone", "", (), "phone", "fake")

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.asked = 0

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        self.sent.append(message.page_id)
        return Receipt(None)

    def look_up(self, asked: Attempt, deadline: Deadline) -> Receipt | None:
        self.asked += 1
        return None


@pytest.mark.parametrize("standing", ["lost", "cancelled"])
def test_a_page_that_was_just_claimed_is_asked_for_too(standing: Standing) -> None:
    """A virtual machine that was paused has no clock that tells it so."""
    phone = Phone()
    result = attempt(JOB, lambda _: phone, lambda _: standing, clock=lambda: 0.0)
    assert result.state == standing
    assert phone.sent == []


def test_what_a_look_up_has_found_for_another_attempt_is_not_sent_again() -> None:
    """The provider's list has nothing that is not written down by now, and this page is."""
    phone, answers = Phone(), iter(["held", "lost"])
    result = attempt(JOB._replace(unsure=True), lambda _: phone, lambda _: next(answers), clock=lambda: 0.0)  # type: ignore[arg-type,return-value]
    assert (result.state, phone.asked, phone.sent) == ("lost", 1, [])


def test_a_message_without_a_row_is_sent_however_long_it_lay() -> None:
    """That the store has failed cannot be written down, nor claimed again."""
    phone = Phone()
    job = JOB._replace(fence=0, what="notice")
    assert attempt(job, lambda _: phone, lambda _: "held", clock=lambda: 60.0).state == "sent"
    assert phone.sent == ["i-1"]
