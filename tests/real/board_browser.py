"""A browser that looks at the board: on a phone, a desk and a wall, by day and by night, judged by axe-core."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium
from phone_server import PhoneServer

AXE = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "axe", "node_modules", "axe-core", "axe.min.js")
SCREENS = {"phone": (360, 740), "desk": (1280, 800), "wall": (2560, 1440)}
JUDGED = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Board(Chromium):
    """A browser of somebody who looks at a server's board, and that notes where it asks. `asked`: addresses."""

    def __init__(self, server: PhoneServer) -> None:
        if not AXE.is_file():
            pytest.fail("no axe-core: run tests/real/install-axe with ONCALL_TEST_TOOLS=FOLDER", pytrace=False)
        self.asked: list[str] = []
        self._server = server
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

    # -- what a person does

    def signs_in(self, who: str, path: str = "/sign-in") -> None:
        """By a link, on the way to a page that asks for it."""
        self.opens(self._server.address(path))
        assert self.evaluates("location.pathname") == "/sign-in"
        self.evaluates(f"document.getElementById('who').value = {json.dumps(who)}")
        self.presses("Send me a link")
        self.opens(self._server.sends("/sign-in/"))
        self.presses("Sign in")
        self.asks("Network.enable")

    def looks_at(self, path: str, screen: str, scheme: str) -> None:
        """Open a page; what was complained of and asked for before is forgotten."""
        self.is_a(screen, scheme)
        self.complaints.clear()
        self.asked.clear()
        self.opens(self._server.address(path))

    def types(self, key: str) -> None:
        """`Tab` or `Enter`."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        self.asks("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.asks("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    # -- what it finds

    @property
    def text(self) -> str:
        """What can be read of the page."""
        return str(self.evaluates("document.body.innerText"))

    def width(self) -> int:
        """Of the page; it is to be no wider than the screen."""
        return int(self.evaluates("document.documentElement.scrollWidth"))

    def elsewhere(self) -> list[str]:
        """Addresses of other servers that it asked."""
        # Pictures that the browser has within itself are for its own fields of dates.
        return [each for each in self.asked if not each.startswith((self._server.address("/"), "data:"))]

    def besides(self, status: str | None) -> list[str]:
        """What was complained of; that a page was answered with this status is as it should be."""
        return [each for each in self.complaints if status is None or status not in each]

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
