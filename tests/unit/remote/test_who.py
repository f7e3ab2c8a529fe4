"""`oncall who` with `$ONCALL_SERVER`: the server's answer; where it is dead the checkout's, which is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from there import Loopback, Seen, Silent, nobody

from oncall_rota import front

Oncall = Callable[..., Any]
AT = "2026-06-17T12:00:00Z"


def row(schedule: str = "primary", who: str = "zoe", **more: Any) -> dict[str, Any]:
    """A row as servers have it; zoe is in no checkout."""
    people = [{"id": who, "name": who.title(), "cause": {"kind": "always", "path": "x.yaml", "line": 1}}] if who else []
    return {
        "team": "payments", "schedule": schedule, "timezone": "Europe/London", "on_call": people,
        "since": "2026-06-15T08:00:00Z", "until": "2026-06-22T08:00:00Z", "next": [{"id": "yan", "name": "Yan"}],
        "next_from": "2026-06-22T08:00:00Z", "cause": people[0]["cause"] if people else None, **more,
    }  # fmt: skip


def told(*rows: Any) -> dict[str, Any]:
    """An answer."""
    return {"version": 1, "at": AT, "results": list(rows)}


def test_the_server_answers_and_the_json_says_so(loopback: Loopback, oncall: Oncall) -> None:
    """The same rows in every format; nothing of the checkout."""
    loopback.says(200, told(row(), row("secondary", "yan")))
    assert json.loads(oncall("who", "--json").out) == {**told(row(), row("secondary", "yan")), "source": "server"}
    assert oncall("who", "payments", "-o", "names").out == "Zoe\nYan\n"
    assert oncall("who", "payments").out.splitlines()[0].split("\t")[:3] == ["payments/primary", "zoe", "Zoe"]
    asked = [each.path for each in loopback.seen if each.path != "/v1/overrides"]
    assert asked == ["/v1/who", "/v1/who/payments", "/v1/who/payments"]
    assert {each.headers["authorization"] for each in loopback.seen} == {"Bearer planted-token"}


def test_what_is_asked_for_is_asked_of_the_server(loopback: Loopback, oncall: Oncall) -> None:
    """Moments as instants, several names one by one, services, and who is next by asking about then."""
    loopback.says(200, told(row()))
    oncall("who", "payments/primary", "web", "--at", "2026-06-17T12:00:00Z", "--service", "card-api")
    first, second, _ = (urlsplit(each.path) for each in loopback.seen)  # the last one asks for live overrides
    assert (first.path, second.path) == ("/v1/who/payments/primary", "/v1/who/web")
    assert parse_qs(first.query) == {"at": [AT], "service": ["card-api"]}
    loopback.seen.clear()
    oncall("who", "payments", "--next")
    assert loopback.seen[1].path == "/v1/who/payments/primary?at=2026-06-22T08%3A00%3A00Z"


def test_nobody_there_exits_with_3(loopback: Loopback, oncall: Oncall) -> None:
    """For what was named: a team's first schedule."""
    loopback.says(200, told(row("primary", "yan"), row("secondary", "")))
    assert oncall("who", "payments").code == 0
    loopback.says(200, told(row("primary", ""), row("secondary", "yan")))
    said = oncall("who", "payments")
    assert (said.code, "nobody is on call for payments/primary until 2026-06-22T08:00:00Z" in said.err) == (3, True)


def test_what_the_server_does_not_know_is_unknown(loopback: Loopback, oncall: Oncall) -> None:
    """Though the checkout has a team of that name: the server is asked because it knows better."""
    loopback.says(404, {"error": {"message": "no team 'payments'", "hint": "did you mean 'payment'?"}})
    said = oncall("who", "payments")
    assert (said.code, said.out, "did you mean 'payment'?" in said.err) == (5, "", True)


def test_a_field_is_looked_up_in_the_checkout(loopback: Loopback, oncall: Oncall) -> None:
    """A server tells no addresses."""
    loopback.says(200, told(row(who="alice")))
    assert oncall("who", "payments", "--field", "phone").out == "+447700900101\n"


