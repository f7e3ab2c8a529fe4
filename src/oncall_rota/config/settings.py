"""oncall.yaml: its keys and plain types, and what the rotation files need of it."""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from oncall_rota.config import text
from oncall_rota.config.access import HEADER, NETWORK, READERS
from oncall_rota.config.channel import Channel, kinds
from oncall_rota.config.declaration import SEVERITIES
from oncall_rota.config.document import Document
from oncall_rota.config.field import Choice, Field, List, Text
from oncall_rota.config.monitor import FIELD, MONITOR
from oncall_rota.config.name import NAME, name
from oncall_rota.config.problem import Mistake, shown
from oncall_rota.config.record import Either, Filled, Key, Record, Table
from oncall_rota.config.rotation import ZONE, when_text
from oncall_rota.config.secret import KEY, PLAIN_OR_NAMED, SECRET, address

if TYPE_CHECKING:
    from oncall_rota.paging.ports.notifier import Declaration

SPAN = Text(text.some_span, "a length of time", examples=["5m"])
WORD = Text()
WORDS = List(WORD, one=True)
KEYS = List(KEY, "a list of keys", one=True)
SECRETS = List(SECRET, "a list of secrets", one=True)
YES_NO = Choice("yes", "no", "true", "false")
SEVERITY = Choice(*SEVERITIES)
MATCH = Table(FIELD, WORDS, "fields and what they match")


def _record(name: str, *required: str, either: tuple[str, ...] = (), **keys: tuple[Field, str]) -> Record:
    return Record(
        name,
        {key.rstrip("_"): Key(field, doc, required=key.rstrip("_") in required) for key, (field, doc) in keys.items()},
        either=either,
    )


def handle(written: str) -> str:
    """The handle of a user group, as people mention it."""
    name_ = written.removeprefix("@")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,20}", name_):
        raise Mistake("bad-group", f"{shown(written)} is no handle of a user group", "write e.g. payments-oncall")
    return name_


def one_schedule(written: str) -> str:
    """`team/schedule`."""
    if len(written.split("/")) != 2:
        raise Mistake("not-a-schedule", f"{shown(written)} is no schedule of a team", "write e.g. payments/primary")
    return written


