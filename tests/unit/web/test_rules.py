"""Every route, every credential: who is let in, from the table of the doors itself; a new route has to be in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple, get_args

import pytest
from night_house import FORM, House, NightOfLinks
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.link import ACKNOWLEDGE, begun, signed
from oncall_rota.paging.token import digest_of, revoked
from oncall_rota.web.access import JUDGES
from oncall_rota.web.access_session import PURPOSE, SECURE
from oncall_rota.web.access_sign_in import SignIn
from oncall_rota.web.app import DOORS, application
from oncall_rota.web.door import Door, Rule, Visit

# What is behind no rule at all, or judges for itself: each of them was a decision.
OPEN = {"/healthz", "/readyz", "/livez", "/sign-in", "/favicon.ico", "/openapi.json", "/style/{version}.css"}
IN_BODY = re.compile(r"/v2/enqueue/?|/v2/change/enqueue/?|/generic/2010-04-15/create_event\.json/?")
INSIDE = 299

CREDENTIALS = (
    "nothing", "a wrong key", "source key", "source token", "heartbeat key", "feed token", "board key", "board token",
    "responder token", "admin token", "expired admin token", "revoked admin token", "link", "forged link",
    "sign-in link", "responder session", "admin session", "expired session", "session of somebody who left",
    "link in a cookie",
)  # fmt: skip
READS = {"board key", "board token", "responder token", "admin token", "responder session", "admin session"}
ACTS = READS - {"board key", "board token"}
ADMINS = {"admin token", "admin session"}
LET_IN: Mapping[str, set[str]] = {
    "open": set(CREDENTIALS),
    "in-body": set(CREDENTIALS),
    "provider": set(CREDENTIALS),
    "source": {"source key", "source token"},
    "link": {"link"},
    "sign-in": {"sign-in link"},
    "feed": {"feed token"},
    "board": READS,
    "responder": ACTS,
    "admin": ADMINS,
    "metrics": {"board key", "board token", "responder token", "admin token"},
}
SESSIONS = {"responder session", "admin session"}


async def _inside(_: Visit) -> Response:
    return PlainTextResponse("", INSIDE)


# One more of each rule, as not every rule has a door of each kind yet.
SAMPLES = tuple(
    Door((method,), f"/sample/{rule}/{{token}}" if rule != "provider" else "/sample/{channel}", rule, _inside, "")
    for rule in get_args(Rule)
    for method in ("GET", "POST", "DELETE")
)


class Shown(NamedTuple):
    """A credential: as a key, and as a cookie."""

    key: str = ""
    cookie: str = ""


@pytest.fixture
def guarded(night: NightOfLinks) -> Iterator[House]:
    """The real doors, and behind each a room that only says that somebody is in."""
    night.settings = Settings(
        sources={"prod-am": {"type": "alertmanager", "keys": [f"sha256:{digest_of('source-key').hex()}"]}},
        heartbeats={"backup": {"keys": [f"sha256:{digest_of('heartbeat-key').hex()}"]}},
        access={"login": "link", "admins": ["grace"], "board": [f"sha256:{digest_of('board-key').hex()}"]},
    )
    made = House(night, [door._replace(handler=_inside) for door in (*DOORS, *SAMPLES)])
    yield made
    made.close()


@pytest.fixture
def shown(guarded: House, night: NightOfLinks) -> Callable[[str], Shown]:
    """Every credential there is."""
    now, key = night.clock.at, begun(night.store)[0]
    tokens = {scope: guarded.token(scope)[0] for scope in ("feed", "board", "responder", "admin")}
    night.signal()
    link = night.link_to("alice").removeprefix("/a/")
    expired, _ = guarded.token("admin", expires_at=now - timedelta(seconds=1))
    gone, kept = guarded.token("admin")
    revoked(night.store, kept.id)

    def session(person: str, until: timedelta = timedelta(hours=1), purpose: str = PURPOSE) -> str:
        return signed(key, purpose, (person, "1"), now + until)

    every = {
        "nothing": Shown(),
        "a wrong key": Shown("wrong"),
        "source key": Shown("source-key"),
        "source token": Shown(guarded.token("source", label="prod-am")[0]),
        "heartbeat key": Shown("heartbeat-key"),
        "board key": Shown("board-key"),
        **{f"{scope} token": Shown(token) for scope, token in tokens.items()},
        "expired admin token": Shown(expired),
        "revoked admin token": Shown(gone),
        "link": Shown(link),
        "forged link": Shown(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}"),
        "sign-in link": Shown(SignIn("alice", "1", "/").text(key, now)),
        "responder session": Shown(cookie=session("alice")),
        "admin session": Shown(cookie=session("grace")),
        "expired session": Shown(cookie=session("grace", -timedelta(seconds=1))),
        "session of somebody who left": Shown(cookie=session("zoe")),
        "link in a cookie": Shown(cookie=session("grace", purpose=ACKNOWLEDGE)),
    }
    assert set(every) == set(CREDENTIALS)
    return every.__getitem__


def address(door: Door, key: str) -> str:
    """The door's path with every blank filled in; the key where it has a place for one."""
    named = {"channel": "push", "source": "prod-am", "heartbeat": "backup", "kind": "alertmanager"}
    return re.sub(
        r"{(\w+)(?::\w+)?}", lambda blank: key or "x" if blank[1] in ("token", "key") else named.get(blank[1], "x"),
        door.path,
    )  # fmt: skip