def test_a_folder_that_is_named_answers_itself(loopback: Loopback, oncall: Oncall, folder: Path) -> None:
    """Nothing goes to the server."""
    said = oncall("who", "payments", "-o", "names", "--dir", str(folder))
    assert (said.out, loopback.seen) == ("Bob Brown\n", [])


# -- dead: the checkout, in which bob is on call


def of_the_checkout(oncall: Oncall, folder: Path) -> str:
    """What was said of an answer that is the checkout's."""
    for path in folder.iterdir():
        os.utime(path, (1_750_000_000, 1_750_000_000))
    os.utime(folder / "people.yaml", (1_750_003_600, 1_750_003_600))
    said = oncall("who", "payments", "--json")
    found = json.loads(said.out)
    assert (said.code, found["source"]) == (0, "checkout")
    assert [person["id"] for person in found["results"][0]["on_call"]] == ["bob"]
    assert "as of Sun 15 Jun 2025 16:06:40" in said.err or "as of Sun 15 Jun 2025 16:06" in said.err
    assert oncall("who", "payments", "-o", "names").out == "Bob Brown\n"
    err: str = said.err
    return err


def test_a_dead_server(hurried: Oncall, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout, and how old it is."""
    monkeypatch.setenv("ONCALL_SERVER", nobody())
    assert "refused the connection" in of_the_checkout(hurried, folder)


def test_a_silent_server(hurried: Oncall, folder: Path, silent: Silent) -> None:
    """Two seconds at most, for all of it."""
    assert "did not answer in time" in of_the_checkout(hurried, folder)


@pytest.mark.parametrize("status", [301, 401, 403, 429, 500, 502, 503])
def test_a_server_that_does_not_answer_that(status: int, hurried: Oncall, folder: Path, loopback: Loopback) -> None:
    """A token that has expired is no reason to say nothing."""
    loopback.says(status, {"error": {"message": "no", "hint": ""}})
    assert "planted-token" not in of_the_checkout(hurried, folder)


BAD = {
    "no JSON": b"<html>",
    "no rows": told(7),
    "no results": {"at": AT},
    "no names": told(row() | {"on_call": [{"id": 7, "name": "Zoe", "cause": {"kind": "turn"}}]}),
    "no instant": told(row(until="soon")),
    "no zone": told(row(timezone="Europe/Atlantis")),
    "no list": told(row() | {"next": None}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_server_that_talks_nonsense(name: str, hurried: Oncall, folder: Path, loopback: Loopback) -> None:
    """Nothing of it is shown."""
    loopback.says(200, BAD[name])
    assert "cannot be used" in of_the_checkout(hurried, folder)


def test_what_the_server_calls_people_does_nothing_to_a_terminal(loopback: Loopback, oncall: Oncall) -> None:
    """Text from outside."""
    loopback.says(200, told(row(who="z\x1b[31moe")))
    for form in ("plain", "csv", "names"):
        assert "\x1b" not in oncall("who", "-o", form).out


def test_all_of_it_has_two_seconds(loopback: Loopback, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names are asked for, one by one."""
    monkeypatch.setattr("oncall_rota.cli.who_server.PATIENCE", 2.0)
    clock = iter(range(0, 100, 1))
    monkeypatch.setattr("oncall_rota.cli.who_server.time.monotonic", lambda: float(next(clock)))

    def answers(seen: Seen) -> Any:
        return 200, {}, json.dumps(told(row())).encode()

    loopback.answers = answers
    said = oncall("who", "payments", "payments/primary", "payments", "--json")
    assert (json.loads(said.out)["source"], len(loopback.seen)) == ("checkout", 1)
    assert "does not answer within 2 s" in said.err


def test_without_a_checkout_a_dead_server_is_an_error(
    hurried: Oncall, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nobody else to ask."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    monkeypatch.setenv("ONCALL_SERVER", nobody())
    said = hurried("who")
    assert (said.code, said.out, "refused the connection" in said.err) == (1, "", True)


def test_the_fast_way_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept in the cache is the checkout's."""
    asked = (["who", "payments", "--json"], {"ONCALL_SERVER": "https://oncall.example.com"})
    assert front.understood(*asked) is None
    assert front.understood(asked[0], {}) is not None
