"""Whatever bytes come over the socket: never an exception in the owner, never an act that nobody asked for."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reception import AT, INCIDENT, PATIENCE, ROW, Alarms, Line, Phones, Reception

from oncall_rota.control.client import RemoteOffice
from oncall_rota.control.codec import encoded
from oncall_rota.control.owner import Opened
from oncall_rota.control.wire import CALLS, Request, request_line
from oncall_rota.errors import UsageError
from oncall_rota.paging.incident import Acknowledged, Declined, Reassigned, Resolved, Snoozed
from oncall_rota.paging.ports.store import StoreFailed, Unstorable
from oncall_rota.paging.signal import Signal

LINES = 2000
Opens = Callable[..., AbstractContextManager[Opened]]
Dial = Callable[[], Line]

REQUESTS = [
    ("signal", {"signal": Signal("cli", "disk", "disk full", team="payments", service="api", lines=("a", "b"))}),
    ("signal", {"signal": Signal("cli", "disk", "disk full", "resolve", person="bob", via="screen")}),
    ("act", {"incident_id": INCIDENT.id, "event": Acknowledged("alice"), "actor": "alice"}),
    ("act", {"incident_id": INCIDENT.id, "event": Resolved("alice"), "actor": "alice"}),
    ("act", {"incident_id": INCIDENT.id, "event": Snoozed("alice", AT), "actor": "alice"}),
    ("act", {"incident_id": INCIDENT.id, "event": Declined("alice"), "actor": "alice"}),
    ("act", {"incident_id": INCIDENT.id, "event": Reassigned("alice", "bob"), "actor": "alice"}),
    ("remark", {"incident_id": INCIDENT.id, "by": "alice", "text": "looking"}),
    ("meant", {"reference": "0dfc"}),
    ("incidents", {"statuses": ("triggered", "held"), "team": "payments", "limit": 10}),
    ("story", {"incident_id": INCIDENT.id}),
    ("drive", {"incident_id": INCIDENT.id}),
]
ASKED: list[Any] = [
    json.loads(request_line(Request(number, name, arguments))) for number, (name, arguments) in enumerate(REQUESTS)
]
VALUES = [0, -1, 10**30, 1.5, True, "", "x", [], ["x"], {}, {"is": "Resolved"}]
NUMBERS = b"1e999 NaN Infinity -Infinity 1e309 0x1 01".split()


def nodes(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values in a value."""
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from nodes(each, (*place, key))


def with_another(asked: Any, place: tuple[Any, ...], choose: random.Random) -> Any:
    """The request with a value of another type in that place."""
    made = copy.deepcopy(asked)
    inside = made
    for key in place[:-1]:
        inside = inside[key]
    was = inside[place[-1]]
    numbers = (int, float)  # a span is either
    others = [
        each
        for each in VALUES
        if type(each) is not type(was) and not (type(was) in numbers and type(each) in numbers) and was is not None
    ]
    # A text may stand where there is none now.
    inside[place[-1]] = choose.choice(others or [7, [], {}, True])
    return made


def without(asked: Any, choose: random.Random) -> Any:
    """The request without something that it needs."""
    made = copy.deepcopy(asked)
    inside = made if choose.random() < 0.3 else made["with"]
    needed = [key for key in inside if key not in ("service", "person", "via")]
    del inside[choose.choice(needed)]
    return made


def hostile(choose: random.Random) -> bytes:
    """One line that is no request."""
    asked = choose.choice(ASKED)
    kind = choose.randrange(8)
    if kind == 0:
        return choose.randbytes(choose.randrange(1, 200)).replace(b"\n", b"")
    if kind == 1:
        return json.dumps(with_another(asked, choose.choice(list(nodes(asked))), choose)).encode()
    if kind == 2:
        return json.dumps(without(asked, choose)).encode()
    if kind == 3:
        line = json.dumps(asked).encode()
        return line[: choose.randrange(len(line) - 1)]
    if kind == 4:
        sign = choose.choice([b"[", b'{"with":', b'[{"a":'])
        return sign * choose.randrange(1, 50_000)
    if kind == 5:
        return json.dumps({**asked, "do": choose.choice(["close", "__init__", "_ask", "submit", "", "Story"])}).encode()
    if kind == 6:
        return json.dumps(choose.choice(VALUES)).encode()
    number = choose.choice([*NUMBERS, b"9" * 5000])
    return json.dumps({**asked, "id": "NUMBER"}).encode().replace(b'"NUMBER"', number)


def test_what_is_no_request_is_refused(dialled: Dial, reception: Reception) -> None:
    """2,000 lines: each is answered by an error, on the same connection, and the office is never asked."""
    choose = random.Random(20261121)
    client = dialled()
    for _ in range(LINES):
        line = hostile(choose)
        client.says(line + b"\n")
        answer = json.loads(client.hears())
        assert answer.keys() == {"id", "error"}, line
        assert answer["error"]["kind"] == "UsageError", line
        assert not reception.asked, line
    client.says(request_line(Request(1, "meant", {"reference": "0dfc"})))
    assert json.loads(client.hears()) == {"id": 1, "value": [encoded(ROW)]}


