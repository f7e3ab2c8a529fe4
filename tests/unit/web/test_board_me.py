"""My shifts, and the button that makes an address of their feed: for whoever has signed in, and shown once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import pytest
from fake_phones import HERE, rota
from night_house import PUBLIC, House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.link import begun, signed
from oncall_rota.paging.model import Reach
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.schedule.model import Team
from oncall_rota.web.access_session import LASTS, PURPOSE, SECURE

MARKUP = "<script>alert(1)</script>\"'&amp;"
Cookies = Mapping[str, dict[str, str]]


@pytest.fixture
def cookies(night: NightOfLinks, house: House) -> Cookies:
    """Of alice's, bob's and dave's browser; alice, bob and carol take turns in payments."""
    night.settings = Settings(access={"login": "link"})
    night.teams = {"payments": Team("payments", "Europe/London", HERE, {"primary": night.field.primary})}
    key, until = begun(night.store)[0], night.clock.at + LASTS
    return {
        who: {"cookie": f"{SECURE}={signed(key, PURPOSE, (who, f'session of {who}'), until)}"}
        for who in ("alice", "bob", "dave")
    }


def once(page: str) -> str:
    """The hidden field of its forms."""
    return page.partition('name="once" value="')[2].partition('"')[0]


def rows_of(page: str) -> list[tuple[str, ...]]:
    """From, until, team and schedule of each shift."""
    found = re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2].partition("</tbody>")[0])
    return [
        tuple(unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("<t[hd].*?</t[hd]>", row)) for row in found
    ]


def test_my_shifts_are_mine_and_whole(house: House, cookies: Cookies) -> None:
    """One that has begun already begins when it began; those of others are not there."""
    page = house.asks("GET", "/me", cookies["alice"]).text
    assert "You are on call now" in page
    assert [row[:2] for row in rows_of(page)][:2] == [
        ("Mon 15 Jun 09:00 now", "Mon 22 Jun 09:00 7d"),
        ("Mon 6 Jul 09:00", "Mon 13 Jul 09:00 7d"),
    ]
    page = house.asks("GET", "/me", cookies["bob"]).text
    assert "Next: <strong>Mon 22 Jun 09:00</strong>" in page
    assert rows_of(page)[0][2:] == ("payments", "primary")
    assert "You have no shift" in house.asks("GET", "/me", cookies["dave"]).text


def test_the_clock_is_my_own(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """As people.yaml has it, else the team's, unless another is asked for."""
    assert "times of Europe/London" in house.asks("GET", "/me", cookies["alice"]).text
    night.field.people["alice"] = Reach("alice", "Alice", (), timezone="Asia/Tokyo")
    page = house.asks("GET", "/me", cookies["alice"]).text
    assert "times of Asia/Tokyo" in page
    assert rows_of(page)[0][0] == "Mon 15 Jun 17:00 now"
    assert "times of UTC" in house.asks("GET", "/me?tz=UTC", cookies["alice"]).text
    assert house.asks("GET", "/me?tz=Mars", cookies["alice"]).status == 400


def test_the_button_makes_an_address_that_works_and_is_shown_once(house: House, cookies: Cookies) -> None:
    """For https, webcal and Google; a press that is sent again makes nothing."""
    page = house.asks("GET", "/me", cookies["alice"]).text
    form = {"once": once(page), "label": "my <b>phone</b>"}
    found = house.posts("/me/feed", form, cookies["alice"])
    assert found.status == 200
    address = re.search(rf"{re.escape(PUBLIC)}(/ical/[\w-]+/me\.ics)", found.text)
    assert address is not None
    assert f'href="webcal://oncall.example.com{address[1]}"' in found.text
    assert 'href="https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Foncall.example.com' in found.text
    feed = house.asks("GET", address[1])
    assert (feed.status, feed.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    (token,) = house.premises.office.tokens()
    assert (token.scope, token.person, token.team, token.label) == ("feed", "alice", None, "my <b>phone</b>")
    again = house.posts("/me/feed", form, cookies["alice"])
    assert again.status == 409
    assert "pressed already" in again.text
    assert len(house.premises.office.tokens()) == 1
    later = house.asks("GET", "/me", cookies["alice"]).text
    assert "/ical/" not in later
    assert "my &lt;b&gt;phone&lt;/b&gt;" in later


def test_an_address_is_revoked_by_whose_it_is(house: House, cookies: Cookies) -> None:
    """And by nobody else."""
    _, kept = house.token("feed", person="alice", label="phone")

    def revokes(who: str) -> int:
        form = {"once": once(house.asks("GET", "/me", cookies[who]).text), "do": "revoke", "id": kept.id}
        return house.posts("/me/feed", form, cookies[who]).status

    assert revokes("bob") == 404
    assert [each.revoked_at for each in house.premises.office.tokens()] == [None]
    assert revokes("alice") == 200
    assert None not in [each.revoked_at for each in house.premises.office.tokens()]
    assert "phone" not in rows_of(house.asks("GET", "/me", cookies["alice"]).text)


def test_only_a_person_at_our_own_page_makes_one(house: House, cookies: Cookies) -> None:
    """No token does, no other page does, and nobody with the form of somebody else."""
    bearer = {"authorization": f"Bearer {house.token('board', person='alice')[0]}"}
    assert house.posts("/me/feed", {}, bearer).status == 403
    form = {"once": once(house.asks("GET", "/me", cookies["alice"]).text)}
    assert house.posts("/me/feed", form, cookies["bob"]).status == 403
    assert house.posts("/me/feed", form, {**cookies["alice"], "sec-fetch-site": "cross-site"}).status == 403
    assert [each for each in house.premises.office.tokens() if each.scope == "feed"] == []


def test_a_token_that_is_nobody_s_has_no_shifts(house: House, cookies: Cookies) -> None:
    """Told in the same frame; one that is somebody's shows theirs, and no button."""
    mine = {"authorization": f"Bearer {house.token('board', person='alice')[0]}"}
    found = house.asks("GET", "/me", {"authorization": f"Bearer {house.token('board')[0]}"})
    assert (found.status, "nobody's own" in unescape(found.text)) == (403, True)
    own = house.asks("GET", "/me", mine).text
    assert len(rows_of(own)) > 2
    assert "Subscribe" not in own


def test_names_are_data(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """My own, and a team's of sixty characters."""
    night.field.people["alice"] = Reach("alice", MARKUP, ())
    night.teams = {
        "t" * 60: Team("t" * 60, "Europe/London", HERE, {"primary": rota("primary", "alice", team="t" * 60)})
    }
    page = house.asks("GET", "/me", cookies["alice"]).text
    assert "<script" not in page
    assert f'href="/teams/{"t" * 60}"' in page


def test_shifts_are_told_while_the_store_is_broken(
    night: NightOfLinks, house: House, cookies: Cookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only addresses are not, and none is made."""

    def broken(*_: object) -> object:
        raise StoreFailed("locked", "the disk is gone")

    page = house.asks("GET", "/me", cookies["alice"]).text
    monkeypatch.setattr(house.premises.office, "tokens", broken)
    assert "cannot be read now: the disk is gone" in house.asks("GET", "/me", cookies["alice"]).text
    found = house.posts("/me/feed", {"once": once(page)}, cookies["alice"])
    assert (found.status, "Nothing was done: the disk is gone" in found.text) == (503, True)
    assert len(rows_of(found.text)) > 2
