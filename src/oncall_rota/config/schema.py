"""JSON Schema for editors, from the declarations that validate."""

from __future__ import annotations

from typing import Any

from oncall_rota.config.declaration import OVERRIDES, TEAM, people_file


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of `team`, `overrides` or `people`."""
    fields = {"team": TEAM, "overrides": OVERRIDES, "people": people_file()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **fields[kind].schema()}
