"""A feed that was built, against a door of the same server that says hello in JSON; and who has it already."""

from __future__ import annotations

import json
import statistics
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from http_load import Ask, flood, in_turn
from http_server import House, written
from measure import Row

SECONDS, ROUNDS, CONNECTIONS = 1.0, 15, 16
AT_LEAST = 0.65
SETTINGS = """\
server: {listen: "127.0.0.1:0", public_url: "http://127.0.0.1"}
notifiers: {log: {type: exec, to: phone, command: [/bin/true]}}
last_resort: {every: 1h, targets: [alice]}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101"}
bob: {name: Bob Brown, phone: "+447700900102"}
carol: {name: Carol Chen, phone: "+447700900103"}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
"""


def rows(root: Path) -> Iterator[Row]:
    """A line for each way in which a calendar asks."""
    place = root / "feeds"
    house = House(place, written(place, [("oncall", SETTINGS), ("people", PEOPLE), ("payments", PAYMENTS)]))
    made = json.loads(house.runs("ical", "url", "payments", "--json"))
    path = made["feeds"][0]["urls"]["http"].removeprefix("http://127.0.0.1")
    token = path.split("/")[2]
    with house.serves() as port, urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as first:
        ways = {
            "packed": {"Accept-Encoding": "gzip, deflate"},
            f"whole, {len(first.read()) // 1024} kB": {},
            "known (304)": {"If-None-Match": first.headers["ETag"]},
        }
        for name, headers in ways.items():
            ours: list[float] = []
            reference: list[float] = []
            for turn in range(ROUNDS):
                pair = [(ours, Ask(path, headers)), (reference, Ask(f"/hello/{token}"))]
                for found, ask in pair if turn % 2 else reversed(pair):
                    found.append(flood(port, [ask], CONNECTIONS, SECONDS).rate)
            value = in_turn(ours, reference)
            rates = [statistics.median(each) for each in (ours, reference)]
            yield Row(
                f"a feed that was built, {name}",
                "hello in JSON, by the same server",
                f"{value:.2f}x ({rates[0]:,.0f}/{rates[1]:,.0f} /s)",
                f">= {AT_LEAST}x",
                value >= AT_LEAST,
            )
