"""Calls: a provider's list does not tell which page a call was for, so one number has one unresolved call at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from fake_phones import person, step
from night import Night, Provider

from oncall_rota.paging.delivery import MOST
from oncall_rota.paging.message import Message
from oncall_rota.paging.pager import Errand, Turn
from oncall_rota.paging.ports.notifier import Attempt, Deadline, NotifierError, Receipt
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.timeline.duration import parse


class Call(NamedTuple):
    """What was called, as the provider's list has it; the page is what the person heard, and not in the list."""

    at: datetime
    number: str
    page_id: str
    sid: str


class Exchange(Provider):
    """Calls numbers. `dies`: the next call is made, and our process ends before it hears of it."""

    def __init__(self, night: Night) -> None:
        super().__init__(night, "call")
        self.declaration = self.declaration._replace(one_at_a_time=True, can=frozenset({"look_up"}))
        self.calls: list[Call] = []
        self.dies = False

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        """A call."""
        if self.refuses:
            raise self.refuses.popleft()
        self.calls.append(Call(self._night.clock.at, address, message.page_id, f"CA{len(self.calls)}"))
        if self.dies:
            self.dies = False
            raise KeyboardInterrupt
        return Receipt(self.calls[-1].sid)

    def look_up(self, attempt: Attempt, deadline: Deadline) -> Receipt | None:
        """The newest one to that number that is nobody's."""
        for call in reversed(self.calls):
            if (
                plain(call.number) == plain(attempt.address)
                and call.at >= attempt.since
                and call.sid not in attempt.known
            ):
                return Receipt(call.sid)
        return None

    @property
    def heard(self) -> list[str]:
        """The incidents that were called for."""
        return [call.page_id.partition("-")[0] for call in self.calls]

    @property
    def mistaken(self) -> list[Call]:
        """The calls that another page than theirs is believed to have been."""
        known = {page_id: self._night.store.page(page_id) for page_id in {call.page_id for call in self.calls}}
        return [call for call in self.calls if (page := known[call.page_id]) is None or page.provider_id != call.sid]


def together(night: Night, turn: Turn) -> Turn:
    """All errands are run at once, as threads do; their ends are written down after that."""
    night.alarms += turn.alarms
    errands = turn.errands
    while errands:
        ended = [request for request in map(night.pager.run, errands) if request is not None]
        following = night.pager.take(ended)
        night.alarms += following.alarms
        errands = following.errands
    return turn


@pytest.fixture
def exchange(night: Night, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """Alice is paged by calls alone."""
    made = Exchange(night)
    night.providers["call"] = made
    monkeypatch.setattr(night, "_perform", lambda turn: together(night, turn))
    night.field.people["alice"] = person("alice", "0m call")
    return made


def plain(number: str) -> str:
    """Without what makes it easier to read."""
    return "".join(filter(str.isalnum, number))


def signals(night: Night, *keys: str) -> list[str]:
    """Several at once; their incidents."""
    turn = night.pager.take([Signal("prod-am", key, f"{key} is full", team="payments") for key in keys])
    night._perform(turn)
    return [reply.incident_id for reply in turn.replies if isinstance(reply, Accepted)]


def crashes(night: Night, *keys: str) -> list[str]:
    """Several at once, and the process dies while it sends; their incidents."""
    with pytest.raises(KeyboardInterrupt):
        signals(night, *keys)
    opened = [row.id for row in night.store.incidents()]
    night.store.close()
    night.starts()
    return opened


def ticked(night: Night, span: str) -> Iterator[Errand]:
    """What is to be done after a while."""
    night.clock.at += parse(span)
    yield from night.pager.tick().errands


@pytest.mark.parametrize("keys", ["a b", "a b c d"])
def test_a_call_is_not_taken_for_another_page_s_after_a_crash(night: Night, exchange: Exchange, keys: str) -> None:
    """Of several that were claimed, the dead process had called for one: the others are called for, and it is not."""
    exchange.dies = True
    opened = crashes(night, *keys.split())
    night.passes("30s")
    assert sorted(exchange.heard) == sorted(opened)
    assert exchange.mistaken == []


def test_one_that_was_put_off_does_not_overtake_what_is_unresolved(night: Night, exchange: Exchange) -> None:
    """The older page was refused and waits; its turn comes while the younger is called for, and then all ends."""
    exchange.refuses.append(NotifierError("429", retry_after=timedelta(seconds=5)))
    opened = signals(night, "older")
    turn = night.pager.take([Signal("prod-am", "younger", "full", team="payments")])
    opened += [reply.incident_id for reply in turn.replies if isinstance(reply, Accepted)]
    for errands in (turn.errands, ticked(night, "6s")):
        for errand in errands:
            exchange.dies = True
            with suppress(KeyboardInterrupt):
                night.pager.run(errand)
    exchange.dies = False
    night.store.close()
    night.starts()
    night.passes("30s")
    assert sorted(exchange.heard) == sorted(opened)
    assert exchange.mistaken == []


def test_two_who_share_a_number_share_its_turn(night: Night, exchange: Exchange) -> None:
    """The list shows the number, and not whom it was called for."""
    number = {"call": "+44 1632 960-001"}
    night.field.people["alice"] = person("alice", "0m call")._replace(addresses=number)
    night.field.people["bob"] = person("bob", "0m call")._replace(addresses={"call": "+441632960001"})
    night.field.escalates(step([night.field.primary, night.field.secondary]))
    exchange.dies = True
    crashes(night, "a")
    night.passes("30s")
    assert len({call.page_id for call in exchange.calls}) == len(exchange.calls) == 2
    assert exchange.mistaken == []


def test_whoever_waits_for_the_number_is_not_given_up(night: Night, exchange: Exchange) -> None:
    """A dozen incidents at once, and a provider that answers each time that it is busy: waiting is no attempt."""
    keys = [f"k{number}" for number in range(3 * MOST)]
    exchange.dies = True
    opened = crashes(night, *keys)
    night.passes("2m")
    assert sorted(exchange.heard) == sorted(opened)
    assert night.alarms == []


def test_a_refusal_still_counts_after_a_wait(night: Night, exchange: Exchange) -> None:
    """The second one is the last: the next rule's turn."""
    night.field.people["alice"] = person("alice", "0m call", "3m sms")
    exchange.dies = True
    crashes(night, "a", "b")
    exchange.refuses.extend([NotifierError("503"), NotifierError("503")])
    night.passes("20s")
    assert night.channels_to("alice") == ["sms"]
