"""What every notifier must do. A class of its own adds how it is made, and a table: answer → what becomes of the page.

Words of the table: sent; again (later, the same channel); next (the next channel now); `alarm` (an administrator is
told); `unsure` (the provider may have taken it, so it is asked, or gets a copy of the same id).
"""

from __future__ import annotations

import gc
import logging
import re
import threading
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, NamedTuple

import fake_server as play
import pytest
from fake_server import FakeServer, Play

from oncall_rota.errors import ConfigurationError
from oncall_rota.notifiers import registry
from oncall_rota.notifiers.wire import Wire
from oncall_rota.paging.message import Message, cleaned
from oncall_rota.paging.model import Channel
from oncall_rota.paging.ports.notifier import Deadline, Notifier, NotifierError, Receipt

NOW = datetime(2026, 12, 7, 3, 0, tzinfo=UTC)
SECRET = "secret-of-the-tests-7d1e"
PAGE = Message(
    "5f0c8a52-1d6e-4a37-9d3b-8f6f4b7c2a10",
    "4f2a",
    "critical",
    "payments",
    "Disk full on db1",
    ("since 02:58",),
    "https://runbooks.example.com/disk",
    "https://oncall.example.com/a/k1.x9",
)
PATIENCE = 0.25  # seconds of an attempt that is going to fail by its deadline
PLENTY = 20.0  # of one that is not, on a slow machine


KNOWN = {400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 417, 421, 422, 423, 424, 425}
KNOWN |= {426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 529, 599}
NUMBERS: dict[str, Any] = {"sid": 1, "status": 2, "date_created": 3, "ok": "yes", "id": 5, "code": "x"}


class Fixed:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


class Outcome(NamedTuple):
    """What became of a page. `after`: seconds that the provider wants; `words`: part of the alarm."""

    kind: Literal["sent", "again", "next"]
    after: float | None = None
    alarm: bool = False
    unsure: bool = False
    words: str = ""


SENT = Outcome("sent")
AGAIN = Outcome("again")
UNSURE = Outcome("again", unsure=True)
NEXT = Outcome("next", alarm=True)
CREDENTIALS = Outcome("next", alarm=True, words="credentials")


class Case(NamedTuple):
    """A row. `patience`: seconds of the attempt."""

    plays: tuple[Play, ...]
    outcome: Outcome
    patience: float = PLENTY


def outcome(act: Callable[[], Receipt], hidden: tuple[str, ...] = ()) -> Outcome:
    """What an attempt came to; and nothing that is hidden shows in it."""
    try:
        receipt = act()
    except NotifierError as failed:
        return _failure(failed, hidden)
    assert receipt.state in ("sent", "delivered")
    for text in hidden:
        assert text not in repr(receipt)
    return SENT


def _failure(failed: NotifierError, hidden: tuple[str, ...]) -> Outcome:
    shown = f"{failed!r} {failed} {failed.alarm} {failed.__cause__!r}"
    assert failed.__suppress_context__ or failed.__context__ is None, "a traceback would show what is inside"
    for text in hidden:
        assert text not in shown
    assert len(shown) < 1000
    after = failed.retry_after.total_seconds() if failed.retry_after is not None else None
    kind: Literal["again", "next"] = "next" if failed.permanent else "again"
    return Outcome(kind, after, failed.alarm is not None, failed.unsure, failed.alarm or "")


def same(found: Outcome, wanted: Outcome) -> None:
    """As the table says, the alarm's words in part."""
    assert found._replace(words="") == wanted._replace(words="")
    assert wanted.words in found.words


def made(
    kind: str, options: Mapping[str, object], environ: Mapping[str, str], public_url: str | None = None, **parts: Any
) -> Notifier:
    """A notifier as the program makes it."""
    channel = Channel("channel-x", kind, "phone", options)
    return registry.make(channel, public_url, environ=environ, clock=Fixed(), **parts)


