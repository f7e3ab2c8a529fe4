"""Who is on call, as rows and in the formats of `oncall who -o`; the server gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from oncall_rota.rendering.text import csv_row, instant, json_text, term_safe, tsv_row
from oncall_rota.schedule import Answer, OnCall, answer, mapping
from oncall_rota.schedule.model import Schedule
from oncall_rota.timeline.zone import epoch

Result = Mapping[str, Any]
NameOf = Callable[[str], str]  # of a person's id, as people write it

CSV_HEADER = ("team", "schedule", "timezone", "on_call", "names", "since", "until", "next", "next_from")


def row(
    schedule: Schedule,
    at: datetime,
    name_of: NameOf,
    asked_of: Callable[[Schedule, datetime], Answer] = answer,
    next_: bool = False,
) -> dict[str, Any]:
    """One schedule's answer as in the JSON contract; with `next_` that of the stretch after this one."""
    told = asked_of(schedule, at)
    if next_ and told.next_from_at is not None:
        told = asked_of(schedule, told.next_from_at)
    elif next_:
        told = told._replace(on_call=(), since_at=told.until_at, until_at=None)
    return {
        "team": schedule.team,
        "schedule": schedule.name,
        "timezone": schedule.timezone,
        "on_call": [_person(each, name_of) | {"cause": mapping(each.cause)} for each in told.on_call],
        "since": _instant(told.since_at),
        "until": _instant(told.until_at),
        "next": [_person(each, name_of) for each in told.next],
        "next_from": _instant(told.next_from_at),
        "cause": mapping(told.on_call[0].cause) if told.on_call else None,
    }


def _person(on: OnCall, name_of: NameOf) -> dict[str, Any]:
    return {"id": on.person, "name": name_of(on.person)}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(epoch(at))


def json_document(at: str, results: Sequence[Result]) -> str:
    """`oncall who -o json`."""
    return json_text({"version": 1, "at": at, "results": results})


def plain(results: Iterable[Result]) -> str:
    """`oncall who -o plain`: a row a schedule, tab-separated, without a header.

    Columns: team/schedule, ids on call (comma-separated), their names, since, until, ids next, next from.
    """
    return "\n".join(
        [
            tsv_row(
                (
                    f"{each['team']}/{each['schedule']}",
                    _ids(each["on_call"], ","),
                    _names(each["on_call"], ", "),
                    each["since"] or "",
                    each["until"] or "",
                    _ids(each["next"], ","),
                    each["next_from"] or "",
                )
            )
            for each in results
        ]
    )


def csv(results: Iterable[Result]) -> str:
    """`oncall who -o csv`: a header, then a row a schedule; several people are separated by `; `."""
    rows = [csv_row(CSV_HEADER)]
    for each in results:
        rows.append(
            csv_row(
                (
                    each["team"],
                    each["schedule"],
                    each["timezone"],
                    _ids(each["on_call"], "; "),
                    _names(each["on_call"], "; "),
                    each["since"] or "",
                    each["until"] or "",
                    _ids(each["next"], "; "),
                    each["next_from"] or "",
                )
            )
        )
    return "\n".join(rows)


def names(results: Iterable[Result]) -> str:
    """`oncall who -o names`: everybody who is on call, one name a line, each person once."""
    found: dict[str, str] = {}
    for each in results:
        for person in each["on_call"]:
            found.setdefault(person["id"], term_safe(person["name"]))
    return "\n".join(found.values())


def text(form: str, at: str, results: Sequence[Result]) -> str:
    """`results` in one of the machine formats, without the last line's end."""
    if form == "json":
        return json_document(at, results)
    if form == "csv":
        return csv(results)
    return names(results) if form == "names" else plain(results)


def output(form: str, at: str, results: Sequence[Result]) -> str:
    """All that is told: `text` with the last line's end, and nothing where there is no row."""
    return f"{text(form, at, results)}\n" if results or form == "json" else ""


def _ids(people: Iterable[Result], between: str) -> str:
    return between.join([person["id"] for person in people])


def _names(people: Iterable[Result], between: str) -> str:
    return between.join([person["name"] for person in people])
