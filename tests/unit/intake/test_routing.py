"""Whose a report is: routes, what the sender says, defaults, maintenance."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from house import PAGING_MD, TEAMS, routing, team
from monitors import ID, recorded, report

from oncall_rota.intake import Posted, Report, Routing, Unreadable
from oncall_rota.intake.pattern import Match
from oncall_rota.intake.routing import NOWHERE
from oncall_rota.paging.signal import Signal

NOW = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def routed(found: Routing, source: str = "prod-am", severity: str | None = None, **more: Any) -> Signal:
    """The signal of a report with these labels, written `service=…`; `team_`, `service_`: what the sender names."""
    fields = {f"labels.{name}": text for name, text in more.items() if not name.endswith("_")}
    made = Report("k", summary="disk full", severity=severity, fields=fields)
    return found.signal(source, made._replace(team=more.get("team_"), service=more.get("service_")), NOW)


@pytest.mark.parametrize(
    ("labels", "team_", "service", "hold", "cause"),
    [
        ({"service": "card-api"}, "payments", "card-api", 0, "route 1"),
        ({"service": "card-api", "source": "eu-am"}, "operations", None, 0, "route 3"),
        ({"service": "no-such"}, "operations", None, 0, "route 3"),
        ({"severity": "warning", "team": "shop"}, "shop", None, 5, "route 2"),
        ({"severity": "warning", "team": "no-such"}, "operations", None, 0, "route 3"),
        ({"severity": "warning"}, "operations", None, 0, "route 3"),
        ({"severity": "critical", "team": "shop"}, "operations", None, 0, "route 3"),
        ({}, "operations", None, 0, "route 3"),
    ],
)
def test_the_first_match_wins(labels: dict[str, str], team_: str, service: str | None, hold: int, cause: str) -> None:
    """The routes of paging.md; one that leads to nobody who is there is passed over."""
    found = routed(routing(*PAGING_MD), **labels)
    assert (found.team, found.service, found.hold, found.cause) == (team_, service, timedelta(minutes=hold), cause)


def test_what_a_signal_is_made_of() -> None:
    """Everything of the report, and what the route adds."""
    found = routing(*PAGING_MD).signal("prod-am", report("alertmanager", recorded("alertmanager-firing")), NOW)
    assert (found.source, found.kind, found.team, found.service) == ("prod-am", "trigger", "payments", "card-api")
    assert (found.severity, found.summary) == ("critical", "2 × InstanceDown: Instance db1:9100 down")
    assert len(found.key) == 64
    assert found.lines[0] == "Runbook: https://runbooks.example.com/instance-down"


@pytest.mark.parametrize(
    ("source", "severity", "route", "expected"),
    [
        ("prod-am", "warning", None, "warning"),
        ("prod-am", None, None, "critical"),
        ("eu-am", None, None, "error"),
        ("eu-am", "info", None, "info"),
        ("eu-am", "info", "warning", "warning"),
        ("gone", None, None, "critical"),
    ],
)
def test_how_bad_it_is(source: str, severity: str | None, route: str | None, expected: str) -> None:
    """What a route says, else the report, else the source's default, else critical."""
    only = {"team": "shop", **({"severity": route} if route else {})}
    assert routed(routing(only), source, severity).severity == expected


def test_routes_match_by_all_that_is_known() -> None:
    """Source and its kind, severity as it counts, team and service as the sender names them, and the summary."""
    named = {"team_": "x", "service_": "y"}
    for match in (
        {"type": ["grafana"]},
        {"severity": ["error"]},
        {"team": ["x"]},
        {"service": ["?"]},
        {"summary": ["disk*"]},
    ):
        found = routed(routing({"match": match, "team": "shop"}, {"team": "operations"}), "eu-am", **named)
        assert found.team == "shop", match
    both = {"match": {"type": ["grafana"], "severity": ["critical"]}, "team": "shop"}
    assert routed(routing(both, {"team": "operations"}), "eu-am").team == "operations"


def test_what_the_sender_names_comes_before_the_default() -> None:
    """And after a route that takes it: a team, as its tool spells it, or a service; if it is there."""
    found = routing({"match": {"labels.x": ["y"]}, "team": "shop"}, {"team": "operations", "hold": HOUR})
    assert routed(found, team_="Payments").team == "payments"
    assert routed(found, team_="Payments").hold == HOUR
    assert routed(found, service_="checkout")[4:7] == ("shop", "critical", "checkout")
    assert routed(found, team_="payments", service_="checkout")[4:7] == ("payments", "critical", "checkout")
    assert routed(found, team_="no such").team == "operations"
    assert routed(found, team_="payments", x="y").team == "shop"


