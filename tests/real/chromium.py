"""Debian's Chromium, driven by its own debugging protocol over a pipe: nothing but the standard library."""

from __future__ import annotations

import base64
import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

PATIENCE = 60.0  # seconds for an answer; a browser that begins on a busy machine is slow
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-breakpad", "--password-store=basic", "--hide-scrollbars", "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


class Chromium:
    """One browser with one tab. `complaints`: errors of its console, exceptions of scripts, what a policy refused."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="oncall-chromium-", ignore_cleanup_errors=True)
        to_browser, from_us = os.pipe()
        to_us, from_browser = os.pipe()
        # It reads from its third and writes to its fourth descriptor.
        script = f'exec chromium "$@" 3<&{to_browser} 4>&{from_browser}'
        command = [
            "/bin/bash",
            "-c",
            script,
            "chromium",
            *FLAGS,
            f"--user-data-dir={self._profile.name}",
            "about:blank",
        ]
        self._process = subprocess.Popen(
            command, pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self._writing, self._reading = from_us, to_us
        self._selector = selectors.DefaultSelector()
        self._selector.register(to_us, selectors.EVENT_READ)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self._loader = ""  # of the page that was loaded whole last; each page has another
        self.complaints: list[str] = []

    def __enter__(self) -> Self:
        target = self.asks("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.asks("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.asks(f"{domain}.enable")
        self.asks("Page.setLifecycleEventsEnabled", enabled=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._selector.close()
        os.close(self._writing)
        os.close(self._reading)
        self._profile.cleanup()

    # -- what a person, or a program that looks, does

    def opens(self, address: str) -> None:
        """Load a page, scripts and all, until it says that it is whole."""
        found = self.asks("Page.navigate", url=address)
        assert "errorText" not in found, found
        while self._loader != found["loaderId"]:
            self._hear()

    def presses(self, text: str) -> None:
        """Click the button with that text, and wait for what comes."""
        before = self._loader
        find = f"[...document.querySelectorAll('button')].find(each => each.textContent.trim() === {json.dumps(text)})"
        self.evaluates(f"{find}.scrollIntoView({{block: 'center'}})")
        x, y, width, height = self.evaluates(
            f"(box => [box.x, box.y, box.width, box.height])({find}.getBoundingClientRect())"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.asks(
                "Input.dispatchMouseEvent", type=kind, x=x + width / 2, y=y + height / 2, button="left", clickCount=1
            )
        while self._loader == before:
            self._hear()

    def evaluates(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self.asks("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def is_a_phone(self, scheme: str, width: int = 360, height: int = 740) -> None:
        """A small screen, by day (`light`) or by night (`dark`)."""
        self.asks("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.asks("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def runs_scripts(self, yes: bool) -> None:
        """Whether pages may run theirs."""
        self.asks("Emulation.setScriptExecutionDisabled", value=not yes)

    def keeps_screenshot(self, path: Path) -> None:
        """All of the page as a picture."""
        found = self.asks("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

    # -- the protocol

    def asks(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """One command; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None and not method.startswith("Target."):
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._hear()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: Mapping[str, Any] = answer["result"]
                return result

    def _hear(self) -> dict[str, Any]:
        """The next message; events are noted."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            assert self._selector.select(max(until - time.monotonic(), 0)), "the browser does not answer"
            found = os.read(self._reading, 1 << 20)
            assert found, "the browser has ended"
            self._buffer += found
        raw, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        method, told = message.get("method"), message.get("params", {})
        if method == "Page.lifecycleEvent" and told["name"] == "load":
            self._loader = told["loaderId"]
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert", "warning"):
            self.complaints.append(str(told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"]["text"])
        return message
