"""Answers `oncall who`, and keeps plain answers for the front door."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from oncall_rota import front
from oncall_rota.cli.ending import ended, write_anything
from oncall_rota.cli.selection import Selection, configuration_error, select
from oncall_rota.cli.setting import asked_at, asked_format, display, present, rotations
from oncall_rota.cli.terminal import say, warn
from oncall_rota.config import load, suggest
from oncall_rota.errors import NobodyOnCall, OncallError, UnknownName, UsageError
from oncall_rota.rendering import who
from oncall_rota.rendering.text import instant, term_safe
from oncall_rota.schedule import (
    Answer,
    Overlap,
    answer,
    first_line,
    must_be_covered,
    overlaps,
    service_answer,
)
from oncall_rota.schedule.model import Schedule, Service, Team
from oncall_rota.timeline.interval import Interval
from oncall_rota.timeline.zone import Zone, epoch

if TYPE_CHECKING:
    from oncall_rota.cli.who_server import Answer as There
    from oncall_rota.config.live import Live

Answered = tuple[Schedule, dict[str, Any]]


class Question(NamedTuple):
    """What was asked: the arguments of `oncall who`, as written."""

    names: tuple[str, ...]
    at: str | None = None
    next_: bool = False
    service: str | None = None
    field: str | None = None
    output: str = "table"
    json: bool = False
    dir_: str | None = None
    tz: str | None = None


def answered(names: Sequence[str], form: str, dir_: str | None) -> int:
    """Answer a plain question for the front door, and return the exit code."""
    write_anything()
    return ended(lambda: run(Question(tuple(names), output=form, dir_=dir_)))


def run(asked: Question) -> None:
    """Print the answer. Raises an `OncallError` for every ending but 0."""
    names, at, next_, service, field, output, json, dir_, tz = asked
    started_ns = time.time_ns()
    form = asked_format(output, json)
    if field is not None and form != "table":
        raise UsageError("--field prints values alone and takes no -o")
    if tz is not None:
        display(tz)  # a misspelt zone is told even where no local time is read or shown
    now = present()
    at_ = now if at is None else asked_at(at, "--at", now, display(tz).zone)
    written: Callable[[str, str, list[dict[str, Any]]], str] = who.output
    live: Live = MappingProxyType({})
    if dir_ is None and os.environ.get("ONCALL_SERVER", "").strip():
        from oncall_rota.cli import who_server

        there = who_server.answer(names, service, None if at is None else at_, next_=next_)
        if not isinstance(there, OncallError):
            _tell_there(there, asked, form, at_)
            return
        folder, live = who_server.checkout(there, display(tz).zone)
        written = who_server.from_checkout
    else:
        folder = rotations(dir_)
    found = select(folder, names, live)
    if live:
        from oncall_rota.cli.who_server import seen_in

        seen_in(found.catalog)
    served = None if service is None else _owner(found, service)
    if served is not None:
        found.schedules = found.named = [first_line(*served, at_)]
    if at is not None:
        echo(found, at_, display(tz).zone)

    def asked_of(schedule: Schedule, moment: datetime) -> Answer:
        return answer(schedule, moment) if served is None else service_answer(*served, moment)

    answers = [(schedule, who.row(schedule, at_, found.name_of, asked_of, next_)) for schedule in found.schedules]
    rows = [row for _, row in answers]
    if served is not None:
        rows[0] |= {"service": served[1].name, "runbook": served[1].runbook}
    if field is not None:
        _print_field(found, rows, field)
    elif form == "table" and sys.stdout.isatty():
        from oncall_rota.cli.who_table import table

        print(table(rows, [must_be_covered(each, at_) for each, _ in answers], at_, now, display(tz).zone))
    else:
        print(written(form, instant(epoch(at_)), rows), end="")
    _talk(found, answers, at_)
    _leave(found, answers, at_, next_, bool(names or service))
    if not live and asked == Question(names, output=output, json=json, dir_=dir_) and front.cache_folder(os.environ):
        from oncall_rota.cli.compiled import keep

        keep(found, names, "plain" if form == "table" else form, at_, started_ns)


def _tell_there(there: There, asked: Question, form: str, at: datetime) -> None:
    """Print what a server has answered. Raises `NobodyOnCall`, and for `--field` what `rotations` raises."""
    from oncall_rota.cli import who_server

    shown = display(asked.tz).zone
    if asked.at is not None:
        say(f"at {on_clocks(at, shown, [row['timezone'] for row in there.rows])}")
    if asked.field is not None:
        folder = rotations(None)  # a server tells no addresses
        _print_field(Selection(folder, *load(folder, teams=())), there.rows, asked.field)
    else:
        who_server.tell(there, form, at, present(), shown)
    who_server.keep_live()
    who_server.leave(there, next_=asked.next_)


def echo(found: Selection, at: datetime, shown: Zone, word: str = "at") -> None:
    """Say the instant that was understood, also on the team's clock when that is another one."""
    say(f"{word} {on_clocks(at, shown, [each.timezone for each in found.named])}")


