"""How well it was paged, measured from what is kept: incidents, their pages, and when it was known what became of each.

What is not kept is not in it: signals that were refused come again, and are counted by /metrics alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from oncall_rota.paging.auditor import LATE
from oncall_rota.paging.job import QUIET, page_data
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import OPEN, PageRow

TAKEN = ("sent", "delivered")


class Spread(NamedTuple):
    """Of so many seconds: half, nine tenths and 99 of 100 took no longer than these; None: there were none."""

    number: int
    p50: float | None
    p90: float | None
    p99: float | None
    most: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """By nearest rank, so each is one that there was."""
        ordered = sorted(seconds)
        if not ordered:
            return cls(0, None, None, None, None)
        p50, p90, p99 = (ordered[-(-len(ordered) * part // 100) - 1] for part in (50, 90, 99))
        return cls(len(ordered), p50, p90, p99, ordered[-1])


class ServiceLevel(NamedTuple):
    """What was measured.

    `held`: incidents that a route or a window made wait, whose first attempt is not measured. `reached`: of `paged`,
    those of which a provider took a page to somebody. `late`: those not tried within 30 s, or never. `taken`, `failed`:
    pages; `delivered`: of those taken, confirmed by the provider. `first`: from the signal to the first attempt.
    `settled`: from a page to its delivery; where that is not known, until it was taken, or the next channel's turn.
    """

    incidents: int
    held: int
    paged: int
    reached: int
    late: int
    taken: int
    delivered: int
    failed: int
    first: Spread
    settled: Spread

    @property
    def accepted(self) -> float | None:
        """The share of pages that a provider took; None: none was sent."""
        tried = self.taken + self.failed
        return self.taken / tried if tried else None


def measured(stories: Iterable[Story], now: datetime) -> ServiceLevel:
    """Measure incidents; those of a severity that is never paged are left out."""
    count = held = paged = reached = late = taken = delivered = failed = 0
    first: list[float] = []
    settled: list[float] = []
    for story in stories:
        if story.row.status == "recorded":
            continue
        count += 1
        pages = [page for page in story.pages if _counts(page)]
        taken += sum(page.state in TAKEN for page in pages)
        delivered += sum(page.state == "delivered" for page in pages)
        failed += sum(page.state == "failed" for page in pages)
        settled += _settled(story, pages)
        paged += bool(pages)
        reached += any(page.state in TAKEN for page in pages)
        if any(each.kind == "held" for each in story.audit):
            held += 1
            continue
        opened_at = story.row.opened_at
        if pages:
            waited = min(page.created_at for page in pages) - opened_at
            first.append(max(waited.total_seconds(), 0.0))
            late += waited > LATE
        else:
            late += story.row.status in OPEN and now - opened_at > LATE
    spreads = Spread.of(first), Spread.of(settled)
    return ServiceLevel(count, held, paged, reached, late, taken, delivered, failed, *spreads)


def _counts(page: PageRow) -> bool:
    """Whether it was to reach somebody: no copy, no notice, and not stopped before it was tried."""
    data = page_data(page.data)
    return data.what not in QUIET and not data.copy and page.attempts > 0 and page.state not in ("missed", "cancelled")


def _settled(story: Story, pages: Sequence[PageRow]) -> Iterable[float]:
    """Seconds until it was delivered, or the next channel's turn, which a page that is delayed does not hold up."""
    delayed = {
        each.cause.removeprefix("page ").partition(":")[0]: each.at for each in story.audit if each.kind == "delayed"
    }
    for page in pages:
        times = [at for at in (page.settled_at, delayed.get(page.id)) if at is not None]
        if times:
            yield max((min(times) - page.created_at).total_seconds(), 0.0)
