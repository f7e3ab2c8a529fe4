"""What a door says of itself to those who write clients: parameters, bodies and answers, beside the door.

The document at `/openapi.json` is made of it. What follows from a door's rule (who is turned away, and how) is added
there and needs not be said again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Schema = Mapping[str, Any]  # JSON Schema 2020-12, as OpenAPI 3.1 has it

NOTHING: Mapping[str, Any] = MappingProxyType({})
TEXT: Schema = MappingProxyType({"type": "string"})


class Parameter(NamedTuple):
    """One blank of the path, field of the query, or header. A blank of the path is always required."""

    name: str
    doc: str
    place: Literal["path", "query", "header"] = "query"
    schema: Schema = TEXT
    required: bool = False


class Told(NamedTuple):
    """One answer. `bodies`: its schema by media type; empty: it has no body. `headers`: what each says, by name."""

    doc: str
    bodies: Mapping[str, Schema] = NOTHING
    headers: Mapping[str, str] = NOTHING


class Spec(NamedTuple):
    """Of one door. `answers`: by status. `body`: the schema of what is sent, by media type; empty: nothing is read.

    Blanks of the path that `parameters` does not name are texts.
    """

    answers: Mapping[int, Told]
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Schema] = NOTHING


def obj(properties: Mapping[str, Schema], *optional: str) -> Schema:
    """An object with these properties, all of which are there but for the `optional` ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), **({"required": required} if required else {})}


def array(of: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": of}


def maybe(text: Schema = TEXT) -> Schema:
    """A text, or null."""
    return {**text, "type": [text["type"], "null"]}


def plain(doc: str) -> Told:
    """An answer of one line of text."""
    return Told(doc, {"text/plain": TEXT})


def page(doc: str) -> Told:
    """An answer that is a page for a browser."""
    return Told(doc, {"text/html": TEXT})


def page_or_plain(doc: str) -> Told:
    """An answer that is a page, or one line of text where there is none."""
    return Told(doc, {"text/html": TEXT, "text/plain": TEXT})


FORM = "application/x-www-form-urlencoded"
# What a form is answered that cannot be read.
UNREAD: Mapping[int, Told] = MappingProxyType(
    {408: plain("The form came too slowly."), 413: plain("The form is too long."), 415: plain("It is no form.")}
)


def form_body(fields: Iterable[str], *optional: str) -> Mapping[str, Schema]:
    """The body that is a form with these fields, all of which are there but for the `optional` ones."""
    return {FORM: obj(dict.fromkeys(fields, TEXT), *optional)}


# Yes, or no; a name without a value is yes.
FLAG: Schema = MappingProxyType({"type": "string", "enum": ["true", "yes", "1", "", "false", "no", "0"]})
INSTANT: Schema = MappingProxyType({"type": "string", "format": "date-time"})
ERROR: Schema = obj({"error": obj({"message": TEXT, "hint": TEXT})})


def error(doc: str) -> Told:
    """`{"error": {"message", "hint"}}`."""
    return Told(doc, {"application/json": ERROR})
