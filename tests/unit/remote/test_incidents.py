"""`oncall incident`, `ack` and `resolve` with `$ONCALL_SERVER`: the server knows what is open, and who is asking."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from night_house import NightOfLinks
from there import Loopback, NightServer, nobody

from oncall_rota.remote.reading import story_of
from oncall_rota.rendering.story import document

Oncall = Callable[..., Any]


def test_the_list_is_the_servers(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """In every format as if the store were here."""
    opened = night.signal().incident_id
    over = night.signal("net").incident_id
    night.resolves("bob", over)
    said = oncall("incident", "list")
    assert said.out.split("\t")[:4] == [opened, "triggered", "critical", "payments"]
    assert "nobody drives" not in said.err
    (told,) = json.loads(oncall("incident", "list", "--status", "resolved", "--json").out)["incidents"]
    assert told["id"] == over
    night.resolves("bob", opened)
    assert "no incident is open in $ONCALL_SERVER" in oncall("incident", "list").err


def test_a_list_read_back_is_the_list(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """Nothing that is told of an incident is lost on its way."""
    night.signal(lines=("one", "two"))
    night.acknowledges("alice", night.signal("net").incident_id)
    night.signal("cpu", person="bob")
    night.passes("7m")
    asked = there.house.asks("GET", "/v1/incidents", {"authorization": f"Bearer {there.token}"})
    there_told = json.loads(asked.body)
    del there_told["you"]
    assert json.loads(oncall("incident", "list", "--json").out) == there_told


def test_a_story_read_back_is_the_story(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """Its pages, with my codes, its audit, and what the server says comes next."""
    opened = night.signal().incident_id
    night.passes("6m")
    asked = there.house.asks("GET", f"/v1/incidents/{opened}", {"authorization": f"Bearer {there.token}"})
    told = json.loads(asked.body)
    names = {page["person"]: page["name"] for page in told["pages"]}
    again = document(story_of(told), (), lambda person: names[person], "alice", "oncall serve")
    assert {**again, "next": told["next"], "you": "alice"} == told
    shown = json.loads(oncall("incident", "show", opened, "--json").out)
    assert {**shown, "you": "alice"} == told
    rows = [line.split("\t") for line in oncall("incident", "show", opened).out.splitlines()]
    assert {row[0] for row in rows} == {"incident", "page", "audit", "next"}
    code = next(page.code for page in night.pages(opened) if page.person == "alice")
    assert code in [row[7] for row in rows if row[0] == "page"]


def test_i_am_whoever_the_token_says(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """Neither $ONCALL_USER nor --by makes me somebody else."""
    opened = night.signal().incident_id
    refused = oncall("ack", opened, "--by", "bob")
    assert (refused.code, "this token is that of 'alice'" in refused.err) == (1, True)
    assert night.row(opened).status == "triggered"
    said = oncall("ack", opened, "--by", "alice")
    assert said.out.split("\t")[:2] == [opened, "acknowledged"]
    assert "is with Alice Adams; if it stays open" in said.err


def test_a_bare_ack_takes_the_only_one_that_paged_me(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """And whoever comes second is told who has it, which is well."""
    opened = night.signal().incident_id
    assert oncall("ack").out.split("\t")[:2] == [opened, "acknowledged"]
    assert (oncall("ack").code, oncall("ack", opened).code) == (0, 0)  # it is mine already
    other = night.signal("net").incident_id
    night.acknowledges("bob", other)
    said = oncall("ack", other)
    assert (said.code, "acknowledged by bob already" in said.err) == (0, True)
    night.resolves("bob", other)
    assert oncall("resolve").code == 0
    assert night.row(opened).status == "resolved"


def test_the_other_acts(there: NightServer, night: NightOfLinks, oncall: Oncall) -> None:
    """By the code of a page, too; what has no effect exits with 1."""
    opened = night.signal().incident_id
    code = night.pages(opened)[0].code
    assert "would page bob by push" in oncall("incident", "decline", code, "--dry-run").err.lower()
    assert night.channels_to("bob") == []
    assert oncall("incident", "decline", code).code == 0
    assert oncall("incident", "decline", code).code == 1
    assert (night.channels_to("bob"), night.channels_to("carol")) == (["push"], [])
    assert oncall("incident", "reassign", opened, "carol").code == 0
    assert oncall("incident", "reassign", opened, "carola").code == 2
    assert oncall("incident", "snooze", opened).code == 0
    assert oncall("incident", "note", code, "restarted db-1").code == 0
    assert "restarted db-1" in [row.cause for row in night.store.audit(opened)]
    said = oncall("incident", "snooze", opened, "--for", "2h", "--json")
    assert json.loads(said.out)["incidents"][0]["status"] == "acknowledged"


def test_what_the_server_does_not_know(there: NightServer, oncall: Oncall) -> None:
    """Exit code 5, as without it."""
    for command in (("incident", "show", "ffff0000"), ("ack", "ffff0000"), ("incident", "note", "ffff0000", "x")):
        assert oncall(*command).code == 5, command


def test_a_store_that_is_named_is_asked_instead(there: NightServer, oncall: Oncall, tmp_path: Any) -> None:
    """Nothing goes to the server."""
    said = oncall("incident", "list", "--store", str(tmp_path / "none.db"))
    assert (said.code, there.seen) == (0, [])


def test_a_token_that_is_not_known(there: NightServer, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said, with what to do, and never shown."""
    monkeypatch.setenv("ONCALL_TOKEN", "planted-token")
    said = oncall("incident", "list")
    assert (said.code, "does not let us in" in said.err, "$ONCALL_TOKEN" in said.err) == (1, True, True)
    assert "planted-token" not in said.out + said.err


