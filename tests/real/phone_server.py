"""`oncall serve` as a process of its own; the phone is a command that writes down what it was given."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS = """\
server: {{public_url: "http://127.0.0.1:{port}", listen: "127.0.0.1:{port}"}}
notifiers:
  sms: {{type: exec, to: phone, command: [/usr/bin/tee, -a, {sent}]}}
last_resort: {{every: 5m, targets: [carol]}}
access: {{login: link}}
"""
PATIENCE = 60.0  # seconds, for what takes few


class PhoneServer:
    """A server in `folder` of these people and teams, payments among them, by the names of their files.

    `port`: where it listens. `program`: what Python runs.
    """

    def __init__(
        self, folder: Path, texts: Mapping[str, str], program: tuple[str, ...] = ("-m", "oncall_rota")
    ) -> None:
        self._sent = folder / "sent"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        rotations = folder / "rotations"
        rotations.mkdir()
        for name, text in {"oncall": SETTINGS.format(port=self.port, sent=self._sent), **texts}.items():
            (rotations / f"{name}.yaml").write_text(text)
        self._environment = {
            **os.environ,
            "ONCALL_STORE": str(folder / "oncall.db"),
            "ONCALL_DIR": str(rotations),
            "ONCALL_ALLOW_EXEC": "1",
        }
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, *program, "serve"], env=self._environment, stdout=self._log, stderr=self._log
        )
        try:
            self._listens()
        except BaseException:
            self.close()
            raise

    def _listens(self) -> None:
        until = time.monotonic() + PATIENCE
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
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout

    def raises(self, summary: str) -> str:
        """A new incident of payments' service `checkout`; its id."""
        told = json.loads(self.oncall("page", "payments", summary, "--service", "checkout", "--no-wait", "--json"))
        return str(told["incident"]["id"])

    def incident(self, incident: str) -> dict[str, Any]:
        """One, and its story."""
        found: dict[str, Any] = json.loads(self.oncall("incident", "show", incident, "--json"))
        return found

    def sends(self, path: str) -> str:
        """Wait for a message with an address that begins so; the address."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            text = self._sent.read_text() if self._sent.exists() else ""
            if found := re.search(rf"{re.escape(self.address(path))}[\w-]+", text):
                return found[0]
            os.sched_yield()
        raise AssertionError("no link was sent")

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._log.close()
