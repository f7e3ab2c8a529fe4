"""The first page: who is on call now, as `/v1/who` says, what is open, and the icon of every address."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from html.parser import HTMLParser

import pytest
from fake_phones import HERE, rota, with_nobody
from folder_house import ROTATIONS, read
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.link import begun, signed
from oncall_rota.paging.model import Reach
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.schedule.model import Team, Window
from oncall_rota.web import board_now, board_open
from oncall_rota.web.access_session import LASTS, PURPOSE, SECURE

MARKUP = "<script>alert(1)</script>\"'&amp;"
Cookies = Mapping[str, dict[str, str]]


@pytest.fixture(autouse=True)
def _read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open, and not once a second: time stands still here."""
    made = board_open.Opened
    monkeypatch.setattr(board_now, "Opened", lambda store: made(store, every=0.0))


@pytest.fixture
def cookies(night: NightOfLinks, house: House) -> Cookies:
    """Of alice's and of bob's browser."""
    night.settings = Settings(access={"login": "link"})
    key, until = begun(night.store)[0], night.clock.at + LASTS
    return {
        who: {"cookie": f"{SECURE}={signed(key, PURPOSE, (who, f'session of {who}'), until)}"}
        for who in ("alice", "bob")
    }


def named(night: NightOfLinks, person: str, name: str) -> None:
    """What somebody is called from now on."""
    night.field.people[person] = Reach(person, name, ())


def with_schedules(night: NightOfLinks, *schedules: object) -> None:
    """The schedules of payments."""
    made = {each.name: each for each in schedules}  # type: ignore[attr-defined]
    night.teams = {"payments": Team("payments", "Europe/London", HERE, made)}  # type: ignore[arg-type]


class Rows(HTMLParser):
    """The cells of each row, as a browser reads them: it ends a cell where the next begins."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._within = False
        self.feed(text)

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self._within = self._within or tag == "tbody"

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "tbody"

    def handle_data(self, data: str) -> None:
        if self._within and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")


def rows_of(answer: Answer) -> list[list[str]]:
    """Team, schedule, who, until, then."""
    return [row for row in Rows(answer.text).rows if any(row)]


@pytest.fixture
def ask(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Answer]]:
    """The server of the repository's own rotations, with a token of the board."""
    held = read(ROTATIONS)
    monkeypatch.setattr(night, "configuration", lambda: held)
    house = House(night)
    bearer = {"authorization": f"Bearer {house.token('board')[0]}"}
    yield lambda address, **more: house.asks("GET", address, {**bearer, **more})
    house.close()


def test_the_people_are_those_of_the_answer_for_programs(ask: Callable[..., Answer]) -> None:
    """Row by row, in the same order."""
    found = rows_of(ask("/"))
    told = json.loads(ask("/v1/who").body)["results"]
    assert len(found) == len(told) > 4
    for row, result in zip(found, told, strict=True):
        people = ", ".join(each["name"] for each in result["on_call"])
        assert row[:2] == [result["team"], result["schedule"]]
        assert row[2] == people or "nobody" in row[2].lower()
        assert row[4] == ", ".join(each["name"] for each in result["next"])


@pytest.mark.parametrize("words", ["payments", "SUPPORT", "hiroko", "payments primary", "alice"])
def test_a_search_finds_teams_schedules_and_people(ask: Callable[..., Answer], words: str) -> None:
    """All words, in any case; whoever is on call next counts too."""
    everything, found = rows_of(ask("/")), rows_of(ask(f"/?q={words.replace(' ', '+')}"))
    meant = [row for row in everything if all(word in " ".join(row).lower() for word in words.lower().split())]
    assert found == meant
    assert found


def test_a_search_for_markup_finds_nothing_and_shows_it_as_text(ask: Callable[..., Answer]) -> None:
    """In the field and in the words."""
    found = ask("/?q=%3Cscript%3E%22")
    assert "<script" not in found.text
    assert html.escape('<script>"', quote=False) in found.text.replace("&#34;", '"')
    assert rows_of(found) == []
    wrong = ask("/?who=alice")
    assert (wrong.status, "no parameter" in wrong.text) == (400, True)


def test_it_is_zipped_for_whoever_takes_that(ask: Callable[..., Answer]) -> None:
    """And the same."""
    found = ask("/", **{"accept-encoding": "gzip, br"})
    assert found.headers["content-encoding"] == "gzip"
    assert gzip.decompress(found.body) == ask("/").body
    assert (found.headers["cache-control"], found.headers["vary"]) == ("no-store", "Accept-Encoding")