GARBAGE = {
    "no JSON": b"<html>welcome</html>",
    "no object": b"[]",
    "no incidents": b'{"version": 1}',
    "a wrong type": b'{"incidents": [{"id": 7}]}',
    "too deep": b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_has_no_meaning_is_not_shown(name: str, loopback: Loopback, oncall: Oncall) -> None:
    """It may be another program's page."""
    loopback.says(200, GARBAGE[name])
    for command in (("incident", "list"), ("incident", "show", "3f2a"), ("ack", "3f2a")):
        said = oncall(*command)
        assert (said.code, said.out) == (1, ""), command
        assert "cannot be used" in said.err
        assert "welcome" not in said.err


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, loopback: Loopback, oncall: Oncall) -> None:
    """The token is for one host; whoever answers in its place learns nothing."""
    other = Loopback()
    loopback.says(status, b"", Location=f"{other.url}/v1/incidents")
    said = oncall("incident", "list")
    assert (said.code, "sends us elsewhere" in said.err) == (1, True)
    assert [each.headers["authorization"] for each in loopback.seen] == ["Bearer planted-token"]
    assert other.seen == []
    other.close()


@pytest.mark.parametrize("status", [400, 404, 418, 429, 500, 502, 503, 504])
def test_an_error_of_something_before_the_server_is_no_answer(status: int, loopback: Loopback, oncall: Oncall) -> None:
    """A proxy's 404 is no unknown name."""
    loopback.says(status, b"<html>\x1b[31mno\x1b[0m</html>")
    said = oncall("incident", "list")
    assert (said.code, f"it answers {status}" in said.err, "\x1b" in said.err) == (1, True, False)


def test_nobody_there(oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which server, and what to do."""
    monkeypatch.setenv("ONCALL_SERVER", nobody())
    said = oncall("incident", "list")
    assert (said.code, "refused the connection" in said.err, "unset $ONCALL_SERVER" in said.err) == (1, True, True)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ftp://oncall.example.com", "no server is reached by ftp://"),
        ("https://alice:secret@oncall.example.com", "a name or a password does not belong there"),
        ("https://", "this is no address"),
        ("https://oncall.example.com/?token=secret", "has no ?"),
        ("http://oncall.example.com:99999", "this is no address"),
    ],
)
def test_an_address_that_is_none(written: str, words: str, oncall: Oncall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of usage, and nothing secret is told."""
    monkeypatch.setenv("ONCALL_SERVER", written)
    said = oncall("incident", "list")
    assert (said.code, words in said.err, "secret" in said.err) == (2, True, False)