class NotifierContract:
    """What holds for all, with or without a network."""

    KIND: ClassVar[str]
    ADDRESS: ClassVar[str]
    ENVIRON: ClassVar[dict[str, str]] = {"THE_SECRET": SECRET}
    SHOWS_ADDRESS = False  # the console is for looking at

    def options(self, server: FakeServer) -> dict[str, object]:
        """The options of a channel at this provider."""
        raise NotImplementedError

    def notifier(self, server: FakeServer, **parts: Any) -> Notifier:
        return made(self.KIND, self.options(server), self.ENVIRON, **parts)

    def accepts(self, server: FakeServer) -> None:
        """The provider takes everything from now on."""
        raise NotImplementedError

    def received(self, server: FakeServer) -> list[str]:
        """The texts that the provider got, as people would read them."""
        raise NotImplementedError

    def attempt(self, notifier: Notifier, message: Message = PAGE, patience: float = PLENTY) -> Outcome:
        act = lambda: notifier.send(message, self.ADDRESS, Deadline(patience))  # noqa: E731
        return outcome(act, (SECRET, self.ADDRESS))

    def test_takes_a_page(self, server: FakeServer) -> None:
        """A page goes out, with all that a person needs."""
        self.accepts(server)
        same(self.attempt(self.notifier(server)), SENT)
        (text,) = self.received(server)
        assert "4f2a" in text
        assert "Disk full on db1" in text
        assert "payments" in text

    def test_every_code_point_is_deliverable(self, server: FakeServer) -> None:
        """All of Unicode in summaries, lone surrogates too: every page is taken, its code readable."""
        self.accepts(server)
        notifier = self.notifier(server)
        pages = list(dict.fromkeys(every_code_point()))
        for page in pages:
            same(self.attempt(notifier, page), SENT)
        texts = self.received(server)
        assert len(texts) == len(pages)
        assert all("4f2a" in text for text in texts)

    def test_takes_pages_of_many_threads(self, server: FakeServer) -> None:
        """One notifier serves them all at once."""
        self.accepts(server)
        notifier = self.notifier(server)
        found: list[Outcome] = []
        threads = [
            threading.Thread(target=lambda: found.append(self.attempt(notifier, PAGE, PLENTY))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [SENT] * 8
        assert len(self.received(server)) == 8

    def test_is_declared(self) -> None:
        """Its options can be read without it, and it keeps its word about what it can do."""
        declaration = registry.declared()[self.KIND]
        assert declaration.type == self.KIND
        assert declaration.doc.endswith(".")
        for address in (self.ADDRESS, declaration.example):
            assert not declaration.shape or re.fullmatch(declaration.shape, address, re.ASCII)
        names = [option.name for option in declaration.options]
        assert len(names) == len(set(names))
        assert all(option.doc.endswith(".") for option in declaration.options)

    def test_can_what_it_says(self, server: FakeServer) -> None:
        """Each optional part is there when the declaration names it, and only then."""
        notifier = self.notifier(server)
        parts = {part for part in ("look_up", "status", "cancel", "inbound", "rehearse") if hasattr(notifier, part)}
        assert parts == notifier.declaration.can

    def test_tells_every_mistake_at_once(self, server: FakeServer) -> None:
        """An option too many, every one that must be there, and each of the wrong kind."""
        declaration = registry.declared()[self.KIND]
        required = {option.name for option in declaration.options if option.required}
        found = registry.mistakes(self.KIND, {"to": "x", "limit": {}, "unheard-of": "1"})
        assert {problem.option for problem in found} == required | {"unheard-of"}
        assert registry.mistakes(self.KIND, self.options(server)) == ()
        wrong: dict[str, object] = {
            option.name: {"env": "A", "file": "B"} if option.kind in ("secret", "text", "url") else [[]]
            for option in declaration.options
        }
        assert {problem.option for problem in registry.mistakes(self.KIND, wrong)} == set(wrong)

    def test_shows_no_secret(self, server: FakeServer, caplog: pytest.LogCaptureFixture) -> None:
        """Not in its repr, nor in any log line; and no whole address."""
        self.accepts(server)
        with caplog.at_level(logging.DEBUG):
            notifier = self.notifier(server)
            same(self.attempt(notifier), SENT)
        for text in (caplog.text, repr(notifier), str(vars(notifier))):
            assert SECRET not in text
            assert self.ADDRESS not in text

    def test_a_missing_secret_is_a_problem(self, server: FakeServer) -> None:
        """All of them at once, by the option's name, when the notifier is made."""
        declaration = registry.declared()[self.KIND]
        secrets = {option.name for option in declaration.options if option.kind == "secret"}
        used = secrets & set(self.options(server))
        if not used:
            return
        with pytest.raises(ConfigurationError) as caught:
            made(self.KIND, self.options(server), {})
        assert {problem.option for problem in caught.value.problems} == used
        assert {problem.code for problem in caught.value.problems} == {"no-secret"}


class NetworkContract(NotifierContract):
    """What holds for all that reach a provider by a connection."""

    def options_of(self, host: str, port: int) -> dict[str, object]:
        raise NotImplementedError

    def options(self, server: FakeServer) -> dict[str, object]:
        return self.options_of("127.0.0.1", server.port)

    def test_nobody_listens(self) -> None:
        """Refused: surely not taken, so the same channel may be tried again."""
        with play.nobody() as port:
            notifier = made(self.KIND, self.options_of("127.0.0.1", port), self.ENVIRON)
            same(self.attempt(notifier), AGAIN)

    def test_the_name_does_not_resolve(self) -> None:
        """The same; names come back."""

        def resolve(*_: Any, **__: Any) -> Any:
            raise OSError("no such name")

        notifier = made(self.KIND, self.options_of("nowhere.invalid", 1), self.ENVIRON, wire=Wire(resolve))
        same(self.attempt(notifier), AGAIN)

    def test_the_resolver_never_answers(self) -> None:
        """The resolver knows no deadline; the attempt ends all the same."""
        free = threading.Event()

        def resolve(*_: Any, **__: Any) -> Any:
            free.wait(30)
            raise OSError

        notifier = made(self.KIND, self.options_of("slow.invalid", 1), self.ENVIRON, wire=Wire(resolve))
        started = time.monotonic()
        same(self.attempt(notifier, PAGE, PATIENCE), AGAIN)
        assert time.monotonic() - started < PATIENCE + 2
        free.set()

    def test_no_time_is_left(self, server: FakeServer) -> None:
        """An attempt that starts at its deadline sends nothing."""
        self.accepts(server)
        found = self.attempt(self.notifier(server), PAGE, 0)
        assert found.kind == "again"
        assert self.received(server) == []


class HttpContract(NetworkContract):
    """What holds for all that talk HTTP. `TAKEN`: the provider's proper answer."""

    TAKEN: ClassVar[Play]
    READS_BODY = True  # an answer that cannot be read leaves the page unsure

    @classmethod
    def table(cls) -> dict[str, Case]:
        """Answers that every provider on HTTP can give."""
        unread = UNSURE if cls.READS_BODY else SENT
        rows: dict[str, Case] = {"taken": Case((cls.TAKEN,), SENT)}
        for status in range(400, 600):
            if status in KNOWN:
                rows[str(status)] = Case((play.answer(status, b"nobody reads this"),), meaning(status))
        for status in (301, 302, 303, 304):
            rows[str(status)] = Case((play.answer(status, Location="http://127.0.0.1:1/"),), NEXT)
        waits = {"7": 7, "0": 0, "61": 60, "99999999": 60, "-1": None, "soon": None, "": None, "1e3": None}
        waits |= {"Mon, 07 Dec 2026 03:00:30 GMT": 30, "Sun, 06 Dec 2026 03:00:00 GMT": 0, "9" * 5000: None}
        for status in (429, 503):
            for text, seconds in waits.items():
                rows[f"{status}, retry after {text[:30]!r}"] = Case(
                    (play.answer(status, retry_after=text),), Outcome("again", seconds)
                )
        rows |= {
            "the request is taken and no word said": Case((play.no_reply,), UNSURE),
            "broken off": Case((play.reset,), UNSURE),
            "silence": Case((play.silence,), UNSURE, PATIENCE),
            "headers drip": Case((play.DRIPPED_HEAD,), UNSURE, PATIENCE),
            "the body drips": Case((play.dripped_body(200),), unread, PATIENCE),
            "a refusal's body drips": Case((play.dripped_body(400),), NEXT, PATIENCE),
            "a body of a gigabyte": Case((play.huge(200),), unread),
            "a refusal of a gigabyte": Case((play.huge(400),), NEXT),
            "a gzip bomb": Case((play.bomb(200),), unread),
            "one header without end": Case((play.FLOOD,), UNSURE),
            "headers without end": Case((play.MANY_HEADERS,), UNSURE),
            "no HTTP": Case((play.raw(b"\x16\x03\x01garbage\r\n\r\n"),), UNSURE),
            "a status that is none": Case((play.raw(b"HTTP/1.1 abc OK\r\n\r\n"),), UNSURE),
            "a length that is none": Case((play.raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),), unread),
            "a body that is cut": Case((play.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),), unread),
            "no body": Case((play.answer(200),), unread),
            "not JSON": Case((play.answer(200, "<html>it works</html>"),), unread),
            "another JSON": Case((play.answer(200, "[]"),), unread),
            "an empty object": Case((play.answer(200, {}),), unread),
            "JSON of great depth": Case((play.answer(200, "[" * 100_000),), unread),
            "JSON with numbers for texts": Case((play.answer(200, NUMBERS),), unread),
            "no UTF-8": Case((play.answer(200, b'{"sid": "\xff"}'),), unread),
        }
        return rows | cls.more()

    @classmethod
    def more(cls) -> dict[str, Case]:
        """Rows of this provider alone."""
        return {}

    def accepts(self, server: FakeServer) -> None:
        server.plays[:] = [type(self).TAKEN]

    def test_an_answer(self, case: Case, server: FakeServer) -> None:
        """Every answer is understood as the table says, in time."""
        server.plays[:] = case.plays
        notifier = self.notifier(server)
        started = time.monotonic()
        same(self.attempt(notifier, PAGE, case.patience), case.outcome)
        assert time.monotonic() - started < case.patience + 2

    @pytest.mark.parametrize("status", sorted(KNOWN | {200}))
    @pytest.mark.parametrize("before", [200, 500, 401])
    def test_answers_are_judged_alone(self, status: int, before: int, server: FakeServer) -> None:
        """Whatever came before: a notifier remembers nothing of it."""
        plays = {200: type(self).TAKEN}
        server.plays[:] = [plays.get(each) or play.answer(each) for each in (before, status)]
        notifier = self.notifier(server)
        self.attempt(notifier)
        same(self.attempt(notifier), SENT if status == 200 else meaning(status))

    @pytest.mark.parametrize("bad", [play.huge(200), play.bomb(200), play.FLOOD, play.MANY_HEADERS])
    def test_memory_stays_small(self, bad: Play, server: FakeServer) -> None:
        """Whatever a provider pours out: at most 10 MB more."""
        self.accepts(server)
        notifier = self.notifier(server)
        server.plays[:] = [bad]
        self.attempt(notifier)  # imports, and what the fake makes once and keeps
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            self.attempt(notifier)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # The fake pours from this process too: its own block is counted with ours.
        assert peak - before < 10_000_000

    def test_a_wrong_certificate_or_none(self, server: FakeServer) -> None:
        """Encryption that does not come about sends nothing, and says so."""
        server.plays[:] = [play.answer(200)]
        notifier = made(self.KIND, self.options_of_url(f"https://127.0.0.1:{server.port}"), self.ENVIRON)
        found = self.attempt(notifier, PAGE, PATIENCE)
        assert found.kind == "again"
        assert not found.unsure
        assert server.requests == []

    def options_of(self, host: str, port: int) -> dict[str, object]:
        return self.options_of_url(f"http://{host}:{port}")

    def options_of_url(self, url: str) -> dict[str, object]:
        raise NotImplementedError


def meaning(status: int) -> Outcome:
    """What a status means at every provider: the table of F-14."""
    if status in (401, 403):
        return CREDENTIALS
    if status in (408, 425, 429, 503):
        return AGAIN
    return UNSURE if status >= 500 else NEXT


def every_code_point() -> list[Message]:
    """Pages whose summaries hold all of Unicode; the planes that are empty look alike and are made once."""
    size = 900
    parts = ["".join(map(chr, range(start, min(start + size, 0x110000)))) for start in range(0, 0x110000, size)]
    return [cleaned(PAGE._replace(summary=part, lines=(part[:100],))) for part in parts]
