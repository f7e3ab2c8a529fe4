"""Slack, webhooks, ntfy and both of Twilio's, against a provider that answers what the table says."""

from __future__ import annotations

import json
import re
import threading
from typing import Any, ClassVar

import fake_server as play
import pytest
from fake_server import FakeServer
from notifier_suite import (
    AGAIN,
    CREDENTIALS,
    NEXT,
    NOW,
    PAGE,
    PLENTY,
    SECRET,
    SENT,
    UNSURE,
    Case,
    HttpContract,
    Outcome,
    made,
    outcome,
    same,
)

from oncall_rota.notifiers.webhook import signature
from oncall_rota.notifiers.wire import Wire
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.ports.notifier import Deadline, NotifierError

LOOPBACK = ["127.0.0.0/8"]


class TestWebhook(HttpContract):
    """JSON to an address of one's own."""

    KIND = "webhook"
    ADDRESS = "ada-of-the-tests"
    TAKEN = staticmethod(play.answer(204))
    READS_BODY = False

    def options_of_url(self, url: str) -> dict[str, object]:
        return {"url": f"{url}/hook?k=1", "secret": {"env": "THE_SECRET"}, "allow_private": LOOPBACK}

    def received(self, server: FakeServer) -> list[str]:
        return [json.dumps(request.json()) for request in server.requests]

    @classmethod
    def more(cls) -> dict[str, Case]:
        return {
            "a redirect that keeps the method": Case((play.answer(307, Location="/further"), cls.TAKEN), SENT),
            "three redirects": Case((*[play.answer(308, Location="/x")] * 3, cls.TAKEN), SENT),
            "four redirects": Case((*[play.answer(308, Location="/x")] * 4, cls.TAKEN), NEXT),
            "a redirect to nowhere": Case((play.answer(307),), NEXT),
            "a redirect to a file": Case((play.answer(307, Location="file:///etc/passwd"),), NEXT),
            "a redirect inside": Case((play.answer(307, Location="http://10.0.0.1/"),), NEXT),
            "a redirect to metadata": Case((play.answer(307, Location="http://169.254.169.254/latest"),), NEXT),
            "a redirect to an address that is none": Case((play.answer(307, Location="http://[::1"),), NEXT),
        }

    def test_is_signed_and_has_a_key(self, server: FakeServer) -> None:
        """The signature covers time and body; a copy has the same key."""
        self.accepts(server)
        notifier = self.notifier(server)
        for _ in range(2):
            same(self.attempt(notifier), SENT)
        first, second = server.requests
        stamp = str(int(NOW.timestamp()))
        assert first.headers["x-oncall-timestamp"] == stamp
        assert first.headers["x-oncall-signature"] == signature(SECRET, stamp, first.body)
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == PAGE.page_id
        assert first.target == "/hook?k=1"
        assert first.json() | {"summary": PAGE.summary, "to": self.ADDRESS, "version": 1} == first.json()

    @pytest.mark.parametrize("host", [
        "127.0.0.1", "2130706433", "0x7f.1", "017700000001", "0", "127.1", "localhost", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:0:7f00:1::]",
        "[2001:0:808:808::80ff:fffe]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "[fe80::1]", "[fc00::1]", "[fec0::1]", "224.0.0.1", "[ff02::1]", "255.255.255.255", "192.0.2.1",
        "[2001:db8::1]", "240.0.0.1",
    ])  # fmt: skip
    def test_no_private_address_is_reached(self, host: str) -> None:
        """However it is spelt: judged after it is resolved, and before anything is connected."""
        import socket

        def resolve(name: str, port: int, **_: Any) -> Any:
            if name == "localhost":
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
            kind = socket.AF_INET6 if ":" in name else socket.AF_INET
            # The system's own reading of odd spellings, without asking any server.
            packed = socket.inet_pton(kind, name) if kind == socket.AF_INET6 else socket.inet_aton(name)
            text = socket.inet_ntop(kind, packed)
            return [(kind, socket.SOCK_STREAM, 6, "", (text, port))]

        options = {"url": f"http://{host}:9/", "secret": {"env": "THE_SECRET"}}
        notifier = made(self.KIND, options, self.ENVIRON, wire=Wire(resolve))
        same(self.attempt(notifier), Outcome("next", alarm=True, words="allow_private"))

    def test_a_name_is_resolved_once(self, server: FakeServer) -> None:
        """A name that means a public address when it is judged cannot mean another when it is connected."""
        import socket

        asked: list[str] = []

        def resolve(name: str, port: int, **_: Any) -> Any:
            asked.append(name)
            address = "1.1.1.1" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        self.accepts(server)
        options = {"url": f"http://rebound.example:{server.port}/", "secret": {"env": "THE_SECRET"}}
        notifier = made(self.KIND, options, self.ENVIRON, wire=Wire(resolve))
        with pytest.raises(RuntimeError, match=r"1\.1\.1\.1"):  # the tests' closed network tells what was tried
            notifier.send(PAGE, self.ADDRESS, Deadline(PLENTY))
        assert asked == ["rebound.example"]
        same(self.attempt(notifier), Outcome("next", alarm=True, words="rebound.example"))
        assert server.requests == []

    def test_a_redirect_is_judged_again(self, server: FakeServer) -> None:
        """Allowed here, forbidden there: the second address is not reached."""
        with FakeServer(play.answer(204)) as inside:
            server.plays[:] = [play.answer(307, Location=f"http://127.0.0.1:{inside.port}/")]
            options = self.options(server) | {"allow_private": ["127.0.0.1/32"]}
            same(self.attempt(made(self.KIND, options, self.ENVIRON)), SENT)
            assert len(inside.requests) == 1
            server.plays[:] = [play.answer(307, Location=f"http://127.0.0.2:{inside.port}/")]
            same(self.attempt(made(self.KIND, options, self.ENVIRON)), NEXT)
            assert len(inside.requests) == 1


