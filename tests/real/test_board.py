"""Every page of the board in a real browser: on a phone, a desk and a wall, by day and by night, judged by axe-core.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-axe` brings axe-core, `install-chromium` the browser. Pictures of all pages
are kept in $ONCALL_ARTEFACTS, if that is set.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from board_browser import SCREENS, Board
from board_server import LONG, BoardServer

pytestmark = pytest.mark.real

SUMMARY = "checkout is down: <script>document.title = 'obeyed'</script> & 5 % of payments fail"
PAGES = {
    "now": "/",
    "search": "/?q=payments+alice",
    "nothing-found": "/?q=%3Cscript%3E",
    "team": "/teams/payments",
    "team-of-three-zones": "/teams/support?weeks=2&tz=America/New_York",
    "team-with-a-long-name": f"/teams/{LONG}",
    "why": "/teams/payments/primary/why",
    "no-team": "/teams/nowhere",
    "cover": "/teams/payments/cover",
    "me": "/me",
    "load": "/load",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardServer]:
    """One for all tests: they only look."""
    made = BoardServer(tmp_path_factory.mktemp("board"))
    try:
        made.raises(SUMMARY)
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def browser(server: BoardServer) -> Iterator[Board]:
    """Alice's."""
    with Board(server) as made:
        made.signs_in("alice")
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_good_to_look_at(page: str, screen: str, scheme: str, browser: Board, artefacts: Path) -> None:
    """Nothing is complained of or wider than the screen, no other host is asked, and axe-core finds nothing."""
    browser.looks_at(PAGES[page], screen, scheme)
    assert browser.evaluates("document.title") != "obeyed"
    assert browser.width() <= SCREENS[screen][0]
    browser.keeps_screenshot(artefacts / f"board-{page}-{SCREENS[screen][0]}-{scheme}.png")
    assert browser.besides("404" if page == "no-team" else None) == []
    assert browser.elsewhere() == []
    assert browser.violations() == []


def test_the_keyboard_comes_to_the_content_first(browser: Board) -> None:
    """The first key goes to a link that is then seen, and it leads past the navigation."""
    browser.looks_at("/", "desk", "light")
    browser.types("Tab")
    assert browser.evaluates("document.activeElement.textContent") == "Skip to the content"
    assert browser.evaluates("document.activeElement.getBoundingClientRect().left") >= 0
    browser.types("Enter")
    assert browser.evaluates("document.activeElement.id") == "main"
    browser.types("Tab")
    assert browser.evaluates("document.activeElement.closest('main') !== null")
    assert browser.evaluates("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_it_works_without_scripts(server: BoardServer, browser: Board) -> None:
    """It has none: a search is a form."""
    browser.runs_scripts(False)
    try:
        browser.opens(server.address("/"))
        browser.evaluates("document.getElementById('q').value = 'support'")
        browser.presses("Search")
        text = browser.evaluates("document.querySelector('table').innerText")
    finally:
        browser.runs_scripts(True)
    assert "support" in text
    assert "payments" not in text


def test_the_address_of_a_feed_is_shown_once(server: BoardServer, browser: Board, artefacts: Path) -> None:
    """By a button; the page with it is as good as the others, and a calendar can read it."""
    browser.looks_at("/me", "phone", "light")
    browser.presses("Subscribe to my shifts")
    address = browser.evaluates("document.querySelector('dd code').textContent")
    assert address.startswith(server.address("/ical/"))
    assert browser.width() <= SCREENS["phone"][0]
    assert browser.violations() == []
    browser.keeps_screenshot(artefacts / "board-subscribed-360-light.png")
    with urlopen(address) as feed:
        assert feed.read().startswith(b"BEGIN:VCALENDAR")
    browser.opens(server.address("/me"))
    assert "/ical/" not in browser.text
    assert browser.complaints == []


def test_cover_is_tried_and_then_takes_effect(server: BoardServer, browser: Board, artefacts: Path) -> None:
    """From now on, on the first page too."""
    browser.looks_at("/teams/support/cover", "desk", "light")
    browser.evaluates("document.getElementById('who').value = 'alice'")
    browser.presses("Show what it would change")
    assert "This would change" in browser.text
    assert browser.violations() == []
    browser.keeps_screenshot(artefacts / "board-cover-tried-1280-light.png")
    browser.presses("Take effect now")
    assert "It is done" in browser.text
    until = time.monotonic() + 30
    while True:
        browser.opens(server.address("/?q=support"))
        if "Alice Adams" in browser.evaluates("document.querySelector('table').innerText"):
            break
        assert time.monotonic() < until, "it does not take effect"
    assert browser.complaints == []


def test_what_is_wrong_is_found(browser: Board) -> None:
    """The judge judges: a field without a label, and text that is hardly seen."""
    browser.looks_at("/", "desk", "light")
    browser.evaluates("document.querySelector('label').remove()")
    browser.evaluates("document.querySelector('h1').style.color = '#eee'")
    assert {each.partition(":")[0] for each in browser.violations()} == {"label", "color-contrast"}
