"""Our requests have the shape that Twilio publishes: Prism holds each of them against Twilio's own document.

`ONCALL_TEST_TOOLS=FOLDER tests/real/install-prism` installs it; then `ONCALL_TEST_TOOLS=FOLDER pytest -m real
tests/real/test_twilio_contract.py`. A Prism that is missing is a failure.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from oncall_rota.notifiers import http_door, registry, twilio_account
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.model import Channel
from oncall_rota.paging.ports.notifier import Attempt, Deadline, NotifierError

pytestmark = pytest.mark.real

HERE = Path(__file__).parent
DOCUMENT = HERE / "twilio" / "twilio_api_messages_calls.json"
# Read when pytest starts: tests run without any ONCALL_ variable.
PRISM = Path(os.environ.get("ONCALL_TEST_TOOLS", "/nowhere"), "prism", "node_modules", ".bin", "prism")
ROOT = "/2010-04-01/Accounts/{AccountSid}"
ACCOUNT = "AC" + "0" * 32
PAGE = Message("p-1", "4f2a", "critical", "payments", "Disk full on db1 & db2 + <more>")
PHONE = "+15550100106"


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prism with Twilio's document, on a port that was free."""
    assert PRISM.exists(), "Prism is missing: run tests/real/install-prism"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("prism") / "log"
    document = json.loads(DOCUMENT.read_text())
    (calls,) = document["paths"][f"{ROOT}/Calls.json"]["post"]["requestBody"]["content"].values()
    # What OpenAPI has as the default anyway, and Twilio's own words ask for; Prism reads repeated fields only so.
    calls["encoding"] = {"StatusCallbackEvent": {"style": "form", "explode": True}}
    # The examples' own next pages do not fit the document that they are in.
    for kind in ("Messages", "Calls"):
        (listed,) = document["paths"][f"{ROOT}/{kind}.json"]["get"]["responses"]["200"]["content"].values()
        for example in listed["examples"].values():
            example["value"]["next_page_uri"] = None
    own = log.with_name("document.json")
    own.write_text(json.dumps(document))
    with log.open("wb") as out:
        command = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(own)]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + 60
            while b"Prism is listening" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def notifier(kind: str, url: str) -> Any:
    """One of Twilio's, with a server, so that callbacks are asked for."""
    options = {"from": "+441632960001", "account": ACCOUNT, "token": {"env": "T"}, "url": url}
    channel = Channel("sms", kind, "phone", options)
    return registry.make(channel, "https://oncall.example.com", environ={"T": "token"})


KINDS = pytest.mark.parametrize("kind", ["twilio-sms", "twilio-voice"])
SIDS = {"twilio-sms": "SM" + "1" * 32, "twilio-voice": "CA" + "1" * 32}


def known_fields(kind: str, method: str) -> set[str]:
    """The fields of the form that Twilio's document names."""
    path = f"{ROOT}/{'Messages' if kind == 'twilio-sms' else 'Calls'}.json"
    operation = json.loads(DOCUMENT.read_text())["paths"][path][method]
    if method == "get":
        return {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    (content,) = operation["requestBody"]["content"].values()
    return set(content["schema"]["properties"])


@KINDS
def test_a_page(prism: str, kind: str) -> None:
    """Taken, with the SID of Prism's example."""
    receipt = notifier(kind, prism).send(PAGE, PHONE, Deadline(30))
    assert receipt.provider_id is not None


@KINDS
def test_hostile_pages(prism: str, kind: str) -> None:
    """Whatever an alert holds, the request keeps its shape."""
    for summary in ("", "\ud800\0\x1b", "東京", "&To=%2B1&Body=x", "{" * 1000, "</Say><Dial>+1900</Dial>"):
        assert notifier(kind, prism).send(cleaned(PAGE._replace(summary=summary)), PHONE, Deadline(30)).provider_id


@KINDS
def test_a_look_up(prism: str, kind: str) -> None:
    """The list is asked in Twilio's words. Prism's one example is no page of ours."""
    attempt = Attempt(PAGE, PHONE, datetime(2026, 12, 7, tzinfo=UTC))
    assert notifier(kind, prism).look_up(attempt, Deadline(30)) is None


@KINDS
def test_a_status(prism: str, kind: str) -> None:
    """One resource by its SID."""
    assert notifier(kind, prism).status(SIDS[kind], Deadline(30)).provider_id == SIDS[kind]


def test_a_cancel(prism: str) -> None:
    """An update of a call."""
    notifier("twilio-voice", prism).cancel(SIDS["twilio-voice"], Deadline(30))


@KINDS
def test_a_malformed_sid_is_refused(prism: str, kind: str) -> None:
    """So Prism does look."""
    with pytest.raises(NotifierError, match="422"):
        notifier(kind, prism).status("not-a-sid", Deadline(30))


@KINDS
def test_every_field_is_one_of_twilios(prism: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prism does not see a misspelt field; Twilio's document names them all."""
    sent: list[tuple[str, str, bytes | None]] = []
    real = http_door.request

    def recorded(wire: Any, method: str, url: str, headers: Any, body: bytes | None, deadline: Deadline) -> Any:
        sent.append((method, url, body))
        return real(wire, method, url, headers, body, deadline)

    monkeypatch.setattr(twilio_account, "request", recorded)
    channel = notifier(kind, prism)
    channel.send(PAGE, PHONE, Deadline(30))
    channel.look_up(Attempt(PAGE, PHONE, datetime(2026, 12, 7, tzinfo=UTC)), Deadline(30))
    (_, _, body), (method, url, _) = sent[:2]
    assert body is not None
    assert {name for name, _ in parse_qsl(body.decode())} <= known_fields(kind, "post")
    assert b"To=%2B15550100106" in body
    assert method == "GET"
    assert {name for name, _ in parse_qsl(url.partition("?")[2])} <= known_fields(kind, "get")


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        ({"From": "+441632960001", "Body": "x"}, {}, 422),
        ({"To": PHONE, "From": "+441632960001", "Body": "x"}, {"Authorization": None}, 401),
        ({"To": PHONE, "From": "+441632960001", "Body": "x"}, {"Content-Type": "application/json"}, 415),
        ({"To": PHONE, "From": "+441632960001", "Body": "x"}, {}, 201),
    ],
)
def test_prism_would_tell(prism: str, form: dict[str, str], headers: dict[str, str | None], status: int) -> None:
    """What is wrong is refused, so what passes means something."""
    sent = {"Authorization": "Basic eDp5", "Content-Type": "application/x-www-form-urlencoded"} | headers
    client = http.client.HTTPConnection(prism.removeprefix("http://"), timeout=30)
    try:
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        body = json.dumps(form) if "json" in str(sent["Content-Type"]) else urlencode(form)
        client.request("POST", path, body, {name: value for name, value in sent.items() if value})
        assert client.getresponse().status == status
    finally:
        client.close()
