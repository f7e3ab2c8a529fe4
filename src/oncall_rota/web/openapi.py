"""The document of all doors, made of the doors themselves: OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from oncall_rota import __version__
from oncall_rota.web.door import Door, Rule, Visit
from oncall_rota.web.failure import FOR_PROGRAMS
from oncall_rota.web.representation import Representation
from oncall_rota.web.spec import Parameter, Spec, Told, error, page, plain

PATH = "/openapi.json"
_BLANK = re.compile(r"{(\w+)(?::\w+)?}")
_TAKES_BODY = ("POST", "PUT", "PATCH")

# Which credentials a rule takes: one of them. What is in the address or the body is a parameter, or a part of it.
_SECURITY: Mapping[Rule, list[dict[str, list[str]]]] = {
    "open": [],
    "in-body": [],
    "provider": [],
    "link": [],
    "sign-in": [],
    "feed": [],
    "source": [{"key": []}, {"password": []}],
    "metrics": [{}, {"token": ["board"]}],
    **{scope: [{"token": [scope]}, {"session": []}] for scope in ("board", "responder", "admin")},
}
_SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of a source or heartbeat, or its token."},
    "password": {"type": "http", "scheme": "basic", "description": "The same key as a password; any user name."},
    "token": {"type": "http", "scheme": "bearer", "description": "Of `oncall token create`; its scope is what it may."},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-oncall", "description": "Of a person, signed in."},
}


def document(doors: Sequence[Door]) -> dict[str, Any]:
    """All of it. A door without a `spec` is there, and says that it answers something."""
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        own = paths.setdefault(_BLANK.sub(r"{\1}", door.path), {})
        own.update({method.lower(): _operation(door, method) for method in door.methods})
    return {
        "openapi": "3.1.0",
        "info": {"title": "oncall-rota", "version": __version__, "description": "On-call rotations, and paging."},
        "paths": paths,
        "components": {"securitySchemes": _SCHEMES},
    }


def _operation(door: Door, method: str) -> dict[str, Any]:
    spec = door.spec or Spec({})
    answers = told(door, method)
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}{_BLANK.sub(lambda blank: blank[1], door.path)}".replace("/", "-"),
        "summary": door.doc,
        "security": _SECURITY[door.rule],
        "responses": {str(status): _response(answers[status]) for status in sorted(answers)} or {"default": _ANYTHING},
    }
    parameters = list(_parameters(door, spec))
    if parameters:
        operation["parameters"] = parameters
    if spec.body and method in _TAKES_BODY:
        operation["requestBody"] = {"content": _content(spec.body)}
    return operation


_ANYTHING = {"description": "Not told."}


def told(door: Door, method: str) -> dict[int, Told]:
    """All that a door may answer: its own answers, and those of its rule."""
    programs = door.path.startswith(FOR_PROGRAMS)
    found = dict(door.spec.answers) if door.spec is not None else {}
    for status, each in _of_the_rule(door.rule, error if programs else plain, method):
        own = found.get(status)
        found[status] = each if own is None else own._replace(bodies={**each.bodies, **own.bodies})
    return found


def _of_the_rule(rule: Rule, words: Any, method: str) -> Iterator[tuple[int, Told]]:
    if rule in ("source", "board", "responder", "admin", "metrics"):
        yield 401, words("Nothing was shown, or what was shown is not known.")
    if rule in ("board", "responder", "admin"):
        yield 403, words("Whoever it is may not do this.")
        if method == "GET":
            yield 303, Told("A browser is led to where a person signs in.")
    if rule in ("source", "feed", "metrics", "provider"):
        yield 404, words("There is no such address, or what is in it opens nothing.")
    if rule in ("link", "sign-in"):
        yield 404, page("The link is not one of ours, or too old.")
    if rule != "open":
        yield 503, words("What lets anybody in, or the store, cannot be read.")
    if rule == "source":
        yield 408, words("The body, which is signed, came too slowly.")
        yield 413, words("The body, which is signed, is too long.")


def _parameters(door: Door, spec: Spec) -> Iterator[dict[str, Any]]:
    named = {each.name for each in spec.parameters if each.place == "path"}
    blanks = [match[1] for match in _BLANK.finditer(door.path)]
    for name in blanks:
        if name not in named:
            yield _parameter(Parameter(name, f"The {name}.", "path"))
    yield from [_parameter(each) for each in spec.parameters if each.place != "path" or each.name in blanks]


def _parameter(each: Parameter) -> dict[str, Any]:
    return {
        "name": each.name,
        "in": each.place,
        "description": each.doc,
        "required": each.required or each.place == "path",
        "schema": dict(each.schema),
    }


def _response(each: Told) -> dict[str, Any]:
    made: dict[str, Any] = {"description": each.doc}
    if each.headers:
        made["headers"] = {
            name: {"description": words, "schema": {"type": "string"}} for name, words in each.headers.items()
        }
    if each.bodies:
        made["content"] = _content(each.bodies)
    return made


def _content(bodies: Mapping[str, Any]) -> dict[str, Any]:
    return {media: {"schema": dict(schema)} for media, schema in bodies.items()}


class Described:
    """The document of an application's doors, made when somebody asks for it."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors
        self._made: Representation | None = None

    def get(self) -> Representation:
        """Its bytes."""
        if self._made is None:
            self._made = Representation(json.dumps(document(self._doors), default=dict).encode(), "application/json")
        return self._made


async def openapi(visit: Visit) -> Response:
    """The document."""
    described: Described = visit.request.app.state.described
    return await described.get().to(visit.request)


OPENAPI = (
    Door(
        ("GET", "HEAD"),
        PATH,
        "open",
        openapi,
        "This document.",
        Spec(
            {200: Told("It.", {"application/json": {"type": "object"}}), 304: Told("As If-None-Match says.")},
            (Parameter("If-None-Match", "The ETag of what is there already.", "header"),),
        ),
    ),
)
