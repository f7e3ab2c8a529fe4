"""A real Alertmanager tells a real server: by its webhook, and as if it were PagerDuty or Opsgenie.

What fires is one incident, what ends ends it, and neither overload nor a restart loses anything that was taken.
"""

from __future__ import annotations

import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from alertmanager import KEY, Alertmanager, Between, Server, key_of, until

pytestmark = pytest.mark.real

OVERLOAD = 20.0  # seconds in which nothing can be taken
PROBLEM = timedelta(seconds=25)
MANY = 50

# What somebody writes who points an Alertmanager here: an address and a key, and nothing else.
WEBHOOK = """\
  webhook_configs:
  - url: http://127.0.0.1:{port}/hooks/prod-am
    http_config: {{authorization: {{credentials: {key}}}}}
"""
IN_ADDRESS = """\
  webhook_configs:
  - url: http://127.0.0.1:{port}/hooks/alertmanager/{key}
"""
PAGERDUTY = """\
  pagerduty_configs:
  - url: http://127.0.0.1:{port}/v2/enqueue
    routing_key: {key}-pd
"""
OPSGENIE = """\
  opsgenie_configs:
  - api_url: http://127.0.0.1:{port}/
    api_key: {key}-og
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[ExitStack]:
    """What is closed in the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def server(tmp_path: Path, opened: ExitStack) -> Server:
    """A server of which alice is on call."""
    return opened.enter_context(closing(Server(tmp_path / "server"))).start()


Tells = Callable[..., Alertmanager]


@pytest.fixture
def tells(tmp_path: Path, opened: ExitStack) -> Tells:
    """An Alertmanager that tells a port."""

    def made(receiver: str, port: int, interval: str = "1s") -> Alertmanager:
        written = receiver.format(port=port, key=KEY)
        return opened.enter_context(closing(Alertmanager(tmp_path / "am", written, interval)))

    return made


def key(name: str) -> str:
    """Of the group of an alert."""
    return key_of(f'{{}}:{{alertname="{name}"}}')


@pytest.mark.parametrize(
    ("receiver", "source"),
    [(WEBHOOK, "prod-am"), (IN_ADDRESS, "prod-am"), (PAGERDUTY, "old-pd"), (OPSGENIE, "old-og")],
    ids=["webhook", "key-in-address", "pagerduty", "opsgenie"],
)
def test_what_fires_is_an_incident_until_it_is_over(server: Server, tells: Tells, receiver: str, source: str) -> None:
    """One page, however many alerts join its group, and none of Alertmanager's notifications fails."""
    alertmanager = tells(receiver, server.port)
    one, two = ({"alertname": "InstanceDown", "instance": f"db{number}"} for number in (1, 2))
    alertmanager.fires(one)
    (found,) = until(server.incidents)
    assert (found.source, found.key, found.status) == (source, key("InstanceDown"), "triggered")
    assert until(lambda: "InstanceDown" in server.pages())
    alertmanager.fires(two)
    assert until(lambda: alertmanager.said() >= 2)
    alertmanager.ends(one)
    alertmanager.ends(two)
    assert until(lambda: [each.status for each in server.incidents()] == ["resolved"]), server.incidents()
    assert alertmanager.said("alertmanager_notifications_failed_total") == 0
    alertmanager.fires(one)
    assert until(lambda: sorted(each.status for each in server.incidents()) == ["resolved", "triggered"])


def test_twenty_seconds_of_overload_lose_none_of_twenty_alerts(server: Server, tells: Tells, opened: ExitStack) -> None:
    """Another program has the store locked; the problem is over five seconds after that. Eighteen have to arrive."""
    between = opened.enter_context(closing(Between(server.port)))
    alertmanager = tells(WEBHOOK, between.port, "5m")
    names = [f"Alert{number}" for number in range(20)]
    store = opened.enter_context(closing(sqlite3.connect(server.path, isolation_level=None)))
    store.execute("BEGIN IMMEDIATE")
    free_at = time.monotonic() + OVERLOAD
    alertmanager.fires(*[{"alertname": name} for name in names], lasts=PROBLEM)
    assert until(lambda: len({each.key for each in list(between.seen)}) == 20, OVERLOAD)
    assert {each.answer for each in list(between.seen)} == {503}
    until(lambda: time.monotonic() >= free_at)
    assert between.taken() == set()
    store.execute("ROLLBACK")
    wanted = {key(name) for name in names}
    until(lambda: between.taken() == wanted)
    arrived = between.taken() & set(server.keys())
    assert len(arrived) >= 18, Counter(each.answer for each in between.seen)
    assert max(Counter(server.keys()).values()) == 1
    assert all(f"Alert{number}" in server.pages() for number in range(20))


def test_a_restart_in_the_middle_loses_nothing(server: Server, tells: Tells, opened: ExitStack) -> None:
    """Once in peace and once by force, while fifty alerts come: what was taken is there, and all of it comes."""
    between = opened.enter_context(closing(Between(server.port)))
    alertmanager = tells(WEBHOOK, between.port, "5m")
    names = [f"Alert{number}" for number in range(MANY)]
    fifths = [names[at : at + MANY // 5] for at in range(0, MANY, MANY // 5)]

    def fire(which: int) -> None:
        alertmanager.fires(*[{"alertname": name} for name in fifths[which]])

    for first, what in ((0, signal.SIGTERM), (2, signal.SIGKILL)):
        before = len(between.taken())
        fire(first)
        assert until(lambda before=before: len(between.taken()) > before)
        server.tell(what)
        taken = between.taken()
        fire(first + 1)
        server.ended()
        assert taken <= set(server.keys())
        assert between.taken() <= set(server.keys())
        server.start()
    fire(4)
    until(lambda: len(between.taken()) == MANY)
    wanted = {key(name) for name in names}
    assert between.taken() == wanted
    assert any(each.answer >= 500 for each in between.seen), "the faults came when nothing was on its way"
    found = server.incidents()
    assert Counter(each.key for each in found) == dict.fromkeys(wanted, 1)
