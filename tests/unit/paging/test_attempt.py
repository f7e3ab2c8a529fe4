"""Until when an attempt may send: while the page is surely ours, whatever happens to the process in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall_rota.paging.delivery import Place, Standing, attempt
from oncall_rota.paging.job import Job
from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.notifier import ATTEMPT, LOOK_UP, Attempt, Deadline, Declaration, Receipt
from oncall_rota.paging.ports.store import LEASE

JOB = Job(
    "p1", 1, "i1", "bob", "call", "bob/phone", "+441632960001", Message("p1", "4f2a", "critical", "payments", "full"),
    datetime(2026, 11, 21, 3, 0, tzinfo=UTC), claimed=0.0,
)  # fmt: skip
STOPPED = LEASE.total_seconds() + 1


class Phone:
    """A provider that notes how long it was given. `takes`: how long its list takes to answer, seconds."""

    declaration = Declaration("call", "", (), "phone", "twilio", can=frozenset({"look_up"}), one_at_a_time=True)

    def __init__(self) -> None:
        self.at = 0.0
        self.takes = 0.0
        self.given: list[float] = []

    def clock(self) -> float:
        return self.at

    def look_up(self, attempt: Attempt, deadline: Deadline) -> Receipt | None:
        """Nothing found."""
        self.at += self.takes
        return None

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        """Taken, late or not: not every notifier looks at the time before it begins."""
        self.given.append(deadline.left())
        return Receipt("CA1")


def held(_: Job) -> Standing:
    """It is ours."""
    return "held"


def test_an_attempt_has_ten_seconds() -> None:
    """However long the page has lain until then, as it had to be renewed after five."""
    phone = Phone()
    phone.at = 5.0
    assert attempt(JOB, lambda _: phone, held, clock=phone.clock).state == "sent"
    assert phone.given == [ATTEMPT.total_seconds()] == [10.0]


@pytest.mark.parametrize("where", ["asked whose it is", "making the channel", "asked for its place"])
def test_a_process_that_is_stopped_on_the_way_sends_nothing(where: str) -> None:
    """By then another one has taken the page over."""
    phone = Phone()

    def stopped(here: str) -> None:
        phone.at += STOPPED if here == where else 0

    def standing(_: Job) -> Standing:
        stopped("asked whose it is")
        return "held"

    def channel(_: str) -> Phone:
        stopped("making the channel")
        return phone

    def place(_: Job) -> Place:
        stopped("asked for its place")
        return "next"

    result = attempt(JOB, channel, standing, place=place, clock=phone.clock)
    assert result.state == "renew"
    assert phone.given == []


def test_a_slow_look_up_takes_the_time_of_the_send() -> None:
    """Both together end before the lease does."""
    phone = Phone()
    phone.at, phone.takes = 5.0, LOOK_UP.total_seconds()
    assert attempt(JOB._replace(unsure=True), lambda _: phone, held, clock=phone.clock).state == "sent"
    assert phone.given == [LEASE.total_seconds() - 10.0]


def test_a_message_without_a_row_is_nobody_else_s() -> None:
    """It has all the time of an attempt, whenever it is sent."""
    phone = Phone()
    phone.at = 1000.0
    assert attempt(JOB._replace(fence=0), lambda _: phone, held, clock=phone.clock).state == "sent"
    assert phone.given == [10.0]
