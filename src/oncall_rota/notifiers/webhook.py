"""`webhook`: the page as JSON, signed, to an address of your own."""

from __future__ import annotations

import hashlib
import hmac
import json

from oncall_rota.notifiers.http_door import judged, request
from oncall_rota.notifiers.setup import Setup
from oncall_rota.notifiers.wire import Guard
from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.notifier import Deadline, Declaration, Option, Receipt

ALLOW_PRIVATE = Option(
    "allow_private", "networks", "Private networks that it may reach, such as 10.0.0.0/8.", default=()
)


class Webhook:
    """POST of JSON. The signature is `v1=` and HMAC-SHA256 of `v1:<timestamp>:<body>` in hexadecimal; the receiver
    should refuse timestamps older than five minutes, and knows a copy by its `Idempotency-Key`, the page's id.
    """

    declaration = Declaration(
        type="webhook",
        doc="The page as signed JSON.",
        options=(
            Option("url", "url", "Where it is sent; may be {env: NAME} or {file: NAME}.", required=True),
            Option("secret", "secret", "Key of the signature.", required=True),
            ALLOW_PRIVATE,
        ),
        to="name",
        provider="webhook",
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._guard = Guard(setup.values["allow_private"])

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        content = json.dumps({"version": 1, "to": address, **message._asdict()}).encode()
        stamp = str(int(self._setup.clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": message.page_id,
            "X-Oncall-Timestamp": stamp,
            "X-Oncall-Signature": signature(self._setup.values["secret"].reveal(), stamp, content),
        }
        response = request(
            self._setup.wire,
            "POST",
            self._setup.values["url"],
            headers,
            content,
            deadline,
            guard=self._guard,
            redirects=3,
            limit=0,  # what a receiver says is of no use to us, and may be a secret of its own
        )
        judged(response, self._setup.channel, self._setup.clock.now())
        return Receipt(None, "sent", f"answered {response.status}")


def signature(secret: str, stamp: str, content: bytes) -> str:
    """The value of `X-Oncall-Signature`."""
    return "v1=" + hmac.new(secret.encode(), f"v1:{stamp}:".encode() + content, hashlib.sha256).hexdigest()
