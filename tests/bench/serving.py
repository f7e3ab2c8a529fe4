"""Who is on call for each of 1,000 teams, over HTTP, against a door of the same server that says hello in JSON."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator
from pathlib import Path

import folder
from http_load import Ask, Told, flood, in_turn
from http_server import House
from measure import Row

TEAMS, CONNECTIONS = 1000, 16
SECONDS, ROUNDS = 1.0, 21  # short turns, so that what else the machine does hits both
AT_LEAST, AT_MOST = 0.8, 1.5
SETTINGS = """\
server: {listen: "127.0.0.1:0"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
"""
AGAINST = "hello in JSON, by the same server"


def who(port: int, token: str) -> Iterator[Row]:
    """The rate, and the wait of the slowest hundredth."""
    bearer = {"Authorization": f"Bearer {token}"}
    asks = [Ask(f"/v1/who/team-{number:04}", bearer) for number in range(TEAMS)]
    random.shuffle(asks)
    hello = [Ask("/hello", bearer)]
    flood(port, asks, CONNECTIONS, 2)  # each team was asked for once
    ours: list[Told] = []
    reference: list[Told] = []
    for turn in range(ROUNDS):
        pair = [(ours, asks), (reference, hello)]
        for found, each in pair if turn % 2 else reversed(pair):
            found.append(flood(port, each, CONNECTIONS, SECONDS))
    value = in_turn([each.rate for each in ours], [each.rate for each in reference])
    rates = [statistics.median(each.rate for each in found) for found in (ours, reference)]
    measured = f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)"
    yield Row(f"who of {TEAMS:,} teams over HTTP", AGAINST, measured, f">= {AT_LEAST}x", value >= AT_LEAST)
    value = in_turn([each.p99 for each in ours], [each.p99 for each in reference])
    waits = [statistics.median(each.p99 for each in found) for found in (ours, reference)]
    measured = f"{value:.2f}x ({waits[0]:.1f}/{waits[1]:.1f} ms)"
    yield Row("the same: p99 of the wait", AGAINST, measured, f"{AT_MOST}x", value <= AT_MOST)


def rows(root: Path) -> Iterator[Row]:
    """A line for the rate and one for the wait."""
    place = root / "serving"
    rotations = folder.write(place, TEAMS)
    (rotations / "oncall.yaml").write_text(SETTINGS)
    house = House(place, rotations)
    token = house.runs("token", "create", "board", "bench")
    with house.serves() as port:
        yield from who(port, token)
