"""People sign in by a link that comes by their own channel: once, for ten minutes, by a button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from night_house import PUBLIC, Answer, House, NightOfLinks
from starlette.responses import Response

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.model import Limit
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.web.access_sign_in import inside
from oncall_rota.web.app import DOORS
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import page

COOKIE = "__Host-oncall"


async def _board(visit: Visit) -> Response:
    return page("failed", 200, why=f"{visit.visitor.person} {visit.visitor.forms}")


@pytest.fixture
def house(night: NightOfLinks) -> Iterator[House]:
    """People sign in by a link; behind the door is a board."""
    night.settings = Settings(access={"login": "link", "admins": ["grace"]})
    made = House(night, [*DOORS, Door(("GET",), "/board", "board", _board, "")])
    yield made
    made.close()


def once(answer: Answer) -> str:
    """The form's hidden field."""
    found = re.search('name="once" value="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def asks_for_a_link(house: House, who: str, following: str = "/board") -> Answer:
    """Load the page, write who I am, and press the button."""
    return house.posts("/sign-in", {"once": once(house.asks("GET", "/sign-in")), "who": who, "next": following})


def link_of(house: House) -> str:
    """The path in the newest message."""
    message = house.night.sent[-1].message
    assert message.kind == "notice"
    assert message.ack_url is not None
    return message.ack_url.removeprefix(PUBLIC)


def signs_in(house: House, link: str) -> Answer:
    """Open the link and press the button."""
    return house.posts(link, {"once": once(house.asks("GET", link))})


def cookie_of(answer: Answer) -> dict[str, str]:
    """What the browser sends from then on."""
    return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def test_from_the_board_to_the_board(house: House) -> None:
    """Who is not known is asked; the link comes by their own channel; the button lets in."""
    asked = house.asks("GET", "/board?team=payments", {"accept": "text/html"})
    assert (asked.status, asked.headers["location"]) == (303, "/sign-in?next=/board%3Fteam%3Dpayments")
    form = house.asks("GET", asked.headers["location"])
    assert 'name="next" value="/board?team=payments"' in form.text
    sent = house.posts("/sign-in", {"once": once(form), "who": " Alice ", "next": "/board?team=payments"})
    message = house.night.sent[-1]
    assert message.address == "alice/push"
    assert f"#{message.message.code}" in sent.text
    link = link_of(house)
    assert "Sign in as Alice" in house.asks("GET", link).text
    done = signs_in(house, link)
    assert (done.status, done.headers["location"]) == (303, "/board?team=payments")
    told = done.headers["set-cookie"].lower()
    for word in ("httponly", "secure", "samesite=lax", "path=/", "max-age=43200", COOKIE.lower()):
        assert word in told
    assert "alice session" in house.asks("GET", "/board", cookie_of(done)).text


def test_a_program_is_asked_for_a_token_instead(house: House) -> None:
    """It cannot press a button."""
    assert house.asks("GET", "/board").status == 401
    assert house.asks("GET", "/board", {"accept": "application/json"}).status == 401


def test_looking_at_the_link_signs_nobody_in_and_uses_nothing(house: House) -> None:
    """As every preview does."""
    asks_for_a_link(house, "alice")
    link = link_of(house)
    for _ in range(20):
        answer = house.asks("GET", link)
        assert "set-cookie" not in answer.headers
    assert house.posts(link, {"once": "x"}).status == 403
    assert signs_in(house, link).status == 303


def test_a_link_is_used_once_and_the_last_is_the_only_one(house: House) -> None:
    """And for ten minutes."""
    asks_for_a_link(house, "alice")
    first = link_of(house)
    asks_for_a_link(house, "alice")
    second = link_of(house)
    assert signs_in(house, first).status == 404
    value = once(house.asks("GET", second))
    assert signs_in(house, second).status == 303
    assert signs_in(house, second).status == 404
    assert house.posts(second, {"once": value}).status == 404
    asks_for_a_link(house, "alice")
    third = link_of(house)
    house.night.clock.at += timedelta(minutes=10)
    assert house.asks("GET", third).status == 404


def test_nobody_learns_who_is_there(house: House) -> None:
    """The answer is the same, and nothing is sent."""
    known, unknown = asks_for_a_link(house, "alice"), asks_for_a_link(house, "mallory")
    assert re.sub("#[0-9a-f]{4}", "", known.text) == re.sub("#[0-9a-f]{4}", "", unknown.text)
    assert known.status == unknown.status == 200
    assert len(house.night.sent) == 1


def test_nobodys_phone_is_flooded(house: House) -> None:
    """Three in ten minutes; then there are three more."""
    for _ in range(10):
        assert asks_for_a_link(house, "alice").status == 200
    assert len(house.night.sent) == 3
    house.night.clock.at += timedelta(minutes=10)
    asks_for_a_link(house, "alice")
    assert len(house.night.sent) == 4


def test_the_quiet_and_the_free_channel_first_and_the_next_when_it_fails(house: House, night: NightOfLinks) -> None:
    """A person without a phone that can open it gets none."""
    night.channels["push"] = night.channels["push"]._replace(limit=Limit(1, timedelta(hours=1)))
    night.channels["call"] = night.channels["call"]._replace(type="twilio-voice")
    night.providers["sms"].refuses.append(NotifierError("no", permanent=True))
    asks_for_a_link(house, "alice")
    assert [each.channel for each in night.sent] == ["email"]


def test_a_session_ends_after_twelve_hours_and_with_its_person(house: House, night: NightOfLinks) -> None:
    """And what was signed for something else is none."""
    asks_for_a_link(house, "alice")
    cookie = cookie_of(signs_in(house, link_of(house)))
    assert house.asks("GET", "/board", cookie).status == 200
    night.clock.at += timedelta(hours=12)
    assert house.asks("GET", "/board", cookie).status == 401
    night.clock.at -= timedelta(hours=1)
    assert house.asks("GET", "/board", cookie).status == 200
    del night.field.people["alice"]
    assert house.asks("GET", "/board", cookie).status == 401


def test_signing_out_takes_a_form_of_ours(house: House) -> None:
    """No other site's page can do it."""
    asks_for_a_link(house, "alice")
    cookie = cookie_of(signs_in(house, link_of(house)))
    forms = house.asks("GET", "/board", cookie).text.partition("alice ")[2].partition("<")[0]
    assert house.posts("/sign-out", {}, cookie).status == 403
    done = house.posts("/sign-out", {"once": house.form(forms)}, cookie)
    assert (done.status, done.headers["location"]) == (303, "/sign-in")
    assert "max-age=0" in done.headers["set-cookie"].lower()


def test_where_people_sign_in_otherwise_there_is_no_such_page(house: House, night: NightOfLinks) -> None:
    """By a proxy, or not at all; and a cookie of before is nothing."""
    asks_for_a_link(house, "alice")
    cookie = cookie_of(signs_in(house, link_of(house)))
    for access in ({}, {"login": "proxy", "header": "X-User", "proxies": ["10.0.0.0/8"]}):
        night.settings = Settings(access=access)
        assert house.asks("GET", "/sign-in").status == 404
        assert house.posts("/sign-in", {"who": "alice"}).status == 404
        assert house.asks("GET", "/board", {**cookie, "accept": "text/html"}).status == 401


@pytest.mark.parametrize(
    "address",
    ["https://evil.example.com", "//evil.example.com", "/\\evil", "\\evil", "", "/a\nb", "/ü", "/" + "x" * 300],
)
def test_nobody_is_sent_elsewhere(address: str, house: House) -> None:
    """Only to an address of this server."""
    assert inside(address) == "/"
    asks_for_a_link(house, "alice", address)
    assert signs_in(house, link_of(house)).headers["location"] == "/"
