"""What a process that stays says on standard error."""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import Any

import pytest
import typer

from oncall_rota.cli import log as logs
from oncall_rota.cli.log import logging_to_stderr
from oncall_rota.errors import OncallError, UsageError


class Said:
    """Standard error, which is no terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line, which is JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What is said."""
    return Said(capsys)


def test_what_is_no_terminal_gets_json(said: Said) -> None:
    """One object a line, whatever is said."""
    with logging_to_stderr(None, check=False) as log:
        log("listens on http://127.0.0.1:8080")
        log.alarm("two\nlines \x1b[31m")
        log.event("info", "request", {"route": "/hooks/{source}", "status": 202})
    assert all(set(each) >= {"at", "level", "event"} for each in said.lines)
    assert sorted((each["level"], each["event"]) for each in said.lines) == [
        ("info", "listens on http://127.0.0.1:8080"),
        ("info", "request"),
        ("warning", "two\nlines \x1b[31m"),
    ]
    assert "\x1b" not in said.text


def test_a_person_gets_lines_to_read(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal; what the terminal would obey is taken out."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with logging_to_stderr(None, check=False) as log:
        log.alarm("it is \x1b[31mred")
        log.event("info", "request", {"route": "/readyz", "status": 200})
    first, second = said.text.splitlines()
    assert first.endswith("red")
    assert "\x1b" not in first
    assert second.endswith("Z request route=/readyz status=200")


@pytest.mark.parametrize(("form", "lines"), [("text", 2), ("json", 1)])
def test_a_terminal_breaks_what_is_to_be_read_between_words_and_no_json(
    said: Said, monkeypatch: pytest.MonkeyPatch, form: str, lines: int
) -> None:
    """An object stays in one line, whatever the terminal makes of it."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    with logging_to_stderr(form, check=False) as log:
        log("teams: operations, payments, platform, storefront, support")
    told = said.text.splitlines()
    assert len(told) == lines
    assert " ".join(line.strip() for line in told).count("platform, storefront, support") == 1


def test_numbers_and_addresses_are_shortened(said: Said) -> None:
    """Whoever raised the alarm."""
    with logging_to_stderr("json", check=False) as log:
        log.alarm("+44 7700 900-102 and bob.brown@example.com are refused; 2026-06-17T12:00:00+00:00 is no number")
    assert said.lines[0]["event"] == "+4…02 and b…@example.com are refused; 2026-06-17T12:00:00+00:00 is no number"


def test_libraries_warn_in_their_own_words_alone(said: Said) -> None:
    """Neither what the words are filled with, nor the text of an exception, nor what is below a warning."""
    with logging_to_stderr("json", check=False):
        logger = logging.getLogger("uvicorn.error")
        logger.info("secret-1")
        try:
            raise ValueError("secret-2")
        except ValueError:
            logger.exception("failed for %s", "secret-3")
        logging.getLogger("asyncio").error("a task failed\nfuture: <Task exception=ValueError('secret-4')>")
    assert "secret" not in said.text
    first, second = said.lines
    assert (first["event"], first["error"], first["by"]) == ("failed for %s", "ValueError", "uvicorn.error")
    assert first["where"][-1].startswith("test_log.py:")
    assert second["event"] == "a task failed"
    assert not any(isinstance(each, logs.Libraries) for each in logging.getLogger().handlers)


def test_a_thread_that_dies_is_told_without_its_words(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be anything."""
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)

    def dies() -> None:
        raise RuntimeError("secret-5")

    with logging_to_stderr("json", check=False):
        thread = threading.Thread(target=dies, name="oncall-x")
        thread.start()
        thread.join()
    (line,) = said.lines
    assert (line["event"], line["thread"], line["error"]) == ("a thread has died", "oncall-x", "RuntimeError")
    assert "secret-5" not in said.text


def test_why_it_ends_is_a_line_too(said: Said) -> None:
    """With the exit code that it always has."""
    with pytest.raises(typer.Exit) as ended, logging_to_stderr("json", check=False):
        raise OncallError("the pager has died", "start it again")
    assert ended.value.exit_code == 1
    assert (said.lines[0]["level"], said.lines[0]["hint"]) == ("error", "start it again")


def test_a_reader_who_is_too_slow_holds_up_nobody(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not fit is counted."""
    monkeypatch.setattr(logs, "MOST", 3)
    begun, read = threading.Event(), threading.Event()
    real = sys.stderr.write

    def slowly(text: str) -> int:
        begun.set()
        read.wait(10)
        return real(text)

    monkeypatch.setattr(sys.stderr, "write", slowly)
    with logging_to_stderr("json", check=False) as log:
        log.event("info", "first", {})
        assert begun.wait(10)
        for _ in range(10):
            log.event("info", "request", {})
        read.set()
    found = [each["event"] for each in said.lines]
    assert found.count("request") == 3
    assert "7 lines were lost: they were read too slowly" in found


def test_another_form_is_refused() -> None:
    """Exit code 2."""
    with pytest.raises(UsageError), logging_to_stderr("xml", check=False):
        pass
