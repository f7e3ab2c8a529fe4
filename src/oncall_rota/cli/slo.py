"""`oncall slo`: how well it was paged, from our own records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.incident_office import is_there, office
from oncall_rota.cli.option import Dir, Json, Store
from oncall_rota.cli.server_office import SERVER, is_configured
from oncall_rota.cli.setting import asked_span, display, present
from oncall_rota.cli.store_place import place, shown
from oncall_rota.cli.terminal import BOLD, RED, Cell, rows_in_columns, terminal
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.reference import STATUSES
from oncall_rota.paging.service_level import ServiceLevel, Spread, measured
from oncall_rota.rendering.text import instant, json_text, tsv_row
from oncall_rota.timeline.zone import epoch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from oncall_rota.paging.office import Office, Story

MOST = 100_000  # incidents


def slo(
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="How far back: 7d, 30d, 12w.")] = "30d",
    team: Annotated[
        str | None, typer.Option("--team", metavar="T", help="Only this team's.", autocompletion=completion.teams)
    ] = None,
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """How well it was paged: what providers took, how soon the first attempt was, and what was late.

    Examples:
      oncall slo
      oncall slo --for 7d --team payments
      oncall slo --json

    From the store, so on the machine that has it. Signals that were refused because the store had failed came again and
    are in no record: /metrics counts them. Pages to nobody of a watchdog, copies and notices count for nothing.
    first attempt: from the signal to the page, of incidents that were not made to wait. settled: from a page to its
    delivery, or to when a provider without receipts took it, or to the next channel's turn.
    """
    now = present()
    since = now - (asked_span(for_, "--for", now, display(None).zone) - now)
    if is_configured(store):
        hint = f"name it with --store where it is, or unset ${SERVER}"
        raise UsageError("this is measured from the store itself, and not through a server", hint)
    where = place(store, dir_)
    if not is_there(where):
        raise UnknownName(f"there are no records: there is no store {shown(where)}", "--store names another")
    with office(store, dir_, "oncall slo") as found:
        level = measured(_stories(found.office, since, team), now)
    if json:
        print(json_text(_document(level, since, now)))
    elif sys.stdout.isatty():
        print("\n".join(rows_in_columns(("", "", "P50", "P90", "P99", "MOST"), _table(level), terminal())))
    else:
        print("\n".join(tsv_row((what, number, *more)) for what, number, *more in _rows(level)))


def _stories(office: Office, since: datetime, team: str | None) -> Iterator[Story]:
    for row in office.incidents(STATUSES["all"], team, MOST):
        if row.opened_at < since:
            return  # newest first
        story = office.story(row.id)
        if story is not None:
            yield story


def _document(level: ServiceLevel, since: datetime, now: datetime) -> dict[str, Any]:
    return {
        "version": 1,
        "from": instant(epoch(since)),
        "until": instant(epoch(now)),
        "incidents": {
            "opened": level.incidents,
            "held": level.held,
            "paged": level.paged,
            "reached": level.reached,
            "late": level.late,
        },
        "pages": {
            "taken": level.taken,
            "delivered": level.delivered,
            "failed": level.failed,
            "accepted_share": None if level.accepted is None else round(level.accepted, 6),
        },
        "seconds_to_first_attempt": _spread(level.first),
        "seconds_to_delivered_or_next_channel": _spread(level.settled),
    }


def _spread(spread: Spread) -> dict[str, Any]:
    times = {"p50": spread.p50, "p90": spread.p90, "p99": spread.p99, "max": spread.most}
    return {"count": spread.number, **{name: None if at is None else round(at, 3) for name, at in times.items()}}


def _rows(level: ServiceLevel) -> list[tuple[str, ...]]:
    share = "" if level.accepted is None else f"{100 * level.accepted:.2f} %"
    counts = [
        ("incidents", level.incidents), ("held", level.held), ("paged", level.paged), ("reached", level.reached),
        ("late", level.late), ("pages taken", level.taken), ("pages delivered", level.delivered),
        ("pages failed", level.failed),
    ]  # fmt: skip
    rows: list[tuple[str, ...]] = [(what, str(number)) for what, number in counts]
    rows.append(("accepted share", share))
    for what, spread in (("first attempt", level.first), ("settled", level.settled)):
        times = (spread.p50, spread.p90, spread.p99, spread.most)
        rows.append((what, str(spread.number), *("" if at is None else f"{at:.1f} s" for at in times)))
    return rows


def _table(level: ServiceLevel) -> list[list[Cell]]:
    lines = []
    for what, number, *more in _rows(level):
        bad = bool({"late": level.late, "pages failed": level.failed}.get(what))
        cells = [Cell(what), Cell(number, f"{BOLD};{RED}" if bad else ""), *map(Cell, more)]
        lines.append([*cells, *[Cell("")] * (6 - len(cells))])
    return lines
