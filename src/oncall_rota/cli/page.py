"""`oncall page`."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.option import Dir, Json, RowsOutput, Store, Tz
from oncall_rota.cli.page_asked import Asked, target_of, target_there
from oncall_rota.cli.page_direct import Tried, send
from oncall_rota.cli.server_office import is_configured
from oncall_rota.cli.setting import asked_format, asked_span, display, present, rotations
from oncall_rota.cli.terminal import warn
from oncall_rota.config import Catalog, Problem, load
from oncall_rota.errors import FolderNotFound, UsageError
from oncall_rota.intake.severity import severity_of
from oncall_rota.paging.model import CRITICAL, SEVERITIES
from oncall_rota.rendering.text import json_text

FORMATS = ("table", "plain", "json")


def page(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TEAM|PERSON", help="Whom to page.", autocompletion=completion.teams, show_default=False
        ),
    ],
    message: Annotated[
        str | None, typer.Argument(metavar="[MESSAGE|-]", help="What it is about; - reads it from standard input.")
    ] = None,
    severity: Annotated[str, typer.Option("--severity", metavar="S", help="critical, error, warning, …")] = "critical",
    service: Annotated[str | None, typer.Option("--service", metavar="S", help="The service that it is about.")] = None,
    dedup_key: Annotated[
        str | None, typer.Option("--dedup-key", metavar="K", help="Pages of one key are one incident while it is open.")
    ] = None,
    via: Annotated[str | None, typer.Option("--via", metavar="CHANNEL", help="Only by this channel.")] = None,
    wait: Annotated[
        str | None, typer.Option("--wait", metavar="SPAN", help="Stay so long at most: 10m; else until it has ended.")
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Leave as soon as a channel has taken it.")] = False,
    direct: Annotated[
        bool, typer.Option("--direct", help="Send now and keep nothing: works without a server and without a store.")
    ] = False,
    output: RowsOutput = "table",
    json: Json = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say whom it would page; send nothing.")] = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Page a team's escalation, or one person, and stay until somebody acknowledges.

    Examples:
      oncall page payments 'checkout is down'
      oncall page person:alice --via sms 'please call me' --wait 10m
      journalctl -u shop -n 5 | oncall page payments - --no-wait
      oncall page payments 'checkout is down' --direct     without any store
      oncall page payments --dry-run

    It drives its incident itself, step by step, unless a pager or server has the store, and tells on standard error
    what happens. On standard output is one row: id, status, acknowledged by; with --dry-run, one for each page.
    With $ONCALL_SERVER (and $ONCALL_TOKEN) that server takes it and drives it, and this command follows. When nothing
    answers there for 5 seconds, or not as it should, the page goes --direct, loudly, under the same id and key.
    --direct pages whoever is on call at this moment, by the first rules of each; where a channel refuses, the next
    rule, step, and in the end the last resort follow at once; of a team whose file cannot be read the last resort is
    paged. Nobody escalates afterwards. So it is, loudly, when the store fails.
    Exit code 0 when somebody has acknowledged, or with --no-wait when a channel has taken it; 6 when no channel took
    it; 7 when the policy and its last resort have ended, or --wait is over, and nobody has acknowledged.
    """
    form = asked_format(output, json, FORMATS)
    if no_wait and wait is not None:
        raise UsageError("give --wait or --no-wait, not both")
    if direct and (no_wait or wait is not None or dedup_key is not None or store is not None or form == "json"):
        raise UsageError(
            "--direct keeps nothing and does not stay", "leave out --wait, --no-wait, --dedup-key, --store, -o"
        )
    now = present()
    shown = display(tz).zone
    patience = None if wait is None else asked_span(wait, "--wait", now, shown) - now
    there = is_configured(store) and not (direct or dry_run)
    catalog, problems = _files(dir_, needed=not there)
    if there:
        meant = target_there(target, catalog, problems, service)
    else:
        # A mistake in a file is no reason to page nobody.
        kept = False if dry_run else None if direct else True
        meant = target_of(target, catalog, problems, service, kept=kept)
    text = sys.stdin.read(4000) if message == "-" else message or "somebody needs you"
    id_ = secrets.token_hex(8)
    known = severity_of(severity)
    if known is None:
        warn(f"no severity {severity!r}: it is paged as {CRITICAL}", f"there is {', '.join(SEVERITIES)}")
    asked = Asked(catalog, meant, target, text, known or CRITICAL, service, via, dedup_key or id_, id_)
    if direct or dry_run:
        if form == "json":
            _rehearse(asked)
            return
        send(asked, lambda tried: print(tried.row), dry_run=dry_run)
        if not dry_run:
            warn("nobody escalates it: --direct sends once and keeps nothing")
        return
    from oncall_rota.cli.page_follow import Patience
    from oncall_rota.cli.page_stay import Stay, Staying

    Stay(asked, Staying(Patience(patience, no_wait), form, store, dir_, shown)).run()


def _rehearse(asked: Asked) -> None:
    """Print whom it would page, as JSON."""
    would: list[Tried] = []
    try:
        send(asked, would.append, dry_run=True)
    finally:
        pages = [{"channel": each.channel, "person": each.person, "to": each.to} for each in would]
        print(json_text({"version": 1, "dry_run": True, "would_page": pages}))


def _files(dir_: str | None, *, needed: bool) -> tuple[Catalog, tuple[Problem, ...]]:
    """The rotation files; unless they are `needed`, none where there is no folder. Raises `FolderNotFound`."""
    try:
        catalog, problems = load(rotations(dir_))
    except FolderNotFound:
        if dir_ or needed:
            raise
        with TemporaryDirectory(prefix="oncall-") as folder:
            catalog, problems = load(Path(folder))
    return catalog, tuple(problems)
