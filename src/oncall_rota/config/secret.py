"""Secrets, which oncall.yaml names and never holds. What somebody wrote in plain never gets into a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from oncall_rota.config.document import Document, Mapping
from oncall_rota.config.field import BAD, Field, Schema, empty
from oncall_rota.config.problem import Mistake, suggest
from oncall_rota.config.tree import Scalar

_NAMES = {
    "env": (re.compile("[A-Za-z_][A-Za-z0-9_]{0,127}"), "the name of an environment variable"),
    "file": (re.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"), "the name of a file in $ONCALL_SECRETS_DIR"),
}
WAYS = tuple(_NAMES)  # of naming a secret
_DIGEST = re.compile("sha256:[0-9a-fA-F]{64}")
_HINT = (
    "write {env: NAME} or {file: NAME}, which name an environment variable or a file in $ONCALL_SECRETS_DIR; "
    "what stands here can be read by everybody who reads the file, so make a new one"
)


class Named(Field):
    """`{env: NAME}` or `{file: NAME}`, as a plain mapping of that one key; or a text, where `plain` takes one."""

    def __init__(self, what: str, plain: Callable[[str], str] | None = None) -> None:
        self.what = f"{what}, {{env: NAME}} or {{file: NAME}}" if plain else "{env: NAME} or {file: NAME}"
        self.plain = plain

    def read(self, node: Any, document: Document) -> Any:
        if node.__class__ is Mapping:
            return _reference(node, document)
        if node.__class__ is not Scalar:
            return self.refuse(node, document)
        if not node.value:
            return empty(node, document)
        if self.plain is None:
            return in_plain(node, document)
        try:
            return self.plain(node.value)
        except Mistake as mistake:
            document.mistake(node, mistake)
            return BAD

    def remedy(self, node: Any) -> str:
        return "write {env: NAME} or {file: NAME}"

    def schema(self) -> Schema:
        named: Schema = {
            "type": "object",
            "properties": {
                way: {"type": "string", "pattern": f"^{shape.pattern}$", "description": f"{what[0].upper()}{what[1:]}."}
                for way, (shape, what) in _NAMES.items()
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        if self.plain is None:
            return named
        text: Schema = {"type": ["string", "number", "boolean"]}
        if self.plain is digest:
            text["pattern"] = f"^{_DIGEST.pattern}$"
        return {"anyOf": [text, named]}


def in_plain(node: Any, document: Document) -> Any:
    """Report a secret that stands in the file itself."""
    document.error(node, "plain-secret", "a secret is written here in plain, expected its name", _HINT)
    return BAD


def _reference(node: Mapping, document: Document) -> Any:
    wrong = [key for key in node if key not in _NAMES]
    for key in wrong:
        meant = suggest(key, _NAMES)
        document.error(
            node.keys_at[key],
            "bad-secret",
            "a secret has the key 'env' or 'file', and no other",
            f"did you mean {meant!r}?" if meant else "write {env: NAME} or {file: NAME}",
        )
    if len(node) != 1 and not wrong:
        document.error(
            node, "bad-secret", f"a secret has one of 'env' and 'file', this one {'both' if node else 'none'}", _one()
        )
    if len(node) != 1 or wrong:
        return BAD
    ((way, child),) = node.items()
    shape, what = _NAMES[way]
    if child.__class__ is Scalar and not child.value:
        return empty(child, document)
    if child.__class__ is not Scalar or not shape.fullmatch(child.value):
        document.error(
            child,
            "bad-secret",
            f"this is not {what}",
            "if it is the secret itself, " + _HINT if child.__class__ is Scalar else _one(),
        )
        return BAD
    return {way: child.value}


def _one() -> str:
    return "write {env: NAME} or {file: NAME}"


def digest(text: str) -> str:
    """`sha256:` and 64 hexadecimal digits, in small letters."""
    if _DIGEST.fullmatch(text):
        return text.lower()
    raise Mistake("plain-secret", "a key is written here in plain, expected its digest or its name", _KEY_HINT)


_KEY_HINT = (
    "write {env: NAME}, {file: NAME}, or sha256: and 64 hexadecimal digits; what stands here can be read by everybody "
    "who reads the file, so make a new one"
)


def public(text: str) -> str:
    """Any text of one line in which no password stands, as it would in https://name:password@host."""
    if not text.isprintable():
        raise Mistake("not-one-line", "a line break, or what nobody sees, stands in this text", "write it on one line")
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise Mistake("plain-secret", "an address with a name or password in it is written here in plain", _HINT)
    return text


def address(text: str) -> str:
    """`https://…` or `http://…`, without a password."""
    from urllib.parse import urlsplit  # only here: who never needs it

    public(text)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and text.isprintable()
    except ValueError:
        good = False
    if not good:
        raise Mistake("not-an-address", "this is not an address of the web", "write https:// and the server's name")
    return text


SECRET = Named("a secret")
KEY = Named("sha256:…", digest)
PLAIN_OR_NAMED = Named("a text", public)
ADDRESS_OR_NAMED = Named("an address", address)