def test_a_wall_loads_it_again_each_minute_and_nobody_else_does(ask: Callable[..., Answer]) -> None:
    """Whoever reads is not interrupted."""
    assert ask("/?wall=yes").headers["refresh"] == "60"
    assert "refresh" not in ask("/").headers
    assert "refresh" not in ask("/?wall=no&q=payments").headers
    assert ask("/?wall=maybe").status == 400


def test_names_are_data(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """Markup in a person's name, and a name that is longer than any screen."""
    named(night, "alice", MARKUP)
    named(night, "bob", "B" * 300)
    with_schedules(night, night.field.primary)
    text = house.asks("GET", "/", cookies["alice"]).text
    assert "<script" not in text
    assert "B" * 81 not in text
    ((_, _, on, _, following),) = rows_of(house.asks("GET", "/", cookies["bob"]))
    assert on == MARKUP
    assert following.startswith("B" * 60)


def test_a_gap_is_said_in_words(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """That nobody is on because nobody has to be, too."""
    agreed = with_nobody(rota("quiet", "alice bob"), "2026-06-17 00:00", "2026-06-18 00:00")
    later = rota("later", "alice", starting="2026-06-22 09:00")
    ended = rota("ended", "alice")
    ended.layers = (ended.layers[0]._replace(until_clock=datetime(2026, 6, 17)),)
    ended.must_cover = Window(((0, 7 * 86400),))
    with_schedules(night, agreed, later, ended)
    found = rows_of(house.asks("GET", "/", cookies["bob"]))
    assert [row[2] for row in found] == ["nobody, as agreed", "nobody, as agreed", "Nobody: a gap"]
    assert "3 with nobody on call" in house.asks("GET", "/", cookies["bob"]).text


def test_what_is_open_and_the_way_to_its_story(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """In words, and whatever a monitor sends is data."""
    incident = night.signal("disk", summary="<b>disk</b> is full").incident_id
    found = house.asks("GET", "/", cookies["alice"])
    assert (found.status, found.headers["cache-control"]) == (200, "no-store")
    assert "Open incidents" in found.text
    assert "&lt;b&gt;disk&lt;/b&gt; is full" in found.text
    assert "nobody has acknowledged it" in found.text
    assert f'href="/incidents/{incident}"' in found.text
    assert house.submitted == []
    night.acknowledges("alice", incident)
    assert "alice has it" in house.asks("GET", "/", cookies["bob"]).text.lower()
    night.resolves("alice", incident)
    assert "No incident is open" in house.asks("GET", "/", cookies["bob"]).text


def test_the_newest_of_many_and_the_way_to_all(night: NightOfLinks, house: House, cookies: Cookies) -> None:
    """Five."""
    for number in range(7):
        night.signal(f"disk {number}")
    text = house.asks("GET", "/", cookies["alice"]).text
    assert len(re.findall('href="/incidents/', text)) == 5
    assert "All open incidents" in text


def test_a_token_of_a_team_sees_that_team_s_incidents_alone(night: NightOfLinks, house: House) -> None:
    """And has nothing to sign out of."""
    night.signal("disk")
    for team, seen in (("payments", True), ("shop", False)):
        text = house.asks("GET", "/", {"authorization": f"Bearer {house.token('board', team=team)[0]}"}).text
        assert ("disk is full" in text) is seen
        assert "Sign out" not in text


def test_who_is_on_call_is_told_while_the_store_is_broken(
    night: NightOfLinks, house: House, cookies: Cookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is open is not."""
    with_schedules(night, night.field.primary)

    def broken(**_: object) -> object:
        raise StoreFailed("locked", "the disk is gone")

    monkeypatch.setattr(night.store, "incidents", broken)
    found = house.asks("GET", "/", cookies["alice"])
    assert found.status == 200
    assert "What is open cannot be read now" in found.text
    assert len(rows_of(found)) == 1


def test_it_is_made_once_a_minute_and_anew_for_another_configuration(
    night: NightOfLinks, house: House, cookies: Cookies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each who looks; in between, its bytes are those that were sent before."""
    with_schedules(night, night.field.primary)
    held = night.configuration()
    monkeypatch.setattr(night, "configuration", lambda: held)
    house = House(night)
    made: list[str] = []

    def told(_: str, **named: str) -> str:
        made.append(named["at"])
        return "page"

    monkeypatch.setattr(board_now, "text", told)
    for _ in range(3):
        house.asks("GET", "/", cookies["alice"])
    assert len(made) == 1
    house.asks("GET", "/", cookies["bob"])
    assert len(made) == 2
    night.passes("1m")
    house.asks("GET", "/", cookies["alice"])
    assert len(made) == 3
    held = held._replace(stale={"payments": night.clock.at})
    house.asks("GET", "/", cookies["alice"])
    assert len(made) == 4
    house.close()


def test_the_button_there_signs_out(night: NightOfLinks, house: House, cookies: Cookies) -> None:
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
