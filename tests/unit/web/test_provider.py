"""Providers call back: a report, an answer, a forgery; and the person hears what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from night_house import House, NightOfLinks

from oncall_rota.paging.ports.notifier import Answer, Delivery, Inbound, NotifierError, Reply


class Listening:
    """A provider that calls back. `signature` makes it its own."""

    def __init__(self, inner: Any) -> None:
        self.send, self.declaration = inner.send, inner.declaration
        self.heard: list[tuple[Mapping[str, str], bytes, str]] = []
        self.fails: Exception | None = None

    def inbound(self, headers: Mapping[str, str], body: bytes, url: str) -> Inbound:
        self.heard.append((headers, body, url))
        if self.fails is not None:
            raise self.fails
        if headers.get("x-signature") != "good":
            return Inbound(None, lambda _: Answer(403))
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if "page" in query:
            event: Delivery | Reply | None = Delivery(query["id"], query["page"], "delivered", 3)
        else:
            event = Reply("alice/push", "acknowledge", body.decode()) if body else None
        return Inbound(event, lambda text: Answer(200, f"<Say>{text}</Say>".encode(), "text/xml"))


GOOD = {"x-signature": "good"}


@pytest.fixture
def push(night: NightOfLinks) -> Listening:
    """Alice was paged by a provider that calls back."""
    found = Listening(night.providers["push"])
    night.providers["push"] = found  # type: ignore[assignment]
    night.signal()
    return found


def test_an_answer_acknowledges_and_the_person_hears_it(house: House, night: NightOfLinks, push: Listening) -> None:
    """By the page's code; as the channel can say it."""
    code = night.to("alice")[0].message.code
    answer = house.asks("POST", "/in/push", GOOD, code.encode())
    assert (answer.status, answer.text) == (200, "<Say>Acknowledged</Say>")
    assert answer.headers["content-type"].startswith("text/xml")
    assert night.row(night.to("alice")[0].message.page_id.rpartition("-")[0]).status == "acknowledged"


def test_a_report_is_written_down(house: House, night: NightOfLinks, push: Listening) -> None:
    """It came."""
    page = night.to("alice")[0].message.page_id
    answer = house.asks("POST", f"/in/push?page={page}&id=push-1", GOOD)
    assert answer.status == 200
    assert push.heard[0][2] == f"/in/push?page={page}&id=push-1"
    row = night.store.page(page)
    assert row is not None
    assert row.state == "delivered"


def test_what_is_forged_does_nothing(house: House, night: NightOfLinks, push: Listening) -> None:
    """Whatever it says."""
    code = night.to("alice")[0].message.code
    assert house.asks("POST", "/in/push", {"x-signature": "bad"}, code.encode()).status == 403
    assert house.submitted == []


def test_what_means_nothing_is_answered_all_the_same(house: House, push: Listening) -> None:
    """So that its provider does not send it again."""
    assert house.asks("POST", "/in/push", GOOD).text == "<Say></Say>"
    assert house.submitted == []


def test_a_channel_that_is_not_there_or_does_not_call_back(house: House, push: Listening) -> None:
    """As if there were no such address."""
    for channel in ("fax", "sms"):
        assert house.asks("POST", f"/in/{channel}", GOOD, b"0000").status == 404
    assert house.asks("GET", "/in/push", GOOD).status == 405


def test_a_long_body_is_not_read(house: House, push: Listening) -> None:
    """A callback is short."""
    assert house.asks("POST", "/in/push", GOOD, b"x" * 65_537).status == 413
    assert house.asks("POST", "/in/push", {**GOOD, "content-length": "999999999999"}).status == 413
    assert push.heard == []


def test_a_notifier_that_fails_over_a_body_is_no_fault_of_the_server(house: House, push: Listening) -> None:
    """It may be somebody else's, and the body anybody's."""
    push.fails = ZeroDivisionError()
    assert house.asks("POST", "/in/push", GOOD, b"0000").status == 400


def test_what_cannot_be_heard_now_is_to_come_again(house: House, night: NightOfLinks, push: Listening) -> None:
    """A secret that is gone, a store that cannot be read."""
    code = night.to("alice")[0].message.code.encode()
    push.fails = NotifierError("no secret")
    assert house.asks("POST", "/in/push", GOOD, code).status == 503
    push.fails = None
    house.stops = True
    assert house.asks("POST", "/in/push", GOOD, code).status == 503
    house.stops = False
    assert house.asks("POST", "/in/push", GOOD, code).text == "<Say>Acknowledged</Say>"
