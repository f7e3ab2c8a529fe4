"""`oncall serve`: the pager, and a server in front of it."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from oncall_rota.cli.incident_office import SERVER, office
from oncall_rota.cli.log import Log, logging_to_stderr
from oncall_rota.cli.option import AllowEmpty, Dir, LogForm, Store
from oncall_rota.cli.worker import asked_of, introduce
from oncall_rota.errors import ConfigurationError, OncallError, UsageError
from oncall_rota.timeline.duration import parse

LISTEN = "127.0.0.1:8080"
MISSING = re.compile(r"starlette|uvicorn|uvloop|httptools|anyio|jinja2|prometheus_client", re.IGNORECASE)


def serve(
    check: Annotated[
        bool, typer.Option("--check", help="Look whether it could serve: files, secrets, store; then leave.")
    ] = False,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help=f"Where; else server.listen, else {LISTEN}."),
    ] = None,
    wait_lock: Annotated[
        str, typer.Option("--wait-lock", metavar="SPAN", help="How long to wait for a process that has the store.")
    ] = "2s",
    store: Store = None,
    dir_: Dir = None,
    allow_empty: AllowEmpty = False,
    log: LogForm = None,
) -> None:
    """Take alerts in, page, answer and show who is on call; until SIGTERM or Ctrl-C.

    Examples:
      oncall serve --check
      oncall serve
      oncall serve --listen 0.0.0.0:8080 --wait-lock 30s

    It does all that 'oncall pager run' does, and listens for monitors, calendars and people. It reads the rotation
    files anew when they change; a team whose file has no meaning is paged as it last had one. A store in a file has
    one such process: a second one waits for it as long as --wait-lock says, and then ends with 1. At the end it
    finishes what it is answering and sending, at most ten seconds each.
    --check exits with 4 when a file has a mistake, or a channel, a source or the board lacks a secret.
    What it says on standard error is a line for each thing that happens, requests too: without any secret, any
    address of a request, or anybody's number.
    """
    try:
        patience = parse(wait_lock).total_seconds()
    except ValueError as error:
        raise UsageError(f"--wait-lock: {error}") from None
    with logging_to_stderr(log, check=check) as told:
        _serve(told, check, listen, patience, store, dir_, allow_empty)


def _serve(
    log: Log, check: bool, listen: str | None, patience: float, store: str | None, dir_: str | None, allow_empty: bool
) -> None:
    from oncall_rota.wiring.server import listening, missing_keys, served

    asked = asked_of(store, dir_, log, check=check)
    missing = missing_keys(asked.paging)
    if missing and check:
        raise ConfigurationError(f"{len(missing)} keys cannot be read", "\n".join(missing))
    for each in missing:
        log.warn(f"{each}: whoever has it is not let in")
    address = listen or asked.paging.server.get("listen") or LISTEN
    if check:
        with office(store, dir_, SERVER, drive="nothing", make=True, alarm=log.alarm) as it:
            introduce(asked, it, log, check=True)
        return
    try:
        at = listening(str(address), asked.where, patience)
    except ImportError as error:
        if not MISSING.match(error.name or ""):
            raise
        raise OncallError(f"the server needs {error.name}", "pip install 'oncall-rota[server]'") from None
    try:
        with office(
            store, dir_, SERVER, drive="all", make=True, alarm=log.alarm, patience=patience, allow_empty=allow_empty
        ) as it:
            introduce(asked, it, log, check=False)
            log(f"listens on http://{at.address}")
            well = served(it, at, log.alarm, log.event)
            log("ends, once what is being sent is finished" if well else "cannot go on")
    finally:
        at.close()
    if not well:
        raise OncallError("the pager has died", "start it again; what it was doing is taken over")
