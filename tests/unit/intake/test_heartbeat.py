"""Heartbeats: when a silence is one, and what it becomes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from house import TEAMS

from oncall_rota.intake import Routing
from oncall_rota.intake.heartbeat import heartbeat, late_at, ping_answer, pinged
from oncall_rota.paging.configuration import Settings

HOUR = timedelta(hours=1)
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BACKUP = {"every": 24 * HOUR, "grace": HOUR, "team": "operations", "severity": "error"}
ROUTING = Routing(Settings(heartbeats={"backup": BACKUP}), TEAMS)
LONG_AGO = AT - 1000 * HOUR


@pytest.mark.parametrize(
    ("heard", "listening", "late"),
    [
        (0, -1000, 25),  # heard just now
        (-24, -1000, 1),  # a day ago: an hour of grace is left
        (-24, -2, 23),  # but we were away until two hours ago, and may have missed one
        (None, -2, 23),  # never yet
        (-100, -2, 23),  # was late when we went away; whoever was to be told then was told
        (-1, -24.5, 24),  # heard after we came back
    ],
)
def test_when_it_is_late(heard: float | None, listening: float, late: float) -> None:
    """A period and its grace after the last ping, and after we began to listen. All in hours from now."""
    heard_at = None if heard is None else AT + heard * HOUR
    assert late_at(heartbeat("backup", BACKUP), heard_at, AT + listening * HOUR) == AT + late * HOUR


def test_its_silence_is_a_signal() -> None:
    """From that instant on, and the same incident however often it is said; a ping ends it."""
    heard_at = AT - 25 * HOUR
    assert ROUTING.late("backup", heard_at, LONG_AGO, AT - timedelta(microseconds=1)) is None
    found = ROUTING.late("backup", heard_at, LONG_AGO, AT)
    assert found is not None
    assert (found.source, found.key, found.team, found.severity) == ("heartbeats", "backup", "operations", "error")
    assert found.summary == (
        "heartbeat backup is silent: nothing was heard since 2026-05-31T11:00:00Z, expected every 24h"
    )
    over = pinged(ROUTING.heartbeats["backup"])
    assert (over.source, over.key, over.kind) == (found.source, found.key, "resolve")
    later = ROUTING.late("backup", heard_at, LONG_AGO, AT + 9 * HOUR)
    assert later is not None
    assert later[:2] == found[:2]


def test_one_that_was_never_heard() -> None:
    """Somebody wrote it down and forgot to send it."""
    found = ROUTING.late("backup", None, LONG_AGO, AT)
    assert found is not None
    assert "nothing was heard ever, expected" in found.summary


def test_one_that_nobody_wrote_down() -> None:
    """Was deleted meanwhile."""
    assert ROUTING.late("other", None, LONG_AGO, AT) is None


def test_what_is_left_out() -> None:
    """A tenth of the period as grace; critical."""
    made = heartbeat("x", {"every": timedelta(minutes=90), "team": "shop"})
    assert (made.grace, made.severity) == (timedelta(minutes=9), "critical")
    late = Routing(Settings(heartbeats={"x": {"every": timedelta(seconds=90), "team": "shop"}}), TEAMS)
    found = late.late("x", None, LONG_AGO, AT)
    assert found is not None
    assert found.summary.endswith("every 1m30s")


def test_maintenance_is_for_heartbeats_too() -> None:
    """By `source: heartbeats`, by name, by team."""
    for match in ({"source": ["heartbeats"]}, {"heartbeat": ["back*"]}, {"team": ["operations"]}, {"team": ["shop"]}):
        window = {"match": match, "from": date(2026, 6, 1), "until": date(2026, 6, 2), "reason": "move"}
        made = Routing(Settings(heartbeats={"backup": BACKUP}, maintenance=(window,)), TEAMS)
        found = made.late("backup", None, LONG_AGO, AT)
        assert found is not None
        holds = match != {"team": ["shop"]}
        assert found.hold == (12 * HOUR if holds else timedelta(0))
        assert found.lines == (("maintenance: move until 2026-06-02T00:00:00Z",) if holds else ())


def test_a_ping_is_answered() -> None:
    """With its name."""
    assert ping_answer("backup").status == 200
