"""`oncall who` with `$ONCALL_SERVER`: its answer, and where it is dead the checkout, which says so."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from oncall_rota.cli import live_kept
from oncall_rota.cli.server_office import server
from oncall_rota.cli.setting import present, rotations
from oncall_rota.cli.terminal import path_text, warn
from oncall_rota.config import Catalog
from oncall_rota.config.live import Live, by_team
from oncall_rota.errors import FolderNotFound, NobodyOnCall, OncallError, UnknownName, UsageError
from oncall_rota.remote.server import Server, segment
from oncall_rota.rendering import who
from oncall_rota.rendering.text import instant, json_text
from oncall_rota.timeline.zone import Zone, epoch, zone

PATIENCE = 2.0  # seconds for the whole answer
Row = dict[str, Any]
_MAYBE = (str, type(None))


class Answer(NamedTuple):
    """What a server said. `named`: the rows that somebody has to be in, as they were named. `at`: as it says."""

    at: str
    rows: list[Row]
    named: list[Row]


def answer(names: Sequence[str], service: str | None, at: datetime | None, *, next_: bool) -> Answer | OncallError:
    """Who is on call, as the server says; an error: it cannot be asked, and the checkout is to answer.

    `at` None: now. Raises `UnknownName` and `UsageError`, as the server does.
    """
    try:
        return _asked(server(), names, service, at, next_=next_)
    except (UnknownName, UsageError):
        raise
    except OncallError as error:
        return error


def _asked(there: Server, names: Sequence[str], service: str | None, at: datetime | None, *, next_: bool) -> Answer:
    until = time.monotonic() + PATIENCE

    def asked(path: str, moment: str | None) -> tuple[str, list[Row]]:
        parameters = [("at", moment)] if moment is not None else []
        parameters += [("service", service)] if service is not None else []
        left = until - time.monotonic()
        if left <= 0:
            raise there.gone(f"it does not answer within {PATIENCE:g} s")
        told = there.get(path, parameters, left)
        try:
            return str(told["at"]), [_judged(row) for row in told["results"]]
        except (KeyError, TypeError, ValueError) as error:
            raise there.gone(f"what it answers has no meaning: {error}") from None

    moment = None if at is None else instant(epoch(at))
    rows: dict[tuple[str, str], Row] = {}
    named: list[Row] = []
    told_at = moment or ""
    for name in names or [""]:
        told_at, found = asked("/v1/who" + "".join(f"/{segment(part)}" for part in name.split("/") if part), moment)
        rows |= {(row["team"], row["schedule"]): row for row in found if (row["team"], row["schedule"]) not in rows}
        named += found[:1] if name or service else []
    if next_:
        followed = {key: _following(row, asked) for key, row in rows.items()}
        named = [followed[row["team"], row["schedule"]] for row in named]
        rows = followed
    return Answer(told_at, list(rows.values()), named)


def _following(row: Row, asked: Any) -> Row:
    """The answer of the stretch after this one."""
    if row["next_from"] is None:
        return row | {"on_call": [], "since": row["until"], "until": None, "cause": None}
    path = f"/v1/who/{segment(row['team'])}"
    path += "" if "service" in row else f"/{segment(row['schedule'])}"  # a service has one row
    found: list[Row] = asked(path, row["next_from"])[1]
    return found[0] if found else row


def _judged(row: Any) -> Row:
    """A row that all formats can show. Raises `ValueError`, `KeyError`, `TypeError`."""
    texts = [row[name] for name in ("team", "schedule", "timezone")]
    people = [*row["on_call"], *row["next"]]
    texts += [person[name] for person in people for name in ("id", "name")]
    texts += [person["cause"]["kind"] for person in row["on_call"]]
    instants = [row[name] for name in ("since", "until", "next_from")]
    if not isinstance(row, dict) or not all(isinstance(each, str) for each in texts):
        raise TypeError("results")
    for each in instants:
        if not isinstance(each, _MAYBE) or (each is not None and datetime.fromisoformat(each).tzinfo is None):
            raise ValueError("results")
    zone(row["timezone"])
    return row


def tell(found: Answer, form: str, at: datetime, now: datetime, shown: Zone) -> None:
    """Print it."""
    if form == "table" and sys.stdout.isatty():
        from oncall_rota.cli.who_table import table

        print(table(found.rows, [row in found.named for row in found.rows], at, now, shown))
    else:
        print(_output(form, found.at, found.rows, "server"), end="")


def leave(found: Answer, *, next_: bool) -> None:
    """End with the exit code of the contract. Raises `NobodyOnCall`.

    Where nothing was named, a server does not say whether somebody would have to be there.
    """
    for row in found.named:
        if not row["on_call"]:
            where = f"{row['team']}/{row['schedule']}"
            ending = f" until {row['until']}" if row["until"] and not next_ else ""
            raise NobodyOnCall(f"nobody is {'next' if next_ else 'on call'} for {where}{ending}")


def from_checkout(form: str, at: str, rows: Sequence[Row]) -> str:
    """All that is printed where the server is dead: the JSON says whose answer it is."""
    return _output(form, at, rows, "checkout")


def _output(form: str, at: str, rows: Sequence[Row], source: str) -> str:
    if form != "json":
        return who.output(form, at, rows)
    return f"{json_text({'version': 1, 'at': at, 'results': rows, 'source': source})}\n"


def keep_live() -> None:
    """Keep the live overrides of the server, for when it is dead: after the answer, which waits for nothing."""
    sys.stdout.flush()
    live_kept.keep(server(), present())


def seen_in(catalog: Catalog) -> None:
    """Forget the kept ones that the checkout's files have: these decide alone."""
    filed = {each.override.id for several in catalog.live.values() for each in several if each.filed}
    if filed:
        live_kept.forget(server().at.url, filed)


def checkout(error: OncallError, shown: Zone) -> tuple[Path, Live]:
    """The folder that answers in place of the server, which is said, and the live overrides that it told of last.

    Raises `error` when there is no folder.
    """
    try:
        folder = rotations(None)
    except FolderNotFound:
        raise error from None
    from oncall_rota.humantime import moment_text

    as_of = max(_changed(folder), default=None)
    when = "" if as_of is None else f", as of {moment_text(as_of, shown, None)}"
    kept = live_kept.kept(server().at.url)
    if kept.at is not None:
        many = f"{len(kept.overrides)} live override{'' if len(kept.overrides) == 1 else 's'}"
        when += f", with the server's {many} as of {moment_text(kept.at, shown, None)}"
    warn(f"{error}\nthis is from {path_text(folder)}{when}", error.hint)
    return folder, by_team(kept.overrides)


def _changed(folder: Path) -> Iterator[datetime]:
    """When each of the folder's files was written."""
    for path in folder.glob("*.yaml"):
        try:
            yield datetime.fromtimestamp(int(os.stat(path).st_mtime), UTC)
        except (OSError, OverflowError, ValueError):
            continue
