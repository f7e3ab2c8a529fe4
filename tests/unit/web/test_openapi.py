"""The document of the doors: every door is in it, and what it says is what they do."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from night_house import House

from oncall_rota.web.app import DOORS
from oncall_rota.web.door import Door
from oncall_rota.web.openapi import document


@pytest.fixture
def described(house: House) -> Any:
    """The document, as anybody gets it."""
    said = house.asks("GET", "/openapi.json")
    assert (said.status, said.headers["content-type"]) == (200, "application/json")
    return json.loads(said.body)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{'+'.join(door.methods)} {door.path}")
def test_a_door_says_what_it_answers(door: Door) -> None:
    """A new one has to: its answers, and its address as it is."""
    assert door.spec is not None, "declare its answers beside it: web/spec.py"
    assert door.spec.answers
    assert door.doc
    blanks = {each.name for each in door.spec.parameters if each.place == "path"}
    for each in blanks:
        assert f"{{{each}}}" in door.path or f"{{{each}:" in door.path, f"there is no {each} in the path"


def test_every_door_is_in_the_document(described: Any) -> None:
    """Each method of each address, and nothing else."""
    found = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert found == {(method, door.path.replace(":path}", "}")) for door in DOORS for method in door.methods}


def test_a_rule_is_told_as_what_has_to_be_shown(described: Any) -> None:
    """A token of a scope, a key, or nothing but the address."""
    paths = described["paths"]
    assert paths["/v1/who"]["get"]["security"] == [{"token": ["board"]}, {"session": []}]
    assert paths["/v1/pages"]["post"]["security"] == [{"token": ["responder"]}, {"session": []}]
    assert paths["/hooks/{source}"]["post"]["security"] == [{"key": []}, {"password": []}]
    assert paths["/a/{token}"]["post"]["security"] == []
    assert {"401", "403", "503"} <= set(paths["/v1/who"]["get"]["responses"])
    named = {
        name for methods in paths.values() for each in methods.values() for one in each["security"] for name in one
    }
    assert named <= set(described["components"]["securitySchemes"])


def test_the_document_is_openapi(described: Any) -> None:
    """Every operation has a name of its own, every blank a parameter, and every schema is one."""
    names = []
    for path, methods in described["paths"].items():
        for operation in methods.values():
            names.append(operation["operationId"])
            placed = [(each["name"], each["in"]) for each in operation.get("parameters", ())]
            assert len(placed) == len(set(placed))
            blanks = {part.partition("}")[0] for part in path.split("{")[1:]}
            assert {name for name, place in placed if place == "path"} == blanks
            bodies = [*operation["responses"].values(), operation.get("requestBody", {})]
            schemas = [each["schema"] for body in bodies for each in body.get("content", {}).values()]
            for schema in [*schemas, *[each["schema"] for each in operation.get("parameters", ())]]:
                jsonschema.Draft202012Validator.check_schema(schema)
    assert len(names) == len(set(names))
    assert described["openapi"].startswith("3.1")


def test_a_door_that_says_nothing_is_told_as_that(house: House) -> None:
    """While it is being made; the test above does not let it stay."""
    bare = DOORS[0]._replace(path="/bare", rule="open", spec=None)
    assert document([bare])["paths"]["/bare"]["get"]["responses"] == {"default": {"description": "Not told."}}


def test_it_is_not_sent_twice(house: House) -> None:
    """As it only changes with the program."""
    tag = house.asks("GET", "/openapi.json").headers["etag"]
    assert house.asks("GET", "/openapi.json", {"if-none-match": tag}).status == 304
