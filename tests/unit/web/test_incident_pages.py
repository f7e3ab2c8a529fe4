"""Incidents on the board: what is open, the story of one, and the buttons; looking at it never does anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape

import pytest
from fake_phones import HERE, OFFICE, person, rota, step
from night_house import Answer, House, NightOfLinks

from oncall_rota.paging.configuration import Settings
from oncall_rota.paging.incident import Acknowledged, Declined
from oncall_rota.paging.link import begun, signed
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.ports.row import NewPage, Receipt, Unit
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Act, Remark
from oncall_rota.paging.signal import Signal
from oncall_rota.schedule.model import Team
from oncall_rota.web.access_session import PURPOSE, SECURE

MARKUP = "<script>alert(1)</script>\"'&amp;"
Looks = Callable[..., Answer]
Presses = Callable[..., Answer]


@pytest.fixture
def cookies(night: NightOfLinks, house: House) -> Mapping[str, dict[str, str]]:
    """Of the browsers of alice, bob and carol."""
    night.settings = Settings(access={"login": "link"})
    night.teams = {"payments": Team("payments", "Europe/London", HERE, {"primary": night.field.primary})}
    key, until = begun(night.store)[0], night.clock.at + timedelta(days=9)
    return {
        who: {"cookie": f"{SECURE}={signed(key, PURPOSE, (who, f'session of {who}'), until)}"}
        for who in ("alice", "bob", "carol")
    }


@pytest.fixture
def looks(house: House, cookies: Mapping[str, dict[str, str]]) -> Looks:
    """Somebody looks at a page: `looks("bob", "/incidents")`."""
    return lambda who, address: house.asks("GET", address, {"accept": "text/html", **cookies[who]})


@pytest.fixture
def presses(house: House, looks: Looks, cookies: Mapping[str, dict[str, str]]) -> Presses:
    """Somebody fills in a form of the page of an incident and sends it; `page`: one that was loaded before."""

    def press(who: str, incident: str, do: str, page: Answer | None = None, **fields: str) -> Answer:
        address = incident if incident.startswith("/") else f"/incidents/{incident}"
        seen = page or looks(who, address)
        return house.posts(address, {**hidden(seen, do), **fields}, cookies[who])

    return press


def forms(page: Answer) -> list[str]:
    """The forms about the incident: all but the one to sign out."""
    return [each for each in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if 'name="do"' in each]


def hidden(page: Answer, do: str) -> dict[str, str]:
    """The hidden fields of the form for that."""
    (form,) = [each for each in forms(page) if f'name="do" value="{do}"' in each][:1]
    return {
        name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    }


def offered(page: Answer) -> list[str]:
    """What the forms are for."""
    return [each for form in forms(page) for each in re.findall(r'name="do" value="(\w+)"', form)]


def read(markup: str) -> str:
    """What can be read of it, in one line."""
    spaced = unescape(" ".join(re.sub(r"<(?!time|/time)[^>]*>", " ", markup).split()))
    return re.sub(r"</?time[^>]*>", "", spaced)


def words(page: Answer) -> str:
    """What can be read of the page itself, in one line."""
    return read(f"<main{page.text.partition('<main')[2]}")


def story(page: Answer) -> list[str]:
    """The lines of the story."""
    part = page.text.partition('id="story"')[2].partition("</section>")[0]
    return [read(each) for each in re.findall(r"<li[^>]*>(.*?)</li>", part, re.DOTALL)]


def banner(page: Answer) -> str:
    """What is said first."""
    found = re.search(r'<p class="told [^>]*>(.*?)</p>', page.text)
    return unescape(found[1]) if found else ""


def acts(house: House) -> list[Act]:
    """What people did."""
    return [each for each in house.submitted if isinstance(each, Act)]


# -- looking


def test_the_list_says_who_has_it_since_when_and_what_comes_next(night: NightOfLinks, looks: Looks) -> None:
    """Severity by a shape and a word; times by the clock of the team."""
    night.signal(summary="checkout is down")
    night.passes("3m")
    page = looks("bob", "/incidents")
    assert page.status == 200
    assert (
        "▲ critical payments 13:00, 3m ago checkout is down "
        "Nobody has acknowledged it; asked: Alice since 13:00, 3m ago "
        "Next 13:04, in 1m: Alice is paged by call (step 1)"
    ) in words(page)
    assert "Nothing is open" not in page.text
    assert "12:00, 3m ago checkout is down" in words(looks("bob", "/incidents?tz=UTC"))


def test_teams_of_several_zones_are_told_by_one_clock(night: NightOfLinks, looks: Looks) -> None:
    """That of whoever looks, else UTC; each team's own when it is asked for."""
    night.field.teams["web"] = night.field.teams["payments"]._replace(team="web", timezone="Asia/Tokyo")
    night.signal()
    night.takes(Signal("prod-am", "web", "web is slow", team="web"))
    assert "It is Wed 17 Jun 12:00 UTC." in words(looks("bob", "/incidents"))
    assert "It is Wed 17 Jun 21:00 JST." in words(looks("bob", "/incidents?team=web"))
    night.field.people["carol"] = night.field.people["carol"]._replace(timezone="America/New_York")
    assert "It is Wed 17 Jun 08:00 EDT." in words(looks("carol", "/incidents"))


