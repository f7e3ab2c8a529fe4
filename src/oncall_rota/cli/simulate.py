"""`oncall simulate`."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.answering import on_clocks
from oncall_rota.cli.option import Dir, Json, Output, Tz
from oncall_rota.cli.selection import Selection, configuration_error, person_named, select
from oncall_rota.cli.setting import asked_at, asked_format, asked_span, display, present, rotations
from oncall_rota.cli.simulated import Simulated, document, rows
from oncall_rota.cli.terminal import say, warn
from oncall_rota.config import suggest
from oncall_rota.errors import NobodyOnCall, UnknownName, UsageError
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.model import CRITICAL, SEVERITIES
from oncall_rota.paging.policy import policy_of
from oncall_rota.paging.simulation import never_firing, played
from oncall_rota.paging.world import World
from oncall_rota.rendering.text import tsv_row
from oncall_rota.schedule.model import Team
from oncall_rota.timeline.zone import Zone, epoch, moment

FORMATS = ("table", "plain", "json")


def simulate(
    at: Annotated[str, typer.Option("--at", metavar="WHEN", help="When it begins: 'sun 03:00', +2h.")] = "now",
    team: Annotated[
        str | None,
        typer.Option("--team", metavar="T", help="An incident of this team.", autocompletion=completion.teams),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option("--service", metavar="S", help="An incident of this service.", autocompletion=completion.services),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="P", help="A page to one person.", autocompletion=completion.people),
    ] = None,
    severity: Annotated[str, typer.Option("--severity", metavar="S", help=f"{', '.join(SEVERITIES)}.")] = CRITICAL,
    no_ack: Annotated[bool, typer.Option("--no-ack", help="Nobody acknowledges; so it is when left out.")] = False,
    ack_after: Annotated[
        str | None,
        typer.Option("--ack-after", metavar="SPAN", help="Whoever was paged first acknowledges after 7m."),
    ] = None,
    for_: Annotated[str, typer.Option("--for", metavar="SPAN", help="How far to look: 24h, 1w.")] = "24h",
    output: Output = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Who would be paged, minute by minute, by which step and channel. Nothing is sent.

    Examples:
      oncall simulate --team payments                       now, and nobody answers
      oncall simulate --at 'sun 03:00' --team payments
      oncall simulate --at 'sun 03:00' --service checkout-api --severity warning
      oncall simulate --team payments --ack-after 7m        who is told, and when it comes back
      oncall simulate --person alice                        her own rules, then the last resort

    It is the engine that pages, with another clock. Also shown: personal rules that can never fire, and what the last
    resort does.

    -o plain columns: at, seconds after, times, event, step, person, name, channel, text.
    Exit code 3 when no step of the escalation reaches anybody.
    """
    form = asked_format(output, json, FORMATS)
    if no_ack and ack_after is not None:
        raise UsageError("give --no-ack or --ack-after, not both")
    if severity not in SEVERITIES:
        meant = suggest(severity, SEVERITIES)
        hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(SEVERITIES)}"
        raise UsageError(f"--severity: no severity {severity!r}", hint)
    now = present()
    shown = display(tz).zone
    at_ = asked_at(at, "--at", now, shown)
    until_at = asked_span(for_, "--for", at_, shown)
    after = None if ack_after is None else asked_span(ack_after, "--ack-after", at_, shown) - at_
    found = select(rotations(dir_), None)
    owner = _asked(found, team, service, person)
    from oncall_rota.wiring import world

    told = _played(
        Incident(
            "simulated",
            owner.name if owner is not None else "",
            severity,
            "",
            _whole(at_),
            service=service,
            person=person,
        ),
        world(found.catalog),
        after,
        until_at,
    )
    _echo(told, owner, shown)
    if form == "json":
        print(document(told, found.catalog))
    elif form == "table" and sys.stdout.isatty():
        from oncall_rota.cli.simulated_table import table

        print(table(told, found.catalog, shown))
    else:
        print("\n".join([tsv_row(each.cells) for each in rows(told, found.catalog)]))
    _leave(found, told)


def _played(incident: Incident, world: World, after: timedelta | None, until_at: datetime) -> Simulated:
    moments, ended = played(incident, world, after, until_at)
    policy = policy_of(incident, incident.opened_at, world)
    never = never_firing(policy, world, incident.opened_at)
    return Simulated(incident, moments, ended, never, world.last_resort(), until_at)


def _whole(at: datetime) -> datetime:
    return moment(epoch(at))


def _asked(found: Selection, team: str | None, service: str | None, person: str | None) -> Team | None:
    """The team whose incident it is; None for a page to a person."""
    if person is not None:
        if team is not None or service is not None:
            raise UsageError("give --person, or --team and --service", "a page to a person follows no team's policy")
        person_named(found.catalog, person)
        return None
    if service is not None:
        return _owner(found, team, service)
    if team is None:
        raise UsageError("whose incident is it?", "give --team T, --service S or --person P")
    return _team(found, team)


def _team(found: Selection, name: str) -> Team:
    known = found.catalog.teams.get(name)
    if known is None:
        # Says what is wrong: there is no such file, or what stands in it.
        select(found.folder, [name]).whole()
        raise configuration_error(found.problems, found.folder)
    return known


def _owner(found: Selection, team: str | None, name: str) -> Team:
    teams = list(found.catalog.teams.values()) if team is None else [_team(found, team)]
    owners = [each for each in teams if name in each.services]
    if not owners:
        found.whole()
        known = sorted({each for owner in teams for each in owner.services})
        meant = suggest(name, known)
        hint = f"did you mean {meant!r}?" if meant else f"there is {', '.join(known) or 'none'}"
        raise UnknownName(f"no service {name!r}", hint)
    if len(owners) > 1:
        names = " and ".join(each.name for each in owners)
        raise UsageError(
            f"service {name!r} belongs to {names}",
            f"name the team: oncall simulate --team {owners[0].name} --service {name}",
        )
    return owners[0]


def _echo(told: Simulated, owner: Team | None, shown: Zone) -> None:
    """Say what was understood."""
    incident = told.incident
    what = f"a page to {incident.person}" if owner is None else f"{incident.severity}, an incident of {owner.name}"
    what += f", service {incident.service}" if incident.service is not None else ""
    say(f"{what} at {on_clocks(incident.opened_at, shown, [owner.timezone] if owner is not None else [])}")


def _leave(found: Selection, told: Simulated) -> None:
    """What the answer alone does not say, and the exit code."""
    if told.resort is None and told.ended.status != "recorded":
        warn("there is no last resort", "write last_resort: in oncall.yaml, for when nobody answers")
    errors = [each for each in found.problems if each.severity == "error"]
    if errors:
        count = f"{len(errors)} {'error' if len(errors) == 1 else 'errors'}"
        warn(f"{count} in the rotation files; first {errors[0].path}:{errors[0].line}", "'oncall validate' shows all")
    if told.ended.status != "recorded" and not told.reaches and not told.waits:
        raise NobodyOnCall(
            "no step of the escalation reaches anybody",
            "'oncall gaps' and 'oncall validate' tell why; 'oncall override add' fills a gap",
        )
