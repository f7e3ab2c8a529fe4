"""Doing something about incidents, and saying what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.cli.incident_next import rehearsed
from oncall_rota.cli.incident_office import REMEDY, Driving, driving
from oncall_rota.cli.incident_people import People, people, who_are_you
from oncall_rota.cli.incident_row import Shown, plain, short_id, table
from oncall_rota.cli.server_office import is_configured, of_server, reached
from oncall_rota.cli.setting import asked_format, display, present
from oncall_rota.cli.terminal import fail, say, terminal, warn
from oncall_rota.errors import OncallError, UsageError
from oncall_rota.paging.incident import ACKNOWLEDGED, RESOLVED, TRIGGERED, Event, Incident, Page
from oncall_rota.paging.ports.row import IncidentRow
from oncall_rota.paging.reference import Named, ambiguous, named, only_mine
from oncall_rota.paging.saved import readable
from oncall_rota.rendering.text import json_text
from oncall_rota.timeline.zone import Zone

if TYPE_CHECKING:
    from oncall_rota.remote.office import HttpOffice

FORMATS = ("table", "plain", "json")
IN_MEMORY = "the store has failed: it holds in the memory of whoever pages, and is written down when that works again"


class Given(NamedTuple):
    """The options that every such command has. `name`: of the command."""

    name: str
    by: str | None
    store: str | None
    dir_: str | None
    tz: str | None
    output: str
    json: bool
    dry_run: bool


class Deed(NamedTuple):
    """What is to be done. `event`: by this person, about that one. `so_already`: as which a refused one is well."""

    event: Callable[[str, Named], Event]
    so_already: tuple[str, ...] = ()


class Done(NamedTuple):
    """One incident afterwards. `refused`: why nothing has changed; `well`: and that it is as it should be all the same.

    `in_memory`: the store has failed, and it is not on disk yet.
    """

    shown: Shown
    refused: str = ""
    well: bool = False
    in_memory: bool = False


class Scene(NamedTuple):
    """Who is asking what is known of, and the clock."""

    people: People
    now: datetime
    shown: Zone


def scene(given: Given) -> Scene:
    """What all of them need to know first."""
    return Scene(people(given.dir_), present(), display(given.tz).zone)


def do(given: Given, references: Sequence[str], deed: Deed, around: Scene, *, waiting: bool = False) -> None:
    """Do it to every incident that is meant; with no reference to the only one that paged whoever asks.

    `waiting`: that one is not acknowledged yet. Raises `UnknownName` and `UsageError` before anything is done, and
    `OncallError` when one of them refuses.
    """
    form = asked_format(given.output, given.json, FORMATS)
    there = is_configured(given.store)  # the server knows by the token who is asking
    me = None if there else around.people.asking(given.by)
    if me is None and not (references or there):
        raise who_are_you()
    with reached(given.store, given.dir_, given.name, by=given.by) as found:
        remote = of_server(found)
        me = me if remote is None else remote.you()
        if me is None and not references:
            raise UsageError("the token is nobody's, so nobody was paged who shows it", "name an incident")
        if references:
            meant = named(found.office, references, me) if remote is None else named_there(remote, references)
        else:
            meant = [only_mine(found.office, me or "", waiting=waiting)]
        actors = [me or each.whose for each in meant]
        if None in actors and remote is None:
            raise who_are_you()
        done: list[Done] = []
        for each, actor in zip(meant, actors, strict=True):
            event = deed.event(actor or "", each)
            if given.dry_run:
                would = _would_do(each, event, around) if remote is None else _would_do_there(each, event, remote)
                done.append(_judged(each.row, *would, deed))
                continue
            acted = found.office.act(each.row.id, event, actor or "")
            if acted.incident is None:
                raise OncallError(f"incident {each.row.id} is gone")
            done.append(_judged(each.row, acted.incident, acted.refused, deed)._replace(in_memory=acted.held))
        driven = driving(found)
    _print(form, given, done, around)
    _talk(given, done, around, driven)
    refused = [each for each in done if each.refused and not each.well]
    if len(refused) == 1 and len(done) == 1:
        raise OncallError(f"{short_id(done[0].shown.row.id)}: {done[0].refused}")
    if refused:
        raise OncallError(f"{len(refused)} of {len(done)} had no effect")


def named_there(remote: HttpOffice, references: Sequence[str]) -> list[Named]:
    """What all of them mean to a server, each incident once. Raises as `HttpOffice` does."""
    found: dict[str, Named] = {}
    for reference in references:
        for each in remote.named(reference):
            found.setdefault(each.row.id, each)
    return list(found.values())


def one_there(remote: HttpOffice, reference: str) -> Named:
    """The one incident that a reference means to a server. Raises `UsageError` too."""
    found = remote.named(reference)
    if len(found) != 1:
        raise ambiguous(f"{reference} is of a page about {len(found)} incidents", [each.row for each in found])
    return found[0]


def _would_do(each: Named, event: Event, around: Scene) -> tuple[Incident, str]:
    """What it would come to: the incident then, and why it would be refused."""
    found = rehearsed(readable(each.row), event, around.people, around.now)
    for action in found.actions:
        if isinstance(action, Page):
            who = action.address if action.person is None else around.people.name(action.person)
            _say_would(who, action.channel, action.why)
    return found.incident, found.refused


def _would_do_there(each: Named, event: Event, remote: HttpOffice) -> tuple[Incident, str]:
    found = remote.outcome(each.row.id, event, dry_run=True)
    for page in found.would_page:
        _say_would(*page)
    return found.incident, found.refused


def _say_would(who: str, channel: str, why: str) -> None:
    say(f"would page {who} by {channel}: {why}")


def _judged(before: IncidentRow, incident: Incident, refused: str, deed: Deed) -> Done:
    row = before._replace(status=incident.status)  # type: ignore[arg-type]
    return Done(Shown(row, incident), refused, bool(refused) and incident.status in deed.so_already)


def _print(form: str, given: Given, done: Sequence[Done], around: Scene) -> None:
    found = [each.shown for each in done]
    if form == "json":
        told = [
            each.shown.mapping
            | {"done": not each.refused, "refused": each.refused or None, "in_memory": each.in_memory}
            for each in done
        ]
        print(json_text({"version": 1, "dry_run": given.dry_run, "incidents": told}))
    elif form == "table" and sys.stdout.isatty():
        print("\n".join(table(found, around.now, terminal())))
    else:
        print("\n".join(plain(found)))


def _talk(given: Given, done: Sequence[Done], around: Scene, driven: Driving) -> None:
    for each in done:
        incident, name = each.shown.incident, short_id(each.shown.row.id)
        if each.refused:
            by = f", {_ago(incident.acknowledged_at, around)}" if incident.acknowledged_at and each.well else ""
            text = f"{name}: {each.refused}{by}"
            if each.well:
                say(text)
            elif len(done) > 1:
                fail(text)
        elif not given.dry_run:
            say(f"{name} {now_is(incident, around)}")
    if given.dry_run:
        say("nothing is done (--dry-run)")
        return
    if any(each.in_memory for each in done):
        warn(IN_MEMORY)
    if driven.nobody and any(each.shown.incident.is_open for each in done):
        warn("nobody drives what is open here: no further step, and no page when it stays open", REMEDY)


def now_is(incident: Incident, around: Scene) -> str:
    """How it stands, and what is next: `is with Bob Brown; if it stays open, … are paged again at Tue 6 Jan 12:30`."""
    from oncall_rota.humantime import moment_text

    people = around.people
    again = "" if incident.ends_at is None else moment_text(_whole(incident.ends_at), around.shown, around.now)
    if incident.status == RESOLVED:
        return "is resolved"
    if incident.status == ACKNOWLEDGED:
        who = people.name(incident.acknowledged_by or "")
        then = f"if it stays open, {who} and step 1 are paged again at {again}"
        return f"is with {who}; {then if again else 'it stays so until it is over'}"
    if incident.status == TRIGGERED:
        paged = dict.fromkeys(
            f"{people.name(each.person) if each.person else 'an address'} by {each.channel}"
            for each in incident.sent
            if not (each.old or each.failed)
        )
        return f"now pages {', '.join(paged) or 'nobody'}{f'; next at {again}' if again else ''}"
    return f"is {incident.status}{f' until {again}' if again else ''}"


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _ago(at: datetime, around: Scene) -> str:
    from oncall_rota.humantime import spoken

    told = spoken(min(_whole(at), around.now) - around.now)
    return "just now" if told == "now" else told
