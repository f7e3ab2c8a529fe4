"""Requests that nobody meant, at every door for monitors: never a 5xx, and no 2xx without a row in the store.

The doors are taken from the table of the hooks itself, so that a new one is asked, too.
"""

from __future__ import annotations

import base64
import json
import random
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from amazon import AT, CERTIFICATE
from hostile import LARGE, RAW, RECORDED, compressed, grown, mutated
from night_house import Answer, House, NightOfLinks

from oncall_rota.intake.opsgenie_answer import request_id
from oncall_rota.notifiers.http_door import Response
from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.token import digest_of
from oncall_rota.web.door import Door
from oncall_rota.web.hooks import HOOKS, asked_of_opsgenie

KINDS = ("alertmanager", "grafana", "generic", "opsgenie", "pagerduty", "sentry", "sns")
QUERIES = (
    "", "", "", "per=alert", "identifierType=alias", "identifierType=id", "action=close", "summary=%ff%00%ed%a0%80",
    "dedup=x&dedup=y", "&" * 500, "=&=%", "per=alert&action=resolve", "status[]=1&a[b]=c", f"summary={'%20' * 2000}",
)  # fmt: skip
BLANKS = ("x", "eu/db-1", "%", "\x00", "\ud800", "٣", "a" * 3000, "..", "4132d0793cdc6481", "x y", "close", "?#")
ACTIONS = ("close", "acknowledge", "snooze", "notes", "assign", "\x00", "x" * 400)
TYPES = (
    None, "application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/plain",
    "multipart/form-data; boundary=XX", "multipart/form-data; boundary", "multipart/form-data; boundary=\xff\xfe",
    "text/plain; charset=\xed\xa0\x80", ";;;", "application/json" * 500, "image/png",
)  # fmt: skip
ODD_HEADERS: tuple[Mapping[str, str], ...] = (
    {}, {}, {"content-length": "-1"}, {"content-length": "\xb2"}, {"content-length": "9" * 400}, {"content-length": ""},
    {"accept": "application/json"}, {"accept": "\xff" * 2000}, {"expect": "100-continue"}, {"host": "\xff:x:y"},
    {"transfer-encoding": "chunked"}, {"x-forwarded-for": "\x00"}, {"cookie": "oncall=\xff; =;"}, {"range": "bytes=-"},
    {"host": ""}, {"sec-purpose": "prefetch"}, {"x-grafana-alerting-signature": "\xff"},
)  # fmt: skip


class Request(NamedTuple):
    """One request, to show when it has failed."""

    door: Door
    method: str
    address: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def hooked(night: NightOfLinks) -> Iterator[House]:
    """A server with a source of each kind, one more that groups, and a heartbeat."""
    every = {
        kind: {"type": kind, "keys": [f"sha256:{digest_of(f'key-of-{kind}').hex()}"], "team": "payments"}
        for kind in KINDS
    }
    every["generic"]["get"] = "yes"
    grouped = {**every["grafana"], "group_by": ["labels.alertname"], "keys": [f"sha256:{digest_of('key-of-x').hex()}"]}
    beat = {"every": timedelta(hours=1), "team": "payments", "keys": [f"sha256:{digest_of('key-of-backup').hex()}"]}
    night.settings = Settings(sources={**every, "x": {**grouped, "type": "alertmanager"}}, heartbeats={"backup": beat})
    made = House(night)
    made.internet = {AT: Response(200, {}, CERTIFICATE, True), "*": Response(404, {}, b"", True)}
    yield made
    made.close()


def rows(house: House) -> int:
    """How many decisions are on disk."""
    with closing(sqlite3.connect(house.night.path)) as found:
        return int(found.execute("SELECT count(*) FROM audit").fetchone()[0])


def body(chance: random.Random, key: str) -> bytes:
    """Something like a body; `key` where PagerDuty has it, most of the time."""
    way = chance.random()
    if way < 0.5:
        made = mutated(chance.choice(RECORDED), chance)
    elif way < 0.75:
        made = json.dumps(grown(chance)).encode()
    else:
        made = chance.choice(RAW) if way < 0.85 else chance.choice(LARGE)
    if chance.random() < 0.8:
        made = re.sub(rb'("(?:routing|service)_key"\s*:\s*)"[^"]*"', rb'\1"%s"' % key.encode(), made)
        if made[:1] == b"{" and b"_key" not in made[:60]:
            made = b'{"routing_key": "%s", ' % key.encode() + made[1:]
    return made


def path(door: Door, kind: str, key: str, chance: random.Random) -> str:
    """The path of a door with something in its blanks, most often what belongs there."""
    fitting = {
        "source": kind,
        "kind": "alertmanager" if kind == "x" else kind,
        "key": key,
        "heartbeat": "backup",
        "request": request_id("create", "4132d0793cdc6481", "x"),
        "action": chance.choice(ACTIONS),
    }

    def filled(blank: re.Match[str]) -> str:
        found = fitting.get(blank[1]) if chance.random() < 0.9 else None
        return quote(found or chance.choice(BLANKS), safe=chance.choice(("", "/")), errors="surrogatepass")

    return re.sub(r"{(\w+)(?::\w+)?}", filled, door.path)


def headers_of(door: Door, key: str, chance: random.Random) -> dict[str, str]:
    """The key, unless it stands elsewhere, and headers that are seldom right."""
    password = base64.b64encode(f":{key}".encode()).decode()
    shown = chance.choice((f"Bearer {key}", f"GenieKey {key}", f"Basic {password}"))
    content = chance.choice(TYPES)
    return {
        **({"authorization": shown} if door.rule != "in-body" and "{key}" not in door.path else {}),
        **({"content-type": content} if content is not None else {}),
        **chance.choice(ODD_HEADERS),
    }


