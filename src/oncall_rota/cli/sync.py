"""`oncall sync slack`: user groups of Slack that follow who is on call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import typer

from oncall_rota.cli import who_server
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.option import Dir, Json
from oncall_rota.cli.selection import configuration_error
from oncall_rota.cli.server_office import is_configured
from oncall_rota.cli.setting import present, rotations
from oncall_rota.cli.terminal import say, warn
from oncall_rota.config import Catalog, load, paging
from oncall_rota.errors import DifferencesFound, NobodyOnCall, OncallError, UnknownName
from oncall_rota.paging.ports.notifier import NotifierError
from oncall_rota.rendering.text import json_text, tsv_row
from oncall_rota.schedule import on_call_at

app = new_app(
    cls=Group,
    help="""Let groups of a chat follow who is on call.

Examples:
  oncall sync slack --dry-run""",
)


class Change(NamedTuple):
    """A group, who is to be in it, and who is: ids of Slack's, sorted. `why`: nothing is written, and why not."""

    handle: str
    wanted: tuple[str, ...]
    members: tuple[str, ...]
    why: str = ""


@app.callback()
def _sync() -> None:
    """A group, although it has one command so far."""


@app.command("slack", cls=Command)
def slack(
    json: Json = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 8 when a group differs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    dir_: Dir = None,
) -> None:
    """Put whoever is on call into the user groups of `slack.groups` in oncall.yaml, and nobody else.

    Examples:
      oncall sync slack
      oncall sync slack --dry-run
      */5 * * * * oncall sync slack          a line of cron

    Overrides count, live ones too: with $ONCALL_SERVER that server says who is on call. A person is who `slack` of
    people.yaml says. A group is written only when it differs, and never emptied: when nobody is on call, or nobody who
    is has an id, it stays as it is (exit code 3).
    Plain columns: group, ids that are to be in it, ids that are.
    """
    from oncall_rota.wiring import notifiers
    from oncall_rota.wiring.outbound import slack_groups

    folder = rotations(dir_)
    catalog, problems = load(folder)
    found = paging(catalog, notifiers())
    wrong = [each for each in problems if each.severity == "error" and each.path in ("oncall.yaml", "people.yaml")]
    if wrong:
        raise configuration_error(wrong, folder)
    there = slack_groups(found)
    groups: Mapping[str, Sequence[str]] = found.slack["groups"]
    people = _on_call(catalog, groups, asked=dir_ is None and is_configured(None))
    try:
        known = there.read()
        changes = []
        for handle, schedules in groups.items():
            if handle not in known:
                raise UnknownName(
                    f"Slack has no user group @{handle}", "make it there first; its handle is its name here"
                )
            changes.append(_change(catalog, handle, schedules, people, known[handle].members))
        writes = [] if check or dry_run else [each for each in changes if _differs(each)]
        for each in writes:
            there.write(known[each.handle], each.wanted)
    except NotifierError as error:
        raise OncallError(error.message) from None
    _tell(changes, json, "would be written" if check or dry_run else "is written")
    left = [each for each in changes if each.why]
    if check and any(_differs(each) for each in changes):
        raise DifferencesFound("a group is not who is on call", "'oncall sync slack' writes it")
    if left:
        raise NobodyOnCall("; ".join(f"@{each.handle} stays as it is: {each.why}" for each in left))


def _on_call(catalog: Catalog, groups: Mapping[str, Sequence[str]], *, asked: bool) -> dict[str, tuple[str, ...]]:
    """Who is on call for each schedule: as the server says, where one is configured; else by these files."""
    names = list(dict.fromkeys(name for schedules in groups.values() for name in schedules))
    if asked:
        told = who_server.answer(names, None, None, next_=False)
        if isinstance(told, OncallError):
            # Without its live overrides a group would be put back to whoever is relieved just now.
            raise told
        rows = {f"{row['team']}/{row['schedule']}": row["on_call"] for row in told.rows}
        return {name: tuple([person["id"] for person in rows.get(name, ())]) for name in names}
    at, found = present(), {}
    for name in names:
        team, _, schedule = name.partition("/")
        if team not in catalog.teams or schedule not in catalog.teams[team].schedules:
            raise UnknownName(f"there is no schedule {name!r}", "oncall.yaml names it under slack.groups")
        found[name] = tuple([each.person for each in on_call_at(catalog.teams[team].schedules[schedule], at)])
    return found


def _change(
    catalog: Catalog,
    handle: str,
    schedules: Sequence[str],
    people: Mapping[str, tuple[str, ...]],
    members: tuple[str, ...],
) -> Change:
    on = list(dict.fromkeys(person for name in schedules for person in people[name]))
    ids = {person: catalog.people[person].contacts.get("slack") for person in on if person in catalog.people}
    for person in on:
        if not ids.get(person):
            warn(f"{person} has no slack in people.yaml, and is in no group", f"give {person} slack: U0123456789")
    wanted = tuple(sorted({each for each in ids.values() if each}))
    why = "" if wanted else "nobody who is on call has an id of Slack's" if on else "nobody is on call"
    return Change(handle, wanted, members, why)


def _differs(change: Change) -> bool:
    return not change.why and change.wanted != change.members


def _tell(changes: Sequence[Change], json: bool, words: str) -> None:
    if json:
        rows = [
            {"group": each.handle, "wanted": each.wanted, "members": each.members, "differs": _differs(each)}
            for each in changes
        ]
        print(json_text({"version": 1, "groups": rows}))
    else:
        print("\n".join(tsv_row((each.handle, ",".join(each.wanted), ",".join(each.members))) for each in changes))
    for each in changes:
        if _differs(each):
            say(f"@{each.handle} {words}: {', '.join(each.wanted)} in place of {', '.join(each.members) or 'nobody'}")
