"""`oncall ical url`, `list`, `revoke`, `rotate`: addresses of feeds, each with a token of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from oncall_rota.cli.incident_office import office
from oncall_rota.cli.option import Dir, DryRun, Expires, FeedOf, FeedOfPerson, Json, Store, Tz
from oncall_rota.cli.selection import person_named, select
from oncall_rota.cli.setting import asked_format, asked_span, display, present, rotations
from oncall_rota.cli.terminal import DIM, Cell, rows_in_columns, say, terminal, warn
from oncall_rota.cli.token import end, mapping, status, words_of
from oncall_rota.config import load, paging
from oncall_rota.errors import ConfigurationError, UnknownName, UsageError
from oncall_rota.feeds.address import SLOW, addresses
from oncall_rota.paging.token import TokenAsked, TokenKept, digest_of, new_token
from oncall_rota.rendering.incident import told
from oncall_rota.rendering.text import json_text, term_safe, tsv_row

FORMATS = ("table", "plain", "json")
NAME = "oncall ical"

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As 'oncall ical list' shows them.")]
Gaps = Annotated[bool, typer.Option("--gaps", help="Only where nobody is on though somebody must be.")]


def url(
    name: FeedOf = None,
    person: FeedOfPerson = None,
    gaps: Gaps = False,
    label: Annotated[
        str | None, typer.Option("--label", metavar="TEXT", help="Who or what subscribes, for the list.")
    ] = None,
    expires: Expires = None,
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Make an address that a calendar subscribes to, and print it; nobody can show it again.

    Examples:
      oncall ical url payments --label 'alice, phone'
      oncall ical url payments/primary
      oncall ical url --person carol
      oncall ical url --gaps                    of all teams

    One for each subscriber: then one that has got about is revoked, and the others stay. It needs server.public_url of
    oncall.yaml. A query shows the feed in another way: ?busy=1 &gaps=1 &names=initials &title={id} &colour=teal.
    -o plain columns: kind (https, webcal, google), address.
    """
    if bool(name) + (person is not None) > 1 or not (name or person or gaps):
        raise UsageError("an address of what?", "give a TEAM, TEAM/SCHEDULE, --person P or --gaps")
    if gaps and (person is not None or "/" in (name or "")):
        raise UsageError("--gaps is of a team or of all", "e.g. oncall ical url payments --gaps")
    public_url = _public_url(dir_)
    found = select(rotations(dir_), [name] if name else None)
    owner = None if person is None else person_named(found.catalog, person)
    if name:
        found.whole()
    now = present()
    ends_at = None if expires is None else asked_span(expires, "--expires", now, display(tz).zone)
    token = new_token()
    words = label or " ".join([name or owner or "all teams", *(["gaps"] if gaps else [])])
    asked = TokenAsked("feed", digest_of(token).hex(), words, owner, name, ends_at)
    if dry_run:
        file = _file(owner, name, gaps)
        say(f"an address of {file} would be made: {words_of(asked)}")
        say("nothing is written (--dry-run)")
        return
    with office(store, dir_, f"{NAME} url", make=True) as opened:
        kept = opened.office.add_token(asked)
    _tell([(kept, addresses(public_url, token, _file(owner, name, gaps)))], json)


def _public_url(dir_: str | None) -> str:
    found: str | None = paging(load(rotations(dir_), teams=())[0]).server.get("public_url")
    if not found:
        hint = "add e.g. server: {public_url: https://oncall.example.com}"
        raise ConfigurationError("oncall.yaml does not say by which address people reach the server", hint)
    return found.rstrip("/")


def _file(person: str | None, team: str | None, gaps: bool) -> str:
    if gaps or not (person or team):
        return "gaps.ics"
    return f"{team}.ics" if team else "me.ics"


