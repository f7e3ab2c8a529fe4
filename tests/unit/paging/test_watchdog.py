"""What a watchdog makes of what it sees: silent peers, clocks that stand still, threads that do not go round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oncall_rota.paging.vitals import Vitals
from oncall_rota.paging.watchdog import Clocks, Peers, judged, patience

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PEER = "https://b"


def test_a_doubt_is_silence_and_soon_looked_at_again() -> None:
    """A provider that is busy for a moment delays a ping by a quarter of its time."""
    assert judged((), timedelta(minutes=1)) == ((), 60.0)
    found = judged(("the store has failed",), timedelta(minutes=1))
    assert (found.pings, found.wait) == (False, 15.0)


@pytest.mark.parametrize(("every", "seconds"), [(5, 15.0), (20, 60.0), (60, 90.0), (600, 90.0)])
def test_a_peer_has_some_time(every: int, seconds: float) -> None:
    """Three rounds, and never so long that two minutes pass before anybody is told."""
    assert patience(timedelta(seconds=every)) == seconds


def test_a_peer_that_is_started_anew_is_no_news() -> None:
    """One that stays silent is, once; and its return."""
    peers = Peers()
    looks = [(0, "", "back"), (15, "refused", None), (60, "", None), (75, "refused", None), (135, "refused", None)]
    looks += [(150, "refused", "silent"), (300, "refused", None), (315, "", "back"), (330, "", None)]
    assert [peers.seen(PEER, wrong, at, 90) for at, wrong, _ in looks] == [verdict for _, _, verdict in looks]


def test_a_peer_of_which_nobody_could_be_told_is_told_again() -> None:
    """At the next look."""
    peers = Peers()
    assert [peers.seen(PEER, "refused", at, 90) for at in (0, 90)] == [None, "silent"]
    peers.untold(PEER)
    assert peers.seen(PEER, "refused", 105, 90) == "silent"


def test_a_peer_that_is_in_no_file_any_more_is_forgotten() -> None:
    """When it is named again it has its time anew."""
    peers = Peers()
    peers.seen(PEER, "refused", 0, 90)
    peers.keep([])
    assert peers.seen(PEER, "refused", 100, 90) is None


class Time:
    """Two clocks."""

    def __init__(self) -> None:
        self.seconds, self.wall = 0.0, NOON
        self.clocks = Clocks({"on the wall": lambda: self.wall}, lambda: self.seconds)

    def passes(self, seconds: float, wall: float) -> str:
        """So much of each, while the system has measured a minute."""
        self.seconds += seconds
        self.wall += timedelta(seconds=wall)
        return self.clocks.wrong(60)


@pytest.mark.parametrize(
    ("seconds", "wall", "words"),
    [
        (60, 60, ""),
        (75, 76, ""),
        (60, 118, ""),
        (0, 60, "the clock of the process stands still: 60 s were 0 s"),
        (60, 0, "the clock on the wall stands still: 60 s were 0 s"),
        (60, 3660, "the clock on the wall was set by +3600 s"),
        (60, -3540, "the clock on the wall was set by -3600 s"),
    ],
)
def test_clocks_are_compared_with_what_the_system_has_waited(seconds: float, wall: float, words: str) -> None:
    """One that is adjusted gently is right."""
    assert Time().passes(seconds, wall) == words


def test_a_clock_that_was_set_is_right_from_then_on() -> None:
    """A machine that slept is no reason for silence for ever."""
    time = Time()
    assert time.passes(60, 3660)
    assert time.passes(60, 60) == ""


def test_who_does_not_go_round_is_silent() -> None:
    """Only those who are expected, and only after their own time."""
    seconds = [0.0]
    vitals = Vitals(lambda: seconds[0])
    vitals.expect("auditor", 45)
    vitals.expect("configuration", 60)
    vitals.beat("nobody")
    seconds[0] = 50.0
    assert vitals.silent() == {"auditor": 50.0}
    vitals.beat("auditor")
    seconds[0] = 61.0
    assert vitals.silent() == {"configuration": 61.0}
