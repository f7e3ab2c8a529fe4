"""A phone company around a night: Twilio's account without a socket, phones that people answer or not, and callbacks
that get lost, come twice, in any order, or from somebody else.

The notifiers are the real ones; their requests reach the account through `Line`, a `Wire` in memory. What the company
calls back goes through `door`, as the web's would be: `inbound`, then `Hearing`, then the answer in its form.
"""

from __future__ import annotations

import heapq
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from fake_twilio import ACCOUNT, CALL_WAY, NUMBER, SMS_WAY, TOKEN, Callback, FakeAccount
from night import Night

from oncall_rota.notifiers import registry
from oncall_rota.notifiers.wire import Guard, Wire
from oncall_rota.paging.hearing import Hearing
from oncall_rota.paging.model import Channel, Reach, Rule
from oncall_rota.paging.ports.notifier import Answer, Deadline, Delivery, Listens, NotifierError, Reply
from oncall_rota.paging.request import Request
from oncall_rota.timeline.duration import parse

PUBLIC = "https://oncall.example.com"
KINDS = {"sms": "twilio-sms", "call": "twilio-voice"}
ALICE, BOB = "+44 7700 900-001", "+447700900002"
ENDED = ("delivered", "undelivered", "failed", "completed", "busy", "no-answer", "canceled")


class Killed(BaseException):
    """The process has ended here, by `kill -9`."""


class Line(Wire):
    """The way to Twilio. `next`: what happens to the next requests instead of an answer.

    `refused`: nobody listens. `silent`: not taken, and no word for as long as anyone waits. `mute`: taken, and then the
    same. `killed before`, `killed after`: we die as Twilio is about to take it, or just has.
    """

    def __init__(self, company: Company) -> None:
        super().__init__()
        self.company = company
        self.next: deque[str] = deque()

    def connect(self, host: str, port: int, deadline: Deadline, guard: Guard | None = None) -> Any:
        event = self.next.popleft() if self.next else ""
        if event == "refused":
            raise NotifierError(f"{host} refused the connection")
        return _Talk(self.company, event)


