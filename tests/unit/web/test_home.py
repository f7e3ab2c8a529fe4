"""The first page, and the icon: what somebody sees who has signed in and has no link at hand."""

from __future__ import annotations

import pytest
from night_house import House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.link import begun, signed
from oncall_rota.web.access_session import LASTS, PURPOSE, SECURE


@pytest.fixture
def cookies(night: NightOfLinks, house: House) -> dict[str, dict[str, str]]:
    """Of alice's and of bob's browser."""
    night.settings = Settings(access={"login": "link"})
    key, until = begun(night.store)[0], night.clock.at + LASTS
    return {
        who: {"cookie": f"{SECURE}={signed(key, PURPOSE, (who, f'session of {who}'), until)}"}
        for who in ("alice", "bob")
    }


def test_what_is_open_and_the_way_into_what_one_was_paged_for(
    night: NightOfLinks, house: House, cookies: dict[str, dict[str, str]]
) -> None:
    """Alice was paged and has a link, which leads to her own page; bob only sees that it is open."""
    night.signal("disk", summary="<b>disk</b> is full")
    found = house.asks("GET", "/", cookies["alice"])
    assert (found.status, found.headers["cache-control"]) == (200, "no-store")
    assert "What is open" in found.text
    assert "&lt;b&gt;disk&lt;/b&gt; is full" in found.text
    assert "nobody has acknowledged it" in found.text
    link = found.text.partition('href="/a/')[2].partition('"')[0]
    assert "sent to Alice" in house.asks("GET", f"/a/{link}").text
    seen = house.asks("GET", "/", cookies["bob"]).text
    assert "is full" in seen
    assert "/a/" not in seen


def test_looking_there_does_nothing(night: NightOfLinks, house: House, cookies: dict[str, dict[str, str]]) -> None:
    """Nor does following what is there."""
    incident = night.signal("disk").incident_id
    link = house.asks("GET", "/", cookies["alice"]).text.partition('href="')[2].partition('"')[0]
    house.asks("GET", link, cookies["alice"])
    assert night.row(incident).status == "triggered"
    assert house.submitted == []


def test_who_has_it_and_that_nothing_is_open(
    night: NightOfLinks, house: House, cookies: dict[str, dict[str, str]]
) -> None:
    """In the words of the page behind a link."""
    assert "Nothing is open" in house.asks("GET", "/", cookies["bob"]).text
    incident = night.signal("disk").incident_id
    night.acknowledges("alice", incident)
    assert "Alice has it" in house.asks("GET", "/", cookies["bob"]).text


def test_a_token_of_a_team_sees_that_team_alone(night: NightOfLinks, house: House) -> None:
    """And nobody's links, as it is nobody."""
    night.signal("disk")
    for team, seen in (("payments", True), ("shop", False)):
        text = house.asks("GET", "/", {"authorization": f"Bearer {house.token('board', team=team)[0]}"}).text
        assert ("disk is full" in text) is seen
        assert "/a/" not in text
        assert "Sign out" not in text


def test_the_button_there_signs_out(night: NightOfLinks, house: House, cookies: dict[str, dict[str, str]]) -> None:
    """By the form of that very page."""
    page = house.asks("GET", "/", cookies["alice"]).text
    once = page.partition('name="once" value="')[2].partition('"')[0]
    found = house.posts("/sign-out", {"once": once}, cookies["alice"])
    assert (found.status, found.headers["location"]) == (303, "/sign-in")
    assert house.posts("/sign-out", {"once": once}, cookies["bob"]).status == 403


def test_a_browser_finds_the_icon_of_every_address(house: House) -> None:
    """Also of those that are no page of ours; it may keep it, as it tells nothing."""
    found = house.asks("GET", "/favicon.ico")
    assert (found.status, found.headers["content-type"]) == (200, "image/svg+xml")
    assert "max-age" in found.headers["cache-control"]
    assert found.text.startswith("<svg ")
