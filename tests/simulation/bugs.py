"""Eleven bugs, each put into the production code for as long as a `with` block lasts.

A simulation that does not notice one of them is no net. A patch whose target is not there any more is an error, so
that this list is kept as the code is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from unittest.mock import patch

from oncall_rota.paging import batch, delivery, pager, signalled
from oncall_rota.paging.job import Job, Result
from oncall_rota.paging.ports.row import Outcome, Unit
from oncall_rota.paging.signal import Accepted, Signal
from oncall_rota.paging.steady import SteadyClock
from oncall_rota.paging.world import Configured
from oncall_rota.store import sql, statement, written
from oncall_rota.timeline.zone import Zone


class Patch(NamedTuple):
    """Something of production, and what is there instead. `make`: gets the original."""

    target: Any
    name: str
    make: Callable[[Any], Any]


@contextmanager
def applied(patches: tuple[Patch, ...]) -> Iterator[None]:
    """Put them in; `AttributeError` when a target is not there."""
    with ExitStack() as stack:
        for target, name, make in patches:
            stack.enter_context(patch.object(target, name, make(getattr(target, name))))
        yield


def _changed(pattern: str, instead: str) -> Callable[[str], str]:
    """A statement with another text in it, which must have been there."""

    def make(text: str) -> str:
        made, count = re.subn(pattern, instead, text)
        if not count:
            raise AttributeError(f"{pattern!r} is not in {text!r}")
        return made

    return make


def _mark_before_send(run: Any) -> Any:
    """A page is written down as sent, then sent."""

    def marked(self: pager.Pager, errand: pager.Errand) -> Any:
        if isinstance(errand, Job):
            self.store.commit([Unit(outcomes=(Outcome(errand.page_id, errand.fence, "sent"),))])
        return run(self, errand)

    return marked


def _retry_on_4xx(refused: Any) -> Any:
    def always(job: Job, error: Any) -> Result:
        error.permanent = False
        return refused(job, error)  # type: ignore[no-any-return]

    return always


def _swallowed(attempt: Any) -> Any:
    """What a notifier raises is nobody's business."""

    def quiet(*given: Any, **named: Any) -> Result:
        result: Result = attempt(*given, **named)
        return Result("sent") if result.state in ("failed", "retry") and result.begun else result

    return quiet


def _naive(_: Any) -> Any:
    """The offset of the winter, all the year."""

    def instant(self: Zone, wall: int) -> int:
        year = datetime.fromtimestamp(wall, UTC).year
        return wall - self._offset(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()))

    return instant


def _naive_reading(_: Any) -> Any:
    def reading(self: Zone, at: int) -> int:
        year = datetime.fromtimestamp(at, UTC).year
        return at + self._offset(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()))

    return reading


def _cached(on_call: Any) -> Any:
    kept: dict[tuple[str, str], tuple[str, ...]] = {}

    def once(self: Configured, schedule: Any, at: datetime) -> tuple[str, ...]:
        key = (schedule.team, schedule.name)
        if key not in kept:
            kept[key] = on_call(self, schedule, at)
        return kept[key]

    return once


def _lost(about_open: Any) -> Any:
    """A source is told that its end was taken in, and it was not."""

    def kept(case: Any, signal: Signal, *origin: str) -> Accepted:
        if signal.kind == "resolve" and case.incident is not None:
            return Accepted("resolved", case.incident.id)
        return about_open(case, signal, *origin)  # type: ignore[no-any-return]

    return kept


def _by_summary(_: Any) -> Any:
    return lambda signal: (signal.source, signal.summary)


_FOR_EVER = timedelta(days=36500)

BUGS: Mapping[str, tuple[Patch, ...]] = {
    "mark before send": (Patch(pager.Pager, "run", _mark_before_send),),
    "no lease": (
        Patch(written, "_LEASE", lambda _: _FOR_EVER // timedelta(microseconds=1)),
        Patch(sql, "LEASE", lambda _: _FOR_EVER),
    ),
    "no fence": (
        Patch(statement, "OUTCOME", _changed(r" AND fence = \?", " AND fence >= ?")),
        Patch(statement, "HOLDS", _changed(r" AND fence = \?", " AND fence >= ?")),
    ),
    "retry on 4xx": (Patch(delivery, "_refused", _retry_on_4xx),),
    "wall-clock timers": (Patch(SteadyClock, "now", lambda _: lambda self: self._wall()),),
    "naive DST": (Patch(Zone, "instant", _naive), Patch(Zone, "reading", _naive_reading)),
    "lost resolve": (Patch(signalled, "_about_open", _lost),),
    "unbounded retry": (Patch(delivery, "TRIES", lambda _: 10**9), Patch(delivery, "MOST", lambda _: 10**9)),
    "dedup by summary": (Patch(batch, "origin_of", _by_summary),),
    "cache of who-is-on-call": (Patch(Configured, "on_call", _cached),),
    "swallowed exception": (Patch(pager, "attempt", _swallowed),),
}
