"""Cover that takes effect at once, over HTTP: what it changes is told before anybody has it in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from folder_house import read
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.live import cancelled
from oncall_rota.paging.ports.row import LiveOverride

FOLDER = {
    "people.yaml": "".join(f"{name}: {{name: {name.title()}, email: {name}@example.com}}\n"
                           for name in ("alice", "bob", "carol", "erin", "zoe")),
    "payments.yaml": "team: payments\ntimezone: Europe/London\nschedules:\n"
                     "  primary: {people: [alice]}\n  secondary: {people: [bob]}\n",
    "search.yaml": "team: search\ntimezone: UTC\nrotation: {people: [bob, erin], every: week, "
                   "handoff: monday 09:00, starting: 2026-01-05}\n",
}  # fmt: skip
Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def rota(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[House]:
    """The server of two teams; it is Wednesday noon."""
    folder = tmp_path / "rotations"
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / name).write_text(text)
    found = read(folder)
    monkeypatch.setattr(night, "configuration", lambda: found)
    made = House(night)
    yield made
    made.close()


@pytest.fixture
def call(rota: House) -> Call:
    """A request with a responder's token: of somebody, and for a team alone."""

    several = [(person, None) for person in ("carol", "alice", "bob", "zoe", None)] + [("carol", "search")]
    tokens = {each: rota.token("responder", person=each[0], team=each[1], label="laptop")[0] for each in several}

    def called(
        method: str, address: str, person: str | None = "carol", team: str | None = None, **body: Any
    ) -> tuple[int, dict[str, Any]]:
        token = tokens[person, team]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        named = {name.removesuffix("_"): value for name, value in body.items()}
        said: Answer = rota.asks(method, address, headers, json.dumps(named).encode() if body else b"")
        return said.status, json.loads(said.body)

    return called


def pieces(told: dict[str, Any], schedule: str = "primary") -> tuple[list[str], list[str]]:
    """Who is on before and after."""
    (found,) = [each for each in told["changes"] if each["schedule"] == schedule]
    return ([each["person"] for each in found["before"]], [each["person"] for each in found["after"]])


def kept(rota: House) -> tuple[LiveOverride, ...]:
    """Those that stand."""
    return rota.night.store.overrides()


def test_two_hours_of_cover(rota: House, call: Call) -> None:
    """In the words of the file, in the team's zone; who asked for it is known."""
    status, told = call("POST", "/v1/overrides/payments", who="me", for_="2h", reason="the dentist")
    assert (status, pieces(told)) == (201, (["alice"], ["carol"]))
    (one,) = kept(rota)
    at = rota.night.clock.now()
    assert json.loads(one.entry) == {
        "who": "carol", "from": "2026-06-17 13:00", "until": "2026-06-17 15:00", "reason": "the dentist",
    }  # fmt: skip
    assert (one.team, one.created_by, told["override"]["id"]) == ("payments", "carol", one.id)
    assert (told["override"]["start"], told["override"]["end"]) == (
        f"{at:%Y-%m-%dT12:00:00Z}", f"{at:%Y-%m-%dT14:00:00Z}",
    )  # fmt: skip


def test_a_dry_run_keeps_nothing(rota: House, call: Call) -> None:
    """And tells the same."""
    status, told = call("POST", "/v1/overrides/payments", who="carol", for_="2h", dry_run=True)
    assert (status, pieces(told), told["dry_run"]) == (200, (["alice"], ["carol"]), True)
    assert kept(rota) == ()


