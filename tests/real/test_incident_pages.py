"""Incidents on the board in a real browser: on a phone, a desk and a wall, by day and by night, looked at and pressed.

As for the other pages of the board (test_board.py): `install-chromium` and `install-axe`; pictures are kept in
$ONCALL_ARTEFACTS, if that is set.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from board_browser import SCREENS, Board
from board_server import BoardServer

from oncall_rota.paging.incident import ACKNOWLEDGED, Incident
from oncall_rota.paging.ports.row import AuditRow, NewPage, Unit
from oncall_rota.paging.saved import row_of
from oncall_rota.store.sqlite import SqliteStore
from oncall_rota.timeline.clock import SystemClock

pytestmark = pytest.mark.real

LONG, MARKUP = "00000000000000ff", "00000000000000ee"
PAGES = {
    "open": "/incidents",
    "acknowledged": "/incidents?status=acknowledged&tz=Asia/Tokyo",
    "none": "/incidents?q=%3Cscript%3E",
    "story": "/incidents/{new}",
    "story-taken": "/incidents/{taken}",
    "story-of-another": "/incidents/{others}",
    "story-over": "/incidents/{over}",
    "story-long": f"/incidents/{LONG}",
    "story-markup": f"/incidents/{MARKUP}?live=30",
    "no-incident": "/incidents/ffffffff",
}


def prepared(folder: Path) -> Path:
    """A store with an incident of five hundred pages and a summary of a thousand characters, and one of markup."""
    folder.mkdir()
    now = datetime.now(UTC)
    with SqliteStore(folder / "oncall.db", SystemClock()) as store:
        for incident_id, summary in ((LONG, "x" * 1000), (MARKUP, "<script>document.title = 'obeyed'</script>" * 23)):
            made = Incident(
                incident_id,
                "payments",
                "error",
                summary,
                now - timedelta(hours=3),
                status=ACKNOWLEDGED,
                acknowledged_by="bob",
                acknowledged_at=now - timedelta(hours=2),
                lines=tuple([f"{number}: <b>{'y' * 300}</b>" for number in range(50)]),
            )
            store.commit([Unit(incidents=(row_of(made, 0, "prod-am", incident_id),))])
        for number in range(500):
            page = NewPage(f"page-{number}", LONG, "alice", "sms", "alice/phone", "abcd", state="failed")
            why = AuditRow(LONG, now, "pager", "failed", f"page page-{number}: {'<i>no such number</i> ' * 9}", "")
            store.commit([Unit(pages=(page,), audit=(why,))])
    return folder


class Night(BoardServer):
    """The server, and incidents in every state."""

    def __init__(self, folder: Path) -> None:
        super().__init__(prepared(folder))
        try:
            self.new = self.raises("checkout is down")
            self.taken, self.others, self.over = (self.raises(text) for text in ("disk is full", "slow", "was down"))
            self.oncall("ack", self.taken, "--by", "alice")
            self.oncall("ack", self.others, "--by", "bob")
            self.oncall("incident", "note", self.others, "restarted db-1, and it is slower now", "--by", "bob")
            self.oncall("resolve", self.over, "--by", "bob")
        except BaseException:
            self.close()
            raise

    def path(self, page: str) -> str:
        """One of `PAGES`."""
        return PAGES[page].format(new=self.new, taken=self.taken, others=self.others, over=self.over)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """One for all tests; each that acts has an incident of its own."""
    made = Night(tmp_path_factory.mktemp("incidents") / "made")
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(server: Night) -> Iterator[Board]:
    """Alice's, who wanted to see what is open, and was led there."""
    with Board(server) as made:
        made.signs_in("alice", f"/incidents/{server.new}?tz=UTC")
        assert made.evaluates("location.pathname + location.search") == f"/incidents/{server.new}?tz=UTC"
        yield made


