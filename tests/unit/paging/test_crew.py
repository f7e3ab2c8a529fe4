"""The threads of a pager begin and end in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from oncall_rota.paging.crew import MOST, Crew
from oncall_rota.paging.pager import Errand, Hush, Turn
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Remark, Request

PATIENCE = 10.0  # seconds for what takes none


class FakePager:
    """Whatever it takes leads to an errand, which ends when it is told to and has `follows` as its request."""

    def __init__(self, follows: int) -> None:
        self.begun, self.ends = threading.Event(), threading.Event()
        self.ran: list[Errand] = []
        self.taken: list[Request] = []
        self.sizes: list[int] = []
        self._follows = follows
        self.alarms: tuple[str, ...] = ()
        self.fault: Exception | None = None

    def begin(self) -> Turn:
        return Turn((), (), ())

    tick = begin

    def take(self, requests: Sequence[Request]) -> Turn:
        if self.fault is not None:
            raise self.fault
        self.taken += requests
        self.sizes.append(len(requests))
        return Turn((None,) * len(requests), (Hush("sms", str(len(self.taken))),), self.alarms)

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


def test_whoever_stops_waiting_for_a_reply_does_not_end_the_pager() -> None:
    """A sender hangs up before its signal is decided; the signal is decided all the same, and so is the next one."""
    alarms: list[str] = []
    pager = FakePager(follows=0)
    pager.ends.set()
    crew = Crew(pager, alarms.append)  # type: ignore[arg-type]
    gone = crew.submit(Remark("1", "alice", "gone"))
    assert gone.cancel()
    with crew.start():
        crew.submit(Remark("1", "alice", "stays")).result(PATIENCE)
    assert [each.text for each in pager.taken if isinstance(each, Remark)] == ["gone", "stays"]
    assert not alarms
    assert not crew.died.is_set()


def test_what_waits_is_decided_in_one_commit() -> None:
    """All that came meanwhile, and never more than the most: the first of them waits for the disk no longer for it."""
    pager = FakePager(follows=0)
    pager.ends.set()
    crew = Crew(pager, [].append)  # type: ignore[arg-type]
    waiting = [crew.submit(Remark("1", "alice", str(number))) for number in range(MOST + 11)]
    with crew.start():
        for future in waiting:
            future.result(PATIENCE)
    assert pager.sizes == [MOST, 11]
    assert [each.text for each in pager.taken if isinstance(each, Remark)] == [str(n) for n in range(MOST + 11)]


def test_an_alarm_that_nobody_can_be_told_does_not_end_the_pager() -> None:
    """Standard error is a pipe that was closed."""
    pager = FakePager(follows=0)
    pager.ends.set()
    pager.alarms = ("a channel is broken",)
    with Crew(pager, _broken).start() as crew:  # type: ignore[arg-type]
        for _ in range(2):
            crew.submit(Remark("1", "alice", "goes on")).result(PATIENCE)
    assert not crew.died.is_set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_pager_that_dies_leaves_nobody_waiting() -> None:
    """Those whose requests it had in hand hear of it too, and so does whoever runs it, even without a voice."""
    pager = FakePager(follows=0)
    pager.fault = RuntimeError("a fault")
    crew = Crew(pager, _broken)  # type: ignore[arg-type]
    waiting = [crew.submit(Remark("1", "alice", "in hand")) for _ in range(3)]
    with crew.start():
        for future in waiting:
            assert isinstance(future.exception(PATIENCE), StoreFailed)
    assert crew.died.is_set()
    assert isinstance(crew.submit(Remark("1", "alice", "late")).exception(PATIENCE), StoreFailed)


def _broken(_: str) -> None:
    raise BrokenPipeError


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
