"""`/metrics` for Prometheus: whether the pager keeps its word, and what it does. The only door to prometheus_client.

No label has a secret, an address or a contact in it, nor anything that a request could make up: labels are names of
the configuration, and words of ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.process_collector import ProcessCollector
from starlette.responses import Response

from oncall_rota import __version__
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.fallback import FallbackStore
from oncall_rota.paging.incident import TRIGGERED
from oncall_rota.paging.ports.row import OPEN, OpenCount
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.tally import BUCKETS
from oncall_rota.web.access_fresh import Fresh
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.health import unwell
from oncall_rota.web.premises import Premises
from oncall_rota.web.spec import Spec, plain
from oncall_rota.web.traffic import Traffic

KEPT = 2.0  # seconds for which one answer is everybody's: many who ask cost what one does
SOON = ("opened", "merged", "ignored", "refused", "unreadable")  # what may become of signals
TRIED = ("sent", "failed", "unsure")  # and of attempts
UNKNOWN = "(unknown)"  # the team of incidents whose team is in no file any more


async def metrics(visit: Visit) -> Response:
    """All of it, as text of Prometheus."""
    text = await visit.request.app.state.metrics.get()
    return Response(text, 200, {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def measured(premises: Premises, traffic: Traffic) -> Fresh[bytes]:
    """What is told, made in a thread."""
    return Fresh(lambda: exposition(premises, traffic), every=KEPT)


def exposition(premises: Premises, traffic: Traffic) -> bytes:
    """What is told now. Waits for the disk."""
    return generate_latest(_Facts(premises, traffic))  # type: ignore[arg-type, unused-ignore]


class _Facts:
    """What is true of one process now."""

    def __init__(self, premises: Premises, traffic: Traffic) -> None:
        self._premises = premises
        self._traffic = traffic
        self._process = ProcessCollector(registry=None)  # of no registry: nothing is shared between servers

    def collect(self) -> Iterable[Metric]:
        """One metric after the other, as the library wants it."""
        yield from self._health()
        yield from self._incidents()
        yield from self._work()
        yield from self._process.collect()

    def _health(self) -> Iterator[Metric]:
        premises, audit = self._premises, self._premises.auditor.last
        store, configuration = premises.store, premises.configuration()
        failed = isinstance(store, FallbackStore) and store.failed is not None
        now = premises.now()
        yield _gauge("oncall_build_info", "The version that runs.", ("version",), [((__version__,), 1)])
        yield _fact("oncall_healthy", "Whether the pager keeps its word, as /healthz says.", not unwell(premises))
        yield _fact("oncall_store_failed", "Whether it is paged from memory, as the store has failed.", failed)
        age = now - (audit.at or premises.started_at)
        yield _fact("oncall_audit_age_seconds", "Since the auditor has looked.", max(age.total_seconds(), 0.0))
        yield _fact("oncall_late_incidents", "Open incidents that wait for what was due long ago.", audit.late)
        idle = time.monotonic() - premises.crew.ticked
        yield _fact("oncall_tick_age_seconds", "Since the pager has looked at what is due.", idle)
        yield _fact("oncall_queue_length", "Requests that wait for their commit.", premises.crew.waiting)
        stale = [((team,), (now - at).total_seconds()) for team, at in sorted(configuration.stale.items())]
        words = "Since a team's files have had no meaning: it is paged by its last good configuration."
        yield _gauge("oncall_configuration_stale_seconds", words, ("team",), stale)
        yield _fact("oncall_teams", "Teams of the configuration.", len(configuration.teams))

    def _incidents(self) -> Iterator[Metric]:
        premises = self._premises
        try:
            counts, now = premises.store.open_counts(), premises.now()
        except StoreFailed:
            return  # which `oncall_store_failed` tells, or soon will
        found, oldest = _by_team(counts, premises.configuration())
        ages = [((team,), max((now - at).total_seconds(), 0.0) if at else 0.0) for team, at in oldest.items()]
        yield _gauge("oncall_incidents", "Open incidents.", ("team", "status"), list(found.items()))
        words = "Since the oldest incident was opened that nobody has acknowledged; 0 when there is none."
        yield _gauge("oncall_oldest_unacknowledged_seconds", words, ("team",), ages)

    def _work(self) -> Iterator[Metric]:
        signals, pages, attempts = self._premises.crew.pager.tally.read()
        configuration = self._premises.configuration()
        # With 0 from the beginning: an increase is seen only of what was there before.
        signals = {(source, each): 0 for source in configuration.settings.sources for each in SOON} | signals
        pages = {(channel, each): 0 for channel in configuration.channels for each in TRIED} | pages
        words = "Signals taken in, by what became of them; refused: the store failed, and their sender tries again."
        yield _counter("oncall_signals", words, ("source", "outcome"), signals.items())
        words = "Attempts to send a page; unsure: it may have been taken, retried: the provider wants it again."
        yield _counter("oncall_pages", words, ("channel", "outcome"), pages.items())
        took = HistogramMetricFamily("oncall_attempt_seconds", "How long an attempt took.", labels=("channel",))
        for channel, (counts, seconds) in sorted(attempts.items()):
            bounds = [*map(str, BUCKETS), "+Inf"]
            sums = [sum(counts[: index + 1]) for index in range(len(counts))]
            took.add_metric((channel,), list(zip(bounds, sums, strict=True)), seconds)
        yield took
        requests = [
            ((method, route, str(status)), number)
            for (method, route, status), number in list(self._traffic.requests.items())
        ]
        words = "Requests, by the address as its door is written."
        yield _counter("oncall_http_requests", words, ("method", "route", "status"), requests)


def _by_team(
    counts: Iterable[OpenCount], configuration: Configuration
) -> tuple[dict[tuple[str, str], int], dict[str, datetime | None]]:
    """How many, by team and status; since when the oldest is unacknowledged. Every team is there, so that 0 is seen."""
    teams = sorted(configuration.teams)
    found: dict[tuple[str, str], int] = {(team, status): 0 for team in teams for status in OPEN}
    oldest: dict[str, datetime | None] = dict.fromkeys(teams)
    for each in counts:
        team = each.team if each.team in configuration.teams else UNKNOWN
        found[team, each.status] = found.get((team, each.status), 0) + each.number
        if each.status == TRIGGERED:
            oldest[team] = min(oldest.get(team) or each.oldest_at, each.oldest_at)
    return found, oldest


def _fact(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, float(value))


def _gauge(name: str, words: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    made = GaugeMetricFamily(name, words, labels=labels)
    for each, value in values:
        made.add_metric(each, value)
    return made


def _counter(name: str, words: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    made = CounterMetricFamily(name, words, labels=labels)
    for each, value in sorted(values):
        made.add_metric(each, value)
    return made


_SPEC = Spec({200: plain("As Prometheus reads it."), 503: plain("The store cannot be counted.")})
METRICS = (Door(("GET",), "/metrics", "metrics", metrics, "Facts and counts, for Prometheus.", _SPEC),)
