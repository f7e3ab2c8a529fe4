"""`oncall page`."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated, NamedTuple

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.option import Dir
from oncall_rota.cli.selection import configuration_error, known
from oncall_rota.cli.setting import present, rotations
from oncall_rota.cli.terminal import say, warn
from oncall_rota.cli.who_text import tsv_row
from oncall_rota.config import Catalog, load
from oncall_rota.errors import NotDelivered, UnknownName, UsageError
from oncall_rota.paging.incident import Incident

TEAM, PERSON = "team:", "person:"


class Target(NamedTuple):
    """A team, or one person; the other is empty."""

    team: str = ""
    person: str = ""


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
    via: Annotated[str | None, typer.Option("--via", metavar="CHANNEL", help="Only by this channel.")] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Send now and keep nothing: works without a server and without a store.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say whom it would page; send nothing.")] = False,
    dir_: Dir = None,
) -> None:
    """Page a team's escalation, or one person.

    Examples:
      oncall page payments 'checkout is down' --direct
      oncall page person:alice --via sms 'please call me' --direct
      journalctl -u shop -n 5 | oncall page payments - --direct
      oncall page payments --dry-run

    --direct pages whoever is on call at this moment, by the first rules of each; where a channel refuses, the next
    rule, step, and in the end the last resort follow at once. Nobody escalates afterwards.
    Exit code 6 when no channel took the page.
    """
    from oncall_rota.wiring import direct_paging

    if not (direct or dry_run):
        raise UsageError("a page that is followed until somebody acknowledges needs a server", "add --direct")
    now = present()
    catalog, problems = load(rotations(dir_))
    meant = named(target, catalog)
    if meant is None:
        errors = [each for each in problems if each.severity == "error"]
        if f"{target.removeprefix(TEAM)}.yaml" in catalog.names:  # a team whose file has no meaning
            raise configuration_error(errors, catalog.folder)
        raise UnknownName(f"no team and no person {target!r}", known(target, [*catalog.teams, *catalog.people]))
    if service is not None and (not meant.team or service not in catalog.teams[meant.team].services):
        raise UnknownName(f"{target} has no service {service!r}")
    text = sys.stdin.read(4000) if message == "-" else message or "somebody needs you"
    incident = Incident(
        secrets.token_hex(8), meant.team, severity, text, now, service=service, person=meant.person or None
    )
    run = direct_paging(catalog, incident, via, now, send=not dry_run)
    for note in run.notes:
        if note.kind in ("nobody", "mute", "last-resort"):
            say(note.text)
    names = {person: entry.name for person, entry in catalog.people.items()}
    for each in run.tries:
        to = names.get(each.page.person or "", each.page.person or each.page.address)
        outcome = "would be sent" if dry_run else "sent" if each.error is None else f"refused: {each.error}"
        print(tsv_row((each.page.channel, to, outcome)))
    if not run.reached:
        hint = "why stands above" if run.tries else "'oncall validate' tells whom no channel reaches"
        raise NotDelivered("no channel took the page", hint)
    if not dry_run:
        warn("nobody escalates it: --direct sends once and keeps nothing")


def named(target: str, catalog: Catalog) -> Target | None:
    """What a name means; None when nothing has it. Raises `UsageError` when two things do."""
    if target.startswith(TEAM):
        team = target.removeprefix(TEAM)
        return Target(team=team) if team in catalog.teams else None
    if target.startswith(PERSON):
        person = target.removeprefix(PERSON)
        return Target(person=person) if person in catalog.people else None
    if target in catalog.teams and target in catalog.people:
        raise UsageError(f"{target!r} is a team and a person", f"write team:{target} or person:{target}")
    if target in catalog.teams:
        return Target(team=target)
    return Target(person=target) if target in catalog.people else None
