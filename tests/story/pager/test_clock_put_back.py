"""A clock that was set back: waits go on as they were, and providers are asked by the time that they have, too."""

from __future__ import annotations

from datetime import timedelta

from night import Night

from oncall_rota.paging.desk import Desk
from oncall_rota.paging.job import Job
from oncall_rota.paging.pager import Pager
from oncall_rota.paging.signal import Signal
from oncall_rota.timeline.duration import parse

HOUR = timedelta(hours=1)


def test_a_provider_is_asked_by_the_clock_on_the_wall(night: Night) -> None:
    """Set forward and put right again, our time of waits is an hour ahead, and no list would ever have the page."""
    desk = Desk(night.store, night.configuration, night.token, night.clock.monotonic, ahead=lambda: HOUR)
    pager = Pager(desk, night.providers.__getitem__, monotonic=night.clock.monotonic)
    (job,) = pager.take([Signal("prod-am", "disk", "disk is full", team="payments")]).errands
    assert isinstance(job, Job)
    assert job.since == night.clock.at - HOUR
    night.clock.at += parse("20s")
    (again,) = pager.tick().errands
    assert isinstance(again, Job)
    assert (again.unsure, again.since) == (True, job.since)


def test_a_page_of_a_time_to_come_is_looked_for_now(night: Night) -> None:
    """The clock was set back, and the process started again: nobody knows how long ago that page was made."""
    turn = night.pager.take([Signal("prod-am", "disk", "disk is full", team="payments")])
    assert len(turn.errands) == 1
    night.clock.at -= HOUR
    night.close()
    night.starts()
    turn = night.pager.tick()
    jobs = [each for each in turn.errands if isinstance(each, Job)]
    assert [each.since for each in jobs] == [night.clock.at]
