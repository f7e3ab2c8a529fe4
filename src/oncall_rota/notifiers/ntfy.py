"""`ntfy`: a push message by ntfy.sh or a server of one's own."""

from __future__ import annotations

import json

from oncall_rota.notifiers.http_door import judged, request
from oncall_rota.notifiers.setup import Setup
from oncall_rota.notifiers.webhook import ALLOW_PRIVATE
from oncall_rota.notifiers.wire import Guard
from oncall_rota.paging.message import Message, body, shortened, subject
from oncall_rota.paging.ports.notifier import Deadline, Declaration, NotifierError, Option, Receipt

LONGEST, SUMMARY = 3500, 1800  # bytes; ntfy makes a file of a text above 4,096
PRIORITY = {"critical": 5, "error": 4}


class Ntfy:
    """A push to a topic. Its click opens the page with the button, and acknowledges nothing by itself."""

    declaration = Declaration(
        type="ntfy",
        doc="A push message to a topic of ntfy.",
        options=(
            Option("url", "url", "The server's address.", default="https://ntfy.sh"),
            Option("token", "secret", "An access token."),
            ALLOW_PRIVATE,
        ),
        to="push",
        provider="ntfy",
        can=frozenset({"rehearse"}),
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._guard = Guard(setup.values["allow_private"])

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        channel = self._setup.channel
        brief = shortened(message, SUMMARY, lambda text: len(text.encode()))
        content: dict[str, object] = {
            "topic": address,
            "title": subject(message),
            "message": body(brief).encode()[:LONGEST].decode("utf-8", "ignore"),
            "priority": 3 if message.kind == "notice" else PRIORITY.get(message.severity, 4),
            "tags": [f"oncall-{message.code}"] if message.code else [],
        }
        if message.ack_url and message.kind != "notice":
            content["click"] = message.ack_url
            content["actions"] = [{"action": "view", "label": "Acknowledge", "url": message.ack_url}]
        headers = {"Content-Type": "application/json"}
        if (token := self._setup.values["token"]) is not None:
            headers["Authorization"] = f"Bearer {token.reveal()}"
        url = self._setup.values["url"].rstrip("/") + "/"
        data = json.dumps(content).encode()
        # No redirect is followed: the token is for this server alone.
        response = request(self._setup.wire, "POST", url, headers, data, deadline, guard=self._guard)
        values = judged(response, channel, self._setup.clock.now()).json()
        if values is None or not isinstance(values.get("id"), str):
            raise NotifierError(f"{channel}: the answer cannot be read", unsure=True)
        return Receipt(values["id"][:64], "sent", "published")

    def rehearse(self, deadline: Deadline) -> str:
        """Ask the server whether it is well. A topic is what a page goes to, so no token is tried."""
        url = self._setup.values["url"].rstrip("/") + "/v1/health"
        response = request(self._setup.wire, "GET", url, {}, None, deadline, guard=self._guard)
        values = judged(response, self._setup.channel, self._setup.clock.now()).json()
        if values is None or values.get("healthy") is not True:
            raise NotifierError(f"{self._setup.channel}: the server does not say that it is well")
        return "the server is well"
