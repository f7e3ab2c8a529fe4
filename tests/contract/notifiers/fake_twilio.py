"""A Twilio of our own, on loopback: Messages and Calls as their API answers, phones, and callbacks gone wrong.

It keeps what it took, answers errors and loses replies as it is told, calls back signed, and can lose, double,
shuffle and forge what it calls back. `FakeAccount` is all of it but HTTP.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import random
import re
import threading
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-twilio-3f9c"
NUMBER = "+441632960001"
NOW = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)
PATH = re.compile(rf"/2010-04-01/Accounts/{ACCOUNT}/(Messages|Calls)(?:/(\w+))?\.json")
SMS_WAY = ("queued", "sending", "sent", "delivered")
CALL_WAY = ("initiated", "ringing", "in-progress", "completed")


class Fault(NamedTuple):
    """An answer instead of the proper one. `status` 0: none at all. `taken`: the request was carried out before."""

    status: int
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    taken: bool = False


LOST_REPLY = Fault(0, taken=True)


class Callback(NamedTuple):
    """A request that Twilio makes to us."""

    headers: dict[str, str]
    body: bytes
    url: str


def signature(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """X-Twilio-Signature, from Twilio's description of it and not from its package."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed(url: str, form: dict[str, str], token: str = TOKEN) -> Callback:
    """A callback as Twilio sends it."""
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature(url, form, token),
        "I-Twilio-Idempotency-Token": "x",
    }
    return Callback(headers, urlencode(form).encode(), url)