class TestNtfy(HttpContract):
    """A push."""

    KIND = "ntfy"
    ADDRESS = "topic-of-ada"
    TAKEN = staticmethod(play.answer(200, {"id": "ntfy-1", "event": "message"}))

    def options_of_url(self, url: str) -> dict[str, object]:
        return {"url": url, "token": {"env": "THE_SECRET"}, "allow_private": LOOPBACK}

    def received(self, server: FakeServer) -> list[str]:
        return [f"{request.json()['title']}\n{request.json()['message']}" for request in server.requests]

    @classmethod
    def more(cls) -> dict[str, Case]:
        return {"a redirect": Case((play.answer(307, Location="/x"),), NEXT)}  # its token is for this server alone

    def test_opens_the_page_with_the_button(self, server: FakeServer) -> None:
        """A click opens; it never acknowledges by itself. A notice is quiet."""
        self.accepts(server)
        notifier = self.notifier(server)
        self.attempt(notifier)
        self.attempt(notifier, PAGE._replace(kind="notice"))
        page, notice = (request.json() for request in server.requests)
        assert page["topic"] == self.ADDRESS
        assert page["priority"] == 5
        assert [action["action"] for action in page["actions"]] == ["view"]
        assert notice["priority"] == 3
        assert "actions" not in notice
        assert server.requests[0].headers["authorization"] == f"Bearer {SECRET}"

    def test_the_longest_summary_leaves_room_for_what_follows(self, server: FakeServer) -> None:
        """Of letters of four bytes: the code and the way to acknowledge are in the text, not in the title alone."""
        self.accepts(server)
        self.attempt(self.notifier(server), cleaned(PAGE._replace(summary="\U0001f525" * 1000)))
        text = server.requests[0].json()["message"]
        assert "Code: 4f2a\nAcknowledge: https://oncall.example.com/a/k1.x9" in text


