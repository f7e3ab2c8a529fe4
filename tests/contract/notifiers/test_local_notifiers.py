"""Notifiers without a provider on the network: the console, a command, and Apprise's own process."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fake_server as play
import pytest
from fake_server import FakeServer
from notifier_suite import (
    AGAIN,
    NEXT,
    PAGE,
    PATIENCE,
    PLENTY,
    SECRET,
    SENT,
    UNSURE,
    NotifierContract,
    made,
    outcome,
    same,
)

from oncall_rota.paging.ports.notifier import Deadline, Notifier, NotifierError


class TestConsole(NotifierContract):
    """Standard error."""

    KIND = "console"
    ADDRESS = "ada-of-the-tests"

    @pytest.fixture(autouse=True)
    def _stream(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.printed = ""
        self.capsys = capsys

    def options(self, server: FakeServer) -> dict[str, object]:
        return {}

    def accepts(self, server: FakeServer) -> None:
        """It always does."""

    def received(self, server: FakeServer) -> list[str]:
        self.printed += self.capsys.readouterr().err
        return self.printed.split("--- channel-x to ")[1:]

    def test_a_terminal_obeys_nothing(self, server: FakeServer) -> None:
        """Whatever the page holds, only line breaks are left of all that controls."""
        self.test_every_code_point_is_deliverable(server)
        text = self.printed
        assert "4f2a" in text
        assert all(letter.isprintable() or letter in "\n\u200c\u200d" for letter in text)

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
    def test_a_terminal_of_few_letters(
        self, encoding: str, server: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What cannot be shown is replaced, and the page is not lost."""
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stderr", stream)
        same(self.attempt(self.notifier(server), PAGE._replace(summary="東京 ü")), SENT)
        assert b"4f2a" in stream.buffer.getvalue()  # type: ignore[attr-defined]

    def test_a_closed_stream(self, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """The next channel's turn."""
        stream = io.StringIO()
        stream.close()
        monkeypatch.setattr(sys, "stderr", stream)
        same(self.attempt(self.notifier(server)), NEXT._replace(alarm=False))


WRITE = "import os, sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + os.environb[b'ONCALL_TO'] + b'\\0')"


class TestExec(NotifierContract):
    """A command."""

    KIND = "exec"
    ADDRESS = "ada-of-the-tests"

    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = tmp_path / "pages"
        monkeypatch.setenv("ONCALL_ALLOW_EXEC", "1")
        monkeypatch.setenv("SOME_TOKEN", SECRET)

    def options(self, server: FakeServer) -> dict[str, object]:
        return {"command": ["/bin/sh", "-c", f"cat >> '{self.file}'; printf '%s\\0' \"$ONCALL_TO\" >> '{self.file}'"]}

    def accepts(self, server: FakeServer) -> None:
        """The command always does."""

    def received(self, server: FakeServer) -> list[str]:
        # Commands that run at once write into each other: what is counted is their ends.
        return self.file.read_text().split("\0")[:-1] if self.file.exists() else []

    def test_takes_pages_of_many_threads(self, server: FakeServer) -> None:
        """Eight at once, each with a process of its own."""
        folder = self.file.parent / "many"
        folder.mkdir()
        self.file = folder / "x"
        notifier = made(self.KIND, {"command": ["/bin/sh", "-c", f"cat > '{folder}'/$$"]}, {})
        import threading

        threads = [threading.Thread(target=self.attempt, args=(notifier,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([path for path in folder.iterdir() if "4f2a" in path.read_text()]) == 8

    @pytest.mark.parametrize(
        ("script", "wanted"),
        [
            ("exit 0", SENT),
            ("exit 75", AGAIN),
            ("exit 1", NEXT),
            ("exit 127", NEXT),
            ("kill -9 $$", NEXT),
            ("exec <&-; exit 0", SENT),
            ("head -c 10000000 /dev/zero; exit 0", SENT),
            ("head -c 10000000 /dev/zero >&2; exit 75", AGAIN),
            ("(sleep 30 &) ; exit 0", SENT),
        ],
    )
    def test_an_end(self, script: str, wanted: Any) -> None:
        """The exit code decides; what is printed is thrown away."""
        same(self.attempt(made(self.KIND, {"command": ["/bin/sh", "-c", script]}, {})), wanted)

    def test_it_ends_in_time_with_its_children(self, tmp_path: Path) -> None:
        """Whoever does not end is killed, and what it started too."""
        mark = tmp_path / "pid"
        notifier = made(self.KIND, {"command": ["/bin/sh", "-c", f"sleep 300 & echo $! > '{mark}'; wait"]}, {})
        started = time.monotonic()
        same(self.attempt(notifier, PAGE, 1.0), UNSURE)
        assert time.monotonic() - started < 5
        child = int(mark.read_text())
        for _ in range(1000):  # until the system has taken it away
            state = Path(f"/proc/{child}/stat")
            if not state.exists() or state.read_text().split()[2] == "Z":
                return
            os.sched_yield()
        pytest.fail("the child lives")

    @pytest.mark.parametrize("command", [["/nowhere/at/all"], ["/etc"], ["/dev/null"], ["/a\0b"], [""]])
    def test_what_cannot_be_started(self, command: list[str]) -> None:
        """The next channel, and an alarm; or a mistake in the options."""
        if command == [""]:
            assert made_mistakes(command)
            return
        same(self.attempt(made(self.KIND, {"command": command}, {})), NEXT)

    def test_the_page_is_in_no_argument(self, tmp_path: Path) -> None:
        """Arguments are for all to see; secrets of ours are in nobody's environment."""
        seen = tmp_path / "seen"
        script = (
            "import json, os, sys; json.dump([sys.argv, dict(os.environ), sys.stdin.read()], open(sys.argv[1], 'w'))"
        )
        notifier = made(self.KIND, {"command": [sys.executable, "-c", script, str(seen)]}, {})
        same(self.attempt(notifier), SENT)
        arguments, environment, text = json.loads(seen.read_text())
        assert arguments == ["-c", str(seen)]
        assert environment["ONCALL_PAGE_ID"] == PAGE.page_id
        assert SECRET not in json.dumps(environment)
        assert PAGE.summary in text
        assert text.endswith("\n")  # else `while read` of a shell loses the last line, which has the code

    @pytest.mark.parametrize("value", ["", "0", "yes", None])
    def test_needs_leave(self, value: str | None, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        """ONCALL_ALLOW_EXEC is 1, or nothing is ever started."""
        if value is None:
            monkeypatch.delenv("ONCALL_ALLOW_EXEC")
        else:
            monkeypatch.setenv("ONCALL_ALLOW_EXEC", value)
        with pytest.raises(NotifierError, match="ONCALL_ALLOW_EXEC=1") as caught:
            self.notifier(server)
        assert caught.value.permanent
        assert caught.value.alarm


def made_mistakes(command: list[str]) -> bool:
    """Whether validation finds the command wanting."""
    from oncall_rota.notifiers import registry

    return bool(registry.mistakes("exec", {"command": command}))


class TestApprise(NotifierContract):
    """The bridge, in a process of its own, to a service that speaks HTTP on loopback."""

    KIND = "apprise"
    ADDRESS = "ada-of-the-tests"
    ENVIRON: ClassVar[dict[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _address(self, server: FakeServer) -> Iterator[None]:
        type(self).ENVIRON = {"THE_URL": f"gotify://127.0.0.1:{server.port}/{SECRET}?format=text"}
        yield
        type(self).ENVIRON = {}

    def options(self, server: FakeServer) -> dict[str, object]:
        return {"url": {"env": "THE_URL"}}

    def accepts(self, server: FakeServer) -> None:
        server.plays[:] = [play.answer(200, {"id": 1})]

    def received(self, server: FakeServer) -> list[str]:
        return [f"{request.json()['title']}\n{request.json()['message']}" for request in server.requests]

    def test_every_code_point_is_deliverable(self, server: FakeServer) -> None:
        """One process each is slow: all of Unicode is in few pages here."""
        from notifier_suite import every_code_point

        self.accepts(server)
        pages = list(dict.fromkeys(every_code_point()))
        joined = [
            PAGE._replace(lines=tuple(page.summary for page in pages[n : n + 50])) for n in range(0, len(pages), 50)
        ]
        notifier = self.notifier(server)
        for page in joined:
            same(self.attempt(notifier, page), SENT)
        assert all("4f2a" in text for text in self.received(server))
        assert len(server.requests) >= len(joined)

    @pytest.mark.parametrize(
        ("answer", "wanted"),
        [
            (play.answer(200, {"id": 1}), SENT),
            (play.answer(400), UNSURE),
            (play.answer(401), UNSURE),
            (play.answer(429), UNSURE),
            (play.answer(500), UNSURE),
            (play.reset, UNSURE),
            (play.no_reply, UNSURE),
            (play.huge(200), UNSURE),
        ],
    )
    def test_an_answer(self, answer: play.Play, wanted: Any, server: FakeServer) -> None:
        """It says yes or no and never why, so no is: again, unsure."""
        server.plays[:] = [answer]
        found = self.attempt(self.notifier(server))
        # A body of a gigabyte ends its process; an answer of 200 before that is an answer all the same.
        assert found in (
            (SENT, UNSURE) if wanted is UNSURE and answer.__qualname__.startswith("endless") else (wanted,)
        )

    def test_it_ends_in_time(self, server: FakeServer) -> None:
        """Whatever Apprise waits for."""
        server.plays[:] = [play.silence]
        notifier = self.notifier(server)
        started = time.monotonic()
        same(self.attempt(notifier, PAGE, 1.0), UNSURE)
        assert time.monotonic() - started < 5

    def test_no_time_is_left(self, server: FakeServer) -> None:
        """Nothing is sent."""
        self.accepts(server)
        same(self.attempt(self.notifier(server), PAGE, 0), UNSURE)
        assert self.received(server) == []

    @pytest.mark.parametrize("url", ["json://127.0.0.1", "file:///etc/passwd", "syslog://", "dbus://", "exec://x", ""])
    def test_only_listed_services(self, url: str) -> None:
        """What takes any address, or acts on this machine, is refused before anything is imported."""
        with pytest.raises(NotifierError, match="may not use") as caught:
            made(self.KIND, {"url": {"env": "U"}}, {"U": url or "none"})
        assert caught.value.alarm

    def test_an_address_that_apprise_does_not_know(self) -> None:
        """The next channel, and an alarm."""
        notifier = made(self.KIND, {"url": {"env": "U"}}, {"U": "tgram://not a token"})
        same(outcome(lambda: notifier.send(PAGE, "x", Deadline(PLENTY))), NEXT)

    def test_the_person_is_a_part_of_the_address(self, server: FakeServer) -> None:
        """And changes no other part: Apprise undoes quoting, so what would need it is refused."""
        self.accepts(server)
        url = f"gotify://127.0.0.1:{server.port}/{{to}}/{SECRET}"
        notifier: Notifier = made(self.KIND, {"url": {"env": "U"}}, {"U": url})
        notifier.send(PAGE, "ada.l-1", Deadline(PLENTY))
        assert "/ada.l-1/" in server.requests[0].target
        for address in ("../x", "x?y", "x#z", "..", "%2e%2e", "a/b", "a b", "", "x" * 200):
            same(outcome(lambda address=address: notifier.send(PAGE, address, Deadline(PLENTY))), NEXT)  # type: ignore[misc]
        assert len(server.requests) == 1


def test_the_patience_of_the_tests_is_short() -> None:
    """No test here waits for longer than it has to."""
    assert PATIENCE < 1
