"""The house stands as drawn: imports go down, libraries stay behind their doors, every room has a floor."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "oncall_rota"
HOUSE = Path(__file__).parents[1] / "src" / PACKAGE

FLOORS = {
    "timeline": 0,
    "schedule": 1,
    "paging": 2,
    "calendar": 2,
    "config": 3,
    "control": 3,
    "feeds": 3,
    "humantime": 3,
    "notifiers": 3,
    "intake": 3,
    "remote": 3,
    "rendering": 3,
    "store": 3,
    "cli": 4,
    "web": 4,
    "wiring": 5,
    "front": 5,
    "__main__": 5,
}
EVERYWHERE = {"errors", "__init__"}  # imported by all, and importing nothing of the house
# Arrows up that are meant, each with its reason.
MEANT = {
    ("cli", "wiring"),  # a face asks for the adapters it needs, and `oncall serve` for the other face
    ("web", "wiring"),
    ("cli", "front"),  # it writes the compiled answers in the form that `front`, which imports nothing, reads
}

DOORS = {
    "yaml": "config",
    "pendulum": "humantime",
    "typer": "cli",
    "click": "cli",
    "rich": "cli",
    "icalendar": "calendar",
    "holidays": "calendar",
    "dateutil": "calendar",
    "twilio": "notifiers",
    "apprise": "notifiers",
    "slack_sdk": "notifiers",
    "sqlite3": "store",
    "sqlalchemy": "store",
    "psycopg": "store",
    "starlette": "web",
    "uvicorn": "web",
    "jinja2": "web",
    "prometheus_client": "web",
}
# What does no IO and reads no clock: all that the two lowest floors may use.
PURE = {
    "__future__", "abc", "bisect", "calendar", "collections", "dataclasses", "datetime", "enum", "fractions",
    "functools", "heapq", "itertools", "math", "operator", "re", "types", "typing", "zoneinfo",
}  # fmt: skip
PURE_FLOORS = {"timeline", "schedule"}
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
CLOCK_READERS = {"timeline/clock.py", "front.py"}  # SystemClock; and the hot path, which may not import it


class Import(NamedTuple):
    """One module that a file imports, whatever the way: `name` is absolute, `None` when it cannot be read."""

    line: int
    name: str | None


def imports(tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a file of `package`, in functions and `if TYPE_CHECKING` too, and calls that import."""
    scopes = {
        call: function
        for function in ast.walk(tree)  # outer functions come first, so the innermost is the one that stays
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            # `from oncall_rota import cli` imports a room by the package's name.
            for alias in node.names if base == PACKAGE else ():
                yield Import(node.lineno, f"{base}.{alias.name}")
            if base != PACKAGE:
                yield Import(node.lineno, base)
        elif isinstance(node, ast.Call) and _called(node.func) in {"import_module", "__import__"}:
            yield Import(node.lineno, _spelled(_assigned(node.args[0], scopes.get(node))) if node.args else None)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _assigned(argument: ast.expr, function: ast.AST | None) -> ast.expr:
    """What a function assigns once to the name that it then imports by; else the argument itself."""
    if not isinstance(argument, ast.Name) or function is None:
        return argument
    stores = [n for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    assigned = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == argument.id
    ]
    once = len(assigned) == 1 and [store.id for store in stores].count(argument.id) == 1
    return assigned[0] if once else argument


def _spelled(argument: ast.expr) -> str | None:
    """The text of a literal, or the beginning of an f-string when that already names the room."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        first = argument.values[0]
        text = first.value if isinstance(first, ast.Constant) else None
        return text.rpartition(".")[0] if isinstance(text, str) and "." in text else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def violations(house: Path) -> list[str]:
    """What is wrong with the house in this folder, as `file:line: words`."""
    wrong = [f"{room}: has no floor" for room in _rooms(house) if room not in FLOORS and room not in EVERYWHERE]
    for path in sorted(house.rglob("*.py")):
        place = path.relative_to(house)
        room = place.parts[0].removesuffix(".py")
        package = ".".join([PACKAGE, *place.parts[:-1]])
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        found = [(found.line, _verdict(room, found.name)) for found in imports(tree, package)]
        found += _clock_reads(tree, place)
        if room in PURE_FLOORS:
            found += _files_opened(tree)
        wrong += [f"{place.as_posix()}:{line}: {words}" for line, words in sorted(found) if words]
    return wrong


def _rooms(house: Path) -> list[str]:
    folders = {path.relative_to(house).parts[0] for path in house.rglob("*.py") if path.parent != house}
    return sorted(folders | {path.stem for path in house.glob("*.py")})


def _verdict(room: str, name: str | None) -> str:
    """What is wrong with a file of `room` importing `name`; empty when nothing is."""
    if name is None:
        return "imports a name that cannot be read here"
    top, _, rest = name.partition(".")
    if top != PACKAGE:
        return _library_verdict(room, top)
    target = rest.partition(".")[0]
    if target not in FLOORS:
        # A name of the package itself, such as `__version__`, or a room without a floor, reported as such.
        return ""
    if room in EVERYWHERE:
        return f"{room} is imported by all and may not import {target}"
    if target == room or (room, target) in MEANT:
        return ""
    if room == "wiring" and target in {"front", "__main__", "cli"}:
        return f"wiring may not import {target}, which imports it"
    if room in FLOORS and FLOORS[target] >= FLOORS[room] and room not in {"front", "__main__"}:
        way = "sideways" if FLOORS[target] == FLOORS[room] else "upward"
        return f"{way}: {room} (floor {FLOORS[room]}) imports {target} (floor {FLOORS[target]})"
    return ""


def _library_verdict(room: str, library: str) -> str:
    if library in DOORS:
        return "" if DOORS[library] == room else f"{library} is imported outside its door, {DOORS[library]}"
    if library not in sys.stdlib_module_names:
        return f"{library} has no door"
    if room in PURE_FLOORS and library not in PURE:
        return f"{room} may not import {library}: it does no IO"
    return ""


def _clock_reads(tree: ast.Module, place: Path) -> list[tuple[int, str]]:
    if place.as_posix() in CLOCK_READERS:
        return []
    return [
        (node.lineno, f"reads the clock by {node.value.id}.{node.attr}; time is an argument")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in CLOCKS
    ]


def _files_opened(tree: ast.Module) -> list[tuple[int, str]]:
    return [
        (node.lineno, f"calls {_called(node.func)}: this floor does no IO")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input"}
    ]


def test_the_house_stands_as_it_was_drawn() -> None:
    """No arrow up or sideways, library outside its door, room without a floor, or clock read in passing."""
    found = violations(HOUSE)
    assert not found, "\n" + "\n".join(found)


def test_the_walker_sees_the_house() -> None:
    """It has files to walk, on the floors that matter; so an empty list of violations means something."""
    assert {"timeline", "schedule", "config", "cli"} <= set(_rooms(HOUSE))


PLANTED = {
    "upward": ("schedule/engine.py", "from oncall_rota.config import load", "upward: schedule"),
    "upward, in a function": (
        "schedule/engine.py",
        "def f():\n    import oncall_rota.cli.who",
        "upward: schedule",
    ),
    "upward, for types only": (
        "timeline/zone.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from oncall_rota.schedule import model",
        "upward: timeline",
    ),
    "upward, by the package's name": (
        "timeline/zone.py",
        "from oncall_rota import schedule",
        "upward: timeline",
    ),
    "upward, relative": ("timeline/zone.py", "from ..schedule import model", "upward: timeline"),
    "upward, relative by name": ("timeline/zone.py", "from .. import schedule", "upward: timeline"),
    "upward, by import_module": (
        "config/load.py",
        "from importlib import import_module\nimport_module('oncall_rota.cli.who')",
        "upward: config",
    ),
    "upward, by an f-string": (
        "config/load.py",
        "import importlib\nx = 'who'\nimportlib.import_module(f'oncall_rota.cli.{x}')",
        "upward: config",
    ),
    "upward, by a name": (
        "config/load.py",
        "import importlib\ndef f(x):\n    n = f'oncall_rota.cli.{x}'\n    importlib.import_module(n)",
        "upward: config",
    ),
    "a name of two values": (
        "config/load.py",
        "def f(x):\n    n = 'json'\n    n = x\n    __import__(n)",
        "cannot be read",
    ),
    "a name nobody can read": ("config/load.py", "x = 'who'\n__import__(x)", "cannot be read"),
    "sideways": ("feeds/text.py", "from oncall_rota.config import load", "sideways: feeds"),
    "sideways, faces": ("cli/serve.py", "from oncall_rota.web import app", "sideways: cli"),
    "up to the console script": ("web/app.py", "from oncall_rota.front import plain_who", "upward: web"),
    "wiring from below": ("paging/pager.py", "from oncall_rota import wiring", "upward: paging"),
    "wiring round in a circle": (
        "wiring/office.py",
        "from oncall_rota.cli import main",
        "wiring may not import cli",
    ),
    "errors knows nobody": (
        "errors.py",
        "from oncall_rota.timeline import zone",
        "errors is imported by all",
    ),
    "yaml outside its door": (
        "cli/who.py",
        "def f():\n    from yaml import load",
        "yaml is imported outside",
    ),
    "pendulum outside its door": ("cli/who.py", "import pendulum.tz", "pendulum is imported outside"),
    "typer outside its door": ("web/app.py", "import typer", "typer is imported outside"),
    "rich outside its door": ("config/text.py", "from rich.text import Text", "rich is imported outside"),
    "icalendar outside its door": ("feeds/text.py", "import icalendar", "icalendar is imported outside"),
    "holidays outside its door": ("config/text.py", "import holidays", "holidays is imported outside"),
    "twilio outside its door": (
        "paging/pager.py",
        "from twilio.rest import Client",
        "twilio is imported outside",
    ),
    "sql outside its door": ("paging/pager.py", "import sqlite3", "sqlite3 is imported outside"),
    "a library without a door": ("cli/who.py", "import requests", "requests has no door"),
    "IO on the lowest floor": (
        "timeline/zone.py",
        "from pathlib import Path",
        "timeline may not import pathlib",
    ),
    "IO in the engine": ("schedule/engine.py", "import os", "schedule may not import os"),
    "a file opened in the engine": ("schedule/engine.py", "open('x')", "calls open"),
    "a clock read in passing": (
        "cli/who.py",
        "from datetime import datetime\ndatetime.now()",
        "reads the clock",
    ),
    "a folder without a floor": ("helpers/text.py", "", "helpers: has no floor"),
    "a module without a floor": ("utils.py", "", "utils: has no floor"),
}


def planted(house: Path, place: str, text: str) -> Path:
    """A house with one file in it."""
    path = house / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return house


@pytest.mark.parametrize(("place", "text", "words"), PLANTED.values(), ids=PLANTED.keys())
def test_the_walker_catches(place: str, text: str, words: str, tmp_path: Path) -> None:
    """Every kind of violation, planted alone in an empty house, is the one thing that is reported."""
    found = violations(planted(tmp_path, place, text))
    assert len(found) == 1, found
    assert words in found[0]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            "cli/who.py",
            "import typer\nfrom rich.table import Table\nfrom oncall_rota import wiring, __version__",
        ),
        (
            "config/load.py",
            "import yaml\nfrom oncall_rota.errors import OncallError\nfrom oncall_rota.calendar import x",
        ),
        ("timeline/zone.py", "from zoneinfo import ZoneInfo\nfrom oncall_rota.timeline import interval"),
        ("schedule/engine.py", "from ..timeline import zone\nfrom . import model"),
        ("front.py", "import time\ntime.time()\nfrom oncall_rota.cli.main import main"),
        (
            "wiring/server.py",
            "def f():\n    from oncall_rota.web import app\n    from oncall_rota.notifiers import smtp",
        ),
    ],
)
def test_the_walker_allows(place: str, text: str, tmp_path: Path) -> None:
    """Arrows that go down, libraries at their doors, and what all may import."""
    assert violations(planted(tmp_path, place, text)) == []