class TestSlack(HttpContract):
    """A message with buttons."""

    KIND = "slack"
    ADDRESS = "U0123456789"
    TAKEN = staticmethod(play.answer(200, {"ok": True, "ts": "1.2", "channel": "D1"}))

    def options_of_url(self, url: str) -> dict[str, object]:
        return {"url": f"{url}/api", "token": {"env": "THE_SECRET"}, "signing_secret": {"env": "THE_SECRET"}}

    def received(self, server: FakeServer) -> list[str]:
        return [request.json()["blocks"][0]["text"]["text"] for request in server.requests]

    @classmethod
    def more(cls) -> dict[str, Case]:
        errors = {
            "invalid_auth": CREDENTIALS,
            "token_revoked": CREDENTIALS,
            "missing_scope": CREDENTIALS,
            "channel_not_found": NEXT,
            "is_archived": NEXT,
            "ratelimited": AGAIN,
            "internal_error": UNSURE,
            "service_unavailable": UNSURE,
            "No Such <Error> " * 9: NEXT,
            "": NEXT,
        }
        return {
            f"ok is false: {error[:20]}": Case((play.answer(200, {"ok": False, "error": error}),), wanted)
            for error, wanted in errors.items()
        }

    def test_the_longest_summary_leaves_room_for_what_follows(self, server: FakeServer) -> None:
        """Of letters that Slack counts five times: the code and the way to acknowledge are there."""
        self.accepts(server)
        self.attempt(self.notifier(server), cleaned(PAGE._replace(summary="&" * 1000)))
        (text,) = self.received(server)
        assert "Code: 4f2a\nAcknowledge: https://oncall.example.com/a/k1.x9" in text
        assert len(text) < 3000

    def test_nothing_in_a_text_is_obeyed(self, server: FakeServer) -> None:
        """No channel is alerted, no link disguised, no name made a mention."""
        self.accepts(server)
        self.attempt(self.notifier(server), PAGE._replace(summary="<!channel> <https://evil.example|ok> & <@U1>"))
        content = server.requests[0].json()
        for text in (content["text"], content["blocks"][0]["text"]["text"]):
            assert "&lt;!channel&gt;" in text
            assert "<" not in text
        assert content["blocks"][0]["text"]["verbatim"] is True
        assert content["unfurl_links"] is False

    def test_no_half_of_an_escape_at_the_cut(self, server: FakeServer) -> None:
        """A text that is too long ends between characters."""
        self.accepts(server)
        for pad in range(5):
            self.attempt(self.notifier(server), PAGE._replace(summary="x" * pad + "<&>" * 300, lines=("<" * 1000,) * 3))
        for text in self.received(server):
            assert len(text) <= 3000
            assert re.fullmatch(r"(?:[^<>&]|&lt;|&gt;|&amp;)*", text)

    def test_has_buttons_only_when_clicks_can_be_believed(self, server: FakeServer) -> None:
        """It takes a signing secret and a server."""
        self.accepts(server)
        without = {"url": f"{server.url}/api", "token": {"env": "THE_SECRET"}}
        notifiers = [
            made(self.KIND, without, self.ENVIRON, "https://oncall.example.com"),
            self.notifier(server),
            self.notifier(server, public_url="https://oncall.example.com"),
        ]
        for notifier in notifiers:
            same(self.attempt(notifier), SENT)
        self.attempt(notifiers[2], PAGE._replace(kind="notice"))
        buttons = [[block["type"] for block in request.json()["blocks"]] for request in server.requests]
        assert buttons == [["section"], ["section"], ["section", "actions"], ["section"]]
        elements = server.requests[2].json()["blocks"][1]["elements"]
        assert {element["value"] for element in elements} == {PAGE.page_id}

    @pytest.mark.parametrize("address", ["#general", "ada@example.com", "<!channel>", ""])
    def test_only_an_id_is_an_address(self, address: str, server: FakeServer) -> None:
        """A name could be anybody's."""
        notifier = self.notifier(server)
        same(outcome(lambda: notifier.send(PAGE, address, Deadline(PLENTY))), NEXT)


