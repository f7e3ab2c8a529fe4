"""`oncall pager run`: a foreground worker that drives all that is open."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.incident_office import PAGER, office
from oncall_rota.cli.log import Log, logging_to_stderr
from oncall_rota.cli.option import AllowEmpty, Dir, LogForm, Store
from oncall_rota.cli.worker import asked_of, introduce
from oncall_rota.errors import OncallError

if TYPE_CHECKING:
    from oncall_rota.control.owner import Opened

LOOK = 1.0  # seconds between two looks whether the pager lives

app = new_app(
    cls=Group,
    help="""A worker that drives what is open.

Examples:
  oncall pager run
  oncall pager run --check""",
)


@app.callback()
def _pager() -> None:
    """A group, although it has one command so far."""


@app.command("run", cls=Command)
def run(
    check: Annotated[
        bool, typer.Option("--check", help="Look whether it could run: files, secrets, store; then leave.")
    ] = False,
    store: Store = None,
    dir_: Dir = None,
    allow_empty: AllowEmpty = False,
    log: LogForm = None,
) -> None:
    """Drive every open incident, in the foreground, until SIGTERM or Ctrl-C.

    Examples:
      oncall pager run --check
      oncall pager run
      oncall pager run --store /var/lib/oncall/oncall.db --dir /srv/rotations

    Pages, escalates, and takes what 'oncall page', 'oncall ack' and the others ask for on a socket beside the store.
    It reads the rotation files anew when they change; a team whose file has no meaning is paged as it last had one,
    and so is one that would have nobody to come, until it is started with --allow-empty.
    A store in a file has one such process: a second one is refused, and ends with 1. At the end it finishes what it is
    sending, at most ten seconds. Exit code 1 also when it cannot go on: whatever started it is to start it again.
    --check exits with 4 when a file has a mistake, or a channel lacks a secret.
    """
    with logging_to_stderr(log, check=check) as told:
        _run(told, check, store, dir_, allow_empty)


def _run(log: Log, check: bool, store: str | None, dir_: str | None, allow_empty: bool) -> None:
    asked = asked_of(store, dir_, log, check=check)
    stop = threading.Event()
    with (
        _until_signals(stop),
        office(
            store, dir_, PAGER, drive="nothing" if check else "all", make=True, alarm=log.alarm, allow_empty=allow_empty
        ) as it,
    ):
        introduce(asked, it, log, check=check)
        if check:
            return
        died = _serve(it, stop)
        log("cannot go on" if died else "ends, once what is being sent is finished")
    if died:
        raise OncallError("the pager has died", "start it again; what it was doing is taken over")


@contextmanager
def _until_signals(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`, once; after that they do what they always do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, _: Any) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop.set()

    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _serve(opened: Opened, stop: threading.Event) -> bool:
    """Stay until `stop` is set; whether the pager has died."""
    assert opened.crew is not None
    while not stop.wait(LOOK):
        if opened.crew.died.is_set():
            return True
    return opened.crew.died.is_set()
