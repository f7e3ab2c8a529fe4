"""What a process that stays says on standard error: lines for a person at a terminal, JSON for whatever keeps them.

A line tells what has happened and the ids that belong to it. No secret is in it, no address of a request, and of
numbers and mail addresses no more than tells them apart.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from queue import Empty, Full, Queue
from typing import Any, Literal

import typer

from oncall_rota.cli.page_voice import write_line
from oncall_rota.cli.setting import present
from oncall_rota.cli.terminal import say, warn
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.paging.message import masked
from oncall_rota.rendering.incident import told

Form = Literal["json", "text"]
FORMS = ("json", "text")
MOST = 10_000  # lines that wait; whoever reads them too slowly loses some, and holds up nobody
FRAMES = 6  # of a failure: where it happened, and never with what
_CONTACT = re.compile(
    r"\+\d(?:[ ().-]{0,2}\d){6,14}|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)

_encoded = json.JSONEncoder().encode


def _without_contacts(text: str) -> str:
    return _CONTACT.sub(lambda found: masked(found[0]), text)


class Log:
    """Writes lines, from any thread. Those of requests are written by a thread of its own, as a reader may be slow."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._waiting: Queue[tuple[datetime, str, str, Mapping[str, Any]] | None] = Queue(MOST)
        self._lost = 0
        self._writer = threading.Thread(target=self._write, name="oncall-log", daemon=True)

    def __call__(self, text: str) -> None:
        """A sentence."""
        self._say("info", text, {})

    def alarm(self, text: str) -> None:
        """A sentence that somebody has to read."""
        self._say("warning", text, {})

    def warn(self, text: str, hint: str = "") -> None:
        """What is wrong, and yet no reason to end."""
        if self.form == "text":
            warn(text, hint)
        else:
            self._say("warning", text, {"hint": hint} if hint else {})

    def event(self, level: str, event: str, ids: Mapping[str, Any]) -> None:
        """What has happened, in a few words of ours, and what belongs to it. Waits for nobody."""
        try:
            self._waiting.put_nowait((present(), level, event, ids))
        except Full:
            self._lost += 1

    def fail(self, error: OncallError) -> None:
        """Why it ends."""
        self._say("error", str(error), {"hint": error.hint} if error.hint else {})

    def _say(self, level: str, text: str, more: Mapping[str, str]) -> None:
        """A sentence may have come from anywhere."""
        hidden = {name: _without_contacts(each) for name, each in more.items()}
        self._put(self._line(present(), level, _without_contacts(text), hidden))

    def _put(self, line: str) -> None:
        """A line of text may be broken on a terminal; one of JSON is one line."""
        if self.form == "text":
            say(line)
        else:
            write_line(line)

    def _line(self, at: datetime, level: str, event: str, ids: Mapping[str, Any]) -> str:
        if self.form == "json":
            return _encoded({"at": told(at), "level": level, "event": event, **ids})
        return " ".join([told(at), event, *[f"{name}={value}" for name, value in ids.items()]])

    def _write(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            with suppress(Exception):  # a reader that is gone is no reason to end
                self._put(self._line(*waiting))
                if lost := self._lost:
                    self._lost -= lost
                    self._say("warning", f"{lost} lines were lost: they were read too slowly", {})

    def start(self) -> None:
        """Begin to write what waits."""
        self._writer.start()

    def close(self) -> None:
        """Write what still waits, for a second at most."""
        with suppress(Full):
            self._waiting.put(None, timeout=1.0)
        self._writer.join(1.0)
        with suppress(Empty):  # nobody reads, so nobody is told
            while True:
                self._waiting.get_nowait()


class Libraries(logging.Handler):
    """What libraries warn of: their own words alone. What they were working on may be a secret."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Without the values that the words are filled with, and of an exception where it came from."""
        words = str(record.msg).strip().partition("\n")[0]
        level = "error" if record.levelno >= logging.ERROR else "warning"
        error = record.exc_info[1] if record.exc_info else None
        self._log.event(level, words, {"by": record.name, **(failure(error) if error is not None else {})})


def failure(error: BaseException) -> dict[str, Any]:
    """What an exception was and where it came from; its text is not told, which may be anything."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "where": places}


@contextmanager
def logging_to_stderr(form: str | None, *, check: bool) -> Iterator[Log]:
    """A log until the end of the block. `form`: that of `--log`; None: text for a terminal and for `check`, else JSON.

    As JSON it also tells why the process ends. Raises `UsageError`.
    """
    if form is not None and form not in FORMS:
        raise UsageError(f"--log: {form!r} is neither json nor text")
    chosen: Form = "text" if form == "text" or (form is None and (check or sys.stderr.isatty())) else "json"
    log, root, hook = Log(chosen), logging.getLogger(), threading.excepthook
    libraries = Libraries(log)

    def died(given: threading.ExceptHookArgs) -> None:
        of = {} if given.exc_value is None else failure(given.exc_value)
        log.event("error", "a thread has died", {"thread": given.thread.name if given.thread else "", **of})

    root.addHandler(libraries)
    if hook is threading.__excepthook__:
        threading.excepthook = died
    log.start()
    try:
        yield log
    except OncallError as error:
        if chosen == "text":
            raise
        log.fail(error)
        raise typer.Exit(error.EXIT_CODE) from None
    finally:
        threading.excepthook = hook
        root.removeHandler(libraries)
        log.close()
