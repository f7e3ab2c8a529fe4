"""`slack`: a message with buttons. Their clicks are believed by Slack's signature."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from oncall_rota.notifiers.http_door import judged, request
from oncall_rota.notifiers.setup import Setup
from oncall_rota.paging.message import Choice, Message, headline, how, shortened, slack_escaped
from oncall_rota.paging.ports.notifier import (
    Answer,
    Deadline,
    Declaration,
    Inbound,
    NotifierError,
    Option,
    Receipt,
    Reply,
)

API = "https://slack.com/api"
LONGEST, SUMMARY = 2900, 1500  # characters as Slack counts them, of 3,000; of these the summary's
CREDENTIALS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
LATER = {"ratelimited", "rate_limited", "message_limit_exceeded"}
UNSURE = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
ID = "[A-Z0-9]{6,20}"  # names could reach anybody
BUTTONS: dict[str, tuple[str, Choice]] = {
    "oncall-acknowledge": ("Acknowledge", "acknowledge"),
    "oncall-decline": ("Pass it on", "decline"),
}


class Slack:
    """A message by a Slack app with `chat:write`; with a server and a signing secret it has buttons."""

    declaration = Declaration(
        type="slack",
        doc="A Slack message to a person's or channel's id.",
        options=(
            Option("token", "secret", "The app's bot token.", required=True),
            Option("signing_secret", "secret", "The app's signing secret; without it there are no buttons."),
            Option("url", "url", "Another address of Slack's API, for tests and gateways.", default=API),
        ),
        to="slack",
        provider="slack",
        shape=ID,
        example="U0123456789",
        extra="slack",
        can=frozenset({"inbound", "rehearse"}),
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        secret = setup.values["signing_secret"]
        try:
            from slack_sdk.signature import Clock, SignatureVerifier
        except ImportError:
            words = f"{setup.channel} needs the slack-sdk package: pip install 'oncall-rota[slack]'"
            raise NotifierError(words, permanent=True, alarm=words) from None

        class Now(Clock):
            """Our clock, for the five minutes that a signature holds."""

            def now(self) -> float:
                return setup.clock.now().timestamp()

        self._verifier = None if secret is None else SignatureVerifier(secret.reveal(), Now())
        self._buttons = self._verifier is not None and setup.callback is not None

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        if not re.fullmatch(ID, address):
            raise NotifierError("not an id of Slack's", True, alarm=f"{self._setup.channel}: not an id of Slack's")
        content = {
            "channel": address,
            "text": slack_escaped(headline(message)),
            "blocks": self._blocks(message),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": "oncall_page", "event_payload": {"page_id": message.page_id}},
        }
        values = self._called("chat.postMessage", content, deadline)
        return Receipt(str(values.get("ts", "")) or None, "sent", "posted")

    def rehearse(self, deadline: Deadline) -> str:
        """Ask whether the token still is one."""
        self._called("auth.test", {}, deadline)
        return "the token is good"

    def _called(self, method: str, content: Mapping[str, object], deadline: Deadline) -> dict[str, Any]:
        """What a method of the API answers. Raises `NotifierError`."""
        headers = {
            "Authorization": f"Bearer {self._setup.values['token'].reveal()}",
            "Content-Type": "application/json; charset=utf-8",
        }
        url = f"{self._setup.values['url'].rstrip('/')}/{method}"
        response = request(self._setup.wire, "POST", url, headers, json.dumps(content).encode(), deadline)
        values = judged(response, self._setup.channel, self._setup.clock.now()).json()
        if values is None or not isinstance(values.get("ok"), bool):
            raise NotifierError(f"{self._setup.channel}: the answer cannot be read", unsure=True)
        if not values["ok"]:
            raise self._refused(str(values.get("error", "")))
        return values

    def _refused(self, error: str) -> NotifierError:
        error = error if re.fullmatch(r"[a-z_]{1,40}", error) else "an error"
        words = f"{self._setup.channel} was answered {error}"
        if error in LATER:
            return NotifierError(words)
        if error in UNSURE:
            return NotifierError(words, unsure=True)
        if error in CREDENTIALS:
            words = f"the credentials of {self._setup.channel} are refused ({error})"
        return NotifierError(words, permanent=True, alarm=words)

    def _blocks(self, message: Message) -> list[dict[str, Any]]:
        from slack_sdk.models.blocks import ActionsBlock, ButtonElement, MarkdownTextObject, SectionBlock

        message = shortened(message, SUMMARY, lambda text: len(slack_escaped(text)))
        code = f"Code: {message.code}" if message.code else ""
        parts = [headline(message), code, how(message), *message.lines]
        parts += [f"Runbook: {message.runbook}"] if message.runbook else []
        # `verbatim`: Slack makes no links or mentions of its own from the text.
        text = slack_escaped("\n".join(filter(None, parts)))[:LONGEST]
        text = re.sub(r"&[a-z]{0,3}$", "", text)  # no half of an escape at the cut
        blocks: list[Any] = [SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))]
        if self._buttons and message.kind == "page":
            elements = [
                ButtonElement(text=words, action_id=action, value=message.page_id)
                for action, (words, _) in BUTTONS.items()
            ]
            blocks.append(ActionsBlock(elements=elements))
        return [block.to_dict() for block in blocks]

    def inbound(self, headers: Mapping[str, str], body: bytes, url: str) -> Inbound:
        """A click. Repeated within the five minutes it is the same click: acknowledging twice is once."""
        try:
            genuine = self._verifier is not None and self._verifier.is_valid_request(body, dict(headers))
        except (ValueError, TypeError):  # a timestamp that is no number, letters that no signature has
            genuine = False
        return Inbound(_click(body) if genuine else None, _said if genuine else lambda _: Answer(403))


def _click(body: bytes) -> Reply | None:
    try:
        (text,) = parse_qs(body.decode(), max_num_fields=20)["payload"]
        payload = json.loads(text)
        action = payload["actions"][0]
        choice = BUTTONS[action["action_id"]][1]
        return Reply(str(payload["user"]["id"]), choice, page_id=str(action["value"]))
    except (KeyError, IndexError, TypeError, ValueError, RecursionError):
        return None


def _said(text: str) -> Answer:
    """What only the person who clicked sees."""
    content = {"response_type": "ephemeral", "replace_original": False, "text": slack_escaped(text)}
    return Answer(200, json.dumps(content).encode(), "application/json")
