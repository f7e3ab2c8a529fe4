"""`apprise`: a bridge to what only Apprise knows, best effort. `python -m` of this file is its own small process.

Apprise has no deadline for a whole request and reads answers of any size (.github/decisions/0011), so each page has
a process of its own, that ends in time and is small.
"""

from __future__ import annotations

import importlib.util
import json
import re
import resource
import subprocess
import sys

from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Message, body, masked, subject
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Option, Receipt

# Services that push to people. Not those that take any address (json, xml, form), or act on this machine.
SCHEMES = {
    "bark", "discord", "gotify", "gotifys", "guilded", "hangouts", "ifttt", "join", "lametric", "line", "mailgun",
    "matrix", "matrixs", "mmost", "mmosts", "msteams", "nextcloud", "nextclouds", "ntfy", "ntfys", "opsgenie",
    "pagerduty", "pbul", "pover", "prowl", "pushed", "pushy", "rocket", "rockets", "sendgrid", "signal", "signals",
    "signl4", "simplepush", "slack", "sns", "spontit", "tgram", "twist", "webexteams", "whatsapp", "wxteams",
    "zulip",
}  # fmt: skip
MEMORY = 512 * 1024 * 1024
FAILED, NO_APPRISE, BAD_URL = 1, 3, 4


class Apprise:
    """One Apprise address; `{to}` in it is replaced by the person's address. It says only whether it worked."""

    declaration = Declaration(
        type="apprise",
        doc="A bridge to the services of Apprise, best effort.",
        options=(Option("url", "secret", "The Apprise address; {to} in it is the person's.", required=True),),
        to="push",
        provider="apprise",
        best_effort=True,
        extra="apprise",
    )

    def __init__(self, setup: Setup) -> None:
        self._channel = setup.channel
        self._url = setup.values["url"]
        if self._url.reveal().partition("://")[0].lower() not in SCHEMES:
            words = f"the address of {setup.channel} is of a service that apprise may not use here"
            raise NotifierError(words, permanent=True, alarm=words)
        if importlib.util.find_spec("apprise") is None:
            words = f"{setup.channel} needs the apprise package: pip install 'oncall-rota[apprise]'"
            raise NotifierError(words, permanent=True, alarm=words)

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        url = self._url.reveal()
        if "{to}" in url:
            # Apprise undoes quoting before it puts its own addresses together, so nothing that needs it may come in.
            if not re.fullmatch(r"[A-Za-z0-9@+_-][A-Za-z0-9@+._-]{0,99}", address):
                words = f"{masked(address)} cannot be a part of the address of {self._channel}"
                raise NotifierError(words, permanent=True, alarm=words)
            url = url.replace("{to}", address)
        order = json.dumps({"url": url, "title": subject(message), "body": body(message)})
        command = [sys.executable, "-P", "-m", __name__ if __name__ != "__main__" else "oncall_rota.notifiers.bridge"]
        try:
            # The address is on standard input: arguments are for all to read.
            done = subprocess.run(
                command,
                input=order.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=max(deadline.left(), 0.001),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise NotifierError(f"{self._channel} did not end in time", unsure=True) from None
        if done.returncode == 0:
            return Receipt(None, "sent", "apprise says so")
        if done.returncode in (NO_APPRISE, BAD_URL):
            words = f"apprise cannot use the address of {self._channel}"
            raise NotifierError(words, permanent=True, alarm=words)
        raise NotifierError(f"{self._channel}: apprise could not send", unsure=True)


def main() -> int:
    """Send what standard input orders; the exit code tells."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    order = json.load(sys.stdin)
    try:
        import apprise
    except ImportError:
        return NO_APPRISE
    service = apprise.Apprise.instantiate(order["url"], suppress_exceptions=True)
    if service is None:
        return BAD_URL
    return 0 if service.notify(title=order["title"], body=order["body"], body_format="text") else FAILED


if __name__ == "__main__":
    sys.exit(main())