def _tell(made: Sequence[tuple[TokenKept, dict[str, str]]], json: bool) -> None:
    if json:
        feeds = [mapping(kept) | {"urls": urls} for kept, urls in made]
        print(json_text({"version": 1, "feeds": feeds}))
    for kept, urls in made:
        if not json:  # never in columns that are cut to a terminal's width: it could not be copied
            print("\n".join(tsv_row(row) for row in urls.items()))
        say(f"{kept.id}: {words_of(kept)}; it is shown only now")
    warn(SLOW)


def list_(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="table, plain or json.")] = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """List addresses of feeds, oldest first, those too that open nothing any more.

    Examples:
      oncall ical list
      oncall ical list --json

    -o plain columns: id, status, label, person, team, created, expires, used, agent, revoked. `used` and `agent`, the
    program that asked then, are written down once an hour.
    """
    form = asked_format(output, json, FORMATS)
    now = present()
    with office(store, dir_, f"{NAME} list") as found:
        feeds = [each for each in found.office.tokens() if each.scope == "feed"]
    if form == "json":
        print(json_text({"version": 1, "feeds": [mapping(each) | {"status": status(each, now)} for each in feeds]}))
    elif form == "table" and sys.stdout.isatty():
        print("\n".join(_table(feeds, now)) if feeds else "there are no addresses of feeds")
    elif feeds:
        print("\n".join(tsv_row(_cells(each, now)) for each in feeds))


def _cells(feed: TokenKept, now: datetime) -> tuple[str, ...]:
    created, expires, used, revoked = [
        "" if at is None else told(at) for at in (feed.created_at, feed.expires_at, feed.used_at, feed.revoked_at)
    ]
    named = (feed.label, feed.person or "", feed.team or "")
    return (feed.id, status(feed, now), *named, created, expires, used, feed.agent or "", revoked)


def _table(feeds: Sequence[TokenKept], now: datetime) -> list[str]:
    header = ("ID", "STATUS", "LABEL", "PERSON", "TEAM", "CREATED", "EXPIRES", "USED", "AGENT")
    rows: list[Any] = [
        [Cell(term_safe(text), "" if status(each, now) == "valid" else DIM) for text in _cells(each, now)[:-1]]
        for each in feeds
    ]
    return rows_in_columns(header, rows, terminal())


def revoke(
    ids: Ids,
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """Let addresses open nothing any more; every server answers 404 within a second.

    Examples:
      oncall ical revoke 3f2a91c0

    A calendar that has the feed keeps what it has seen of it until somebody unsubscribes.
    """
    end(ids, json, dry_run, store, dir_, NAME, "feed")


def rotate(
    ids: Ids,
    gaps: Gaps = False,
    json: Json = False,
    dry_run: DryRun = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """Make a new address in place of each, and let the old one open nothing any more.

    Examples:
      oncall ical rotate 3f2a91c0
    """
    public_url = _public_url(dir_)
    with office(store, dir_, f"{NAME} rotate") as found:
        known = {each.id: each for each in found.office.tokens() if each.scope == "feed"}
        for token_id in ids:
            if token_id not in known:
                raise UnknownName(f"no feed has the id {token_id!r}", f"'{NAME} list' shows their ids")
            if known[token_id].revoked_at is not None:
                raise UsageError(f"{token_id} is revoked", f"'{NAME} url' makes a new address")
        old = [known[each] for each in dict.fromkeys(ids)]
        if dry_run:
            for each in old:
                say(f"{each.id}: would get a new address ({words_of(each)})")
            say("nothing is written (--dry-run)")
            return
        made = []
        for each in old:
            token = new_token()
            asked = TokenAsked("feed", digest_of(token).hex(), each.label, each.person, each.team, each.expires_at)
            kept = found.office.add_token(asked)
            made.append((kept, addresses(public_url, token, _file(each.person, each.team, gaps))))
        _tell(made, json)  # before the old ones end: whatever happens then, somebody has the new ones
        for each in old:
            found.office.revoke_token(each.id)
            say(f"{each.id}: is revoked")
