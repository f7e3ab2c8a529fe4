"""JSON Schema for editors, from the declarations that validate."""

from __future__ import annotations

from typing import Any

from oncall_rota.config.declaration import OVERRIDES, TEAM
from oncall_rota.config.field import Field
from oncall_rota.config.people import people_file
from oncall_rota.config.settings import SETTINGS

KINDS = ("team", "overrides", "people", "oncall")
_TITLES = {
    "team": "One team's rotation file: rotations/<team>.yaml",
    "overrides": "Overrides of one team: rotations/<team>.overrides.yaml",
    "people": "People by id: rotations/people.yaml",
    "oncall": "Settings of the whole folder: rotations/oncall.yaml",
}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one of `KINDS`. Raises `ValueError` for another kind."""
    fields: dict[str, Field] = {"team": TEAM, "overrides": OVERRIDES, "people": people_file(), "oncall": SETTINGS}
    if kind not in fields:
        raise ValueError(f"no schema {kind!r}: kinds are {', '.join(KINDS)}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind], **fields[kind].schema()}
