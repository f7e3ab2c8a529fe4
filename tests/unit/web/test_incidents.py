"""Incidents for programs: reading them, acting on them, paging by hand; each as the token's person."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.ports.store import StoreFailed

Asks = Callable[..., Answer]
ID = "00000000000000aa"


@pytest.fixture
def asks(house: House) -> Asks:
    """Ask as alice, or with another token: `asks("GET", "/v1/incidents")`; a body goes as JSON."""
    alices, _ = house.token("responder", label="laptop", person="alice")

    def ask(method: str, address: str, body: Any = None, token: str = alices) -> Answer:
        headers = {"authorization": f"Bearer {token}"}
        data = b""
        if body is not None:
            headers["content-type"] = "application/json"
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return house.asks(method, f"/v1{address}", headers, data)

    return ask


def told(answer: Answer) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.body)


def ids(answer: Answer) -> list[str]:
    """Which incidents an answer tells of."""
    return [each["id"] for each in told(answer)["incidents"]]


# -- reading


def test_the_list_is_by_status_and_team_and_says_whether_there_are_more(asks: Asks, night: NightOfLinks) -> None:
    """Newest first; what is over only when it is asked for."""
    first, second = (night.signal(key).incident_id for key in ("disk", "net"))
    night.resolves("alice", first)
    assert ids(asks("GET", "/incidents")) == [second]
    assert sorted(ids(asks("GET", "/incidents?status=all"))) == sorted([first, second])
    assert ids(asks("GET", "/incidents?status=resolved&team=payments")) == [first]
    assert ids(asks("GET", "/incidents?status=all&team=web")) == []
    found = told(asks("GET", "/incidents?status=all&limit=1"))
    assert (len(found["incidents"]), found["more"], found["you"]) == (1, True, "alice")


def test_a_parameter_without_a_meaning_is_refused_with_what_there_is(asks: Asks) -> None:
    """Nothing is passed over silently."""
    for wrong in ("status=opne", "limit=0", "limit=x", "limit=99999", "limit=-1", "stauts=open"):
        answer = asks("GET", f"/incidents?{wrong}")
        assert answer.status == 400, wrong
        assert wrong.partition("=")[0] in told(answer)["error"]["message"]
    assert "open, acknowledged" in told(asks("GET", "/incidents?status=opne"))["error"]["hint"]


def test_a_reference_means_what_it_means_to_the_command_line(asks: Asks, night: NightOfLinks) -> None:
    """An id, its beginning, or the code of a page, which says whose page it is."""
    opened = night.signal().incident_id
    (page,) = night.pages(opened)
    for reference in (opened, opened.upper(), f"%23{page.code}"):
        assert ids(asks("GET", f"/incidents?reference={reference}")) == [opened]
    (found,) = told(asks("GET", f"/incidents?reference={page.code}"))["incidents"]
    assert (found["whose"], found["page"]) == ("alice", page.id)
    for wrong in ("ffffffff", "zz", "a'--", "%00%00%00%00"):
        assert asks("GET", f"/incidents?reference={wrong}").status == 404, wrong
        assert asks("GET", f"/incidents/{wrong}").status == 404, wrong


def test_the_story_tells_pages_and_what_comes_next_and_codes_to_nobody_else(
    asks: Asks, night: NightOfLinks, house: House
) -> None:
    """A token without a person sees no code at all."""
    opened = night.signal().incident_id
    board, _ = house.token("board")
    night.passes("6m")
    story = told(asks("GET", f"/incidents/{opened}"))
    assert story["incident"]["id"] == opened
    assert story["driven_by"] == "oncall serve"
    codes = {page["person"]: page["code"] for page in story["pages"]}
    assert codes["alice"] is not None
    assert {code for person, code in codes.items() if person != "alice"} == {None}
    assert [row["event"] for row in story["next"]][:1] == ["page"]
    assert all(row["page"] is not None for row in story["audit"] if row["kind"] == "paged")
    shown = told(asks("GET", f"/incidents/{opened}?next=no", token=board))
    assert {page["code"] for page in shown["pages"]} == {None}
    assert (shown["next"], shown["you"]) == ([], None)
    assert asks("GET", f"/incidents/{opened}?next=perhaps").status == 400


def test_a_token_of_a_team_sees_no_other_team(asks: Asks, night: NightOfLinks, house: House) -> None:
    """Not in lists, not by id, and it pages nobody else."""
    opened = night.signal().incident_id
    webs, _ = house.token("responder", team="web")
    assert ids(asks("GET", "/incidents", token=webs)) == []
    assert asks("GET", "/incidents?team=payments", token=webs).status == 200
    assert ids(asks("GET", "/incidents?team=payments", token=webs)) == []
    assert asks("GET", f"/incidents/{opened}", token=webs).status == 404
    assert asks("POST", f"/incidents/{opened}/ack", {}, token=webs).status == 404
    page = asks("POST", "/pages", {"target": "payments", "summary": "x"}, token=webs)
    assert page.status == 403
    assert night.row(opened).status == "triggered"


# -- acting


def test_whoever_shows_their_token_takes_it(asks: Asks, night: NightOfLinks) -> None:
    """And nobody else is paged."""
    opened = night.signal().incident_id
    answer = asks("POST", f"/incidents/{opened}/ack")
    (found,) = told(answer)["incidents"]
    assert (answer.status, found["done"], found["acknowledged_by"], found["status"]) == (
        200, True, "alice", "acknowledged",
    )  # fmt: skip
    night.passes("20m")
    assert night.channels_to("bob") == []


def test_nobody_acts_for_somebody_else(asks: Asks, night: NightOfLinks, house: House) -> None:
    """A name in the body is no proof; a token without a person acts under its label."""
    opened = night.signal().incident_id
    robot, _ = house.token("admin", label="deploy bot")
    refused = asks("POST", f"/incidents/{opened}/ack", {"by": "bob"})
    assert (refused.status, "this token is that of 'alice'" in refused.text) == (403, True)
    assert night.row(opened).status == "triggered"
    (found,) = told(asks("POST", f"/incidents/{opened}/ack", {"by": "deploy bot"}, token=robot))["incidents"]
    assert found["acknowledged_by"] == "deploy bot"


def test_what_changes_nothing_is_a_conflict_that_says_how_it_stands(asks: Asks, night: NightOfLinks) -> None:
    """Whoever comes second is told who has it."""
    opened = night.signal().incident_id
    night.acknowledges("bob", opened)
    answer = asks("POST", f"/incidents/{opened}/ack", {})
    assert answer.status == 409
    assert told(answer)["error"]["message"] == "acknowledged by bob already"
    assert told(answer)["incidents"][0]["acknowledged_by"] == "bob"


def test_each_act_does_what_the_command_does(asks: Asks, night: NightOfLinks) -> None:
    """Snooze, decline, reassign, resolve, note."""
    opened = night.signal().incident_id
    assert asks("POST", f"/incidents/{opened}/decline", {}).status == 200
    assert night.channels_to("bob") == ["push"]
    assert asks("POST", f"/incidents/{opened}/reassign", {"to": "carol"}).status == 200
    assert night.channels_to("carol") == ["push"]
    (snoozed,) = told(asks("POST", f"/incidents/{opened}/snooze", {"for": "2h"}))["incidents"]
    assert snoozed["ends_at"] == (night.clock.at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (night.clock.at + timedelta(hours=3)).isoformat()
    assert asks("POST", f"/incidents/{opened}/snooze", {"until": until}).status == 200
    assert asks("POST", f"/incidents/{opened}/note", {"text": "restarted db-1"}).status == 200
    assert asks("POST", f"/incidents/{opened}/resolve").status == 200
    story = told(asks("GET", f"/incidents/{opened}"))
    assert story["incident"]["status"] == "resolved"
    assert ("alice", "restarted db-1") in [(row["actor"], row["text"]) for row in story["audit"]]


def test_a_page_is_declined_once_by_its_code(asks: Asks, night: NightOfLinks) -> None:
    """Twice is no more than once: carol is not paged."""
    opened = night.signal().incident_id
    code = night.pages(opened)[0].code
    assert asks("POST", f"/incidents/{code}/decline").status == 200
    assert asks("POST", f"/incidents/{code}/decline").status == 409
    assert (night.channels_to("bob"), night.channels_to("carol")) == (["push"], [])


def test_a_dry_run_says_whom_it_would_page_and_does_nothing(asks: Asks, night: NightOfLinks, house: House) -> None:
    """The desk is not even asked."""
    opened = night.signal().incident_id
    for verb, body in (("decline", {}), ("ack", {}), ("reassign", {"to": "bob"}), ("note", {"text": "x"})):
        answer = asks("POST", f"/incidents/{opened}/{verb}", {**body, "dry_run": True})
        assert (answer.status, told(answer)["dry_run"]) == (200, True), verb
        if verb in ("decline", "reassign"):
            assert told(answer)["incidents"][0]["would_page"][0]["person"] == "bob"
    assert house.submitted == []


BODIES = {
    "no JSON": (b"{", 400),
    "no object": (b"[]", 400),
    "too deep": (b"[" * 30000, 400),
    "an unknown field": ({"bye": "x"}, 400),
    "no text": ({"by": 7}, 400),
    "an empty text": ({"by": " "}, 400),
    "no truth": ({"dry_run": "yes"}, 400),
    "too long": (b" " * 70_000, 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_without_a_meaning_changes_nothing(name: str, asks: Asks, night: NightOfLinks) -> None:
    """Each is told why, in the same words' shape."""
    opened = night.signal().incident_id
    body, status = BODIES[name]
    answer = asks("POST", f"/incidents/{opened}/ack", body)
    assert answer.status == status
    assert set(told(answer)["error"]) == {"message", "hint"}
    assert night.row(opened).status == "triggered"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("snooze", {"for": "soon"}),
        ("snooze", {"for": "0m"}),
        ("snooze", {"for": "900d"}),
        ("snooze", {"until": "2026-06-17"}),
        ("snooze", {"until": "2026-06-17T11:00:00Z"}),
        ("snooze", {"until": "9999-12-31T23:59:59-23:59"}),
        ("snooze", {"for": "1h", "until": "2026-06-17T15:00:00Z"}),
        ("reassign", {}),
        ("reassign", {"to": "alise"}),
        ("note", {}),
    ],
)
def test_what_an_act_needs_is_asked_for(verb: str, body: Any, asks: Asks, night: NightOfLinks) -> None:
    """And nothing is done meanwhile."""
    opened = night.signal().incident_id
    assert asks("POST", f"/incidents/{opened}/{verb}", body).status == 400
    assert night.row(opened).status == "triggered"
    assert "did you mean 'alice'" in asks("POST", f"/incidents/{opened}/reassign", {"to": "alise"}).text