class FakeAccount:
    """The account. `messages` and `calls`: what was taken, by SID, in order. `faults`: for the next requests.

    `now`: its clock. `lag`: so old a resource must be before the list shows it.
    """

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.now = NOW
        self.lag = timedelta(0)
        self._lock = threading.Lock()
        self._texts = 0

    # The API.

    def answer(
        self, method: str, target: str, authorization: str | None, form: dict[str, list[str]]
    ) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        """Status, body and headers for a request."""
        with self._lock:
            self.requests.append(f"{method} {target}")
            fault = self.faults.pop(0) if self.faults else None
            if fault is not None and not fault.taken:
                return fault.status, fault.body, fault.headers
            status, value = self._done(method, target, authorization, form)
            if fault is not None:
                return fault.status, fault.body, fault.headers
            return status, json.dumps(value).encode(), ()

    def _done(
        self, method: str, target: str, authorization: str | None, form: dict[str, list[str]]
    ) -> tuple[int, dict[str, Any]]:
        if authorization != "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode():
            return _error(401, 20003, "Authenticate")
        parts = urlsplit(target)
        found = PATH.fullmatch(parts.path)
        if found is None:
            return _error(404, 20404, "The requested resource was not found")
        kind, sid = found.groups()
        kept = self.messages if kind == "Messages" else self.calls
        if sid is None:
            return self._create(kind, form) if method == "POST" else self._list(kind, parts.query)
        if sid not in kept:
            return _error(404, 20404, "The requested resource was not found")
        if method == "POST" and kept[sid]["status"] not in ("queued", "ringing"):
            return _error(400, 21220, "Call is not in-progress. Cannot redirect.")
        if method == "POST":
            kept[sid]["status"] = form["Status"][0]
        return 200, _shown(kept[sid])

    def _create(self, kind: str, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        number = form.get("To", [""])[0]
        if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {number}")
        wanted = "Body" if kind == "Messages" else "Twiml"
        if not form.get(wanted, [""])[0]:
            return _error(400, 21602, f"{wanted} is required.")
        letters = "SM" if kind == "Messages" else "CA"
        kept = self.messages if kind == "Messages" else self.calls
        return 201, _shown(self.add(letters, kept, number, dict(form)))

    def add(
        self, letters: str, kept: dict[str, dict[str, Any]], number: str, form: dict[str, list[str]], age: int = 0
    ) -> dict[str, Any]:
        """A resource, made `age` seconds ago."""
        sid = letters + hashlib.md5(f"{letters}{len(kept)}".encode()).hexdigest()
        kept[sid] = {
            "sid": sid,
            "to": number,
            "from": form.get("From", [NUMBER])[0],
            "status": "queued",
            "body": form.get("Body", [None])[0],
            "date_created": format_datetime(self.now - timedelta(seconds=age)),
            "made_at": self.now - timedelta(seconds=age),
            "error_code": None,
            "form": form,
        }
        return kept[sid]

    def _list(self, kind: str, query: str) -> tuple[int, dict[str, Any]]:
        asked = dict(parse_qsl(query))
        assert set(asked) <= {"To", "From", "PageSize", "Page", "PageToken"}, "the list is filtered by To and From only"
        kept = self.messages if kind == "Messages" else self.calls
        named = {"To": "to", "From": "from"}
        wanted = {named[name]: value for name, value in asked.items() if name in named}
        shown = [each for each in reversed(kept.values()) if self.now - each["made_at"] >= self.lag]
        found = [each for each in shown if wanted.items() <= each.items()]
        size, page = int(asked.get("PageSize", "50")), int(asked.get("Page", "0"))
        more = found[(page + 1) * size :]
        following = urlencode({**asked, "Page": page + 1, "PageToken": "P"})
        return 200, {
            kind.lower(): [_shown(each) for each in found[page * size : (page + 1) * size]],
            "page": page,
            "page_size": size,
            "next_page_uri": f"/2010-04-01/Accounts/{ACCOUNT}/{kind}.json?{following}" if more else None,
        }

    # Phones.

    def moves(self, sid: str, *states: str) -> list[Callback]:
        """A text or call goes through these states, and each is called back where it was asked for."""
        kept, name = (self.messages, "Message") if sid in self.messages else (self.calls, "Call")
        made = []
        for state in states or (SMS_WAY if name == "Message" else CALL_WAY):
            kept[sid] |= {"status": state, "error_code": 30007 if state == "undelivered" else None}
            form = {f"{name}Sid": sid, f"{name}Status": state, "AccountSid": ACCOUNT, "To": kept[sid]["to"]}
            form |= {"From": NUMBER} | ({"ErrorCode": "30007"} if state == "undelivered" else {})
            if url := kept[sid]["form"].get("StatusCallback", [None])[0]:
                made.append(signed(url, form))
        return made

    def spoken(self, sid: str) -> str:
        """What the one who picks up hears."""
        root = ElementTree.fromstring(self.calls[sid]["form"]["Twiml"][0])
        return " ".join(each.text or "" for each in root.iter("Say"))

    def presses(self, sid: str, key: str | None) -> Callback | None:
        """Someone presses a key; None: nobody does, as voicemail, and Twilio has nothing to ask."""
        gather = ElementTree.fromstring(self.calls[sid]["form"]["Twiml"][0]).find("Gather")
        if gather is None or key is None:
            return None
        form = {"CallSid": sid, "AccountSid": ACCOUNT, "To": self.calls[sid]["to"], "From": NUMBER}
        return signed(gather.attrib["action"], {**form, "CallStatus": "in-progress", "Digits": key})

    def texts_back(self, number: str, text: str, url: str) -> Callback:
        """A person answers."""
        self._texts += 1
        form = {"MessageSid": f"SM{self._texts:032x}", "From": number, "To": NUMBER, "Body": text}
        form["AccountSid"] = ACCOUNT
        return signed(url, form)


class FakeTwilio(FakeAccount):
    """The account, reached by HTTP on loopback."""

    def __init__(self) -> None:
        super().__init__()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = False  # so that closing waits for them
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """HTTP in, HTTP out."""

            def log_message(self, *_: object) -> None:
                """Nothing on the terminal of the tests."""

            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                self._reply(parse_qs(text, keep_blank_values=True))

            def _reply(self, form: dict[str, list[str]]) -> None:
                status, body, headers = fake.answer(self.command, self.path, self.headers["Authorization"], form)
                if not status:
                    self.close_connection = True
                    return
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        return Handler


def troubled(callbacks: list[Callback], seed: int, lost: float = 0.3, doubled: float = 0.2) -> list[Callback]:
    """The callbacks as a bad day delivers them: some lost, some twice, in no order."""
    chance = random.Random(seed)
    arriving = [each for each in callbacks if chance.random() >= lost]
    arriving += [each for each in arriving if chance.random() < doubled]
    chance.shuffle(arriving)
    return arriving


def forgeries(genuine: Callback) -> dict[str, Callback]:
    """What is not Twilio's, each different from the genuine request in one thing."""
    headers = {name: value for name, value in genuine.headers.items() if name != "X-Twilio-Signature"}
    right = genuine.headers["X-Twilio-Signature"]
    form = dict(parse_qsl(genuine.body.decode()))
    name, value = next(iter(form.items()))

    def with_signature(text: str) -> Callback:
        return genuine._replace(headers={**headers, "X-Twilio-Signature": text})

    return {
        "no signature": genuine._replace(headers=headers),
        "an empty signature": with_signature(""),
        "a cut signature": with_signature(right[:-1]),
        "a signature in another case": with_signature(right.swapcase()),
        "letters of another alphabet": with_signature("é" * len(right)),
        "another token": signed(genuine.url, form, "some-other-token"),
        "a field more": genuine._replace(body=genuine.body + b"&Extra=1"),
        "a field less": genuine._replace(body=urlencode(dict(list(form.items())[1:])).encode()),
        "another value": genuine._replace(body=urlencode({**form, name: value + "x"}).encode()),
        "another query": genuine._replace(url=genuine.url + "x"),
        "signed for http": signed(genuine.url.replace("https://", "http://"), form)._replace(url=genuine.url),
        "signed for another path": signed(genuine.url.replace("/in/", "/out/"), form)._replace(url=genuine.url),
        "no form at all": genuine._replace(body=b"\xff\xfe"),
    }


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in ("form", "made_at")}


def _error(status: int, code: int, words: str) -> tuple[int, dict[str, Any]]:
    return status, {"code": code, "message": words, "more_info": f"https://twilio.invalid/{code}", "status": status}
