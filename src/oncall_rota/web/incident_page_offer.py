"""What somebody may do about an incident as it stands, and what the forms for that offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.config.reach import people_of
from oncall_rota.humantime import span_text
from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD, TRIGGERED, Incident
from oncall_rota.paging.message import clean
from oncall_rota.rendering.incident import NameOf
from oncall_rota.schedule.model import Schedule
from oncall_rota.web.door import Visit
from oncall_rota.web.failure import Refused
from oncall_rota.web.incident_acts import SNOOZE
from oncall_rota.web.incident_page_state import NAME
from oncall_rota.web.incidents import name_of

SNOOZES = tuple([timedelta(minutes=each) for each in (30, 60, 120, 240, 480)])
PEOPLE = 100  # of a team, to choose from; anybody else is named by their id
LONGEST_NOTE = 600  # characters, so that a form of any script is short enough


class Button(NamedTuple):
    """`do`: what pressing it asks for. `to`: to whom it is given then."""

    do: str
    text: str
    to: str = ""


class Choice(NamedTuple):
    """One of several. `value`: as the form says it."""

    value: str
    text: str


class Offer(NamedTuple):
    """All forms of a page. `first`: buttons at once in sight. `page`: the last one of the present step, if any.

    `schedules`, `people`: to whom it may be given.
    """

    first: tuple[Button, ...]
    ends: bool
    snoozes: tuple[Choice, ...]
    schedules: tuple[Choice, ...]
    people: tuple[Choice, ...]
    page: str
    longest: int = LONGEST_NOTE


def offer(incident: Incident, visit: Visit, now: datetime) -> Offer | None:
    """What the visitor may do; None: they may only look."""
    me = visit.visitor.person
    if not visit.visitor.forms or me is None:
        return None
    first, ends, page = _buttons(incident, me, name_of(visit)), _ends(incident, me), _last_page(incident)
    if not incident.is_open:
        return Offer((), ends=False, snoozes=(), schedules=(), people=(), page="")
    mine = incident.status != ACKNOWLEDGED or incident.acknowledged_by == me
    snoozes = tuple(_snoozes(incident, visit.premises.configuration())) if mine else ()
    schedules, people = _to(incident, visit, now)
    return Offer(first, ends, snoozes, schedules, people, page)


def _buttons(incident: Incident, me: str, name: NameOf) -> tuple[Button, ...]:
    if incident.status == HELD:
        return (Button("ack", "Acknowledge"),)
    if incident.status == TRIGGERED:
        asked = any(each.person == me for each in incident.sent if not each.old)
        return Button("ack", "Acknowledge"), Button("decline", "I cannot: pass it on" if asked else "Page the next now")
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by == me:
        return Button("resolve", "It is over: resolve"), Button("decline", "Pass it on to the next")
    if incident.status == ACKNOWLEDGED:
        return (Button("reassign", f"Take it over from {clean(name(incident.acknowledged_by or ''), NAME)}", me),)
    return ()


def _ends(incident: Incident, me: str) -> bool:
    """Whether ending it is offered further down: not at once in sight while it is somebody else's, or nobody's."""
    return incident.is_open and not (incident.status == ACKNOWLEDGED and incident.acknowledged_by == me)


def _last_page(incident: Incident) -> str:
    """By which a pass is known: the same one pressed twice passes it on once."""
    return next((each.page for each in reversed(incident.sent) if not each.old), "")


def _snoozes(incident: Incident, configuration: Configuration) -> Iterator[Choice]:
    team = configuration.world.team(incident.team)
    usual = team.snooze if team is not None else SNOOZE
    for each in sorted({*SNOOZES, usual}):
        yield Choice(f"{int(each.total_seconds())}s", span_text(each))


def _to(incident: Incident, visit: Visit, now: datetime) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """The schedules of the team with who is on call there now, and its people."""
    configuration, names = visit.premises.configuration(), name_of(visit)
    team = configuration.teams.get(incident.team)
    if team is None:
        return (), ()
    schedules: list[Choice] = []
    known: set[str] = set()
    for each in team.schedules.values():
        on = [clean(names(person), NAME) for person in configuration.world.on_call(each, now)]
        schedules.append(Choice(f"schedule:{each.name}", f"{clean(each.name, NAME)}: {', '.join(on) or 'nobody'} now"))
        known |= people_of(each, {})
    people = sorted(known & set(configuration.people), key=lambda person: (names(person).casefold(), person))
    told = [Choice(f"person:{each}", clean(names(each), NAME)) for each in people[:PEOPLE]]
    return tuple(schedules), tuple(told)


def given_to(incident: Incident, visit: Visit, chosen: str, named: str, now: datetime) -> str:
    """To whom a form gives an incident: a person's id, which may be nobody's. Raises `Refused`."""
    if named.strip():
        return named.strip()
    kind, _, name = chosen.partition(":")
    if kind == "person" and name:
        return name
    if kind != "schedule":
        raise Refused(400, "choose to whom it is given", "somebody of the team, or anybody by their id in people.yaml")
    team = visit.premises.configuration().teams.get(incident.team)
    schedule = team.schedules.get(name) if team is not None else None
    if schedule is None:
        raise Refused(400, f"there is no schedule {clean(name, NAME)!r} any more", "choose another")
    return _on_call(schedule, incident, visit, now)


def _on_call(schedule: Schedule, incident: Incident, visit: Visit, now: datetime) -> str:
    """Whoever is on call; of several somebody else than who has it, and than who gives it, if there is one."""
    on = visit.premises.configuration().world.on_call(schedule, now)
    if not on:
        raise Refused(409, f"nobody is on call in {clean(schedule.name, NAME)} now", "give it to a person")
    others = [each for each in on if each not in (incident.acknowledged_by, visit.visitor.person)]
    return (others or list(on))[0]