def test_a_form_of_a_browser_is_no_request_of_a_program(house: House, night: NightOfLinks) -> None:
    """What another site's page can have sent is not taken for somebody's wish."""
    opened = night.signal().incident_id
    alices, _ = house.token("responder", person="alice")
    answer = house.posts(f"/v1/incidents/{opened}/ack", {}, {"authorization": f"Bearer {alices}"})
    assert (answer.status, night.row(opened).status) == (415, "triggered")


# -- paging


def test_a_page_opens_the_incident_that_it_names_and_its_repeat_joins_it(asks: Asks, night: NightOfLinks) -> None:
    """So a request that comes again, whatever became of its answer, pages nobody twice."""
    body = {"target": "payments", "summary": "the shop is down", "dedup_key": "k", "id": ID}
    first, second = asks("POST", "/pages", body), asks("POST", "/pages", body)
    assert (first.status, told(first)["what"], told(first)["incident"]["id"]) == (201, "opened", ID)
    assert (second.status, told(second)["what"], told(second)["incident"]["id"]) == (200, "merged", ID)
    assert [page.id for page in night.pages(ID)] == [f"{ID}-1"]
    assert told(asks("GET", f"/incidents/{ID}"))["audit"][0]["text"] == "by cli, alice, api"


def test_a_page_to_a_person_and_with_a_word_for_its_severity(asks: Asks, night: NightOfLinks) -> None:
    """An unknown severity is critical."""
    found = told(asks("POST", "/pages", {"target": "person:bob", "summary": "please call", "severity": "quite bad"}))
    assert (found["incident"]["person"], found["incident"]["severity"]) == ("bob", "critical")
    assert night.channels_to("bob") == ["push"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"summary": "x"}, 400),
        ({"target": "payments"}, 400),
        ({"target": "paymets", "summary": "x"}, 404),
        ({"target": "person:payments", "summary": "x"}, 404),
        ({"target": "payments", "summary": "x", "service": "cart"}, 404),
        ({"target": "payments", "summary": "x", "via": "pigeon"}, 404),
        ({"target": "payments", "summary": "x", "id": "12"}, 400),
        ({"target": "payments", "summary": "x", "lines": "y"}, 400),
        ({"target": "payments", "summary": "x", "by": "bob"}, 403),
    ],
)
def test_a_page_that_would_reach_nobody_is_refused(body: Any, status: int, asks: Asks, house: House) -> None:
    """Before anything is decided."""
    assert asks("POST", "/pages", body).status == status
    assert house.submitted == []


def test_when_the_store_fails_it_is_to_come_again(asks: Asks, night: NightOfLinks) -> None:
    """In memory it is paged all the same."""
    opened = night.signal().incident_id
    night.disk.broken = StoreFailed("full", "the disk is full")
    answer = asks("POST", "/pages", {"target": "payments", "summary": "the shop is down"})
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "the disk is full" in told(answer)["error"]["message"]
    (found,) = told(asks("POST", f"/incidents/{opened}/ack"))["incidents"]
    assert found["in_memory"] is True


def test_when_the_desk_has_ended_nothing_is_promised(asks: Asks, night: NightOfLinks, house: House) -> None:
    """503 for acts and pages."""
    opened = night.signal().incident_id
    house.stops = True
    assert asks("POST", f"/incidents/{opened}/ack").status == 503
    assert asks("POST", "/pages", {"target": "payments", "summary": "x"}).status == 503
