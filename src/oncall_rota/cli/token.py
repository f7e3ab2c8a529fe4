"""`oncall token`: what programs and calendars show a server to be let in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from oncall_rota.cli import completion
from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.incident_office import office
from oncall_rota.cli.incident_people import people
from oncall_rota.cli.option import Dir, DryRun, Expires, Json, Store, Tz
from oncall_rota.cli.selection import known
from oncall_rota.cli.setting import asked_format, asked_span, display, present, rotations
from oncall_rota.cli.terminal import DIM, Cell, rows_in_columns, say, terminal
from oncall_rota.config import load, paging, suggest
from oncall_rota.errors import UnknownName, UsageError
from oncall_rota.paging.token import SCOPES, TokenAsked, TokenKept, digest_of, new_token
from oncall_rota.rendering.incident import told, told_or_none
from oncall_rota.rendering.text import json_text, term_safe, tsv_row

FORMATS = ("table", "plain", "json")
NAME = "oncall token"

app = new_app(
    cls=Group,
    help="""Tokens that a server lets in. Each is shown once, when it is made; the store keeps its digest.

Examples:
  oncall token create responder 'alice, laptop' --person alice
  oncall token create board 'wall in the kitchen' --expires 90d
  oncall token create source prod-am
  oncall token list
  oncall token revoke 3f2a91c0

Scopes: source (send alerts as the source of that name), feed (one calendar's address), board (read), responder (act,
and read), admin (all).""",
)


@app.command("create", cls=Command)
def create(
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help=f"{', '.join(SCOPES)}.", show_default=False)],
    label: Annotated[
        str, typer.Argument(metavar="LABEL", help="What it is for; of a source, its name.", show_default=False)
    ],
    person: Annotated[
        str | None,
        typer.Option("--person", metavar="P", help="Whose it is: who acts by it.", autocompletion=completion.people),
    ] = None,
    team: Annotated[
        str | None,
        typer.Option("--team", metavar="T", help="The only team it is for.", autocompletion=completion.teams),
    ] = None,
    expires: Expires = None,
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Make a token, and print it; nobody can show it again.

    Examples:
      oncall token create responder 'alice, laptop' --person alice
      ONCALL_TOKEN=$(oncall token create admin ci --expires 1d)

    A program sends it as 'Authorization: Bearer TOKEN'.
    """
    if scope not in SCOPES:
        meant = suggest(scope, SCOPES)
        raise UsageError(
            f"no scope {scope!r}; there are {', '.join(SCOPES)}", f"did you mean {meant!r}?" if meant else ""
        )
    if scope == "source":
        _known_source(label, dir_)
    owner = None if person is None else people(dir_).id(person)
    if team is not None:
        _known_team(team, dir_)
    now = present()
    ends_at = None if expires is None else asked_span(expires, "--expires", now, display(tz).zone)
    token = new_token()
    asked = TokenAsked(scope, digest_of(token).hex(), label, owner, team, ends_at)
    if dry_run:
        say(f"a token would be kept: {words_of(asked)}\nnothing is written (--dry-run)")
        return
    with office(store, dir_, f"{NAME} create", make=True) as found:
        kept = found.office.add_token(asked)
    if json:
        print(json_text({"version": 1, "token": token, **mapping(kept)}))
    else:
        print(token)
    say(f"{kept.id}: {words_of(kept)}; it is shown only now")


def _known_source(name: str, dir_: str | None) -> None:
    sources = paging(load(rotations(dir_), teams=())[0]).sources
    if name not in sources:
        raise UnknownName(f"no source {name!r} in oncall.yaml", known(name, sources))


def _known_team(name: str, dir_: str | None) -> None:
    teams = load(rotations(dir_))[0].teams
    if name not in teams:
        raise UnknownName(f"no team {name!r}", known(name, teams))


def words_of(token: TokenAsked | TokenKept) -> str:
    """What a token is, for people."""
    parts = [f"{token.scope}, {token.label}"]
    parts += [f"for {token.person}"] if token.person is not None else []
    parts += [f"of {token.team} only"] if token.team is not None else []
    parts += [f"until {told(token.expires_at)}"] if token.expires_at is not None else []
    return ", ".join(parts)


@app.command("list", cls=Command)
def list_(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="table, plain or json.")] = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """List tokens, oldest first, those too that open nothing any more.

    Examples:
      oncall token list
      oncall token list --json

    -o plain columns: id, status, scope, label, person, team, created, expires, used, revoked. `used` is written down
    once an hour.
    """
    form = asked_format(output, json, FORMATS)
    now = present()
    with office(store, dir_, f"{NAME} list") as found:
        tokens = found.office.tokens()
    if form == "json":
        print(json_text({"version": 1, "tokens": [mapping(each) | {"status": status(each, now)} for each in tokens]}))
    elif form == "table" and sys.stdout.isatty():
        print("\n".join(_table(tokens, now)) if tokens else "there are no tokens")
    elif tokens:
        print("\n".join(tsv_row(_cells(each, now)) for each in tokens))


def status(token: TokenKept, now: datetime) -> str:
    """`valid`, `expired` or `revoked`."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "valid"


def _cells(token: TokenKept, now: datetime) -> tuple[str, ...]:
    times = (token.created_at, token.expires_at, token.used_at, token.revoked_at)
    named = (token.scope, token.label, token.person or "", token.team or "")
    return (token.id, status(token, now), *named, *["" if at is None else told(at) for at in times])


def mapping(token: TokenKept) -> dict[str, Any]:
    """A token as JSON tells of it."""
    return {
        "id": token.id,
        "scope": token.scope,
        "label": token.label,
        "person": token.person,
        "team": token.team,
        "created_at": told(token.created_at),
        "expires_at": told_or_none(token.expires_at),
        "used_at": told_or_none(token.used_at),
        "revoked_at": told_or_none(token.revoked_at),
        **({"agent": token.agent} if token.scope == "feed" else {}),
    }


def _table(tokens: Sequence[TokenKept], now: datetime) -> list[str]:
    header = ("ID", "STATUS", "SCOPE", "LABEL", "PERSON", "TEAM", "CREATED", "EXPIRES", "USED")
    rows = [
        [Cell(term_safe(text), "" if status(each, now) == "valid" else DIM) for text in _cells(each, now)[:-1]]
        for each in tokens
    ]
    return rows_in_columns(header, rows, terminal())


@app.command("revoke", cls=Command)
def revoke(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="As 'oncall token list' shows them.", show_default=False)
    ],
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """Let tokens open nothing any more; every server refuses them within a second.

    Examples:
      oncall token revoke 3f2a91c0
    """
    end(ids, json, dry_run, store, dir_, NAME)


def end(
    ids: Sequence[str], json: bool, dry_run: bool, store: str | None, dir_: str | None, name: str, scope: str = ""
) -> None:
    """Revoke these tokens, and tell of it. `name`: of the group of commands. `scope`: only such tokens are there."""
    with office(store, dir_, f"{name} revoke") as found:
        kept = {each.id: each for each in found.office.tokens() if scope in ("", each.scope)}
        for token_id in ids:
            if token_id not in kept:
                raise UnknownName(f"no {scope or 'token'} has the id {token_id!r}", f"'{name} list' shows their ids")
        done = [kept[each] if dry_run else found.office.revoke_token(each) for each in dict.fromkeys(ids)]
    if json:
        print(json_text({"version": 1, "dry_run": dry_run, "tokens": [mapping(each) for each in done]}))
    for each in done:
        say(f"{each.id}: {'would be' if dry_run else 'is'} revoked ({words_of(each)})")
    if dry_run:
        say("nothing is written (--dry-run)")
