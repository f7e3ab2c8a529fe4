"""`oncall serve` as a process of its own: begun, killed, frozen, and asked over HTTP."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

LIMIT = 60.0  # seconds, for what takes few
TOKEN = "the webhook's secret"
KEY = "k" * 32  # of the monitors
LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Serving:
    """A server on `rotations` and `store`, from when it listens; what it says is in `log`. It may be begun again.

    `soft`: file descriptors that it may have open; None: as many as this process may.
    """

    def __init__(self, rotations: Path, store: str, log: Path, *arguments: str, soft: int | None = None) -> None:
        self._command = [sys.executable, "-m", "oncall_rota", "serve", "--listen", "127.0.0.1:0", *arguments]
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ONCALL_")},
            "ONCALL_DIR": str(rotations),
            "ONCALL_STORE": store,
            "TOKEN": TOKEN,
            "HOOK_KEY": KEY,
        }
        self._soft = soft
        self.rotations = rotations
        self.log = log
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def begin(self, ready: bool = True) -> Self:
        """Start it; with `ready`, wait until it listens."""
        self._said = self.log.open("ab")
        self._from = self.log.stat().st_size
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        soft = self._soft

        def limited() -> None:
            if soft is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

        self.port = 0
        self.process = subprocess.Popen(self._command, env=self._env, stderr=self._said, preexec_fn=limited)  # noqa: PLW1509
        if ready:
            self.listens()
        return self

    def listens(self, patience: float = LIMIT) -> int:
        """Wait until it takes requests; its port."""
        until = time.monotonic() + patience
        while (found := LISTENS.search(self.said())) is None:
            assert self.process is not None
            assert self.process.poll() is None, f"it ended: {self.said()}"
            assert time.monotonic() < until, f"it does not listen: {self.said()}"
            time.sleep(0.01)
        self.port = int(found[1])
        return self.port

    def said(self) -> str:
        """All that it has said since it was begun last."""
        return self.log.read_bytes()[self._from :].decode()

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self.process is not None
        return self.process.pid

    def asks(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, patience: float = 10.0
    ) -> Answer:
        """One request on a connection of its own. Raises `OSError` and `HTTPException` when nothing comes back."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.headers.items()}, answer.read())
        finally:
            connection.close()

    def answers(self, path: str = "/readyz", patience: float = 1.0) -> bool:
        """Whether it says 200."""
        try:
            return self.asks("GET", path, patience=patience).status == 200
        except (OSError, HTTPException):
            return False

    def memory(self, what: str = "VmRSS") -> float:
        """What it has in memory, MiB. `VmHWM`: the most that it ever had."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith(f"{what}:")]
        return int(line.split()[1]) / 1024

    def send(self, number: signal.Signals) -> None:
        """A signal of the system's."""
        assert self.process is not None
        self.process.send_signal(number)

    def ends(self, patience: float = LIMIT) -> int:
        """Wait for its end; its exit code."""
        assert self.process is not None
        code = self.process.wait(patience)
        if self._said is not None:
            self._said.close()
        return code

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGKILL)
            self.ends()

    def __enter__(self) -> Self:
        return self if self.process is not None else self.begin()

    def __exit__(self, *_: object) -> None:
        self.kill()