@pytest.mark.parametrize(
    ("number", "place", "value"),
    [
        *[(9, "limit", limit) for limit in (0, -1, 10_001, 2**62)],
        *[(0, "hold", hold) for hold in (-1, -1e-6, 367 * 86400, 1e13, 1e300, float("inf"), float("nan"))],
    ],
)
def test_a_number_that_nobody_means_is_refused(
    dialled: Dial, reception: Reception, number: int, place: str, value: float
) -> None:
    """It would overflow in the middle of a decision, or read the whole store."""
    client = dialled()
    asked = copy.deepcopy(ASKED[number])
    asked["with"].get("signal", asked["with"])[place] = value
    client.says(json.dumps(asked).encode() + b"\n")
    assert json.loads(client.hears())["error"]["kind"] == "UsageError"
    assert not reception.asked


def test_a_request_with_some_bytes_changed_is_refused_or_is_that_request(dialled: Dial, reception: Reception) -> None:
    """What the office is asked is what the line says, and nothing besides."""
    choose = random.Random(4)
    client = dialled()
    understood = 0
    for _ in range(LINES):
        line = bytearray(json.dumps(choose.choice([each for each in ASKED if "until_at" not in str(each)])).encode())
        for _ in range(choose.choice([1, 1, 1, 2, 5])):
            line[choose.randrange(len(line))] = choose.choice([*range(10), *range(11, 256)])
        client.says(line + b"\n")
        answer = json.loads(client.hears())
        if "error" in answer:
            assert not reception.asked
            continue
        understood += 1
        ((name, arguments),) = reception.asked
        reception.asked.clear()
        told = json.loads(line)
        assert name == told["do"]
        for key, value in zip(CALLS[name].arguments, arguments, strict=True):
            made = encoded(value, tagged=key == "event")
            known = told["with"][key]
            if isinstance(made, dict):
                made, known = [{each: one[each] for each in made if each in known} for one in (made, known)]
            assert made == known
    assert understood > 50, "some of the changes are harmless"


def test_an_owner_is_as_it_was_after_all_that(opens: Opens, tmp_path: Path, alarms: Alarms, phones: Phones) -> None:
    """A real owner, whose pager lives, whose store has nothing new, and who pages at once when it is asked."""
    choose = random.Random(7)
    with opens() as opened, Line(tmp_path / "oncall.db.sock") as client:
        for _ in range(300):
            client.says(hostile(choose) + b"\n")
            assert json.loads(client.hears())["error"]
        assert opened.store is not None
        assert opened.store.incidents(("held", "triggered", "acknowledged", "resolved", "recorded")) == ()
        assert opened.store.audit("") == ()
        opened.office.signal(Signal("cli", "disk", "disk full", team="payments"))
        assert phones.next()[1].summary == "disk full"
    assert not alarms


TEXTS = ["", " ", "\0", "\ud800", "\u202e", "x" * 100_000, "a\nb", "'; DROP TABLE pages; --", "../../x", "%s{0}", "😀"]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:20])
def test_any_text_in_any_place_leaves_the_pager_alive(opens: Opens, alarms: Alarms, phones: Phones, text: str) -> None:
    """It is taken or refused, by kind."""
    with opens() as owner, opens() as other:
        assert isinstance(other.office, RemoteOffice)
        office = other.office
        mine = office.signal(Signal("cli", "disk", "disk full", team="payments")).incident_id
        phones.next()
        signal = Signal("cli", "k", "s", team="payments")
        asked: list[Callable[[], Any]] = [
            *[
                lambda field=field: office.signal(signal._replace(**{field: text}))
                for field in ("source", "key", "summary", "team", "severity", "service", "person", "via")
            ],
            lambda: office.signal(signal._replace(lines=(text,) * 3)),
            lambda: office.act(text, Acknowledged("alice"), "alice"),
            lambda: office.act(mine, Reassigned("alice", text), "alice"),
            lambda: office.act(mine, Declined(text), text),
            lambda: office.act(mine, Acknowledged(text, text), text),
            lambda: office.act(mine, Resolved(text), text),
            lambda: office.remark(mine, text, text),
            lambda: office.meant(text),
            lambda: office.incidents(team=text),
            lambda: office.story(text),
            lambda: other.drive(text),
        ]
        for ask in asked:
            with suppress(StoreFailed, Unstorable, UsageError):  # anything else was foreseen by nobody
                ask()
        assert owner.crew is not None
        assert owner.crew.settle(PATIENCE)
        assert not owner.crew.died.is_set()
        phones.inbox = type(phones.inbox)()
        office.signal(Signal("cli", "last", "the last one", team="payments"))
        assert phones.next()[1].summary == "the last one"
    assert not [each for each in alarms if "died" in each]


FAR = [datetime.min.replace(tzinfo=UTC), AT, datetime.max.replace(tzinfo=UTC)]


@pytest.mark.parametrize("until_at", FAR, ids=str)
def test_any_instant_leaves_the_pager_alive(opens: Opens, phones: Phones, until_at: datetime) -> None:
    """The first, one that is over, and the last that there is."""
    with opens() as owner, opens() as other:
        for number in range(2):
            one = Signal("cli", f"disk {number}", "disk full", team="payments")
            incident_id = other.office.signal(one).incident_id
            other.office.act(incident_id, Snoozed("alice", until_at), "alice")
            other.office.signal(one._replace(kind="acknowledge", until_at=until_at))
            other.drive(incident_id)
            other.office.signal(one)
            other.office.act(incident_id, Resolved("alice"), "alice")
        assert owner.crew is not None
        assert owner.crew.settle(PATIENCE)
        assert not owner.crew.died.is_set()
