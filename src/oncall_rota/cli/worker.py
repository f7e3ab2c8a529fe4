"""What `oncall pager run` and `oncall serve` have in common: what they are asked, what they check, what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.cli.incident_office import driving
from oncall_rota.cli.log import Log
from oncall_rota.cli.selection import configuration_error
from oncall_rota.cli.setting import rotations
from oncall_rota.cli.store_place import place, shown
from oncall_rota.config import ERROR, Catalog, load, paging
from oncall_rota.errors import ConfigurationError
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.paging.reference import LISTED, line

if TYPE_CHECKING:
    from oncall_rota.config.page import Paging
    from oncall_rota.control.owner import Opened


class Asked(NamedTuple):
    """What a worker was asked to run on. `where`: its store."""

    where: str
    catalog: Catalog
    paging: Paging


def asked_of(store: str | None, dir_: str | None, log: Log, *, check: bool) -> Asked:
    """The folder and the store; with `check` every mistake and every secret that lacks is an error."""
    from oncall_rota.wiring import notifiers

    where = place(store, dir_)
    catalog, problems = load(rotations(dir_))
    found = paging(catalog, notifiers())
    errors = [each for each in problems if each.severity == ERROR]
    if check:
        if errors:
            raise configuration_error(errors, catalog.folder)
        _check_channels(found)
    elif errors:
        count = f"{len(errors)} {'error' if len(errors) == 1 else 'errors'}"
        first = f"{errors[0].path}:{errors[0].line}"
        log.warn(f"{count} in the rotation files; first {first}", "'oncall validate' shows all")
    return Asked(where, catalog, found)


def _check_channels(found: Paging) -> None:
    """Make every channel ready. Raises `ConfigurationError` for those that lack something."""
    from oncall_rota.wiring import Channels

    channels, lacking = Channels(found.channels), []
    for name in found.channels:
        try:
            channels(name)
        except NotifierError as error:
            lacking.append(error.message)
    if lacking:
        raise ConfigurationError(f"{len(lacking)} of {len(found.channels)} channels cannot send", "\n".join(lacking))


def introduce(asked: Asked, opened: Opened, log: Log, *, check: bool) -> None:
    """Say what it drives, and how; from then on, unless it is a `check`, each page."""
    if not check and opened.crew is not None:
        opened.crew.pager.tally.tell = log.event
    where, teams, channels, resort = (
        asked.where,
        [*asked.catalog.teams],
        asked.paging.channels,
        asked.paging.last_resort,
    )
    if not check and opened.configuration is not None:
        # What is in force: the last good version of what cannot be read.
        now = opened.configuration()
        teams, channels, resort = [*now.teams], dict(now.channels), now.world.last_resort()
    rows = opened.office.incidents(limit=1000)
    if check and (there := driving(opened).by):
        log(f"the store is in use by {there}")
    log(f"{'could drive' if check else 'drives'} every open incident of {shown(where)}")
    log(f"teams: {', '.join(teams) or 'none'}")
    log(f"channels: {', '.join(f'{each.name} ({each.type})' for each in channels.values()) or 'none'}")
    if resort is None:
        log("no last resort: nobody is told when an escalation ends")
    log(f"open incidents: {len(rows) or 'none'}")
    for row in rows[:LISTED]:
        log(f"  {line(row)}")
