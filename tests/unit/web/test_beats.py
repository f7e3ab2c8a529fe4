"""A heartbeat that is not heard pages: once for each silence, and never for our own restart."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from oncall_rota.intake import Routing
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.web.beats import Beats

NIGHT = datetime(2026, 11, 21, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = Settings(heartbeats={"backup": {"every": HOUR * 24, "grace": HOUR, "team": "operations"}})


class House:
    """A server that was started at three, as far as heartbeats go."""

    def __init__(self) -> None:
        self.now = NIGHT
        self.kept: dict[str, str] = {}
        self.signals: list[Signal] = []
        premises: Any = SimpleNamespace(
            now=lambda: self.now,
            configuration=lambda: None,
            routing=lambda _: Routing(SETTINGS, {}),
            store=SimpleNamespace(get=self.kept.get),
            started_at=NIGHT,
            submit=self.submitted,
        )
        self.beats = Beats(premises, self.fail)

    def fail(self, text: str) -> None:
        raise AssertionError(text)

    def submitted(self, signal: Signal) -> Future[Any]:
        self.signals.append(signal)
        future: Future[Any] = Future()
        future.set_result(Accepted("opened", "i"))
        return future

    def looks_after(self, span: timedelta) -> None:
        """Time passes, and somebody looks."""
        self.now += span
        self.beats.look()


def test_a_silence_is_said_once() -> None:
    """The backup has not run for a day and an hour."""
    house = House()
    house.kept["heard:backup"] = (NIGHT - HOUR).isoformat()
    house.looks_after(HOUR * 24)
    assert house.signals == []
    house.looks_after(HOUR)
    house.looks_after(HOUR)
    (signal,) = house.signals
    assert (signal.key, signal.team, signal.kind) == ("backup", "operations", "trigger")


def test_a_heartbeat_that_came_back_may_be_silent_again() -> None:
    """That is another silence."""
    house = House()
    house.looks_after(HOUR * 25)
    house.kept["heard:backup"] = house.now.isoformat()
    house.looks_after(HOUR)
    house.looks_after(HOUR * 25)
    assert len(house.signals) == 2


def test_what_was_never_heard_has_a_whole_period_after_the_start() -> None:
    """Whoever restarts a server is not paged for what came meanwhile."""
    house = House()
    house.kept["heard:backup"] = (NIGHT - HOUR * 100).isoformat()
    house.looks_after(HOUR * 24)
    assert house.signals == []
    house.looks_after(HOUR)
    assert len(house.signals) == 1
