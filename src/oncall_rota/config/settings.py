"""oncall.yaml: its keys and plain types, and what the rotation files need of it.

What a notifier's or a source's own options mean is asked where they are used; here they are free.
"""

from __future__ import annotations

from typing import NamedTuple

from oncall_rota.config import text
from oncall_rota.config.declaration import SEVERITIES
from oncall_rota.config.document import Document
from oncall_rota.config.field import Anything, Choice, Field, List, Text
from oncall_rota.config.record import Either, Filled, Key, Record, Table
from oncall_rota.config.rotation import when_text

SPAN = Text(text.some_span, "a length of time", examples=["5m"])
WORD = Text()
WORDS = List(WORD, one=True)
SECRET = Either(
    "a text, {env: NAME} or {file: NAME}",
    text=WORD,
    mapping=Record(
        "a secret",
        {
            "env": Key(WORD, "Name of an environment variable."),
            "file": Key(WORD, "Name of a file in $ONCALL_SECRETS_DIR."),
        },
    ),
)
KEYS = List(SECRET, "a list of keys", one=True)
YES_NO = Choice("yes", "no", "true", "false")
SEVERITY = Choice(*SEVERITIES)
MATCH = Table(Text(what="a field", examples=["labels.service"]), WORDS, "fields and what they match")


class Open(Record):
    """A mapping with some declared keys; others are free."""

    def unknown(self, key: str, child: object, node: object, document: Document) -> str:
        """Leave it to whoever knows."""
        return ""

    def schema(self) -> dict[str, object]:
        return {**super().schema(), "additionalProperties": True}


def _record(name: str, **keys: tuple[Field, str]) -> Record:
    return Record(name, {key.rstrip("_"): Key(field, doc) for key, (field, doc) in keys.items()})


TARGET = Either(
    "a target, or {via, address}",
    text=WORD,
    mapping=_record(
        "an address",
        via=(WORD, "The channel."),
        address=(WORD, "The address on it."),
    ),
)
SETTINGS = Record(
    "oncall.yaml",
    {
        "server": Key(
            _record(
                "server",
                public_url=(WORD, "Its address as people see it."),
                listen=(WORD, "Host and port to listen on."),
                store=(SECRET, "Where incidents are kept."),
            ),
            "The server.",
        ),
        "notifiers": Key(
            Table(
                Text(what="a channel"),
                Open(
                    "a notifier",
                    {
                        "type": Key(
                            Text(what="a notifier", examples=["twilio-sms", "smtp", "ntfy"]),
                            "Which notifier.",
                            required=True,
                        ),
                        "to": Key(
                            Text(what="a field of people.yaml", examples=["phone"]),
                            "The field of people.yaml that it sends to.",
                        ),
                        "limit": Key(Anything(), "How much it may send."),
                    },
                ),
                "notifiers by channel",
            ),
            "Channels by name.",
            also=["channels"],
        ),
        "last_resort": Key(
            _record("last_resort", every=(SPAN, "How often."), targets=(List(TARGET, "a list of targets"), "Whom.")),
            "Who is paged when an escalation has ended.",
        ),
        "sources": Key(
            Table(
                Text(what="a source's name"),
                Open(
                    "a source",
                    {
                        "type": Key(
                            Text(what="a kind of monitor", examples=["alertmanager"]), "Which monitor.", required=True
                        ),
                        "keys": Key(KEYS, "Its keys, several valid at once."),
                        "severity": Key(SEVERITY, "The severity of signals that name none."),
                        "group_by": Key(WORDS, "Fields that make one incident."),
                    },
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
                    service_from=(WORD, "Field that names the service."),
                    team_from=(WORD, "Field that names the team."),
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
                    match=(MATCH, "What it silences."),
                    from_=(when_text(), "Its start."),
                    until=(when_text(), "Its end, not included."),
                    reason=(Text(free=True), "Why."),
                ),
                "a list",
                least=0,
            ),
            "Windows in which signals page nobody.",
        ),
        "heartbeats": Key(
            Table(
                Text(what="a name"),
                _record(
                    "a heartbeat",
                    every=(SPAN, "How often it comes."),
                    grace=(SPAN, "How late it may be."),
                    team=(WORD, "Whom its silence pages."),
                    severity=(SEVERITY, "How bad its silence is."),
                    keys=(KEYS, "Its keys."),
                ),
                "heartbeats by name",
            ),
            "Signals whose absence pages.",
        ),
        "access": Key(
            _record(
                "access",
                login=(Choice("link", "proxy"), "How people sign in."),
                admins=(WORDS, "Ids of people."),
                board=(KEYS, "Keys of the board."),
                metrics=(WORD, "Who may read metrics."),
                proxies=(WORDS, "Networks whose header is believed."),
                header=(WORD, "The proxy's header."),
            ),
            "Who may do what.",
        ),
        "notices": Key(
            _record(
                "notices",
                handoff=(SPAN, "How long before a handoff."),
                changes=(SPAN, "How far ahead changes are told."),
                resolved=(YES_NO, "Whether resolution is told."),
                via=(WORDS, "Channels."),
            ),
            "Quiet notices.",
        ),
        "watchdog": Key(
            _record(
                "watchdog",
                ping=(SECRET, "Address to ping."),
                every=(SPAN, "How often."),
                peers=(WORDS, "Other servers."),
                synthetic=(WORD, "Channel of the test page."),
            ),
            "Who watches the server.",
        ),
    },
    notes=True,
)


class Settings(NamedTuple):
    """`contacts`: fields of people.yaml that notifiers send to; `channels`: names of notifiers."""

    contacts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def settings(document: Document | None) -> Settings:
    """The settings of oncall.yaml; None: there is no such file."""
    if document is None or document.root is None:
        return Settings()
    values = SETTINGS.read(document.root, document)
    notifiers = values.get("notifiers") if isinstance(values, Filled) else None
    if notifiers is None:
        return Settings()
    fields = [values["to"] for values in notifiers.values() if "to" in values]
    return Settings(tuple(dict.fromkeys(fields)), tuple(notifiers))