def on_clocks(at: datetime, shown: Zone, others: Iterable[str]) -> str:
    """A moment on one's own clock, and on those of at most two other zones."""
    from oncall_rota.humantime import moment_text
    from oncall_rota.timeline.zone import zone

    text = moment_text(at, shown, None, abbreviated=True)
    names = sorted({*others} - {shown.name})
    return text + "".join(f", {moment_text(at, zone(name), at)} {name}" for name in names[:2])


def _owner(found: Selection, name: str) -> tuple[Team, Service]:
    """The service of that name among the selected teams, and its team."""
    teams = [found.catalog.teams[each] for each in dict.fromkeys(each.team for each in found.schedules)]
    owners = [team for team in teams if name in team.services]
    if not owners:
        if found.broken:
            raise configuration_error(found.broken, found.folder)
        known = sorted({each for team in teams for each in team.services})
        meant = suggest(name, known)
        raise UnknownName(
            f"no service {name!r}",
            f"did you mean {meant!r}?" if meant else f"there is {', '.join(known) or 'none'}",
        )
    if len(owners) > 1:
        raise UsageError(
            f"service {name!r} belongs to {' and '.join(team.name for team in owners)}",
            f"name the team: oncall who {owners[0].name} --service {name}",
        )
    return owners[0], owners[0].services[name]


def _print_field(found: Selection, rows: Sequence[Mapping[str, Any]], field: str) -> None:
    """One value a line; people without it are told on standard error."""
    people = {person["id"]: person["name"] for row in rows for person in row["on_call"]}
    values, known = [], {"id", "name", "timezone"}
    for id_, name in people.items():
        person = found.catalog.people.get(id_)
        contacts = dict(person.contacts) if person else {}
        known |= set(contacts)
        value = {"id": id_, "name": name, "timezone": (person.timezone if person else None) or ""} | contacts
        if value.get(field):
            values.append(term_safe(value[field]))
        else:
            warn(f"{name} has no {field!r} in people.yaml")
    if values:
        print("\n".join(values))
    elif people:
        meant = suggest(field, known)
        hint = f"did you mean {meant!r}?" if meant else f"they have {', '.join(sorted(known))}"
        raise OncallError(f"nobody on call has a {field!r}", hint)


def _talk(found: Selection, answers: Sequence[Answered], at: datetime) -> None:
    """What the answer alone does not say: overlaps, missing contacts, problems elsewhere in the file."""
    moment = Interval(at, at + timedelta(seconds=1))
    silent: dict[str, str] = {}
    for schedule, row in answers:
        for overlap in _overlapping(schedule, row, moment)[:1]:
            where = f"{schedule.team}/{schedule.name}"
            warn(f"{where}: layers overlap ({' and '.join(overlap.layers)}), so all of them are on call")
        silent |= _without_contact(found, row)
    for name in silent.values():
        warn(f"{name} has no contact in people.yaml")
    others = [each for each in found.problems if each.severity == "error" and each not in found.broken]
    if others:
        count = f"{len(others)} {'error' if len(others) == 1 else 'errors'}"
        warn(
            f"{count} in the rotation files; first {others[0].path}:{others[0].line}",
            "'oncall validate' shows all",
        )


def is_quiet(found: Selection, schedule: Schedule, row: Mapping[str, Any], window: Interval) -> bool:
    """Whether a schedule's answer needs no warning all through `window`, in which it is the same."""
    return not (_overlapping(schedule, row, window) or _without_contact(found, row))


def _overlapping(schedule: Schedule, row: Mapping[str, Any], window: Interval) -> Sequence[Overlap]:
    if schedule.combine != "exclusive" or len(row["on_call"]) < 2:
        return ()
    return overlaps(schedule, window)


def _without_contact(found: Selection, row: Mapping[str, Any]) -> dict[str, str]:
    people = {person["id"]: person["name"] for person in row["on_call"]}
    known = found.catalog.people
    return {id_: name for id_, name in people.items() if id_ not in known or not known[id_].contacts}


def _leave(found: Selection, answers: Sequence[Answered], at: datetime, next_: bool, named: bool) -> None:
    """End with the exit code of the contract."""
    if found.broken:
        raise configuration_error(found.broken, found.folder)
    for schedule, row in answers:
        if row["on_call"]:
            continue
        if schedule in found.named if named else must_be_covered(schedule, at):
            where = f"{schedule.team}/{schedule.name}"
            ending = f" until {row['until']}" if row["until"] and not next_ else ""
            raise NobodyOnCall(
                f"nobody is {'next' if next_ else 'on call'} for {where}{ending}",
                f"'oncall schedule {where}' shows when; 'oncall override add {where} --who PERSON …' fills it",
            )
    if not answers:
        raise UnknownName(f"no team in {found.folder}", "'oncall init' writes a first one")