def requests(count: int, seed: int) -> Iterator[Request]:
    """So many requests, to all doors in turn."""
    chance = random.Random(seed)
    for number in range(count):
        door = HOOKS[number % len(HOOKS)]
        kind = "opsgenie" if "/v2/alerts" in door.path else "pagerduty" if door.rule == "in-body" else None
        kind = kind or chance.choice((*KINDS, "x"))
        key = "key-of-backup" if "heartbeat" in door.path else f"key-of-{kind}"
        query, headers, made = chance.choice(QUERIES), headers_of(door, key, chance), body(chance, key)
        if chance.random() < 0.05:
            headers["content-encoding"], made = chance.choice(list(compressed().items()))
        address = path(door, kind, key, chance) + (f"?{query}" if query else "")
        yield Request(door, chance.choice(door.methods), address, headers, made)


def asked(house: House, request: Request) -> Answer:
    """The answer, or a failure that shows the request."""
    shown = f"{request.method} {request.address[:200]} {request.headers} {request.body[:300]!r}"
    try:
        found = house.asks(request.method, request.address, request.headers, request.body)
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} for {shown}") from error
    assert found.status < 500, f"{found.status} for {shown}"
    return found


def told(value: Any) -> bytes:
    """As JSON."""
    return json.dumps(value).encode()


def is_question(request: Request) -> bool:
    """Whether it only asks what became of something, which changes nothing."""
    return request.door.handler is asked_of_opsgenie


def test_no_door_fails_and_none_takes_what_it_does_not_keep(hooked: House) -> None:
    """Every 2xx has a row, and so has every refusal of somebody whose key was good."""
    statuses: dict[int, int] = {}
    reached: dict[str, int] = {}
    before = rows(hooked)
    for request in requests(2_000, seed=5):
        found = asked(hooked, request)
        after = rows(hooked)
        statuses[found.status] = statuses.get(found.status, 0) + 1
        if found.status < 300:
            reached[request.door.path] = reached.get(request.door.path, 0) + 1
        kept = found.status < 300 or (found.status in (413, 415, 422) and not is_question(request))
        assert is_question(request) or not kept or after > before, f"{found.status} without a row: {request}"
        before = after
    assert set(statuses) <= {200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 422}, statuses
    assert set(reached) == {door.path for door in HOOKS}, "a door that nothing got through"
    assert sum(statuses.get(status, 0) for status in (200, 202, 204)) > 500
    assert sum(statuses.get(status, 0) for status in (400, 413, 415, 422)) > 300


@pytest.mark.parametrize("made", [*RAW, *LARGE, b""], ids=lambda made: f"{made[:20]!r} of {len(made)}")
@pytest.mark.parametrize("kind", [*KINDS, "x"])
def test_a_body_that_breaks_parsers(kind: str, made: bytes, hooked: House) -> None:
    """Ten thousand levels, numbers without end, half surrogates, no UTF-8: kept as something, or refused and told."""
    headers = {"authorization": f"Bearer key-of-{kind}", "content-type": "application/json"}
    before = rows(hooked)
    assert asked(hooked, Request(HOOKS[0], "POST", f"/hooks/{kind}", headers, made)).status in (200, 202, 400, 413, 422)
    assert rows(hooked) > before


@pytest.mark.parametrize("encoding", sorted(compressed()))
def test_a_compressed_body_is_refused_as_it_is(encoding: str, hooked: House) -> None:
    """Nothing is unpacked; whoever sent it is told, and so are people."""
    headers = {"authorization": "Bearer key-of-generic", "content-encoding": encoding}
    found = asked(hooked, Request(HOOKS[0], "POST", "/hooks/generic", headers, compressed()[encoding]))
    assert (found.status, "compressed" in found.text) == (415, True)
    (row,) = hooked.night.store.incidents()
    assert "content-encoding" in json.loads(row.data)["summary"].lower()


@pytest.mark.parametrize("address", ["/hooks/alertmanager?per=alert", "/hooks/x"])
def test_an_envelope_without_alerts_is_not_taken_for_nothing(address: str, hooked: House) -> None:
    """A group whose alerts were lost on the way is a group, however its alerts are divided."""
    key = "key-of-x" if address == "/hooks/x" else "key-of-alertmanager"
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    made = told({"version": "4", "groupKey": "{}:{}", "status": "firing", "alerts": []})
    before = rows(hooked)
    assert asked(hooked, Request(HOOKS[0], "POST", address, headers, made)).status == 200
    assert rows(hooked) > before


def test_an_alias_with_a_slash_is_closed(hooked: House) -> None:
    """Such as a host and a service, which the sender has written as %2F."""
    headers = {"authorization": "GenieKey key-of-opsgenie", "content-type": "application/json"}
    hooked.asks("POST", "/v2/alerts", headers, told({"message": "disk is full", "alias": "eu/db-1"}))
    assert len(hooked.night.store.incidents()) == 1
    found = hooked.asks("POST", "/v2/alerts/eu%2Fdb-1/close?identifierType=alias", headers, b"{}")
    assert (found.status, hooked.night.store.incidents()) == (202, ())


def test_nothing_is_made_by_deleting_nothing(hooked: House) -> None:
    """An address whose alert was left out is no address, whatever the body says."""
    headers = {"authorization": "GenieKey key-of-opsgenie", "content-type": "application/json"}
    assert hooked.asks("DELETE", "/v2/alerts/", headers, told({"message": "disk is full"})).status == 404
    assert [row.source for row in hooked.night.store.incidents()] == ["opsgenie/unreadable"]
