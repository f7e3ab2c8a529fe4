"""The page behind a link in a real browser: looked at a thousand times with scripts running, and pressed once.

Pictures of the page are kept in $ONCALL_ARTEFACTS, if that is set.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import Chromium
from phone_server import PhoneServer

pytestmark = pytest.mark.real

PEOPLE = """\
alice: {name: Alice Adams, phone: "+447700900101", notify: [0m: sms]}
bob: {name: Bob Brown, phone: "+447700900102", notify: [0m: sms]}
carol: {name: Carol Chen, phone: "+447700900103", notify: [0m: sms]}
"""
PAYMENTS = """\
team: payments
timezone: Europe/London
rotation: {people: [alice], every: week, handoff: monday 09:00, starting: 2026-01-05}
escalation: [{notify: primary, wait: 30m}, {notify: bob, wait: 30m}]
services:
  checkout: {runbook: "https://runbooks.example.com/checkout"}
"""
# The seeded mistake: a build in which looking at the page acknowledges.
SEEDED = """
from oncall_rota.web import acknowledge
look = acknowledge.look
async def look_and_take(visit):
    found = acknowledge._found(visit)
    await acknowledge._done(visit, found, acknowledge.DEEDS["acknowledge"])
    return await look(visit)
acknowledge.ACKNOWLEDGE = tuple(
    door._replace(handler=look_and_take) if door.handler is look else door for door in acknowledge.ACKNOWLEDGE
)
from oncall_rota.cli.main import main
main()
"""
SUMMARY = "checkout is down: <script>document.title = 'obeyed'</script> & 5 % of payments fail"
# The least contrast of any text with what is behind it, and what is wider than the screen.
CONTRAST = """(() => {
  const light = text => {
    const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(each => each / 255)
      .map(each => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = node => {
    const colour = getComputedStyle(node).backgroundColor;
    return colour.endsWith(', 0)') ? behind(node.parentElement) : colour;
  };
  return Math.min(...[...document.querySelectorAll('main *')].filter(each => each.textContent.trim()).map(each => {
    const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  }));
})()"""


class Server(PhoneServer):
    """The server, and one incident of payments."""

    def __init__(self, folder: Path, program: tuple[str, ...] = ("-m", "oncall_rota")) -> None:
        super().__init__(folder, {"people": PEOPLE, "payments": PAYMENTS}, program)
        try:
            self._incident = self.raises(SUMMARY)
        except BaseException:
            self.close()
            raise

    @property
    def link(self) -> str:
        """The address in the message that alice got."""
        return self.sends("/a/")

    def story(self) -> dict[str, Any]:
        """The incident, and its story."""
        return self.incident(self._incident)

    def acknowledgements(self) -> int:
        """How often it was acknowledged, by the audit."""
        return [row["kind"] for row in self.story()["audit"]].count("acknowledged")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Alice was just paged."""
    made = Server(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One for all tests; each opens what it needs."""
    with Chromium() as made:
        yield made


def looks(browser: Chromium, link: str, times: int) -> None:
    """As a program does that follows links and runs what it finds there."""
    for _ in range(times):
        browser.opens(link)
        browser.evaluates("document.body.innerText.length + document.forms.length")


def test_a_thousand_looks_acknowledge_nothing_and_one_press_does(server: Server, browser: Chromium) -> None:
    """With scripts running; nothing is complained of, and the page obeys no alert."""
    looks(browser, server.link, 1000)
    assert server.acknowledgements() == 0
    assert server.story()["incident"]["status"] == "triggered"
    assert browser.evaluates("document.title") == "On call"
    assert browser.evaluates("document.querySelector('h1').textContent") == SUMMARY
    browser.presses("Acknowledge")
    assert "You have it now. Thank you." in browser.evaluates("document.body.innerText")
    assert server.acknowledgements() == 1
    assert server.story()["incident"]["acknowledged_by"] == "alice"
    assert browser.complaints == []


def test_it_works_without_scripts(server: Server, browser: Chromium) -> None:
    """It has none."""
    browser.runs_scripts(False)
    try:
        browser.opens(server.link)
        browser.presses("I cannot: pass it on")
        assert "Passed on." in browser.evaluates("document.body.innerText")
    finally:
        browser.runs_scripts(True)
    assert server.story()["incident"]["step"] == 2
    assert browser.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone(scheme: str, server: Server, browser: Chromium, artefacts: Path) -> None:
    """By day and by night: contrast, no scrolling sideways, a button for a thumb at once in sight."""
    browser.is_a_phone(scheme)
    browser.opens(server.link)
    assert browser.evaluates(CONTRAST) >= 4.5
    assert browser.evaluates("document.documentElement.scrollWidth") <= 360
    box = browser.evaluates(
        "(box => [box.width, box.height, box.bottom])(document.querySelector('button').getBoundingClientRect())"
    )
    assert box[0] >= 300
    assert box[1] >= 48
    assert box[2] <= 740
    browser.keeps_screenshot(artefacts / f"acknowledge-360-{scheme}.png")
    browser.presses("Acknowledge")
    browser.keeps_screenshot(artefacts / f"acknowledged-360-{scheme}.png")
    browser.opens(server.link[:-1])
    assert "This link opens nothing" in browser.evaluates("document.body.innerText")
    browser.keeps_screenshot(artefacts / f"gone-360-{scheme}.png")
    # The browser notes that the last one was answered with 404, as it should be.
    assert [each for each in browser.complaints if "404" not in each] == []
    browser.complaints.clear()


def test_a_build_in_which_looking_acknowledges_is_caught(tmp_path: Path, browser: Chromium) -> None:
    """The seeded mistake: the first test fails with it."""
    seeded = Server(tmp_path, ("-c", SEEDED))
    try:
        looks(browser, seeded.link, 1)
        assert seeded.acknowledgements() == 1
    finally:
        seeded.close()


def test_people_sign_in_by_their_own_phone(server: Server, browser: Chromium) -> None:
    """The browser keeps who they are, and shows it to no script."""
    browser.opens(server.address("/sign-in?next=/healthz"))
    browser.evaluates("document.getElementById('who').value = 'bob'")
    browser.presses("Send me a link")
    assert "Look at your messages" in browser.evaluates("document.body.innerText")
    browser.opens(server.sends("/sign-in/"))
    assert "Sign in as Bob Brown" in browser.evaluates("document.body.innerText")
    browser.presses("Sign in")
    assert browser.evaluates("location.pathname") == "/healthz"
    assert browser.evaluates("document.cookie") == ""
    (cookie,) = browser.asks("Network.getCookies", urls=[server.address("/")])["cookies"]
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("oncall", True, "Lax")
    browser.opens(server.address("/"))
    text = browser.evaluates("document.body.innerText")
    assert "Bob Brown" in text
    assert SUMMARY in text
    browser.presses("Sign out")
    assert browser.evaluates("location.pathname") == "/sign-in"
    assert browser.complaints == []


def test_head_and_options_do_nothing(server: Server) -> None:
    """Over a real connection, too."""
    path = server.link.partition(f":{server.port}")[2]
    for method, status in (("HEAD", 200), ("OPTIONS", 405), ("GET", 200)):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request(method, path, headers={"Sec-Purpose": "prefetch"})
        assert connection.getresponse().status == status
        connection.close()
    assert server.acknowledgements() == 0
