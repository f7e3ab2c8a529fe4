"""Channels: `notifiers:` of oncall.yaml. What a kind of notifier knows comes by its declaration, through a port."""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Mapping as Names
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from oncall_rota.config import text
from oncall_rota.config.document import Document, Mapping
from oncall_rota.config.field import BAD, Choice, Field, List, Number, Schema, Text
from oncall_rota.config.option import option_key
from oncall_rota.config.problem import Mistake, listed, shown, suggest
from oncall_rota.config.record import Either, Filled, Key, Record
from oncall_rota.config.secret import PLAIN_OR_NAMED, in_plain
from oncall_rota.config.tree import Scalar

if TYPE_CHECKING:
    from oncall_rota.paging.ports.notifier import Declaration

CONSOLE = "console"


class About(Protocol):
    """What validation has to know of a kind of notifier; a declaration has it all."""

    @property
    def to(self) -> str:
        """The field of people.yaml that it sends to, unless the channel names another."""
        ...

    @property
    def provider(self) -> str:
        """What fails together."""
        ...

    @property
    def metered(self) -> bool:
        """Whether each page costs money."""
        ...

    @property
    def best_effort(self) -> bool:
        """Whether it may never be the only channel."""
        ...

    @property
    def can(self) -> Collection[str]:
        """What it can do beside sending."""
        ...

    @property
    def shape(self) -> str:
        """What an address looks like, as a regular expression; empty: like anything."""
        ...

    @property
    def example(self) -> str:
        """Of such an address."""
        ...


class Kind(NamedTuple):
    """A kind that comes with oncall. `secrets`: options that are secrets and do not sound like it."""

    to: str
    provider: str
    metered: bool = False
    best_effort: bool = False
    secrets: frozenset[str] = frozenset()
    shape: str = ""
    example: str = ""
    can: frozenset[str] = frozenset()


_ASKED = frozenset({"rehearse"})
# What holds when no declarations are given, as for `who`; tests compare it with the declarations.
KINDS: dict[str, Kind] = {
    CONSOLE: Kind("name", "console", best_effort=True),
    "smtp": Kind("email", "smtp", can=_ASKED),
    "twilio-sms": Kind("phone", "twilio", metered=True, can=_ASKED),
    "twilio-voice": Kind("phone", "twilio", metered=True, can=_ASKED),
    "slack": Kind("slack", "slack", can=_ASKED),
    "webhook": Kind("name", "webhook"),
    "ntfy": Kind("push", "ntfy", can=_ASKED),
    "apprise": Kind("push", "apprise", best_effort=True, secrets=frozenset({"url"})),
    "exec": Kind("name", "exec"),
}
_INSTEAD = {
    "twilio": "twilio-sms",
    "sms": "twilio-sms",
    "text": "twilio-sms",
    "call": "twilio-voice",
    "voice": "twilio-voice",
    "phone": "twilio-voice",
    "email": "smtp",
    "mail": "smtp",
    "push": "ntfy",
    "http": "webhook",
    "command": "exec",
    "stderr": CONSOLE,
}
_SECRET = re.compile("token|passw|secret|passphrase|credential|(^|_)(key|auth|pin)$")
_RATE = re.compile(r"\s*(\d{1,6})\s*(?:per|/)\s*(.+)", re.ASCII)


def rate(written: str) -> timedelta:
    """`1 per 1m`, `15 per 1h`: the time that one takes."""
    found = _RATE.fullmatch(written)
    if not found or not int(found[1]):
        raise Mistake("bad-rate", f"{shown(written)} is not a rate, expected a number per time", "write e.g. 1 per 1m")
    try:
        return text.some_span(found[2]) / int(found[1])
    except Mistake as mistake:
        raise Mistake("bad-rate", f"{shown(written)} is not a rate: {mistake.message}", "write e.g. 1 per 1m") from None


LIMIT = Record(
    "a limit",
    {
        "burst": Key(
            Number(1, 1000), "How many pages a person gets at once.", required=True, also=["first", "at_once"]
        ),
        "then": Key(
            Text(rate, "a rate", pattern=r"^\s*[0-9]+\s*(per|/)\s*.+$", examples=["1 per 1m", "15 per 1h"]),
            "And how many after that.",
            required=True,
            also=["rate", "per", "refill"],
        ),
    },
)
_USUAL = {
    "to": Key(
        Text(what="a field of people.yaml", examples=["phone"]),
        "The field of people.yaml that it sends to.",
        also=["field", "contact"],
    ),
    "limit": Key(
        Either("a limit, or none", text=Choice("none", what="none, or {burst: 5, then: 1 per 1m}"), mapping=LIMIT),
        "How many pages a person gets; more are bundled.",
    ),
}


