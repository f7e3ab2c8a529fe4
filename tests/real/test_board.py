"""Every page of the board in a real browser: on a phone, a desk and a wall, by day and by night, judged by axe-core.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-axe` brings axe-core, `install-chromium` the browser. Pictures of all pages
are kept in $ONCALL_ARTEFACTS, if that is set.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import Chromium

pytestmark = pytest.mark.real

ARTEFACTS = os.environ.get("ONCALL_ARTEFACTS")  # now: tests run without what the caller has set
AXE = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "axe", "node_modules", "axe-core", "axe.min.js")
SETTINGS = """\
server: {{public_url: "http://127.0.0.1:{port}", listen: "127.0.0.1:{port}"}}
notifiers:
  sms: {{type: exec, to: phone, command: [/usr/bin/tee, -a, {sent}]}}
last_resort: {{every: 5m, targets: [carol]}}
access: {{login: link}}
"""
PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", timezone: America/New_York}
bob: {name: Bob Brown, phone: "+447700900102"}
carol: {name: Carol Chen, phone: "+447700900103", away: [{from: AWAY, through: BACK, cover: next}]}
markup: {name: "<b onclick=alert(1)>Robert'); DROP TABLE</b>", phone: "+447700900104"}
long: {name: "Wolfeschlegelsteinhausenbergerdorff Featherstonehaugh-Cholmondeley", phone: "+447700900105"}
jia: {name: Jia Li, phone: "+447700900106"}
kwame: {name: Kwame Mensah, phone: "+447700900107"}
mateo: {name: Mateo Vargas, phone: "+447700900108"}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
holidays: GB-ENG
schedules:
  primary: {people: [alice, bob, carol], every: week, handoff: monday 09:00, starting: 2026-01-05}
  secondary: {follows: primary, offset: 1}
overrides:
  - {who: bob, from: OVER 10:00, until: OVER 22:00, reason: dentist}
  - {who: carol, from: OVER 22:00, until: AWAY 08:00}
escalation: [{notify: primary, wait: 30m}, {notify: bob, wait: 30m}]
services:
  checkout: {runbook: "https://runbooks.example.com/checkout"}
"""
SUPPORT = """\
team: support
timezone: Europe/London
schedules:
  primary:
    must_cover: always
    layers:
      - {name: singapore, timezone: Asia/Singapore, when: daily 08:00-16:00, people: [jia], starting: 2026-01-05 08:00}
      - {name: london, when: daily 08:00-16:00, people: [kwame, long], every: day, starting: 2026-01-05 08:00}
      - name: denver
        timezone: America/Denver
        when: mon-fri 09:00-17:00
        people: [mateo, markup]
        every: week
        starting: 2026-01-05 09:00
escalation: [{notify: primary, wait: 30m}]
"""
LONG = "the-team-whose-name-is-as-long-as-sixty-characters-may-ever"
SUMMARY = "checkout is down: <script>document.title = 'obeyed'</script> & 5 % of payments fail"
SCREENS = {"phone": (360, 740), "desk": (1280, 800), "wall": (2560, 1440)}
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
JUDGED = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Board(Chromium):
    """A browser that notes where it asks. `asked`: addresses."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__()

    def _hear(self) -> dict[str, Any]:
        message = super()._hear()
        if message.get("method") == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])
        return message

    def is_a(self, screen: str, scheme: str) -> None:
        """One of `SCREENS`, by day (`light`) or by night (`dark`)."""
        width, height = SCREENS[screen]
        if screen == "phone":
            self.is_a_phone(scheme, width, height)
            return
        self.asks("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.asks("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page, each with where."""
        self.evaluates(AXE.read_text() + "; 0")
        run = f"axe.run(document, {{runOnly: {json.dumps(JUDGED)}}}).then(found => found.violations)"
        found = self.asks("Runtime.evaluate", expression=run, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return [
            f"{each['id']}: {node['target']} {node['html'][:200]} {node.get('failureSummary', '')}"
            for each in found["result"]["value"]
            for node in each["nodes"]
        ]


class Server:
    """`oncall serve` of these teams, with an open incident."""

    def __init__(self, folder: Path) -> None:
        self.sent = folder / "sent"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.environment = {
            **os.environ,
            "ONCALL_STORE": str(folder / "oncall.db"),
            "ONCALL_DIR": str(folder / "rotations"),
            "ONCALL_ALLOW_EXEC": "1",
        }
        write(folder / "rotations", SETTINGS.format(port=self.port, sent=self.sent))
        command = [sys.executable, "-m", "oncall_rota", "serve"]
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(command, env=self.environment, stdout=self._log, stderr=self._log)
        try:
            self._waits()
            self.oncall("page", "payments", SUMMARY, "--service", "checkout", "--no-wait")
        except BaseException:
            self.close()
            raise

    def _waits(self) -> None:
        until = time.monotonic() + 60
        while True:
            assert self._process.poll() is None, Path(self._log.name).read_text()
            assert time.monotonic() < until, "it does not begin to serve"
            with socket.socket() as tries:
                if tries.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            os.sched_yield()

    def address(self, path: str) -> str:
        """Of one of its pages."""
        return f"http://127.0.0.1:{self.port}{path}"

    def oncall(self, *arguments: str) -> str:
        """What the command prints."""
        command = [sys.executable, "-m", "oncall_rota", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def sign_in_link(self) -> str:
        """The address in the message that was sent last."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            text = self.sent.read_text() if self.sent.exists() else ""
            if found := re.findall(rf"http://127\.0\.0\.1:{self.port}/sign-in/[\w-]+", text):
                return str(found[-1])
            os.sched_yield()
        raise AssertionError("no link was sent")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()


def write(rotations: Path, settings: str) -> None:
    """The folder, with an absence and overrides of this week and the next."""
    rotations.mkdir()
    today = time.time()
    dates = {
        "AWAY": time.strftime("%Y-%m-%d", time.gmtime(today + 8 * 86400)),
        "BACK": time.strftime("%Y-%m-%d", time.gmtime(today + 10 * 86400)),
        "OVER": time.strftime("%Y-%m-%d", time.gmtime(today + 2 * 86400)),
    }
    long = f"team: {LONG}\ntimezone: UTC\n"
    long += "rotation: {people: [markup, long], every: day, handoff: 09:00, starting: 2026-01-05}\n"
    long += "escalation: [{notify: primary, wait: 30m}]\n"
    files = {"oncall": settings, "people": PEOPLE, "payments": PAYMENTS, "support": SUPPORT, LONG: long}
    for name, text in files.items():
        for word, date in dates.items():
            text = text.replace(word, date)
        (rotations / f"{name}.yaml").write_text(text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests: they only look."""
    made = Server(tmp_path_factory.mktemp("board"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(server: Server) -> Iterator[Board]:
    """Alice's."""
    if not AXE.is_file():
        pytest.fail("no axe-core: run tests/real/install-axe with ONCALL_TEST_TOOLS=FOLDER", pytrace=False)
    with Board() as made:
        made.opens(server.address("/sign-in"))
        made.evaluates("document.getElementById('who').value = 'alice'")
        made.presses("Send me a link")
        made.opens(server.sign_in_link())
        made.presses("Sign in")
        made.asks("Network.enable")
        yield made


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    """Where pictures are kept."""
    folder = Path(ARTEFACTS or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_good_to_look_at(
    page: str, screen: str, scheme: str, server: Server, browser: Board, artefacts: Path
) -> None:
    """Nothing is complained of or wider than the screen, no other host is asked, and axe-core finds nothing."""
    browser.is_a(screen, scheme)
    browser.complaints.clear()
    browser.asked.clear()
    browser.opens(server.address(PAGES[page]))
    assert browser.evaluates("document.title") != "obeyed"
    assert browser.evaluates("document.documentElement.scrollWidth") <= SCREENS[screen][0]
    browser.keeps_screenshot(artefacts / f"board-{page}-{SCREENS[screen][0]}-{scheme}.png")
    # The browser notes that a page was answered with 404, as it should be.
    assert [each for each in browser.complaints if page != "no-team" or "404" not in each] == []
    # Pictures that the browser has within itself are for its own fields of dates.
    asked = [each for each in browser.asked if not each.startswith("data:")]
    elsewhere = [each for each in asked if urlsplit(each).netloc != f"127.0.0.1:{server.port}"]
    assert elsewhere == []
    assert browser.violations() == []


def test_the_keyboard_comes_to_the_content_first(server: Server, browser: Board) -> None:
    """The first key goes to a link that is then seen, and it leads past the navigation."""
    browser.is_a("desk", "light")
    browser.opens(server.address("/"))

    def press(key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            code = {"Tab": 9, "Enter": 13}[key]
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            browser.asks("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    press("Tab")
    assert browser.evaluates("document.activeElement.textContent") == "Skip to the content"
    assert browser.evaluates("document.activeElement.getBoundingClientRect().left") >= 0
    press("Enter")
    assert browser.evaluates("document.activeElement.id") == "main"
    press("Tab")
    assert browser.evaluates("document.activeElement.closest('main') !== null")
    assert browser.evaluates("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_it_works_without_scripts(server: Server, browser: Board) -> None:
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


def test_the_address_of_a_feed_is_shown_once(server: Server, browser: Board, artefacts: Path) -> None:
    """By a button; the page with it is as good as the others, and a calendar can read it."""
    browser.is_a("phone", "light")
    browser.complaints.clear()
    browser.opens(server.address("/me"))
    browser.presses("Subscribe to my shifts")
    address = browser.evaluates("document.querySelector('dd code').textContent")
    assert address.startswith(server.address("/ical/"))
    assert browser.evaluates("document.documentElement.scrollWidth") <= SCREENS["phone"][0]
    assert browser.violations() == []
    browser.keeps_screenshot(artefacts / "board-subscribed-360-light.png")
    with urlopen(address) as feed:
        assert feed.read().startswith(b"BEGIN:VCALENDAR")
    browser.opens(server.address("/me"))
    assert "/ical/" not in browser.evaluates("document.body.innerText")
    assert browser.complaints == []


def test_cover_is_tried_and_then_takes_effect(server: Server, browser: Board, artefacts: Path) -> None:
    """From now on, on the first page too."""
    browser.is_a("desk", "light")
    browser.complaints.clear()
    browser.opens(server.address("/teams/support/cover"))
    browser.evaluates("document.getElementById('who').value = 'alice'")
    browser.presses("Show what it would change")
    assert "This would change" in browser.evaluates("document.body.innerText")
    assert browser.violations() == []
    browser.keeps_screenshot(artefacts / "board-cover-tried-1280-light.png")
    browser.presses("Take effect now")
    assert "It is done" in browser.evaluates("document.body.innerText")
    until = time.monotonic() + 30
    while True:
        browser.opens(server.address("/?q=support"))
        if "Alice Adams" in browser.evaluates("document.querySelector('table').innerText"):
            break
        assert time.monotonic() < until, "it does not take effect"
    assert browser.complaints == []


def test_what_is_wrong_is_found(server: Server, browser: Board) -> None:
    """The judge judges: a field without a label, and text that is hardly seen."""
    browser.is_a("desk", "light")
    browser.opens(server.address("/"))
    browser.evaluates("document.querySelector('label').remove()")
    browser.evaluates("document.querySelector('h1').style.color = '#eee'")
    assert {each.partition(":")[0] for each in browser.violations()} == {"label", "color-contrast"}