def said(browser: Board) -> str:
    """What is told first, to a screen reader too."""
    return str(browser.evaluates("document.querySelector('[role=status]').textContent"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_good_to_look_at(
    page: str, screen: str, scheme: str, server: Night, browser: Board, artefacts: Path
) -> None:
    """Nothing is complained of or wider than the screen, no other host is asked, and axe-core finds nothing."""
    browser.looks_at(server.path(page), screen, scheme)
    assert browser.evaluates("document.title") != "obeyed"
    assert browser.width() <= SCREENS[screen][0]
    browser.keeps_screenshot(artefacts / f"incident-{page}-{SCREENS[screen][0]}-{scheme}.png")
    assert browser.violations() == []
    # All that is folded away as well.
    browser.evaluates("document.querySelectorAll('details').forEach(each => { each.open = true })")
    if page == "story":
        browser.keeps_screenshot(artefacts / f"incident-{page}-unfolded-{SCREENS[screen][0]}-{scheme}.png")
    assert browser.width() <= SCREENS[screen][0]
    assert browser.violations() == []
    assert browser.besides("404" if page == "no-incident" else None) == []
    assert browser.elsewhere() == []


@pytest.mark.parametrize("summary", ["the shop is down", "the shop is down " * 60])
def test_the_button_is_at_once_in_sight_of_a_thumb(summary: str, server: Night, browser: Board) -> None:
    """On a phone, whatever the alert says; and a second tap on the same place ends nothing."""
    incident = server.raises(summary)
    browser.looks_at(f"/incidents/{incident}", "phone", "dark")
    box = browser.evaluates(
        "(box => [box.x + box.width / 2, box.y + box.height / 2, box.width, box.height, box.bottom])"
        "(document.querySelector('.acts button').getBoundingClientRect())"
    )
    assert box[2] >= 300
    assert box[3] >= 48
    assert box[4] <= SCREENS["phone"][1]
    browser.presses("Acknowledge")
    assert browser.violations() == []
    assert said(browser) == "You have it now. Thank you. Those who were paged are told."
    # A screen reader begins there, and the keyboard goes on from there.
    assert browser.evaluates("document.activeElement.getAttribute('role')") == "status"
    browser.evaluates("scrollTo(0, 0)")
    under = f"document.elementFromPoint({box[0]}, {box[1]}).closest('button, a, summary')"
    assert browser.evaluates(f"{under} === null")
    assert server.incident(incident)["incident"]["acknowledged_by"] == "alice"


def test_it_works_without_scripts_and_of_two_the_first_wins(server: Night, browser: Board) -> None:
    """Bob acknowledges while alice looks at the page; then she takes it over, writes a note and ends it."""
    incident = server.raises("queues are long")
    browser.looks_at(f"/incidents/{incident}", "desk", "light")
    server.oncall("ack", incident, "--by", "bob")
    browser.runs_scripts(False)
    try:
        browser.presses("Acknowledge")
        assert said(browser).startswith("Nothing has changed: Bob Brown has it already, since ")
        browser.presses("Take it over from Bob Brown")
        assert said(browser) == "You have it now."
        browser.evaluates("document.getElementById('text').closest('details').open = true")
        browser.evaluates("document.getElementById('text').value = 'a worker was stuck'")
        browser.presses("Write it down")
        assert said(browser) == "Written down."
        browser.presses("It is over: resolve")
        assert said(browser) == "It is over. Thank you."
    finally:
        browser.runs_scripts(True)
    assert "Alice Adams wrote: a worker was stuck" in browser.text
    told = server.incident(incident)
    assert told["incident"]["status"] == "resolved"
    kinds = [row["kind"] for row in told["audit"] if row["actor"] in ("alice", "bob")]
    assert kinds == ["acknowledged", "reassigned", "remark", "resolved"]
    assert browser.besides("409") == []


def test_of_twenty_who_press_at_one_moment_one_is_first(server: Night, browser: Board) -> None:
    """Each with a page of its own, over connections of their own: one has it, and the others are told so."""
    incident = server.raises("many look at it")
    (cookie,) = browser.asks("Network.getCookies", urls=[server.address("/")])["cookies"]
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}", "Content-Type": "application/x-www-form-urlencoded"}

    def asks(method: str, body: str = "") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request(method, f"/incidents/{incident}", body, headers)
        found = connection.getresponse()
        told = found.status, found.read().decode()
        connection.close()
        return told

    forms = [re.findall(r'name="once" value="([^"]+)"', asks("GET")[1])[-1] for _ in range(20)]
    together = Barrier(len(forms))

    def presses(once: str) -> tuple[int, str]:
        together.wait(30)
        return asks("POST", urlencode({"once": once, "do": "ack"}))

    with ThreadPoolExecutor(len(forms)) as people:
        told = list(people.map(presses, forms))
    assert sorted(status for status, _ in told) == [303] + [409] * 19
    assert all("Nothing has changed: you have it already" in page for status, page in told if status == 409)
    assert [row["kind"] for row in server.incident(incident)["audit"]].count("acknowledged") == 1


def test_snoozed_and_given_to_somebody(server: Night, browser: Board) -> None:
    """By what is folded away; loading the page again does nothing twice."""
    incident = server.raises("certificates end soon")
    browser.looks_at(f"/incidents/{incident}", "phone", "light")
    browser.evaluates("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.presses("2h")
    assert said(browser) == "You have it, and are paged again if it is still open then."
    browser.asks("Page.reload")
    browser.opens(server.address(f"/incidents/{incident}"))
    browser.evaluates("document.querySelectorAll('details').forEach(each => { each.open = true })")
    browser.evaluates("document.getElementById('choice').value = 'person:carol'")
    browser.presses("Give it to them")
    assert said(browser) == "Given to Carol Chen, who is paged now."
    told = server.incident(incident)
    assert [row["kind"] for row in told["audit"] if row["actor"] == "alice"] == ["snoozed", "reassigned"]
    assert told["pages"][-1]["person"] == "carol"


def test_a_story_is_gone_through_by_keyboard(server: Night, browser: Board) -> None:
    """From the top: past the navigation, to the button; what is focused is seen, and Enter presses it."""
    incident = server.raises("the keyboard is at hand")
    browser.looks_at(f"/incidents/{incident}", "desk", "light")
    browser.types("Tab")
    browser.types("Enter")  # skip to the content
    browser.types("Tab")
    assert browser.evaluates("document.activeElement.textContent.trim()") == "Acknowledge"
    assert browser.evaluates("getComputedStyle(document.activeElement).outlineStyle") != "none"
    browser.types("Tab")
    assert browser.evaluates("document.activeElement.textContent.trim()") == "I cannot: pass it on"
    for _ in range(10):
        browser.types("Tab")
        if browser.evaluates("document.activeElement.tagName") == "SUMMARY":
            break
    browser.types("Enter")
    assert browser.evaluates("document.activeElement.parentElement.open")
