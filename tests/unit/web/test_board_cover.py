"""Cover by a form: what it changes, done once, and by nobody but a person at our own page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from pathlib import Path

import pytest
from folder_house import read
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.link import begun, signed
from oncall_rota.web.access_session import LASTS, PLAIN, PURPOSE

MARKUP = "<script>alert(1)</script>"
PEOPLE = "".join(
    f"{name}: {{name: {called}, email: {name}@example.com}}\n"
    for name, called in (("alice", "Alice"), ("bob", f'"{MARKUP}"'), ("carol", "Carol"))
)
PAYMENTS = """\
team: payments
timezone: Europe/London
schedules:
  primary: {people: [alice]}
  secondary: {people: [bob]}
"""
COVER = "/teams/payments/cover"
Press = Callable[..., Answer]


@pytest.fixture
def rota(night: NightOfLinks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[House]:
    """The server of one team; it is Wednesday noon."""
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "payments.yaml").write_text(PAYMENTS)
    found = read(tmp_path)._replace(settings=Settings(access={"login": "link"}))
    monkeypatch.setattr(night, "configuration", lambda: found)
    made = House(night)
    yield made
    made.close()


@pytest.fixture
def cookie(rota: House, night: NightOfLinks) -> Mapping[str, str]:
    """Of carol's browser; she serves in no team."""
    value = signed(begun(night.store)[0], PURPOSE, ("carol", "session of carol"), night.clock.at + LASTS)
    return {"cookie": f"{PLAIN}={value}"}


@pytest.fixture
def press(rota: House, cookie: Mapping[str, str]) -> Press:
    """The button of a page that was just loaded, with these fields."""

    def pressed(do: str = "take", once: str | None = None, **fields: str) -> Answer:
        page = rota.asks("GET", COVER, cookie).text
        given = once or page.partition('name="once" value="')[2].partition('"')[0]
        named = {name.removesuffix("_"): text for name, text in fields.items()}
        return rota.posts(COVER, {"once": given, "do": do, **named}, cookie)

    return pressed


def kept(rota: House) -> list[dict[str, str]]:
    """The entries of those that stand."""
    return [json.loads(each.entry) for each in rota.night.store.overrides()]


def test_the_form_begins_with_me_and_two_hours(rota: House, cookie: Mapping[str, str]) -> None:
    """Whoever covers may be of another team."""
    page = rota.asks("GET", COVER, cookie).text
    assert '<option value="carol" selected>Carol</option>' in page
    assert 'name="from" value="now"' in page
    assert 'name="for" value="2h"' in page
    assert "<script" not in page
    assert f'href="{COVER}"' in rota.asks("GET", "/teams/payments", cookie).text


def test_a_press_takes_effect_once_and_says_what_it_changed(
    rota: House, press: Press, cookie: Mapping[str, str]
) -> None:
    """As `oncall take` does; the same press that is sent again does nothing."""
    once = rota.asks("GET", COVER, cookie).text.partition('name="once" value="')[2].partition('"')[0]
    fields = {"who": "carol", "schedule": "primary", "from_": "now", "for_": "2h", "reason": "dentist"}
    found = press(once=once, **fields)
    assert found.status == 200
    assert "It is done" in found.text
    assert "Alice, Wed 17 Jun 13:00 – Wed 17 Jun 15:00" in found.text
    assert "Carol, Wed 17 Jun 13:00 – Wed 17 Jun 15:00" in found.text
    entry = {"who": "carol", "from": "2026-06-17 13:00", "until": "2026-06-17 15:00", "reason": "dentist"}
    assert kept(rota) == [entry]
    (one,) = rota.night.store.overrides()
    assert one.created_by == "carol"
    again = press(once=once, **fields)
    assert (again.status, "pressed already" in again.text) == (409, True)
    assert len(kept(rota)) == 1


def test_a_try_changes_nothing_and_can_be_followed_by_the_deed(rota: House, press: Press) -> None:
    """What was written stays in the form."""
    found = press("try", who="bob", schedule="primary", for_="3h", reason="<b>")
    assert "This would change" in found.text
    assert kept(rota) == []
    assert 'name="for" value="3h"' in found.text
    assert 'value="&lt;b&gt;"' in found.text
    assert "<script" not in found.text
    once = found.text.partition('name="once" value="')[2].partition('"')[0]
    assert press(once=once, who="bob", schedule="primary", for_="3h").status == 200
    assert len(kept(rota)) == 1


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"who": "carol", "for_": "whenever"}, 400, "for: "),
        ({"who": "carol"}, 400, "no end is given"),
        ({"who": "zoe", "for_": "2h"}, 404, "zoe"),
        ({"who": "carol", "schedule": "tertiary", "for_": "2h"}, 404, "has no schedule 'tertiary'"),
    ],
)
def test_what_makes_no_sense_is_told_beside_the_form(
    rota: House, press: Press, fields: dict[str, str], status: int, words: str
) -> None:
    """With what was written."""
    found = press(**fields)
    assert (found.status, words in unescape(found.text)) == (status, True)
    assert '<form class="tall"' in found.text
    assert kept(rota) == []


def test_only_a_person_at_our_own_page_does_it(rota: House, cookie: Mapping[str, str]) -> None:
    """No form of another page, and no token, whose holder has an address of their own."""
    bearer = {"authorization": f"Bearer {rota.token('responder', person='carol')[0]}"}
    fields = {"who": "carol", "schedule": "primary", "for": "2h"}
    assert rota.posts(COVER, fields, bearer).status == 403
    assert rota.posts(COVER, fields, cookie).status == 403
    assert rota.asks("GET", COVER, {"authorization": f"Bearer {rota.token('board')[0]}"}).status in (401, 403)
    assert kept(rota) == []