class _Twilio(HttpContract):
    """What both of Twilio's share."""

    ADDRESS = "+15550100106"
    ENVIRON: ClassVar[dict[str, str]] = {"THE_SECRET": SECRET}

    def options_of_url(self, url: str) -> dict[str, object]:
        return {"from": "+441632960001", "account": "AC" + "0" * 32, "token": {"env": "THE_SECRET"}, "url": url}

    @classmethod
    def more(cls) -> dict[str, Case]:
        refused = {"code": 21211, "message": f"Invalid 'To' Phone Number: {cls.ADDRESS}", "status": 400}
        return {
            "a refusal in Twilio's words": Case((play.answer(400, refused),), NEXT._replace(words="error 21211")),
            "a refusal with another code": Case((play.answer(400, {"code": "<b>"}),), NEXT),
            "too many, in Twilio's words": Case(
                (play.answer(429, {"code": 20429}, retry_after="3"),), Outcome("again", 3)
            ),
        }

    @pytest.mark.parametrize(
        "address", ["", "112", "01632 960001", "+0123456789", "+1555010010é", "+1\r\n555", "+" * 999]
    )
    def test_only_a_whole_number_is_called(self, address: str, server: FakeServer) -> None:
        """Nothing is sent, and the administrator told, in few words."""
        notifier = self.notifier(server)
        same(outcome(lambda: notifier.send(PAGE, address, Deadline(PLENTY))), NEXT)
        assert server.requests == []

    def test_a_number_may_be_written_for_people(self, server: FakeServer) -> None:
        """Blanks, stops and brackets are for reading."""
        self.accepts(server)
        notifier = self.notifier(server)
        notifier.send(PAGE, "+1 (555) 010-01.06", Deadline(PLENTY))
        assert server.requests[0].form()["To"] == "+15550100106"

    def test_the_process_environment_is_not_read(self, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """A region or account that happens to be set sends no page elsewhere."""
        for name in ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
            monkeypatch.setenv(name, "elsewhere")
        self.accepts(server)
        same(self.attempt(self.notifier(server)), SENT)


class TestTwilioSms(_Twilio):
    """A text."""

    KIND = "twilio-sms"
    TAKEN = staticmethod(play.answer(201, {"sid": "SM1", "status": "queued"}))

    def received(self, server: FakeServer) -> list[str]:
        return [request.form()["Body"] for request in server.requests]


class TestTwilioVoice(_Twilio):
    """A call."""

    KIND = "twilio-voice"
    TAKEN = staticmethod(play.answer(201, {"sid": "CA1", "status": "queued"}))

    def received(self, server: FakeServer) -> list[str]:
        import xml.etree.ElementTree as ElementTree

        texts = []
        for request in server.requests:
            root = ElementTree.fromstring(request.form()["Twiml"])
            texts.append(" ".join(each.text or "" for each in root.iter("Say")).replace("4, F, 2, A", "4f2a"))
        return texts


def test_a_slow_channel_delays_no_other() -> None:
    """Each has its own connections: while one hangs, the other sends."""
    with FakeServer(play.silence) as slow, FakeServer(play.answer(204)) as quick:
        options = {"secret": {"env": "S"}, "allow_private": LOOPBACK}
        stuck = made("webhook", {**options, "url": slow.url}, {"S": SECRET})
        free = made("webhook", {**options, "url": quick.url}, {"S": SECRET})
        failed: list[NotifierError] = []

        def send(message: Message = PAGE) -> None:
            try:
                stuck.send(message, "x", Deadline(3))
            except NotifierError as error:
                failed.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        free.send(PAGE, "x", Deadline(PLENTY))
        assert failed == []
        slow.__exit__()
        thread.join()
        assert len(failed) == 1