def test_who_has_it_and_what_comes_then(night: NightOfLinks, looks: Looks) -> None:
    """By name; whoever looks reads that it is theirs."""
    incident = night.signal().incident_id
    night.passes("1m")
    night.acknowledges("alice", incident)
    night.passes("5m")
    assert "Alice has it since 13:01, 5m ago" in words(looks("bob", "/incidents"))
    assert "You have it since 13:01, 5m ago" in words(looks("alice", "/incidents"))
    assert "Next 13:31, in 25m: Alice is paged by push (step 1)" in words(looks("bob", "/incidents"))


def test_the_list_is_filtered_by_status_team_and_text(night: NightOfLinks, looks: Looks) -> None:
    """What is open unless something else is asked for; a word without a meaning is refused with what there is."""
    first, second = (night.signal(key, summary=f"{key} is Full").incident_id for key in ("disk", "net"))
    night.resolves("alice", first)
    assert "net is Full" in words(looks("bob", "/incidents"))
    assert "disk is Full" not in words(looks("bob", "/incidents"))
    assert "disk is Full It is over" in words(looks("bob", "/incidents?status=resolved"))
    assert "disk is Full" in words(looks("bob", "/incidents?status=all&q=DISK"))
    assert "net is Full" not in words(looks("bob", "/incidents?status=all&q=DISK"))
    assert second in looks("bob", f"/incidents?q={second[:6]}").text
    assert "No such incident is open." in words(looks("bob", "/incidents?team=shop"))
    assert "There is none." in words(looks("bob", "/incidents?status=acknowledged"))
    for wrong in ("status=opne", "before=x", "before=1", "tz=Europe/Nowhere", "tz=../../etc/passwd"):
        page = looks("bob", f"/incidents?{wrong}")
        assert (page.status, "This page cannot be shown" in page.text) == (400, True), wrong


@pytest.mark.parametrize(
    "value", ["%00", "%ff%fe", "%ed%a0%80", "'--", "%25", "9" * 400, "%F0%9F%94%A5" * 300, "../..", ""]
)
def test_whatever_stands_in_an_address_is_answered(value: str, night: NightOfLinks, looks: Looks) -> None:
    """With a page, or with one that says what is wrong."""
    incident = night.signal().incident_id
    for name in ("status", "team", "q", "before", "tz", "live"):
        assert looks("bob", f"/incidents?{name}={value}").status in (200, 400)
    for name in ("until", "tz", "live", "told"):
        assert looks("bob", f"/incidents/{incident}?{name}={value}").status in (200, 400)
    for before in (f"{'9' * 16}.9999", "0.0", "1.9999"):
        assert looks("bob", f"/incidents?before={before}&q={value}").status == 200


def test_every_incident_is_on_one_page_of_the_list(night: NightOfLinks, looks: Looks) -> None:
    """Also of a storm, in which hundreds are opened at one instant."""
    opened = {night.signal(f"disk-{number}").incident_id for number in range(70)}
    night.passes("1s")
    opened |= {night.signal(f"net-{number}").incident_id for number in range(60)}
    seen: list[str] = []
    address = "/incidents"
    for _ in range(9):
        page = looks("bob", address)
        seen += re.findall(r'href="/incidents/(\w{16})"', page.text)
        assert len(page.body) < 60_000
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        if following is None:
            break
        address = unescape(following[1])
    assert len(seen) == len(set(seen)) == 130
    assert set(seen) == opened


