"""Alerts that arrive together are handed to the desk together, and each has its own answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Reply, Request
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.web.together import Together


class Desk:
    """Writes down what it is asked, and in what turn of the loop; answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.futures: list[Future[Reply]] = []

    def submit(self, request: Request) -> Future[Reply]:
        assert isinstance(request, Signal)
        self.asked.append(request.key)
        self.futures.append(Future())
        return self.futures[-1]


def signal(key: str) -> Signal:
    """Something is wrong."""
    return Signal("prod-am", key, "full")


def test_what_comes_in_one_turn_is_asked_at_once() -> None:
    """Ten requests that begin together: the desk hears of none before it hears of all."""
    desk = Desk()

    async def main() -> list[int]:
        together, heard = Together(desk.submit), []

        async def one(number: int) -> Any:
            awaited = together.submit(signal(str(number)))
            heard.append(len(desk.asked))
            return await awaited

        tasks = [asyncio.create_task(one(number)) for number in range(10)]
        while len(desk.futures) < 10:
            await asyncio.sleep(0)
        for number, future in enumerate(desk.futures):
            future.set_result(Accepted("opened", str(number)))
        assert [(await each).incident_id for each in tasks] == desk.asked
        return heard

    assert asyncio.run(main()) == [0] * 10
    assert desk.asked == [str(number) for number in range(10)]


def test_a_failure_is_of_its_own_request_alone() -> None:
    """The store fails for one of three, and one more has given up: the others have their answers."""
    desk = Desk()

    async def main() -> None:
        together = Together(desk.submit)
        failed, gone, taken = [together.submit(signal(key)) for key in "abc"]
        gone.cancel()
        await asyncio.sleep(0)
        desk.futures[0].set_exception(StoreFailed("full", "no space"))
        desk.futures[1].set_result(Accepted("opened", "b"))
        desk.futures[2].set_result(Accepted("opened", "c"))
        with pytest.raises(StoreFailed):
            await failed
        assert await taken == Accepted("opened", "c")
        assert desk.asked == ["a", "b", "c"]  # it was asked for, whether or not somebody waits

    asyncio.run(main())


def test_answers_of_another_thread_all_arrive() -> None:
    """Two thousand, while the loop is busy with handing over more."""
    with ThreadPoolExecutor(1) as desk:

        async def main() -> None:
            together = Together(lambda request: desk.submit(lambda: Accepted("merged", getattr(request, "key", ""))))
            for turn in range(20):
                asked = [together.submit(signal(f"{turn}-{number}")) for number in range(100)]
                async with asyncio.timeout(30):
                    found: list[Any] = await asyncio.gather(*asked)
                assert [each.incident_id for each in found] == [f"{turn}-{number}" for number in range(100)]

        asyncio.run(main())


def test_nobody_is_told_when_the_loop_has_ended() -> None:
    """A decision that comes too late is a decision all the same."""
    desk = Desk()

    async def main() -> None:
        Together(desk.submit).submit(signal("late"))
        await asyncio.sleep(0)

    asyncio.run(main())
    desk.futures[0].set_result(Accepted("opened", "late"))
    assert desk.asked == ["late"]
