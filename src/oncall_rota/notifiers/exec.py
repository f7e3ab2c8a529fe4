"""`exec`: a command of the machine, with the text on its standard input. Needs ONCALL_ALLOW_EXEC=1."""

from __future__ import annotations

import os
import signal
import subprocess

from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Message, body
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Option, Receipt

LATER = 75  # EX_TEMPFAIL of sysexits.h
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")  # of our environment; secrets are in the rest


class Exec:
    """An argument list, never a shell line. The page is on standard input and in variables, never in an argument.

    Exit code 0: sent. 75: try again. All else: the next channel. What it prints is thrown away.
    """

    declaration = Declaration(
        type="exec",
        doc="A local command; needs ONCALL_ALLOW_EXEC=1.",
        options=(
            Option(
                "command",
                "list",
                "The program by its full path, and its arguments, as a list; no shell reads it.",
                required=True,
                shape=r"/\S+",
            ),
        ),
        to="name",
        provider="exec",
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        if os.environ.get("ONCALL_ALLOW_EXEC") != "1":
            words = f"{setup.channel} runs a command, which needs ONCALL_ALLOW_EXEC=1"
            raise NotifierError(words, permanent=True, alarm=words)

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        channel = self._setup.channel
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {
            "ONCALL_PAGE_ID": message.page_id,
            "ONCALL_CODE": message.code,
            "ONCALL_SEVERITY": message.severity,
            "ONCALL_TEAM": message.team,
            "ONCALL_KIND": message.kind,
            "ONCALL_TO": address,
        }
        try:
            process = subprocess.Popen(
                list(self._setup.values["command"]),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=environment,
                start_new_session=True,  # so that its children end with it
            )
        except (OSError, ValueError):
            words = f"the command of {channel} cannot be started"
            raise NotifierError(words, permanent=True, alarm=words) from None
        try:
            process.communicate(f"{body(message)}\n".encode(), timeout=max(deadline.left(), 0.001))
        except subprocess.TimeoutExpired:
            raise NotifierError(f"the command of {channel} did not end in time", unsure=True) from None
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        if process.returncode == 0:
            return Receipt(None, "sent", "ended well")
        words = f"the command of {channel} ended with {process.returncode}"
        if process.returncode == LATER:
            raise NotifierError(words)
        raise NotifierError(words, permanent=True, alarm=words)
