"""JSON Schema for editors, from the declarations that validate."""

from __future__ import annotations

from collections.abc import Mapping as Names
from typing import TYPE_CHECKING, Any

from oncall_rota.config.declaration import OVERRIDES, TEAM
from oncall_rota.config.field import Field
from oncall_rota.config.people import people_file
from oncall_rota.config.problem import listed
from oncall_rota.config.settings import settings_file
from oncall_rota.config.text import WEEKDAYS

if TYPE_CHECKING:
    from oncall_rota.paging.ports.notifier import Declaration

KINDS = ("team", "overrides", "people", "oncall")
_TITLES = {
    "team": "One team's rotation file: rotations/<team>.yaml",
    "overrides": "Overrides of one team: rotations/<team>.overrides.yaml",
    "people": "People by id: rotations/people.yaml",
    "oncall": "Settings of the whole folder: rotations/oncall.yaml",
}
# A mapping that may have the key has exactly one of these.
_ONE_OF = {
    "schedules": ("rotation", "schedules"),
    "swap": ("who", "add", "remove", "swap"),
    "through": ("until", "through", "calendar"),
}
_WINDOWS = ("when", "except", "must_cover")


def _any_case(*words: str) -> str:
    return "|".join("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in words)


_DAY = f"({_any_case(*sorted(WEEKDAYS, key=len, reverse=True))})"
_TIME = "([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?"
_FROM = _any_case("from")
_WINDOW = (
    rf"({_DAY}(\s*[-,]\s*{_DAY})*|{_any_case('daily', 'holidays')})(\s+({_TIME}\s*-\s*{_TIME}|{_FROM}\s+{_TIME}))?"
    rf"|{_DAY}\s+{_TIME}\s*-\s*{_DAY}\s+{_TIME}|{_any_case('otherwise')}"
)


def schema(kind: str, notifiers: Names[str, Declaration] | None = None) -> dict[str, Any]:
    """The JSON Schema of one of `KINDS`. Raises `ValueError` for another kind.

    `notifiers`: what each kind of notifier declares, by name; without them a channel's options are free.
    """
    if kind not in KINDS:
        raise ValueError(f"no schema {kind!r}: kinds are {', '.join(KINDS)}")
    fields: dict[str, Field] = {"team": TEAM, "overrides": OVERRIDES, "people": people_file()}
    fields["oncall"] = settings_file(notifiers)
    found = _refined(fields[kind].schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[kind], **found}


def _refined(found: Any) -> Any:
    """With what holds between keys, the grammar of windows, and words in place of patterns in an editor's messages."""
    if isinstance(found, list):
        return [_refined(each) for each in found]
    if not isinstance(found, dict):
        return found
    refined = {name: _refined(value) for name, value in found.items()}
    properties = refined.get("properties", {})
    for name in _WINDOWS:
        if name in properties:
            properties[name] = _windowed(properties[name])
    rules = [
        _one_of([name for name in names if name in properties]) for key, names in _ONE_OF.items() if key in properties
    ]
    if rules:
        refined["allOf"] = rules
    if "pattern" in refined and "examples" in refined:
        refined["patternErrorMessage"] = _write(refined["examples"])
    return refined


def _windowed(found: Any) -> Any:
    """The same with a pattern on every text that is a part of the week."""
    if isinstance(found, list):
        return [_windowed(each) for each in found]
    if not isinstance(found, dict):
        return found
    if found.get("type") == "string":
        words = [word for word in ("always", "none") if word in found["examples"]]
        pattern = "|".join([_WINDOW, *words])
        return {**found, "pattern": rf"^\s*({pattern})\s*$", "patternErrorMessage": _write(found["examples"])}
    return {name: _windowed(value) for name, value in found.items()}


def _one_of(names: list[str]) -> dict[str, Any]:
    """Rules for a mapping that needs one of these keys, and only one; the second of two is underlined."""
    both = f"Only one of {listed(names)} can stand here."
    return {
        "anyOf": [{"required": [name], "errorMessage": f"One of {listed(names)} is missing."} for name in names],
        "dependentSchemas": {
            name: {"patternProperties": {f"^({'|'.join(names[at:])})$": False}, "errorMessage": both}
            for at, name in enumerate(names[:-1], 1)
        },
    }


def _write(examples: list[str]) -> str:
    return f"Write e.g. {listed(examples)}."
