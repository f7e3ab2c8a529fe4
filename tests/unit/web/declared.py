"""Whether an answer is one that `/openapi.json` tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
from starlette.routing import Match, Route

from oncall_rota.web.app import DOORS
from oncall_rota.web.door import Door
from oncall_rota.web.openapi import told


def door_at(doors: Sequence[Door], routes: Sequence[Any], method: str, path: str) -> Door | None:
    """The real door that a request came to; None: there is none, or not by this method, or a test's own room."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    for route in routes:
        assert isinstance(route, Route)
        if route.matches(scope)[0] == Match.FULL:
            of_path = [door for door in doors if door.path == route.path and method in door.methods]
            return next((door for door in of_path if door in DOORS), None)
    return None


def undeclared(door: Door, method: str, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """What is not as the door says; None: nothing."""
    answers, where = told(door, method), f"{method} {door.path} answers {status}"
    if status not in answers:
        return f"{where}, of which it says nothing: {body[:200]!r}"
    if not body or method == "HEAD" or headers.get("content-encoding"):
        return None
    bodies, media = answers[status].bodies, headers.get("content-type", "").partition(";")[0]
    schema = bodies.get(media, bodies.get("*/*"))
    if schema is None:
        return f"{where} with {media}, of which it says nothing: {body[:200]!r}"
    if media == "application/json":
        plain = json.loads(json.dumps(schema, default=dict))
        for error in jsonschema.Draft202012Validator(plain).iter_errors(json.loads(body)):
            return f"{where}: {error.json_path} {error.message}"
    return None
