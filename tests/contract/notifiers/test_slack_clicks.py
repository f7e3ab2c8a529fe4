"""Clicks on Slack's buttons: believed by signature and age, and understood whatever is in them."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from typing import Any
from urllib.parse import urlencode

import pytest
from notifier_suite import NOW, PAGE, SECRET, made
from slack_sdk.signature import Clock, SignatureVerifier

from oncall_rota.paging.ports.notifier import Inbound, Reply

STAMP = int(NOW.timestamp())


def signed(body: bytes, stamp: str = str(STAMP), secret: str = SECRET) -> dict[str, str]:
    """Headers as Slack sends them, from Slack's description of them."""
    basis = b"v0:" + stamp.encode() + b":" + body
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest(),
    }


def click(action: str = "oncall-acknowledge", value: object = PAGE.page_id, **more: Any) -> bytes:
    """The body of a click."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U0123456789", "name": "ada"},
        "actions": [{"action_id": action, "value": value}],
        **more,
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def heard(body: bytes, headers: dict[str, str]) -> Inbound:
    """What a request means."""
    options = {"token": {"env": "T"}, "signing_secret": {"env": "T"}}
    channel: Any = made("slack", options, {"T": SECRET}, "https://oncall.example.com")
    found: Inbound = channel.inbound(headers, body, "/in/channel-x")
    return found


@pytest.mark.parametrize(("action", "choice"), [("oncall-acknowledge", "acknowledge"), ("oncall-decline", "decline")])
def test_a_click(action: str, choice: Any) -> None:
    """Who clicked, on which page, and which button."""
    found = heard(click(action), signed(click(action)))
    assert found.event == Reply("U0123456789", choice, page_id=PAGE.page_id)
    answer = found.answer("Acknowledged by <@ada>")
    assert answer.status == 200
    assert json.loads(answer.body)["text"] == "Acknowledged by &lt;@ada&gt;"


BODY = click()
FORGED: dict[str, tuple[bytes, dict[str, str]]] = {
    "no headers": (BODY, {}),
    "no signature": (BODY, {"X-Slack-Request-Timestamp": str(STAMP)}),
    "no time": (BODY, {"X-Slack-Signature": signed(BODY)["X-Slack-Signature"]}),
    "another secret": (BODY, signed(BODY, secret="other")),
    "another body": (BODY + b"&x=1", signed(BODY)),
    "a trimmed body": (BODY[:-1], signed(BODY)),
    "another time": (BODY, {**signed(BODY), "X-Slack-Request-Timestamp": str(STAMP + 1)}),
    "too old": (BODY, signed(BODY, str(STAMP - 301))),
    "too young": (BODY, signed(BODY, str(STAMP + 301))),
    "a time that is none": (BODY, signed(BODY, "soon")),
    "an empty time": (BODY, signed(BODY, "")),
    "a signature of other letters": (BODY, {**signed(BODY), "X-Slack-Signature": "v0=é"}),
    "no text": (b"\xff\xfe", signed(b"\xff\xfe")),
    "an empty signature": (BODY, {**signed(BODY), "X-Slack-Signature": ""}),
}


@pytest.mark.parametrize(("body", "headers"), FORGED.values(), ids=FORGED.keys())
def test_a_forgery(body: bytes, headers: dict[str, str]) -> None:
    """403, and nothing happens."""
    found = heard(body, headers)
    assert found.event is None
    assert found.answer("").status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=%7B%7D",
        b"payload=[]",
        b"payload=" + b"[" * 50_000,
        b"payload=1&payload=2",
        b"&" * 100,
        click("another-button"),
        click(actions=[]),
        click(user=None),
        urlencode({"payload": '{"actions": 3}'}).encode(),
    ],
)
def test_a_genuine_request_that_means_nothing(body: bytes) -> None:
    """Slack sends much that is no click of ours: 200, and nothing happens."""
    found = heard(body, signed(body))
    assert found.event is None
    assert found.answer("").status == 200


def test_the_verdict_is_slack_sdks() -> None:
    """Ten thousand signatures, most of them harmed: believed exactly when the package believes them."""

    class Then(Clock):
        """The tests' clock."""

        def now(self) -> float:
            return STAMP

    oracle = SignatureVerifier(SECRET, Then())
    options = {"token": {"env": "T"}, "signing_secret": {"env": "T"}}
    channel: Any = made("slack", options, {"T": SECRET}, "https://oncall.example.com")
    chance = random.Random(6)
    believed = 0
    for _ in range(10_000):
        headers = signed(BODY, str(STAMP + chance.randint(-400, 400)))
        if chance.random() < 0.5:
            text = headers["X-Slack-Signature"]
            place = chance.randrange(len(text))
            headers["X-Slack-Signature"] = text[:place] + chance.choice("0f=v") + text[place + 1 :]
        right = oracle.is_valid_request(BODY, headers)
        assert (channel.inbound(headers, BODY, "/in/x").event is not None) == right
        believed += right
    assert 2000 < believed < 8000