def test_a_route_may_name_both() -> None:
    """The service decides whose escalation it is; one that is not there does not keep the team from being paged."""
    both = {"team": "operations", "service_from": "labels.service"}
    assert routed(routing(both), service="card-api")[4:7] == ("operations", "critical", "card-api")
    assert routed(routing(both), service="no-such")[4:7] == ("operations", "critical", None)
    assert routed(routing({"service": "checkout"}))[4:7] == ("shop", "critical", "checkout")


def test_a_service_of_two_teams() -> None:
    """The first by name, unless the team is said."""
    teams = {"b": team("b", "api"), "a": team("a", "api")}
    assert routed(routing({"service": "api"}, teams=teams)).team == "a"
    assert routed(routing({"service": "api", "team": "b"}, teams=teams)).team == "b"


def test_without_a_route_that_leads_anywhere() -> None:
    """The source's team, else the only team, else the last resort, which no name leads to by chance."""
    none = {"match": {"labels.x": ["y"]}, "team": "shop"}
    by_source = {"prod-am": {"type": "generic", "team": "payments"}}
    assert routed(routing(none, sources=by_source))[4:] != routed(routing(none))[4:]
    assert routed(routing(none, sources=by_source)).team == "payments"
    assert routed(routing(teams={"shop": TEAMS["shop"]})).team == "shop"
    assert routed(routing(teams={"shop": TEAMS["shop"]})).cause == "the only team"
    for found in (routing(), routing(none), routing({"team": "gone"}), routing(teams={})):
        assert (routed(found).team, routed(found).lines) == (NOWHERE, ("no route leads to a team",))


@pytest.mark.parametrize("kind", ["resolve", "acknowledge", "note"])
def test_only_what_begins_is_routed(kind: Any) -> None:
    """The rest belongs to the incident of its key, whosever that is, and never waits."""
    window = {"match": {"source": ["*"]}, "from": date(2026, 12, 1), "until": date(2026, 12, 3)}
    found = routing(maintenance=[window]).signal("prod-am", Report("k", kind, "text", until_at=NOW + HOUR), NOW)
    assert found == Signal("prod-am", "k", "text", kind, until_at=NOW + HOUR)


# -- maintenance


def held(start: Any, until: Any, now: datetime = NOW, **more: Any) -> Signal:
    """A signal of cluster eu1 while there is a window for that."""
    window = {"match": {"labels.cluster": ["eu1"]}, "from": start, "until": until, "reason": "upgrade", **more}
    made = Report("k", summary="x", fields={"labels.cluster": more.pop("cluster", "eu1")})
    return routing({"team": "shop"}, maintenance=[window]).signal("prod-am", made, now)


def test_maintenance_holds_until_it_is_over() -> None:
    """Nobody is paged now; whoever is on call when it ends is, if it is open then. The page says why so late."""
    found = held(datetime(2026, 12, 1, 22, 0), datetime(2026, 12, 2, 2, 0))
    assert found.hold == 3 * HOUR
    assert found.lines == ("maintenance: upgrade until 2026-12-02T02:00:00Z",)
    assert found.cause == "route 1; maintenance: upgrade until 2026-12-02T02:00:00Z"


@pytest.mark.parametrize(
    ("start", "until", "zone", "hours"),
    [
        (datetime(2026, 12, 1, 22), datetime(2026, 12, 2, 2), None, 3),
        (datetime(2026, 12, 1, 22), datetime(2026, 12, 2, 2), "UTC", 3),
        (datetime(2026, 12, 1, 22), datetime(2026, 12, 2, 2), "Europe/Berlin", 2),
        (datetime(2026, 12, 1, 22), datetime(2026, 12, 2, 2), "America/New_York", None),
        (datetime(2026, 12, 1, 22, tzinfo=UTC), datetime(2026, 12, 2, 2, tzinfo=UTC), "America/New_York", 3),
        (date(2026, 12, 1), date(2026, 12, 2), None, 1),
        (datetime(2026, 12, 1, 23), datetime(2026, 12, 2, 2), None, 3),
        (datetime(2026, 12, 1, 22), datetime(2026, 12, 1, 23), None, None),
        (datetime(2026, 12, 1, 23, 0, 1), datetime(2026, 12, 2), None, None),
    ],
)
def test_whose_clock_its_times_are_on(start: Any, until: Any, zone: str | None, hours: int | None) -> None:
    """UTC, unless it says another; an offset says it all. Its end is not included."""
    found = held(start, until, **({"timezone": zone} if zone else {}))
    assert found.hold == (HOUR * hours if hours else timedelta(0))