CHANNEL = Text(what="a channel", examples=["sms"])
URL = Text(address, "an address of the web", examples=["https://oncall.example.com"])
TARGET = Either(
    "a target, or {via, address}",
    text=Text(what="a person or team/schedule", examples=["operations/primary"]),
    mapping=_record(
        "an address",
        "via",
        "address",
        via=(CHANNEL, "The channel."),
        address=(WORD, "The address on it."),
    ),
)
_KEYS = {
    "server": Key(
        _record(
            "server",
            public_url=(URL, "Its address as people see it."),
            listen=(WORD, "Host and port to listen on."),
            store=(PLAIN_OR_NAMED, "Where incidents are kept."),
        ),
        "The server.",
    ),
    "last_resort": Key(
        _record(
            "last_resort",
            "targets",
            every=(SPAN, "How often, until somebody acknowledges; 5m when left out."),
            targets=(
                List(TARGET, "a list of targets", one=True),
                "Who is told: people, team/schedule, or {via: email, address: all@example.com}.",
            ),
        ),
        "Who is paged when an escalation has ended.",
        also=["fallback", "catch_all", "catchall", "default"],
    ),
    "sources": Key(
        Table(
            Text(name, "a source's name", pattern=f"^{NAME}$", examples=["prod-am"]),
            _record(
                "a source",
                "type",
                either=("keys", "secrets"),
                type_=(MONITOR, "Which monitor."),
                keys=(KEYS, "Its keys, several valid at once."),
                secrets=(
                    SECRETS,
                    "What it signs its bodies with (HMAC-SHA256), several valid at once; beside keys, both are needed.",
                ),
                get=(
                    YES_NO,
                    "Whether a GET is taken as well as a POST, though machines fetch links; no when left out.",
                ),
                severity=(SEVERITY, "The severity of signals that name none; critical when left out."),
                group_by=(
                    List(FIELD, one=True),
                    "Fields whose alerts make one incident; those that the monitor groups by when left out.",
                ),
                team=(WORD, "Whose its signals are when no route takes them."),
            ),
            "sources by name",
        ),
        "Monitors that send signals.",
    ),
    "routes": Key(
        List(
            _record(
                "a route",
                match=(MATCH, "What it takes; the last has none."),
                service_from=(FIELD, "Field that names the service."),
                team_from=(FIELD, "Field that names the team."),
                team=(WORD, "The team."),
                service=(WORD, "The service."),
                severity=(SEVERITY, "The severity."),
                hold=(SPAN, "Wait so long before the page."),
            ),
            "a list of routes",
        ),
        "Which signals go where; the first match wins.",
    ),
    "maintenance": Key(
        List(
            _record(
                "a maintenance",
                "match",
                "from",
                "until",
                match=(MATCH, "What it silences."),
                from_=(when_text(), "Its start."),
                until=(when_text(), "Its end, not included."),
                timezone=(ZONE, "Whose clock its times are on; UTC when left out."),
                reason=(Text(free=True), "Why."),
            ),
            "a list",
            least=0,
        ),
        "Windows in which signals page nobody; what is still open when one ends pages then.",
    ),
    "heartbeats": Key(
        Table(
            Text(name, "a heartbeat's name", pattern=f"^{NAME}$", examples=["backup"]),
            _record(
                "a heartbeat",
                "every",
                "team",
                either=("keys", "source"),
                every=(SPAN, "How often it comes."),
                grace=(SPAN, "How late it may be; a tenth of `every` when left out."),
                team=(WORD, "Whom its silence pages."),
                severity=(SEVERITY, "How bad its silence is."),
                keys=(KEYS, "Its keys, where something asks for its own address."),
                source=(WORD, "The source whose alerts it is heard by, as long as they fire, such as a Watchdog."),
                match=(MATCH, "Which alerts of that source; all of them when left out. They open no incident."),
            ),
            "heartbeats by name",
        ),
        "Signals whose absence pages.",
    ),
    "access": Key(
        _record(
            "access",
            login=(Choice("link", "proxy"), "How people sign in; nobody can when left out."),
            admins=(WORDS, "Ids of people."),
            board=(KEYS, "Keys of the board."),
            metrics=(List(READERS, one=True), "Who may read metrics, beside who has a key of the board: networks."),
            proxies=(List(NETWORK, one=True), "Networks whose header is believed."),
            header=(HEADER, "The header in which a proxy says who it is: a person's id, or an address of theirs."),
        ),
        "Who may do what.",
    ),
    "notices": Key(
        _record(
            "notices",
            handoff=(SPAN, "How long before a handoff."),
            changes=(SPAN, "How far ahead changes are told."),
            resolved=(YES_NO, "Whether resolution is told."),
            via=(List(CHANNEL, one=True), "Channels."),
        ),
        "Quiet notices.",
    ),
    "slack": Key(
        _record(
            "slack",
            "token",
            "groups",
            token=(SECRET, "An app's token that may read and write user groups."),
            groups=(
                Table(
                    Text(
                        handle, "a group's handle", pattern="^[a-z0-9][a-z0-9._-]{0,20}$", examples=["payments-oncall"]
                    ),
                    List(Text(one_schedule, "a schedule", examples=["payments/primary"]), "schedules", one=True),
                    "user groups by handle",
                ),
                "Who is on call for these schedules is in the group, after each `oncall sync slack`.",
            ),
            url=(URL, "Another address of Slack's API, for tests and gateways."),
        ),
        "User groups of Slack that follow who is on call.",
    ),
    "watchdog": Key(
        _record(
            "watchdog",
            ping=(SECRET, "Address to ping."),
            every=(SPAN, "How often; 1m when left out."),
            peers=(List(URL, one=True), "Other servers, each of which is told when one is silent for 90 s."),
            team=(WORD, "Whom a peer's silence pages; the last resort when left out."),
            synthetic=(
                CHANNEL,
                "Channel of a page to nobody before each ping: its provider is asked whether it would take one.",
            ),
        ),
        "Who watches the server.",
    ),
}


def settings_file(notifiers: Names[str, Declaration] | None = None) -> Record:
    """oncall.yaml, with the options of the notifiers that are declared."""
    return _undeclared() if notifiers is None else _file(notifiers)


@cache
def _undeclared() -> Record:
    return _file(None)


def _file(notifiers: Names[str, Declaration] | None) -> Record:
    channels = Table(
        Text(name, "a channel's name", pattern=f"^{NAME}$", examples=["sms"]),
        Channel(notifiers),
        "notifiers by channel",
    )
    server, *others = _KEYS.items()
    about = Key(channels, "Channels by name.", also=["channels"])
    return Record("oncall.yaml", dict([server, ("notifiers", about), *others]), notes=True)


class Settings(NamedTuple):
    """`contacts`: fields of people.yaml that notifiers send to; `channels`: those fields by the channel's name.

    `values` None: there is no oncall.yaml, or it cannot be read.
    """

    contacts: tuple[str, ...] = ()
    channels: Names[str, str] = MappingProxyType({})
    values: Filled | None = None
    document: Document | None = None


def settings(document: Document | None, notifiers: Names[str, Declaration] | None = None) -> Settings:
    """The settings of oncall.yaml; None: there is no such file."""
    if document is None or document.root is None:
        return Settings()
    values = settings_file(notifiers).read(document.root, document)
    if not isinstance(values, Filled):
        return Settings()
    given: Any = values.get("notifiers")
    channels = {
        name: field_of(given[name], notifiers) if name in given else "" for name in (given.node if given else ())
    }
    return Settings(tuple(dict.fromkeys(filter(None, channels.values()))), channels, values, document)


def field_of(channel: Filled, notifiers: Names[str, Any] | None) -> str:
    """The field of people.yaml that a channel sends to; empty when nothing says."""
    known = kinds(notifiers).get(channel.get("type", ""))
    written: str = channel.get("to", known.to if known is not None else "")
    return written