class _Talk:
    """One request and its answer; as much of a socket as our HTTP uses."""

    def __init__(self, company: Company, event: str) -> None:
        self._company = company
        self._event = event
        self._asked = b""
        self._answer: bytes | None = None
        self._patience = 0.0

    def settimeout(self, seconds: float) -> None:
        self._patience = seconds

    def sendall(self, data: bytes) -> None:
        self._asked += data

    def recv_into(self, buffer: memoryview) -> int:
        if self._answer is None:
            self._answer = self._talked()
        part, self._answer = self._answer[: len(buffer)], self._answer[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """The company hangs up by itself."""

    def _talked(self) -> bytes:
        if self._event == "killed before":
            raise Killed
        answer = b"" if self._event == "silent" else self._company.answered(self._asked)
        if self._event == "killed after":
            raise Killed
        if self._event in ("silent", "mute"):
            self._company.night.clock.at += timedelta(seconds=self._patience)
            raise TimeoutError
        return answer


class Phone:
    """Somebody's phone. `texts`, `calls`: what it got, by the SID. `hears`: what it was answered, to texts and keys.

    `text_ends`: the last word of a text to it; `sent` is none, the carrier says nothing more. `call_ends`: `busy`,
    `no-answer`, `failed`, `voicemail`, or the keys that are pressed.
    """

    def __init__(self, company: Company, number: str) -> None:
        self._company = company
        self.number = number
        self.text_ends = "delivered"
        self.call_ends = "voicemail"
        self.texts: list[str] = []
        self.calls: list[str] = []
        self.hears: list[str] = []

    @property
    def codes(self) -> list[str]:
        """The codes of the texts that it got, in order."""
        return [self._company.account.messages[sid]["body"].rpartition("#")[2].split()[0] for sid in self.texts]

    def sends(self, text: str) -> str:
        """Its owner texts us; what they are answered."""
        callback = self._company.account.texts_back(self.number, text, f"{PUBLIC}/in/sms")
        return self._company.delivered(callback, self)


class Company:
    """Twilio, the carriers and the phones of a night. `lost`, `doubled`: of the callbacks, at most 1.0.

    `latest`: seconds that a callback may take. `seen`: called with every callback at the door before it is heard, what
    it returns with the answer. `meanwhile`: what happens while the next requests are being answered. `arrived`: at the
    door, in order.
    """

    def __init__(self, night: Night, seed: int = 0) -> None:
        self.night = night
        self.chance = Random(seed)
        self.lost = self.doubled = 0.0
        self.latest = 0.0
        self.seen: Callable[[Callback], Callable[[Answer], None]] = lambda _: lambda _: None
        self.meanwhile: deque[Callable[[], None]] = deque()
        self.account = _Account(self)
        self.line = Line(self)
        self.arrived: list[Callback] = []
        self._phones: dict[str, Phone] = {}
        self._numbers: dict[str, str] = {}
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._hearing: tuple[object, Hearing] | None = None
        options: Mapping[str, object] = {
            "from": NUMBER, "account": ACCOUNT, "token": {"env": "TWILIO"}, "url": "http://twilio.invalid"
        }  # fmt: skip
        for name, kind in KINDS.items():
            channel = Channel(name, kind, "phone", options, night.channels[name].limit)
            made = registry.make(channel, PUBLIC, environ={"TWILIO": TOKEN}, clock=night.clock, wire=self.line)
            night.channels[name], night.providers[name] = channel, made

    # -- people

    def gives(self, who: str, number: str, *rules: str) -> Phone:
        """A phone for somebody, and their rules, such as `2m sms`; the number as people write it."""
        read = [(parse(rule.split()[0]), tuple(rule.split()[1:])) for rule in rules]
        addresses = {"push": f"{who}/push", "email": f"{who}/email", "sms": number, "call": number}
        self.night.field.people[who] = Reach(who, who.title(), tuple([Rule(*each) for each in read]), addresses)
        self._numbers[who] = "".join(letter for letter in number if letter in "+0123456789")
        return self.phone(who)

    def phone(self, who: str) -> Phone:
        """The phone of a person, or of a number that nobody here has."""
        number = self._numbers.get(who, who)
        return self._phones.setdefault(number, Phone(self, number))

    # -- time

    def passes(self, span: str) -> None:
        """Time passes; the pager ticks every second, and what phones and carriers do reaches the door between."""
        until = self.night.clock.at + parse(span)
        while self.night.clock.at < until:
            self.night.passes("1s")
            while self.happens():
                pass

    def happens(self) -> bool:
        """Whatever a phone or a carrier was about to do next by now; False: nothing."""
        if not self._events or self._events[0][0] > self.night.clock.at:
            return False
        heapq.heappop(self._events)[2]()
        return True

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Something happens in a while."""
        heapq.heappush(self._events, (self.night.clock.at + timedelta(seconds=seconds), next(self._order), act))

    def lags(self, span: str) -> None:
        """Twilio's list shows nothing that is younger."""
        self.account.lag = parse(span)

    def restarts(self) -> None:
        """The process has died, and another one starts."""
        self.night.store.close()
        self.night.starts()

    # -- what Twilio does

    def answered(self, asked: bytes) -> bytes:
        """The answer to a request, as bytes on the line; empty when the reply is lost."""
        head, _, body = asked.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        method, target, _ = first.split(" ")
        form = parse_qs(body.decode(), keep_blank_values=True)
        self.account.now = self.night.clock.at
        status, data, headers = self.account.answer(method, target, named.get("authorization"), form)
        if self.meanwhile:
            self.meanwhile.popleft()()
        if not status:
            return b""
        more = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}\r\n{more}\r\n".encode() + data

    def lives(self, sid: str, number: str) -> None:
        """A text or call that was taken goes its way."""
        phone = self.phone(number)
        if sid.startswith("SM"):
            way = (*SMS_WAY[:-1], *([] if phone.text_ends == "sent" else [phone.text_ends]))
            for seconds, state in zip((0.2, 1, 2, 5), way, strict=False):
                self.after(seconds, partial(self._moves, sid, state))
            self.after(5, lambda: phone.texts.append(sid) if phone.text_ends == "delivered" else None)
            return
        ends = phone.call_ends
        self.after(0.5, partial(self._moves, sid, "failed" if ends == "failed" else CALL_WAY[0]))
        if ends == "failed":
            return
        self.after(2, partial(self._moves, sid, "ringing"))
        if ends in ("busy", "no-answer"):
            rings = int(self.account.calls[sid]["form"]["Timeout"][0]) if ends == "no-answer" else 2
            self.after(2 + rings, partial(self._moves, sid, ends))
        elif ends == "voicemail":
            self.after(22, partial(self._moves, sid, "in-progress"))
            self.after(50, partial(self._moves, sid, "completed"))
        else:
            self.after(8, partial(self._moves, sid, "in-progress"))
            for number_of, key in enumerate(ends):
                self.after(15 + 3 * number_of, partial(self._presses, sid, key))
            self.after(18 + 3 * len(ends), partial(self._moves, sid, "completed"))

    def _moves(self, sid: str, state: str) -> None:
        kept = self.account.messages.get(sid) or self.account.calls[sid]
        if kept["status"] in ENDED:
            if kept["status"] == "canceled" and not kept.get("told"):
                kept["told"] = True
                self.calls_back(*self.account.moves(sid, "canceled"))
            return
        if state == "in-progress":
            self.phone(kept["to"]).calls.append(sid)
        self.calls_back(*self.account.moves(sid, state))

    def _presses(self, sid: str, key: str) -> None:
        kept = self.account.calls[sid]
        pressed = self.account.presses(sid, key) if kept["status"] == "in-progress" else None
        if pressed is not None:
            self.calls_back(pressed)

    def calls_back(self, *callbacks: Callback) -> None:
        """Requests to our door, some of which arrive, some twice, each when it likes."""
        for callback in callbacks:
            times = 0 if self.chance.random() < self.lost else 1 + (self.chance.random() < self.doubled)
            for _ in range(times):
                self.after(self.chance.uniform(0, self.latest), partial(self.delivered, callback))

    # -- our door

    def delivered(self, callback: Callback, phone: Phone | None = None) -> str:
        """A request reaches the door; what a person hears of the answer."""
        heard = self.seen(callback)
        self.arrived.append(callback)
        answer = self.door(callback)
        heard(answer)
        said = _said(answer)
        if phone is None and "CallSid" in (form := dict(parse_qsl(callback.body.decode("ascii", "replace")))):
            phone = self.phone(form.get("To", ""))
        if phone is not None and said:
            phone.hears.append(said)
        return said

    def door(self, callback: Callback) -> Answer:
        """As the web's: behind a proxy, so that neither host nor scheme is what Twilio called."""
        parts = urlsplit(callback.url)
        channel = parts.path.rpartition("/")[2]
        notifier = self.night.providers.get(channel)
        if not isinstance(notifier, Listens):
            return Answer(404)
        inner = f"http://127.0.0.1:8080{parts.path}" + (f"?{parts.query}" if parts.query else "")
        found = notifier.inbound(callback.headers, callback.body, inner)
        if isinstance(found.event, Delivery):
            self.hearing.delivery(channel, found.event)
        elif isinstance(found.event, Reply):
            return found.answer(self.hearing.reply(channel, found.event))
        return found.answer("")

    @property
    def hearing(self) -> Hearing:
        """Of the process that runs now."""
        night = self.night
        if self._hearing is None or self._hearing[0] is not night.store:
            self._hearing = (night.store, Hearing(night.store, self._submitted, night.configuration))
        return self._hearing[1]

    def _submitted(self, request: Request) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(self.night.takes(request))
        return future


class _Account(FakeAccount):
    """Twilio's account, with a life for what it takes."""

    def __init__(self, company: Company) -> None:
        super().__init__()
        self._company = company

    def add(
        self, letters: str, kept: dict[str, dict[str, Any]], number: str, form: dict[str, list[str]], age: int = 0
    ) -> dict[str, Any]:
        made = super().add(letters, kept, number, form, age)
        self._company.lives(made["sid"], number)
        return made


def _said(answer: Answer) -> str:
    """The words in a TwiML answer."""
    if not answer.content_type.startswith("text/xml"):
        return ""
    root = ElementTree.fromstring(answer.body)
    return " ".join((each.text or "").strip() for each in root.iter() if each.tag in ("Say", "Message"))


def spoken(twilio: Company) -> list[str]:
    """What each call says, in order, without what all of them say."""
    return [twilio.account.spoken(sid).split(". ")[1] for sid in twilio.account.calls]


def texted(twilio: Company) -> list[str]:
    """What each text says of its incident, in order."""
    return [kept["body"].split("payments: ")[1].split(" #")[0] for kept in twilio.account.messages.values()]
