"""Every address that the README names is a door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Match, Route

from oncall_rota.web.app import DOORS

README = Path(__file__).parents[3] / "README.md"
SERVER = README.read_text(encoding="utf-8").partition("\n## A server\n")[2].partition("\n## ")[0]
NAMED = sorted(set(re.findall(r"`(?:(?:GET|POST) )?(/[a-zA-Z0-9/._-]*)`", SERVER)) - {"/"})


@pytest.mark.parametrize("address", NAMED)
def test_an_address_that_the_readme_names_is_there(address: str) -> None:
    """Words in capitals stand for a source's name, a kind, a key."""
    asked = {"type": "http", "path": address, "method": "GET"}
    assert any(Route(door.path, lambda: None).matches(asked)[0] is not Match.NONE for door in DOORS)


def test_the_readme_names_the_doors_of_senders_and_programs() -> None:
    """So that the test above looks at something."""
    assert {"/hooks/SOURCE", "/v2/enqueue", "/v1/who", "/openapi.json", "/metrics"} <= set(NAMED)