def test_maintenance_is_for_what_it_matches() -> None:
    """By routed team and service, too; a window without a match, or without an end, holds nothing back."""
    span = {"from": date(2026, 12, 1), "until": date(2026, 12, 3)}
    route = {"match": {"labels.service": ["*"]}, "service_from": "labels.service"}
    for match, holds in (
        ({"team": ["payments"]}, True),
        ({"service": ["card-*"]}, True),
        ({"source": ["prod-am"], "severity": ["critical"]}, True),
        ({"source": ["eu-am"]}, False),
        ({"labels.cluster": ["*"]}, False),
        ({}, False),
        (None, False),
    ):
        found = routing(route, maintenance=[{**span, **({} if match is None else {"match": match})}])
        assert bool(routed(found, service="card-api").hold) == holds, match
    endless = routing(route, maintenance=[{"match": {"source": ["*"]}, "from": date(2026, 1, 1)}])
    assert not routed(endless, service="card-api").hold


def test_the_longest_wait_counts() -> None:
    """Of two windows, and of a route's hold."""
    windows = [
        {"match": {"source": ["*"]}, "from": date(2026, 12, 1), "until": datetime(2026, 12, 1, 23, 0 + minutes)}
        for minutes in (10, 30, 20)
    ]
    short = routing({"team": "shop", "hold": timedelta(minutes=5)}, maintenance=windows)
    assert routed(short).hold == timedelta(minutes=30)
    assert routed(short).cause == "route 1; maintenance until 2026-12-01T23:30:00Z"
    assert routed(routing({"team": "shop", "hold": HOUR}, maintenance=windows)).hold == HOUR


# -- what cannot be read


def test_what_cannot_be_read_is_a_signal() -> None:
    """One incident a source, by the routes and the source's severity, with what was sent and without its key."""
    found = routing({"match": {"source": ["eu-am"]}, "team": "shop"}, {"team": "operations"})
    body = b'{"routing_key": "hunter2", "token":"hunter2", \n"x": 1'
    made = found.unreadable("eu-am", Posted(body + b"!" * 100_000, id=ID), Unreadable("it is no list", "alerts"), NOW)
    assert (made.source, made.key, made.team, made.severity) == ("eu-am/unreadable", "body", "shop", "error")
    assert made.summary == "unreadable alert from eu-am: alerts: it is no list"
    assert made.lines[0] == "What it sent:"
    assert "hunter2" not in repr(made)
    assert '"routing_key": "***"' in made.lines[1]
    assert sum(map(len, made.lines)) < 10_000
    other = found.unreadable("eu-am", Posted(b"\xff\x00", id="other"), Unreadable("it is no JSON"), NOW)
    assert (other.source, other.key) == (made.source, made.key)


# -- globs


@pytest.mark.parametrize(
    ("glob", "takes", "not_"),
    [
        ("*", ["", "a", "a\nb"], []),
        ("a*", ["a", "ab"], ["ba", "A"]),
        ("*-api", ["card-api", "-api"], ["card-apis"]),
        ("?", ["a", "\n"], ["", "ab"]),
        ("[ab]x", ["ax", "bx"], ["cx", "x"]),
        ("[!ab]x", ["cx"], ["ax"]),
        ("a.b", ["a.b"], ["axb"]),
        ("(a+)+$", ["(a+)+$"], ["aa"]),
        ("[", ["["], ["a"]),
        ("a|b", ["a|b"], ["a"]),
    ],
)
def test_globs(glob: str, takes: list[str], not_: list[str]) -> None:
    """Of the whole text, as it is; nothing of a regular expression means anything."""
    match = Match({"x": [glob]})
    assert [match.takes({"x": text}) for text in takes] == [True] * len(takes)
    assert not any(match.takes({"x": text}) for text in not_)
    assert not match.takes({"y": "a"})


@pytest.mark.parametrize(
    "glob", ["*a" * 200 + "*!", "*" * 400 + "!", "*?" * 200 + "!", "*ab" * 130 + "*!", "[a-z]*" * 60 + "!"]
)
def test_no_glob_is_slow(glob: str) -> None:
    """Whatever an alert says; a field has a thousand characters."""
    match = Match({"x": [glob]})
    began = time.process_time()
    for text in ("a" * 1000, "ab" * 500):
        assert not match.takes({"x": text})
    assert time.process_time() - began < 0.5
