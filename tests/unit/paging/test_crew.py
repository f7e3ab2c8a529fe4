"""The threads of a pager begin and end in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from oncall_rota.paging.crew import Crew
from oncall_rota.paging.pager import Errand, Hush, Turn
from oncall_rota.paging.request import Remark, Request

PATIENCE = 10.0  # seconds for what takes none


class FakePager:
    """Whatever it takes leads to an errand, which ends when it is told to and has `follows` as its request."""

    def __init__(self, follows: int) -> None:
        self.begun, self.ends = threading.Event(), threading.Event()
        self.ran: list[Errand] = []
        self.taken: list[Request] = []
        self._follows = follows

    def begin(self) -> Turn:
        return Turn((), (), ())

    tick = begin

    def take(self, requests: Sequence[Request]) -> Turn:
        self.taken += requests
        return Turn((None,) * len(requests), (Hush("sms", str(len(self.taken))),), ())

    def run(self, errand: Errand) -> Request | None:
        self.ran.append(errand)
        self.begun.set()
        self.ends.wait(PATIENCE)
        self._follows -= 1
        return Remark("1", "alice", "follows") if self._follows >= 0 else None


def crew_of(pager: Any, alarms: list[str]) -> Crew:
    """A crew at work."""
    return Crew(pager, alarms.append).start()


def test_what_is_decided_while_the_crew_ends_is_left_to_the_next_owner() -> None:
    """A page fails in the last moment, and the next one is decided: nobody sends it any more, and nothing dies."""
    alarms: list[str] = []
    pager = FakePager(follows=1)
    crew = crew_of(pager, alarms)
    crew.submit(Remark("1", "alice", "first")).result(PATIENCE)
    assert pager.begun.wait(PATIENCE)
    closing = threading.Thread(target=crew.close)
    closing.start()
    while crew.submit(Remark("1", "alice", "in time")).exception(PATIENCE) is None:
        pass  # until the crew takes nothing any more
    pager.ends.set()
    closing.join(PATIENCE)
    assert not alarms
    assert not crew.died.is_set()
    assert pager.taken[-1] == Remark("1", "alice", "follows"), "what came of the errand is written down"


def test_a_crew_is_settled_when_nothing_is_decided_or_sent() -> None:
    """An errand that leads to another one is waited for with that one."""
    alarms: list[str] = []
    pager = FakePager(follows=2)
    with crew_of(pager, alarms) as crew:
        crew.submit(Remark("1", "alice", "first")).result(PATIENCE)
        assert not crew.settle(0.0)
        pager.ends.set()
        assert crew.settle(PATIENCE)
        assert len(pager.ran) == 3
    assert not alarms