def let_in(door: Door, credential: str) -> bool:
    """Whether the table says so."""
    if "{heartbeat}" in door.path:
        return credential == "heartbeat key"
    return credential in LET_IN[door.rule]


def asked(house: House, door: Door, method: str, credential: str, shown: Callable[[str], Shown]) -> int:
    """The status of one request, with the credential wherever one may stand."""
    key, cookie = shown(credential)
    headers = {
        **({"authorization": f"Bearer {key}"} if key else {}),
        **({"cookie": f"{SECURE}={cookie}"} if cookie else {}),
    }
    body = b""
    if method not in ("GET", "HEAD") and credential in SESSIONS:
        subject = "session 1"
        body = f"once={house.form(subject)}".encode()
        headers |= FORM
    return house.asks(method, address(door, key), headers, body).status


@pytest.mark.parametrize("door", [*DOORS, *SAMPLES], ids=lambda door: f"{'+'.join(door.methods)} {door.path}")
def test_a_door_opens_to_those_for_whom_it_is(door: Door, guarded: House, shown: Callable[[str], Shown]) -> None:
    """And to nobody else: 401, 403 or 404, before anything is read."""
    wrong = []
    for credential in CREDENTIALS:
        for method in door.methods:
            status = asked(guarded, door, method, credential, shown)
            if status not in ((INSIDE,) if let_in(door, credential) else (401, 403, 404)):
                wrong.append(f"{method} {door.path} with {credential}: {status}")
    assert not wrong


def test_every_rule_has_a_judge_and_a_row_of_the_table() -> None:
    """A rule that nobody judges, or whose meaning nobody has written down here, fails."""
    assert set(JUDGES) == set(LET_IN)
    assert {door.rule for door in DOORS} <= set(JUDGES)


def test_what_is_behind_no_rule_is_named_here() -> None:
    """An open door is a decision, and so is one that reads a body before it knows whose it is."""
    assert {door.path for door in DOORS if door.rule == "open"} <= OPEN
    assert all(IN_BODY.fullmatch(door.path) for door in DOORS if door.rule == "in-body")
    assert {door.path for door in DOORS if door.rule == "provider"} == {"/in/{channel}"}


def test_there_is_no_way_in_but_the_doors(house: House) -> None:
    """Nothing is mounted beside them, and no documentation of a framework's own."""
    routes = application(house.premises).routes
    assert all(isinstance(route, Route) for route in routes)
    found = [(route.path, method) for route in routes if isinstance(route, Route) for method in route.methods or ()]
    doors = [(door.path, method) for door in DOORS for method in door.methods]
    assert sorted(each for each in found if each[1] != "HEAD") == sorted(each for each in doors if each[1] != "HEAD")


@pytest.mark.parametrize("door", [each for each in DOORS if "GET" not in each.methods], ids=lambda door: door.path)
def test_a_door_that_acts_does_not_open_to_a_look(door: Door, house: House) -> None:
    """HEAD, OPTIONS and TRACE do nothing anywhere."""
    for method in ("OPTIONS", "HEAD", "TRACE"):
        assert house.asks(method, address(door, "x")).status in (200, 401, 403, 404, 405)
    assert house.submitted == []


def test_a_method_that_no_door_has_is_told_those_that_there_are(house: House) -> None:
    """All doors of an address count, however many they are."""
    for address_, methods in (("/sign-in", {"GET", "HEAD", "POST"}), ("/v2/alerts", {"POST"})):
        found = house.asks("OPTIONS", address_)
        assert found.status == 405
        assert {each.strip() for each in found.headers["allow"].split(",")} == methods