def kinds(notifiers: Names[str, Declaration] | None) -> Names[str, About]:
    """The kinds of notifiers by name: those declared, else those that come with oncall."""
    return KINDS if notifiers is None else notifiers


class _Type(Text):
    """The name of a kind of notifier. Without declarations, one that resembles none may be somebody's plug-in."""

    def __init__(self, known: Names[str, About], *, all_known: bool) -> None:
        super().__init__(None, "a notifier", examples=["twilio-sms", "smtp", "ntfy"])
        self.cache = None
        self.known, self.all_known = known, all_known

    def read(self, node: Any, document: Document) -> Any:
        name = super().read(node, document)
        if name is BAD or name in self.known:
            return name
        folded = name.casefold()
        meant = suggest(name, self.known) or _INSTEAD.get(folded)
        message = f"no notifier is called {shown(name)}"
        if meant or self.all_known:
            hint = f"did you mean {meant!r}?" if meant else f"notifiers are {listed(self.known, 'and')}"
            document.error(node, "unknown-notifier", message, hint)
            return BAD
        document.warn(
            node,
            "unknown-notifier",
            f"{message} among those that come with oncall",
            f"they are {listed(self.known, 'and')}; if it is a plug-in, it is needed where pages are sent",
        )
        return name

    def schema(self) -> Schema:
        found = super().schema()
        return {**found, "enum": list(self.known)} if self.all_known else {**found, "examples": list(self.known)}


class _Free(Field):
    """An option of which nothing but its name is known: a text, a list of texts, or a secret's name."""

    what = "a text, a list, {env: NAME} or {file: NAME}"

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is Scalar or node.__class__ is Mapping:
            return PLAIN_OR_NAMED.read(node, document)
        return _WORDS.read(node, document)

    def schema(self) -> Schema:
        return {"anyOf": [PLAIN_OR_NAMED.schema(), _WORDS.schema()]}


_WORDS = List(Text())
_FREE = _Free()


class _Undeclared(Record):
    """A channel whose options are not declared: any are taken, but no secret in plain."""

    def __init__(self, keys: dict[str, Key], secrets: frozenset[str]) -> None:
        super().__init__("a notifier", keys)
        self.secrets = secrets

    def read(self, node: Any, document: Document) -> Any:
        values = super().read(node, document)
        if not isinstance(values, Filled):
            return values
        for name, child in node.items():
            if name in self.keys or name == "<<":
                continue
            secret = name in self.secrets or _SECRET.search(name.lower())
            if secret and child.__class__ is not Mapping and getattr(child, "value", True):
                in_plain(child, document)
                continue
            value = _FREE.read(child, document)
            if value is not BAD:
                values[name] = value
        return values

    def unknown(self, key: str, child: Any, node: Mapping, document: Document) -> str:
        """Leave it to whoever knows."""
        return ""

    def schema(self) -> Schema:
        return {**super().schema(), "additionalProperties": _FREE.schema()}


class Channel(Field):
    """One channel: `type`, `to`, `limit`, and the options of its kind, as far as they are declared."""

    what = "a notifier, a mapping with keys such as type, to and limit"

    def __init__(self, notifiers: Names[str, Declaration] | None) -> None:
        known = kinds(notifiers)
        kind = Key(_Type(known, all_known=notifiers is not None), "Which notifier.", required=True, also=["kind"])
        keys = {"type": kind, **_USUAL}
        self._open = _Undeclared(keys, frozenset())
        self._records: dict[str, Record] = (
            {name: _Undeclared(keys, about.secrets) for name, about in KINDS.items()}
            if notifiers is None
            else {
                name: Record(
                    f"a {name} notifier", {**keys, **{each.name: option_key(each) for each in declared.options}}
                )
                for name, declared in notifiers.items()
            }
        )
        self._declared = notifiers is not None

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is not Mapping:
            return self.refuse(node, document)
        kind = node.get("type")
        name = kind.value if kind.__class__ is Scalar else ""
        return self._records.get(name, self._open).read(node, document)

    def refuse(self, node: Any, document: Document) -> Any:
        """Report another kind of value, and not what it says: it may be a secret."""
        document.error(
            node, "wrong-kind", f"expected {self.what}", "write e.g. {type: smtp, host: mx.example.com, from: …}"
        )
        return BAD

    def schema(self) -> Schema:
        found = self._open.schema()
        if self._declared:
            found["allOf"] = [
                {
                    "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                    "then": record.schema(),
                }
                for name, record in self._records.items()
            ]
        return found