@pytest.mark.parametrize(
    ("body", "schedules", "after"),
    [
        ({"who": ["carol", "erin"]}, ["primary"], ["carol", "erin"]),
        ({"who": "carol", "instead_of": "alice"}, ["primary"], ["carol"]),
        ({"who": "nobody"}, ["primary"], [None]),
        ({"add": "carol"}, ["primary"], ["alice", "carol"]),
        ({"remove": "alice"}, ["primary", "secondary"], [None]),
        ({"swap": ["alice", "bob"]}, ["primary", "secondary"], ["bob"]),
        ({"who": "carol", "layer": "primary"}, ["primary"], ["carol"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_verb_of_the_file(call: Call, body: dict[str, Any], schedules: list[str], after: list[str]) -> None:
    """Each holds in the schedules in which a line of the file would."""
    status, told = call("POST", "/v1/overrides/payments", for_="2h", **body)
    assert (status, told["override"]["schedules"], pieces(told)) == (201, schedules, (["alice"], after))


def test_another_schedule(rota: House, call: Call) -> None:
    """By its name."""
    _, told = call("POST", "/v1/overrides/payments", schedule="secondary", who="carol", until="18:00")
    assert pieces(told, "secondary") == (["bob"], ["carol"])
    assert json.loads(kept(rota)[0].entry)["schedule"] == "secondary"


def test_whole_days(rota: House, call: Call) -> None:
    """As the file says them."""
    _, told = call("POST", "/v1/overrides/payments", who="carol", from_="2027-01-01", through="2027-01-02")
    assert (told["override"]["start"], told["override"]["end"]) == ("2027-01-01T00:00:00Z", "2027-01-03T00:00:00Z")
    entry = json.loads(kept(rota)[0].entry)
    assert (entry["from"], entry["through"]) == ("2027-01-01", "2027-01-02")


def test_the_only_team_of_somebody_needs_no_name(call: Call) -> None:
    """Of who serves two, the name is asked for."""
    assert call("POST", "/v1/overrides/-", person="alice", who="me", for_="2h")[1]["override"]["team"] == "payments"
    status, told = call("POST", "/v1/overrides/-", person="bob", who="me", for_="2h")
    assert (status, told["error"]["message"]) == (400, "bob serves payments and search")
    status, told = call("POST", "/v1/overrides/-", person="zoe", who="me", for_="2h")
    assert (status, told["error"]["message"]) == (400, "zoe serves no team")
    assert call("POST", "/v1/overrides/-", person=None, who="alice", for_="2h")[0] == 400


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"for": "2h"}, "nothing says what is to change"),
        (400, {"who": "carol"}, "no end is given"),
        (400, {"who": "carol", "for": "2h", "until": "18:00"}, "only one of them"),
        (400, {"who": "carol", "add": "bob", "for": "2h"}, "who and add do not go together"),
        (400, {"swap": ["alice"], "for": "2h"}, "swap is between two people"),
        (400, {"add": "bob", "instead_of": "alice", "for": "2h"}, "instead-of goes with who"),
        (400, {"who": "carol", "until": "2020-01-01"}, "ends before it begins"),
        (400, {"who": "carol", "for": "soon"}, "for: "),
        (400, {"who": "carol", "from": "9999-12-30", "through": "9999-12-31"}, "outside the years"),
        (400, {"who": "carol", "from": "9999-12-30", "for": "5d"}, "outside the years"),
        (400, {"who": ["carol", "carol"], "for": "2h"}, "carol stands there twice"),
        (400, {"swap": ["alice", "alice"], "for": "2h"}, "alice stands there twice"),
        (400, {"who": [], "for": "2h"}, "nothing says"),
        (400, {"who": 5, "for": "2h"}, "who: it is a text"),
        (400, {"whom": "carol", "for": "2h"}, "no field 'whom'"),
        (400, {"who": "carol", "for": "2h", "tz": "Mars"}, "tz: "),
        (403, {"who": "carol", "for": "2h", "by": "dave"}, "this token is that of 'carol'"),
        (404, {"who": "carl", "for": "2h"}, "no person 'carl'"),
        (404, {"who": "carol", "for": "2h", "layer": "nights"}, "no layer 'nights'"),
        (404, {"who": "carol", "for": "2h", "schedule": "tertiary"}, "no schedule 'tertiary'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(rota: House, call: Call, status: int, body: dict[str, Any], words: str) -> None:
    """And nothing is kept of it."""
    found, told = call("POST", "/v1/overrides/payments", **body)
    assert (found, kept(rota)) == (status, ())
    assert words in told["error"]["message"]


def test_a_token_of_one_team(rota: House, call: Call) -> None:
    """It covers, sees and withdraws nothing of another."""
    assert call("POST", "/v1/overrides/payments", team="search", who="bob", for_="2h")[0] == 403
    call("POST", "/v1/overrides/payments", who="carol", for_="2h")
    assert call("GET", "/v1/overrides", team="search")[1]["overrides"] == []
    assert call("DELETE", f"/v1/overrides/payments/{kept(rota)[0].id}", team="search")[0] == 403
    assert call("GET", "/v1/overrides/nothing")[0] == 404


def test_listed_and_withdrawn(rota: House, call: Call) -> None:
    """One that the configuration does not have yet is told as being without effect."""
    call("POST", "/v1/overrides/payments", who="carol", for_="2h")
    (one,) = kept(rota)
    (row,) = call("GET", "/v1/overrides/payments")[1]["overrides"]
    assert (row["id"], row["by"], row["effective"], row["entry"]["who"]) == (one.id, "carol", False, "carol")
    assert call("GET", "/v1/overrides/search")[1]["overrides"] == []
    assert call("DELETE", f"/v1/overrides/search/{one.id}")[0] == 404
    assert call("DELETE", f"/v1/overrides/payments/{one.id}?dry_run=yes")[0] == 200
    assert kept(rota) == (one,)
    assert call("DELETE", f"/v1/overrides/payments/{one.id}", person="bob")[0] == 200
    ended = rota.night.store.override(one.id)
    assert ended is not None
    assert (kept(rota), ended.ended_by, ended.ended_why) == ((), "bob", "cancelled")


def test_one_that_a_file_has_is_not_withdrawn(rota: House, call: Call) -> None:
    """Since the file alone decides."""
    call("POST", "/v1/overrides/payments", who="carol", for_="2h")
    (one,) = kept(rota)
    store = rota.night.store
    store.end_override(one.id, rota.night.clock.now(), "oncall", "folded")
    assert call("DELETE", f"/v1/overrides/payments/{one.id}")[0] == 409
    with pytest.raises(Exception, match="alone decides"):
        cancelled(store, one.id, "carol")


def test_a_store_that_fails_is_told(rota: House, call: Call) -> None:
    """Cover that nobody keeps is not promised."""
    call("GET", "/v1/overrides")
    rota.night.disk.broken, rota.night.disk.unreadable = "full", True
    assert call("POST", "/v1/overrides/payments", who="carol", for_="2h")[0] == 503
