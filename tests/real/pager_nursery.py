"""Workers as a test sees them: born within milliseconds, spoken to by lines, killed, frozen, and buried."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

LIMIT = 60.0  # seconds, for what takes few


class Child:
    """One worker. `accepted`: the incident of each key that it has answered for. `alarms`: what it cried."""

    def __init__(self, pid: int, ears: int, mouth: int) -> None:
        self.pid = pid
        self.accepted: dict[str, str] = {}
        self.refused: list[str] = []
        self.alarms: list[str] = []
        self.words: dict[str, str] = {}  # the last line of each kind
        self.gone = False
        self._ears = ears
        self._mouth = mouth
        self._heard = threading.Condition()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        with open(self._mouth, encoding="utf-8") as mouth:
            for line in mouth:
                if not line.endswith("\n"):
                    break
                word, _, rest = line[:-1].partition(" ")
                with self._heard:
                    if word == "ok":
                        key, _, incident_id = rest.partition(" ")
                        self.accepted[key] = incident_id
                    elif word == "no":
                        self.refused.append(rest)
                    elif word in ("alarm", "died"):
                        self.alarms.append(rest)
                    self.words[word] = rest
                    self._heard.notify_all()
        with self._heard:
            self.gone = True
            self._heard.notify_all()

    def tell(self, *words: str) -> bool:
        """A line; whether it is alive to hear it."""
        try:
            os.write(self._ears, (" ".join(words) + "\n").encode())
        except OSError:
            return False
        return True

    def hears(self, word: str, patience: float = LIMIT) -> str | None:
        """The rest of its next line of that kind; None: it has ended."""
        with self._heard:
            assert self._heard.wait_for(lambda: word in self.words or self.gone, patience), f"no {word} in time"
            return self.words.pop(word, None)

    def answers(self, key: str, patience: float = LIMIT) -> str | None:
        """The incident that a signal is answered with; None: it is not."""
        with self._heard:
            self._heard.wait_for(lambda: key in self.accepted or self.gone, patience)
            return self.accepted.get(key)

    def settle(self, since: str = "birth") -> str | None:
        """Wait until it has sent and written down all that is to be sent; what was not sent. None: it has ended."""
        self.words.pop("settled", None)
        self.tell("settle", since)
        return self.hears("settled")

    def threads(self) -> dict[str, int]:
        """Its threads by name."""
        self.tell("threads")
        told = self.hears("threads")
        assert told is not None
        return {name: int(number) for name, _, number in (each.partition("=") for each in told.split())}

    def send(self, number: signal.Signals) -> None:
        """A signal of the system's."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once, and wait until its last word is heard."""
        self.send(signal.SIGKILL)
        self.bury()

    def bury(self, patience: float = LIMIT) -> None:
        """Wait for its end."""
        # Not by its last word alone: its locks are let go of after that.
        assert until(lambda: not Path(f"/proc/{self.pid}").exists(), patience), f"process {self.pid} lives"
        self._thread.join(patience)
        with contextlib.suppress(OSError):
            os.close(self._ears)


class Nursery:
    """Bears workers. `shorter`: by how much their leases and waits are divided."""

    def __init__(self, shorter: float = 1) -> None:
        ours, theirs = socket.socketpair()
        program = Path(__file__).with_name("pager_worker.py")
        self._socket = ours
        self._asking = threading.Lock()
        self.children: list[Child] = []
        self._process = subprocess.Popen([sys.executable, str(program), str(shorter)], stdin=theirs, close_fds=True)
        theirs.close()

    def worker(self, order: dict[str, Any], ready: bool = True) -> Child:
        """One more."""
        ears, to_ears = os.pipe()
        from_mouth, mouth = os.pipe()
        with self._asking:
            socket.send_fds(self._socket, [json.dumps(order).encode()], [ears, mouth])
            assert select.select([self._socket], [], [], LIMIT)[0], "no worker is born"
            pid = int(self._socket.recv(100))
        os.close(ears)
        os.close(mouth)
        child = Child(pid, to_ears, from_mouth)
        self.children.append(child)
        if ready:
            assert child.hears("ready") is not None, child.alarms
        return child

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            if not child.gone:
                child.send(signal.SIGCONT)
                child.kill()
        self._socket.close()
        self._process.wait(LIMIT)


def until(what: Any, patience: float = LIMIT) -> bool:
    """Wait for what another process does; whether it came to pass."""
    end = time.monotonic() + patience
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True