def test_a_search_goes_on_where_it_ended(night: NightOfLinks, looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads so many for one page, and says so."""
    monkeypatch.setattr("oncall_rota.web.incident_page_list.SCANNED", 10)
    sought = night.signal("needle").incident_id
    for number in range(15):
        night.passes("1s")
        night.signal(f"hay-{number}")
    page = looks("bob", "/incidents?q=needle")
    assert "Nothing was found since 12:00." in words(page)
    further = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert further is not None
    assert sought in looks("bob", unescape(further[1])).text


def test_the_story_is_every_page_with_its_receipt_and_every_decision_in_order(
    night: NightOfLinks, looks: Looks
) -> None:
    """By the clock of the team; the code of a page for whose it is alone."""
    incident = night.signal(summary="checkout is down", service="checkout", lines=("region: eu1",)).incident_id
    night.passes("3m")
    (push, sms) = night.pages(incident)
    night.store.commit([Unit(receipts=(Receipt(push.id, "delivered"),))])
    night.passes("2m")
    night.takes(Remark(incident, "carol", "by bob it was"))
    night.acts(incident, Acknowledged("bob", "sms"), "bob")
    page = looks("alice", f"/incidents/{incident}")
    assert page.status == 200
    assert (
        "▲ critical payments · checkout checkout is down Bob has it since 13:05, now Runbook region: eu1 "
        f"Opened Wed 17 Jun 13:00 BST, 5m ago, by prod-am. Incident {incident} "
        "Next, if it stays open 13:35 asked again: Bob acknowledged it, and it is still open in 30m 13:35"
    ) in words(page)
    assert f'href="{night.runbook}"' in page.text
    assert story(page) == [
        "13:00 opened by prod-am",
        "13:00 step 1: opened",
        f"13:00 Alice by push: it arrived #{push.code}",
        f"13:02 Alice by sms: the provider took it, no word yet that it arrived #{sms.code} "
        "step 1: not acknowledged yet",
        f"13:04 Alice by call: the provider took it, no word yet that it arrived #{sms.code} "
        "step 1: not acknowledged yet",
        "13:05 step 2: not acknowledged in time",
        "13:05 Carol wrote: by bob it was",
        "13:05 acknowledged by Bob, sms",
        "13:05 Bob by push: the provider took it, no word yet that it arrived step 2: not acknowledged in time",
        "13:05 a notice to Alice by push: the provider took it, no word yet that it arrived acknowledged by Bob",
    ]
    assert "#" not in "".join(story(looks("carol", f"/incidents/{incident}")))


def test_times_are_by_the_clock_that_is_asked_for(night: NightOfLinks, looks: Looks) -> None:
    """Of another day with the day; the way there and back is on the page."""
    incident = night.signal().incident_id
    page = looks("bob", f"/incidents/{incident}?tz=Asia/Tokyo")
    assert story(page)[0] == "21:00 opened by prod-am"
    assert "It is Wed 17 Jun 21:00 JST." in words(page)
    assert 'datetime="2026-06-17T12:00:00Z"' in page.text
    assert f'href="/incidents/{incident}?tz=Europe%2FLondon"' in page.text
    night.clock.at += timedelta(hours=12)
    assert story(looks("bob", f"/incidents/{incident}"))[0] == "Wed 17 Jun 13:00 opened by prod-am"
    assert story(looks("bob", f"/incidents/{incident}?tz=UTC"))[0] == "Wed 17 Jun 12:00 opened by prod-am"
    assert story(looks("bob", f"/incidents/{incident}?tz=America/New_York"))[0] == "08:00 opened by prod-am"


def test_a_page_that_failed_says_why(night: NightOfLinks, looks: Looks) -> None:
    """In the provider's words, as text."""
    night.providers["push"].refuses.append(NotifierError(f"no such device {MARKUP}", permanent=True))
    incident = night.signal().incident_id
    page = looks("bob", f"/incidents/{incident}")
    assert "Alice by push: it did not arrive: no such device" in words(page)
    assert "<script>" not in page.text


def test_a_long_story_is_told_in_parts(night: NightOfLinks, looks: Looks) -> None:
    """Five hundred pages: a hundred lines at a time, the last ones first, and the way to the others."""
    incident = night.signal().incident_id
    night.store.commit(
        [
            Unit(pages=(NewPage(f"page-{number}", incident, "alice", "push", "alice/push", "abcd", state="failed"),))
            for number in range(500)
        ]
    )
    address, seen, parts = f"/incidents/{incident}", [], 0
    while address:
        page = looks("bob", address)
        assert len(page.body) < 60_000
        parts += 1
        seen += story(page)
        earlier = re.search(r'href="([^"]+)">Those before', page.text)
        address = unescape(earlier[1]) if earlier else ""
    assert (len(seen), parts) == (503, 6)
    assert looks("bob", f"/incidents/{incident}?until=0").status == 200
    assert story(looks("bob", f"/incidents/{incident}?until=999999")) == story(looks("bob", f"/incidents/{incident}"))


def test_what_a_monitor_says_is_text_and_its_end_is_cut(night: NightOfLinks, looks: Looks) -> None:
    """Markup, a thousand characters, fifty lines, a runbook that is none."""
    summary = f"{MARKUP} {'x' * 2000}"
    incident = night.signal(summary=summary, lines=(MARKUP * 60,) * 50, service="checkout").incident_id
    night.runbook = "javascript:alert(1)"
    for address in ("/incidents", f"/incidents/{incident}"):
        page = looks("bob", address)
        assert "<script" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "javascript:" not in page.text
        assert len(page.body) < 60_000
    page = looks("bob", f"/incidents/{incident}")
    at_once = page.text.partition("<details>")[0]
    assert len(read(at_once)) < 1500
    assert "x" * 950 in page.text.partition("All that its monitor said")[2]


def test_a_reference_means_what_it_means_elsewhere(night: NightOfLinks, looks: Looks) -> None:
    """An id, its beginning, the code of a page; of what means nothing, a page says so."""
    incident = night.signal().incident_id
    (page,) = night.pages(incident)
    for reference in (incident, incident.upper(), page.code):
        assert f'action="/incidents/{incident}"' in looks("alice", f"/incidents/{reference}").text
    for wrong in ("ffffffff", "zz", "a'--", "%3Cscript%3E"):
        found = looks("bob", f"/incidents/{wrong}")
        assert (found.status, "This page cannot be shown" in found.text) == (404, True)
        assert "<script" not in found.text


def test_the_code_of_a_bundle_leads_to_all_that_it_names(night: NightOfLinks, looks: Looks) -> None:
    """To choose from."""
    night.limits("push", 1, "1h")
    night.limits("sms", 1, "1h")
    night.limits("call", 1, "1h")
    night.limits("email", 1, "1h")
    for number in range(4):
        night.signal(f"disk-{number}")
    night.passes("2m")
    bundle = next(each.message.code for each in night.to("alice") if "incidents" in each.message.summary)
    page = looks("alice", f"/incidents/{bundle}")
    assert page.status == 200
    assert "Choose one of them." in words(page)
    assert len(set(re.findall(r'href="/incidents/(\w{16})"', page.text))) > 1


def test_looking_does_nothing(night: NightOfLinks, looks: Looks, house: House) -> None:
    """However often, by GET or HEAD."""
    incident = night.signal().incident_id
    for address in ("/incidents", f"/incidents/{incident}", f"/incidents/{incident}?live=30"):
        looks("alice", address)
    assert night.row(incident).status == "triggered"
    assert house.submitted == []


def test_a_page_loads_itself_again_only_for_who_asks(night: NightOfLinks, looks: Looks) -> None:
    """It would take a reader from their place, and a writer from their note: then there is nothing to type."""
    incident = night.signal().incident_id
    for address in ("/incidents", f"/incidents/{incident}"):
        assert "refresh" not in looks("alice", address).headers
        assert looks("alice", f"{address}?live=30").headers["refresh"] == "30"
        for wrong in ("1", "0", "x", "30;url=https://example.com"):
            assert "refresh" not in looks("alice", f"{address}?live={wrong}").headers
    assert "<textarea" not in looks("alice", f"/incidents/{incident}?live=30").text
    assert "Acknowledge" in offered_texts(looks("alice", f"/incidents/{incident}?live=30"))


def offered_texts(page: Answer) -> list[str]:
    """What stands on the buttons."""
    return [read(each) for each in re.findall(r"<button[^>]*>(.*?)</button>", page.text)]


def test_who_only_looks_sees_no_button(
    night: NightOfLinks, house: House, cookies: Mapping[str, dict[str, str]]
) -> None:
    """By a token or a key of the board; nor does a token of a team see another team's."""
    incident = night.signal().incident_id
    tokens = [house.token(scope)[0] for scope in ("board", "responder", "admin")]
    shops = {"authorization": f"Bearer {house.token('board', team='shop')[0]}"}
    for token in tokens:
        page = house.asks("GET", f"/incidents/{incident}", {"authorization": f"Bearer {token}"})
        assert (page.status, "<button" in page.text) == (200, False)
        assert f'href="/sign-in?next=/incidents/{incident}"' in page.text
    assert incident not in house.asks("GET", "/incidents", shops).text
    assert incident not in house.asks("GET", "/incidents?team=payments&status=all", shops).text
    assert house.asks("GET", f"/incidents/{incident}", shops).status == 404


def test_after_signing_in_somebody_lands_where_they_wanted_to_go(
    night: NightOfLinks, house: House, cookies: Mapping[str, dict[str, str]]
) -> None:
    """The link that they were sent leads back to the story."""
    incident = night.signal().incident_id
    away = house.asks("GET", f"/incidents/{incident}?tz=UTC", {"accept": "text/html"})
    assert (away.status, away.headers["location"]) == (303, f"/sign-in?next=/incidents/{incident}%3Ftz%3DUTC")
    asked = house.asks("GET", away.headers["location"])
    assert f'name="next" value="/incidents/{incident}?tz=UTC"' in asked.text


def test_a_button_of_a_session_that_is_over_leads_to_signing_in_and_back(night: NightOfLinks, house: House) -> None:
    """Nothing is done by it; where a form goes to that is no page, the way leads to the first page."""
    night.settings = Settings(access={"login": "link"})
    incident = night.signal().incident_id
    browser = {"accept": "text/html,application/xhtml+xml"}
    away = house.posts(f"/incidents/{incident}", {"do": "ack"}, browser)
    assert (away.status, away.headers["location"]) == (303, f"/sign-in?next=/incidents/{incident}")
    assert house.posts("/sign-out", {}, browser).headers["location"] == "/sign-in?next=/"
    assert house.posts(f"/incidents/{incident}", {"do": "ack"}).status == 401
    assert house.submitted == []


# -- what is shown of states, and of much


def test_what_waits_or_is_only_recorded_says_so(night: NightOfLinks, looks: Looks) -> None:
    """In words, and what comes then."""
    night.field.escalates(step(night.field.primary), severity="warning", hours=OFFICE)
    night.field.escalates(severity="info")
    held = night.signal("disk", severity="warning", hold=timedelta(minutes=5)).incident_id
    recorded = night.signal("net", severity="info").incident_id
    page = looks("bob", f"/incidents/{held}")
    assert "● warning payments disk is full It waits until 13:05; nobody was paged yet" in words(page)
    assert "13:05 Alice is paged by push in 5m, step 1" in words(page)
    assert offered_texts(page)[1:2] == ["Acknowledge"]
    page = looks("bob", f"/incidents/{recorded}")
    assert "○ info payments net is full It is only recorded: its severity is never paged" in words(page)
    assert offered(page) == ["note"]


def test_the_forms_of_a_large_team_are_short(night: NightOfLinks, looks: Looks) -> None:
    """A hundred people to choose from, anybody else by their id; of many teams the name is typed."""
    names = [f"person-{number:03}" for number in range(300)]
    night.field.people |= {name: person(name, "0m push") for name in names}
    crowd = rota("crowd", " ".join(names))
    night.teams = {
        f"team-{number:03}": Team(f"team-{number:03}", "Europe/London", HERE, {"crowd": crowd}) for number in range(200)
    } | {"payments": Team("payments", "Europe/London", HERE, {"crowd": crowd})}
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")
    assert page.text.count("<option") == 102
    assert len(page.body) < 20_000
    page = looks("alice", "/incidents")
    assert "<option" not in page.text
    assert '<input id="team" name="team"' in page.text
    assert len(page.body) < 10_000


def test_repeats_of_a_signal_are_one_line(night: NightOfLinks, looks: Looks) -> None:
    """However many there are."""
    incident = night.signal().incident_id
    for _ in range(200):
        night.signal()
    page = looks("bob", f"/incidents/{incident}")
    assert "13:00 prod-am said it again 200 times, so far 201 signals" in story(page)
    assert "201 signals so far" in words(page)
    assert len(story(page)) < 8


# -- acting


def test_acknowledged_on_the_board_and_the_others_are_told_by_whom(
    night: NightOfLinks, house: House, presses: Presses, looks: Looks
) -> None:
    """The browser is led back, the page says so once, and nobody else is paged."""
    incident = night.signal().incident_id
    night.passes("6m")
    done = presses("bob", incident, "ack")
    assert (done.status, done.body) == (303, b"")
    assert done.headers["location"].startswith(f"/incidents/{incident}?told=")
    page = looks("bob", done.headers["location"])
    assert banner(page) == "You have it now. Thank you. Those who were paged are told."
    assert "You have it since 13:06, now" in words(page)
    assert banner(looks("carol", done.headers["location"])) == ""
    night.passes("3m")
    assert banner(looks("bob", done.headers["location"])) == ""
    assert night.notices_to("alice") == ["acknowledged by bob: disk is full"]
    night.passes("20m")
    assert night.channels_to("olga") == []
    (act,) = acts(house)
    assert (act.event, act.actor) == (Acknowledged("bob", "board"), "bob")


def test_two_press_at_once_and_the_second_is_told_who_was_first(
    night: NightOfLinks, presses: Presses, looks: Looks
) -> None:
    """Both had the page open before either pressed."""
    incident = night.signal().incident_id
    before = {who: looks(who, f"/incidents/{incident}") for who in ("alice", "bob")}
    assert presses("alice", incident, "ack", before["alice"]).status == 303
    night.passes("1m")
    second = presses("bob", incident, "ack", before["bob"])
    assert (second.status, banner(second)) == (409, "Nothing has changed: Alice has it already, since 13:00.")
    assert "Take it over from Alice" in offered_texts(second)
    mine = presses("alice", incident, "ack", before["alice"])
    assert mine.status == 409
    assert "sent already" in banner(mine)


def test_two_end_it_at_once(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """The second is told who has ended it; a note may still be written."""
    incident = night.signal().incident_id
    before = looks("bob", f"/incidents/{incident}")
    assert presses("alice", incident, "resolve").status == 303
    second = presses("bob", incident, "resolve", before)
    assert (second.status, banner(second)) == (409, "Nothing has changed: Alice has ended it already, at 13:00.")
    assert offered(second) == ["note"]
    assert presses("bob", incident, "note", text="it was the switch").status == 303
    assert "Bob wrote: it was the switch" in words(looks("carol", f"/incidents/{incident}"))


def test_a_snoozed_one_comes_again(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """At the time that was chosen, the team's usual length among the choices; and the page says when."""
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")
    lengths = re.findall(r'name="for" value="(\w+)">([^<]+)', page.text)
    assert lengths == [("1800s", "30m"), ("3600s", "1h"), ("7200s", "2h"), ("14400s", "4h"), ("28800s", "8h")]
    done = presses("alice", incident, "snooze", **{"for": "7200s"})
    page = looks("alice", done.headers["location"])
    assert banner(page) == "You have it, and are paged again if it is still open then."
    assert "Next, if it stays open 15:00" in words(page)
    assert "13:00 snoozed by Alice until 15:00" in story(page)
    night.passes("1h59m")
    assert night.channels_to("alice") == ["push"]
    night.passes("2m")
    assert night.channels_to("alice") == ["push", "push"]


def test_declined_passes_it_on_once(night: NightOfLinks, presses: Presses, looks: Looks, house: House) -> None:
    """Two tabs of one person pass by nobody who was asked since."""
    incident = night.signal().incident_id
    tabs = [looks("alice", f"/incidents/{incident}") for _ in range(2)]
    assert "I cannot: pass it on" in offered_texts(tabs[0])
    assert "Page the next now" in offered_texts(looks("carol", f"/incidents/{incident}"))
    done = presses("alice", incident, "decline", tabs[0])
    assert banner(looks("alice", done.headers["location"])) == "Passed on: the next is paged now."
    assert night.channels_to("bob") == ["push"]
    again = presses("alice", incident, "decline", tabs[1])
    assert (again.status, banner(again)) == (409, "Nothing has changed: it was passed on already.")
    assert night.channels_to("olga") == []
    event = acts(house)[0].event
    assert isinstance(event, Declined)
    assert event.page is not None


def test_given_to_somebody_of_the_team(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """Who is paged at once; and whoever is told reads by whom."""
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")
    assert re.findall(r'<option value="([^"]+)">([^<]+)', page.text) == [
        ("schedule:primary", "primary: Alice now"),
        ("person:alice", "Alice"),
        ("person:bob", "Bob"),
        ("person:carol", "Carol"),
    ]
    nobody = presses("alice", incident, "reassign", choice="")
    assert (nobody.status, banner(nobody).startswith("Not done: choose to whom it is given")) == (400, True)
    done = presses("alice", incident, "reassign", choice="person:carol")
    assert banner(looks("alice", done.headers["location"])) == "Given to Carol, who is paged now."
    assert night.channels_to("carol") == ["push"]
    assert "13:00 reassigned by Alice to Carol" in story(looks("alice", f"/incidents/{incident}"))


def test_given_to_whoever_is_on_call(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """In a schedule of the team, at the moment at which the button is pressed; nobody there is no one to give it to."""
    night.teams = {
        "payments": Team(
            "payments",
            "Europe/London",
            HERE,
            {"primary": night.field.primary, "secondary": night.field.secondary, "later": rota("later", "dave",
                                                                                                "2027-01-04 09:00")},
        )
    }  # fmt: skip
    incident = night.signal().incident_id
    refused = presses("alice", incident, "reassign", choice="schedule:later")
    assert (refused.status, banner(refused)) == (
        409, "Not done: nobody is on call in later now; give it to a person.",
    )  # fmt: skip
    assert presses("alice", incident, "reassign", choice="schedule:secondary").status == 303
    assert night.channels_to("bob") == ["push"]


def test_given_to_anybody_by_their_id(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """A name that nobody has is refused with what was meant, and what was typed is still there."""
    incident = night.signal().incident_id
    refused = presses("alice", incident, "reassign", named="oga")
    assert (refused.status, banner(refused)) == (
        400, "Not done: to: no person 'oga' in people.yaml; did you mean 'olga'?",
    )  # fmt: skip
    assert 'name="named" value="oga"' in refused.text
    assert "<details open><summary>Give it to somebody" in refused.text
    assert presses("alice", incident, "reassign", refused, named="olga").status == 303
    assert night.channels_to("olga") == ["push"]


def test_taken_over_from_who_has_it(night: NightOfLinks, presses: Presses, looks: Looks) -> None:
    """And they are told."""
    incident = night.signal().incident_id
    night.acknowledges("alice", incident)
    done = presses("bob", incident, "reassign")
    page = looks("bob", done.headers["location"])
    assert banner(page) == "You have it now."
    assert "You have it since 13:00" in words(page)
    assert night.notices_to("alice")[-1] == "taken by bob: disk is full"


def test_a_note_is_written_once_and_never_lost(
    night: NightOfLinks, house: House, presses: Presses, looks: Looks
) -> None:
    """A form that comes twice writes nothing twice, and gives back what was typed."""
    incident = night.signal().incident_id
    page = looks("bob", f"/incidents/{incident}")
    assert presses("bob", incident, "note", page, text=f"line one\r\nline two {MARKUP}").status == 303
    again = presses("bob", incident, "note", page, text="another")
    assert (again.status, "not done twice" in banner(again)) == (409, True)
    assert re.search(r"<textarea[^>]*>\nanother</textarea>", again.text)
    assert [each.text for each in house.submitted if isinstance(each, Remark)] == [f"line one\r\nline two {MARKUP}"]
    assert f"Bob wrote: line one line two {MARKUP}" in " ".join(story(again))
    assert "<script" not in again.text
    empty = presses("bob", incident, "note", text="  ")
    assert (empty.status, banner(empty)) == (400, "Not done: there is nothing to write down.")
    long = presses("bob", incident, "note", text="x" * 1300)
    assert (long.status, "x" * 1300 in long.text) == (400, True)


def test_while_the_store_fails_it_holds_in_memory_and_the_page_says_so(
    night: NightOfLinks, presses: Presses, looks: Looks
) -> None:
    """As behind a link."""
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")
    night.disk.broken = "full"
    done = presses("alice", incident, "ack", page)
    assert done.status == 303
    assert "it holds in memory" in banner(looks("alice", done.headers["location"]))


def test_what_cannot_be_decided_is_not_done_and_says_so(
    house: House, night: NightOfLinks, presses: Presses, looks: Looks
) -> None:
    """503, with what was typed."""
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")
    house.stops = True
    failed = presses("alice", incident, "note", page, text="restarted db-1")
    assert failed.status == 503
    assert "Not done: the pager has ended." in banner(failed)
    assert "restarted db-1</textarea>" in failed.text


def test_a_store_that_cannot_be_read_is_a_page_too(
    house: House, night: NightOfLinks, looks: Looks, presses: Presses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what else there is to do, and without having done anything."""
    incident = night.signal().incident_id
    page = looks("alice", f"/incidents/{incident}")

    def fails(*_: object, **__: object) -> None:
        raise StoreFailed("gone", "cannot use the store: gone")

    for name in ("incidents", "incident", "pages_by_code"):
        monkeypatch.setattr(night.store, name, fails)
    for found in (
        looks("alice", "/incidents"),
        looks("alice", f"/incidents/{incident}"),
        presses("alice", incident, "ack", page),
    ):
        assert (found.status, "This page cannot be shown now" in found.text) == (503, True)
        assert "cannot use the store: gone." in found.text
    assert house.submitted == []


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-purpose": "prefetch"}])
def test_nobody_but_a_person_on_our_page_presses(
    headers: dict[str, str], night: NightOfLinks, house: House, looks: Looks, cookies: Mapping[str, dict[str, str]]
) -> None:
    """Not another site, not a machine that looks ahead, not a form of somebody else's, not a program's token."""
    incident = night.signal().incident_id
    address = f"/incidents/{incident}"
    form = hidden(looks("alice", address), "ack")
    assert house.posts(address, form, {**cookies["alice"], **headers}).status == 403
    assert house.posts(address, form, cookies["bob"]).status == 403
    assert house.posts(address, {"do": "ack"}, cookies["alice"]).status == 403
    assert house.posts(address, form).status == 401
    token = {"authorization": f"Bearer {house.token('responder', person='alice')[0]}"}
    refused = house.posts(address, form, token)
    assert (refused.status, "POST /v1/incidents/" in refused.text) == (403, True)
    assert house.posts(address, {**form, "do": "obey"}, cookies["alice"]).status == 400
    assert house.posts("/incidents/ffffffff", form, cookies["alice"]).status == 404
    assert house.submitted == []


def test_the_address_alone_says_nothing_was_done(night: NightOfLinks, looks: Looks, presses: Presses) -> None:
    """What a page says of a button is signed for that person and incident."""
    first, second = night.signal().incident_id, night.signal("net").incident_id
    told = presses("alice", first, "ack").headers["location"].partition("told=")[2]
    assert banner(looks("alice", f"/incidents/{first}?told={told}")) != ""
    assert banner(looks("alice", f"/incidents/{second}?told={told}")) == ""
    for forged in (told[:-1], "ack", "x" * 2000):
        assert banner(looks("alice", f"/incidents/{first}?told={forged}")) == ""


def test_a_page_has_no_script_and_nothing_of_its_own_to_obey(night: NightOfLinks, looks: Looks) -> None:
    """Neither style nor handler in it; not kept, not told on."""
    incident = night.signal().incident_id
    for address in ("/incidents", f"/incidents/{incident}"):
        page = looks("alice", address)
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|\ssrc=|http-equiv", page.text)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"


def test_the_wait_for_a_story_of_long_ago_is_over(night: NightOfLinks, looks: Looks) -> None:
    """Nothing comes any more, and its story stays."""
    incident = night.signal().incident_id
    night.resolves("alice", incident)
    night.clock.at += timedelta(days=2)
    page = looks("bob", f"/incidents/{incident}")
    assert "Nothing: nobody is paged for it any more." in words(page)
    assert "Wed 17 Jun 13:00 resolved by Alice" in story(page)
