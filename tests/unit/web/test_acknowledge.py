"""The page behind a link: looking never acknowledges, the button does, once, and for the person whose link it is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fake_phones import person, step
from night_house import PUBLIC, Answer, House, NightOfLinks

from oncall_rota.paging.incident import Acknowledged
from oncall_rota.paging.request import Act, Remark
from oncall_rota.web import acknowledge
from oncall_rota.web.app import DOORS
from oncall_rota.web.door import Visit

AGENTS = (
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp/2.24 A",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "Microsoft Office/16.0 (Microsoft Outlook Mail)",
    "curl/8.5.0",
    "Google-Safety",
)
LOOKS = (
    {},
    {"sec-purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"purpose": "prefetch"},
    {"purpose": "preview"},
    {"x-purpose": "preview"},
    {"x-moz": "prefetch"},
)


def once(page: Answer) -> str:
    """The form's hidden field."""
    found = re.search('name="once" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def pressed(house: House, link: str, button: str = "acknowledge") -> Answer:
    """Load the page and press a button."""
    return house.posts(link, {"once": once(house.asks("GET", link)), "do": button})


def words(page: Answer) -> str:
    """What can be read, in one line."""
    return " ".join(re.sub(r"<(style|title).*?</\1>|<[^>]*>", " ", page.text, flags=re.DOTALL).split())


def acts(house: House) -> list[Act]:
    """What people did."""
    return [each for each in house.submitted if isinstance(each, Act)]


@pytest.fixture
def link(night: NightOfLinks) -> str:
    """Alice was paged three minutes ago, by push and then by SMS."""
    night.signal(summary="checkout is down", lines=("region: eu1",))
    night.passes("3m")
    return night.link_to("alice")


def test_it_tells_all_that_somebody_needs_at_three_in_the_morning(house: House, link: str) -> None:
    """Severity, team, summary, code; how it stands; who is next and when; who was told how, with what receipt."""
    page = house.asks("GET", link)
    assert page.status == 200
    code = house.night.to("alice")[0].message.code
    assert words(page) == (
        f"critical · payments checkout is down Nobody has acknowledged it, since 13:00 Code #{code} · sent to Alice "
        "Acknowledge I cannot: pass it on region: eu1 "
        "Next, if nobody acknowledges 13:04 Alice by call, in 1m · step 1 13:05 Bob by push, in 2m · step 2 "
        "13:07 Bob by sms, in 4m · step 2 13:09 Bob by call, in 6m · step 2 "
        "13:15 Olga by push, in 12m · last resort, again and again "
        "So far 13:00 Alice by push · sent 13:02 Alice by sms · sent "
        "It is 13:03, by the clock of Europe/London"
    )
    assert acts(house) == []


def test_it_is_light_and_fetches_and_tells_nothing(house: House, link: str) -> None:
    """No script, no image, no font, no metadata for a preview; not kept, not indexed, not told on."""
    page = house.asks("GET", link)
    assert len(page.body) < 15_000
    assert not re.search(r"<script|\son\w+=|src=|@import|url\(|og:|twitter:|http-equiv", page.text)
    assert re.findall(r"<title>(.*)</title>", page.text) == ["On call"]
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_the_button_acknowledges_and_says_so(house: House, link: str) -> None:
    """And then offers what is left to do."""
    page = pressed(house, link)
    assert page.status == 200
    assert "You have it now. Thank you." in words(page)
    assert "You have it, since 13:03" in words(page)
    assert "It is over: resolve Pass it on to the next" in words(page)
    (act,) = acts(house)
    assert (act.event, act.actor) == (Acknowledged("alice", "link"), "alice")


def test_a_second_tap_on_the_same_place_ends_nothing(house: House, link: str) -> None:
    """What ends it comes after all that there is to read, and no button is where `Acknowledge` was."""
    before, after = house.asks("GET", link).text, pressed(house, link).text
    assert before.index("<button") < before.index("So far")
    assert after.index("So far") < after.index("<button")
    assert after.count("<form") == 1


def test_the_second_is_told_who_has_it(house: House, night: NightOfLinks, link: str) -> None:
    """First wins; the other is told at once, and on the page from then on."""
    night.passes("3m")
    bobs, late = night.link_to("bob"), once(house.asks("GET", night.link_to("bob")))
    assert "Bob" in words(house.asks("GET", bobs))
    pressed(house, link)
    page = house.posts(bobs, {"once": late, "do": "acknowledge"})
    assert page.status == 409
    assert "Nothing has changed: Alice has it already." in words(page)
    assert "Alice has it, since 13:06" in words(house.asks("GET", bobs))
    assert "<form" not in house.asks("GET", bobs).text
    assert night.row(night.to("bob")[0].message.page_id.rpartition("-")[0]).status == "acknowledged"


def test_the_other_button_passes_it_on_at_once(house: House, night: NightOfLinks, link: str) -> None:
    """By the page that asked: pressed late, it does not pass by whoever was asked since."""
    before = once(house.asks("GET", link))
    assert "Passed on." in words(pressed(house, link, "decline"))
    assert night.channels_to("bob") == ["push"]
    page = house.posts(link, {"once": before, "do": "decline"})
    assert page.status == 409
    assert "it was passed on already" in words(page)
    assert night.channels_to("carol") == []


def test_whoever_has_it_may_end_it(house: House, night: NightOfLinks, link: str) -> None:
    """And then there is nothing left to press."""
    pressed(house, link)
    page = pressed(house, link, "resolve")
    assert "It is over. Thank you." in words(page)
    assert "<form" not in page.text
    assert "Next" not in words(page)


# -- what acts without a person


def previews(house: House, link: str, times: int) -> None:
    """Programs that look at every link, in every way they have."""
    for number in range(times):
        headers = {"user-agent": AGENTS[number % len(AGENTS)], **LOOKS[number % len(LOOKS)]}
        method = ("GET", "GET", "HEAD", "OPTIONS")[number % 4]
        answer = house.asks(method, link, headers)
        assert answer.status in (200, 405), answer.status
        if method == "GET":
            # A program that runs scripts finds none; one that posts blindly has no form of ours.
            posted = house.posts(link, {"do": "acknowledge"}, headers)
            assert posted.status in (403, 409)


def test_a_thousand_previews_acknowledge_nothing(house: House, night: NightOfLinks, link: str) -> None:
    """GET, HEAD, OPTIONS, prefetches, and posts without the page's form."""
    previews(house, link, 1000)
    assert acts(house) == []
    assert night.row(night.to("alice")[0].message.page_id.rpartition("-")[0]).status == "triggered"


def test_a_build_in_which_looking_acknowledges_is_caught(night: NightOfLinks) -> None:
    """The seeded mistake: the test above can fail."""

    async def look_and_take(visit: Visit) -> acknowledge.Response:
        found = acknowledge._found(visit)
        assert found is not None
        await acknowledge._done(visit, found, acknowledge.DEEDS["acknowledge"])
        return await acknowledge.look(visit)

    doors = [each._replace(handler=look_and_take) if each.handler is acknowledge.look else each for each in DOORS]
    house = House(night, doors)
    night.signal()
    previews(house, night.link_to("alice"), 1)
    assert acts(house)
    house.close()


@pytest.mark.parametrize(
    "headers",
    [*LOOKS[1:], {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"content-type": "text/plain"}],
    ids=str,
)
def test_a_form_that_no_person_sent_does_nothing(house: House, link: str, headers: dict[str, str]) -> None:
    """A browser that looks ahead, another site's page, and what is no form."""
    answer = house.posts(link, {"once": once(house.asks("GET", link)), "do": "acknowledge"}, headers)
    assert answer.status in (403, 415)
    assert acts(house) == []


def test_a_form_is_taken_once(house: House, link: str) -> None:
    """A double tap is one press, and says how it stands."""
    value = once(house.asks("GET", link))
    assert house.posts(link, {"once": value, "do": "acknowledge"}).status == 200
    again = house.posts(link, {"once": value, "do": "decline"})
    assert again.status == 409
    assert "That was sent already. This is how it stands now. " in words(again)
    assert len(acts(house)) == 1


def test_a_form_of_another_page_is_nothing_here(house: House, night: NightOfLinks, link: str) -> None:
    """Nor one of another person's, nor one that is made up."""
    night.passes("3m")
    others = once(house.asks("GET", night.link_to("bob")))
    for value in (others, "", "x", link.removeprefix("/a/")):
        answer = house.posts(link, {"once": value, "do": "acknowledge"})
        assert answer.status == 409
        assert "Nothing is done: that page was too old." in words(answer)
    assert acts(house) == []


def test_what_is_no_button_does_nothing(house: House, link: str) -> None:
    """And a body that is too long is not read."""
    value = once(house.asks("GET", link))
    assert house.posts(link, {"once": value, "do": "delete"}).status == 400
    assert house.posts(link, {"once": value}).status == 400
    assert house.posts(link, {"once": value, "do": "acknowledge", "more": "x" * 9000}).status == 413
    assert house.posts(link, {"once": value, **{str(number): "1" for number in range(50)}}).status == 400
    assert acts(house) == []


# -- whose it is


def test_somebody_who_left_may_answer_what_they_were_sent(house: House, night: NightOfLinks, link: str) -> None:
    """And that it was they is in the story."""
    del night.field.people["alice"]
    assert "sent to alice" in words(house.asks("GET", link))
    assert "You have it now." in words(pressed(house, link))
    remarks = [each for each in house.submitted if isinstance(each, Remark)]
    assert [(each.by, each.text) for each in remarks] == [
        ("alice", "alice, who is not in people.yaml any more, acknowledged it by a link")
    ]
    assert "remark: alice, who is not in people.yaml any more" in words(house.asks("GET", link))


def test_a_shared_address_has_a_link_of_its_own(house: House, night: NightOfLinks) -> None:
    """What the last resort writes to a mailing list can be answered, too."""
    night.field.escalates(step("push:all-hands"))
    night.signal()
    (sent,) = night.sent
    assert sent.address == "all-hands"
    path = (sent.message.ack_url or "").removeprefix(PUBLIC)
    assert "sent to a shared address" in words(house.asks("GET", path))
    page = pressed(house, path)
    assert page.status == 200
    assert acts(house)[0].actor == "push"


def test_one_button_takes_all_that_a_bundle_names(house: House, night: NightOfLinks) -> None:
    """It is one page, with one link."""
    night.field.people["alice"] = person("alice", "0m sms", without="push call email")
    night.limits("sms", 3, "1m")
    opened = [night.signal(f"disk {number}") for number in range(6)]
    night.passes("1m")
    link = night.link_to("alice")
    page = house.asks("GET", link)
    assert "3 incidents in one page" in words(page)
    assert "3 of them wait for somebody" in words(page)
    assert "disk 5 is full" in words(page)
    done = pressed(house, link)
    assert done.status == 200
    assert "None of them waits" in words(done)
    assert [night.row(each.incident_id).status for each in opened].count("acknowledged") == 3


# -- what is on it is data, and what is behind it may fail


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}\u202e\0\x1b[31m&lt;"


def test_text_of_an_alert_is_only_ever_text(house: House, night: NightOfLinks) -> None:
    """Markup, templates, controls and directions are shown, not obeyed."""
    night.signal(summary=HOSTILE, lines=(HOSTILE, "javascript:alert(1)"), service="javascript:alert(1)")
    page = house.asks("GET", night.link_to("alice"))
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "{{ 7*7 }}" in page.text
    assert not re.search("[\0\x1b\u202e]", page.text)
    assert 'href="javascript' not in page.text


def test_a_runbook_is_an_address_of_the_web(house: House, night: NightOfLinks) -> None:
    """And nothing else that a browser would obey."""
    night.signal(service="checkout")
    link = night.link_to("alice")
    assert 'href="https://runbooks.example.com/checkout" rel="noopener noreferrer"' in house.asks("GET", link).text
    night.runbook = "javascript:alert(1)"
    assert "javascript" not in house.asks("GET", link).text


@pytest.mark.parametrize("letter", ["x", "'", "&", "\U0001f9ef", "\u00e9", "\ufdfd"])
def test_it_stays_light_whatever_an_alert_says(house: House, night: NightOfLinks, letter: str) -> None:
    """As long a text as is kept, of what takes most bytes; a story of many pages and remarks."""
    opened = night.signal(summary=letter * 1000, lines=(letter * 1000,) * 50)
    for number in range(30):
        night.takes(Remark(opened.incident_id, "alice", f"{number} {letter * 900}"))
    night.passes("20m")
    assert len(house.asks("GET", night.link_to("alice", 0)).body) < 15_000


def test_when_the_store_has_failed_it_holds_in_memory_and_says_so(house: House, night: NightOfLinks, link: str) -> None:
    """Whoever is paged in such a night must not be paged again for it."""
    page = house.asks("GET", link)
    night.disk.broken = "full"
    night.passes("1s")
    done = house.posts(link, {"once": once(page), "do": "acknowledge"})
    assert done.status == 200
    assert "You have it now. Thank you. The store has failed: it holds in memory" in words(done)


def test_a_page_that_is_forgotten_is_gone(house: House, night: NightOfLinks, link: str) -> None:
    """Its link is still good, and opens nothing."""
    night.acknowledges("alice", night.to("alice")[0].message.page_id.rpartition("-")[0])
    night.resolves("alice", night.to("alice")[0].message.page_id.rpartition("-")[0])
    night.store.prune(night.clock.at)
    page = house.asks("GET", link)
    assert page.status == 404
    assert "This link opens nothing" in words(page)


def test_a_link_is_good_for_a_day(house: House, night: NightOfLinks, link: str) -> None:
    """Then it says what to do instead, and acts no more."""
    value = once(house.asks("GET", link))
    night.clock.at += timedelta(hours=24)
    page = house.asks("GET", link)
    assert page.status == 404
    assert "oncall ack CODE" in words(page)
    assert house.posts(link, {"once": value, "do": "acknowledge"}).status == 404
    assert acts(house) == []


def test_a_decision_that_never_comes_is_told(house: House, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds, of which this test waits none; it may be done yet."""
    value = once(house.asks("GET", link))
    monkeypatch.setattr(acknowledge, "PATIENCE", 0.0)
    house.silent = True
    told = house.posts(link, {"once": value, "do": "acknowledge"})
    assert told.status == 503
    assert "Not done: Nothing was decided in time, and it may be done yet." in words(told)
