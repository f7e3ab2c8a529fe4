"""`oncall doctor`."""

from __future__ import annotations

import os
import platform
import sys
from typing import Annotated, Any

import typer

from oncall_rota import __version__
from oncall_rota.cli.option import Dir, Json, Tz
from oncall_rota.cli.setting import asked_format, display, rotations
from oncall_rota.cli.terminal import BOLD, RED, terminal
from oncall_rota.cli.version import installed
from oncall_rota.errors import OncallError
from oncall_rota.rendering.text import json_text, term_safe

_LIBRARIES = ("typer", "rich", "pyyaml", "pendulum", "tzdata", "icalendar", "holidays")


def doctor(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FORMAT", help="table or json.")] = "table",
    json: Json = False,
    dir_: Dir = None,
    tz: Tz = None,
) -> None:
    """Versions, time zone data, which folder and why: what to look at first, and to put into a bug report.

    Examples:
      oncall doctor
      oncall doctor --json
    """
    form = asked_format(output, json, ("table", "plain", "json"))
    facts = {**_versions(), **_zone_data(), **_display(tz), **_folder(dir_), **_cache()}
    if form == "json":
        print(json_text({"version": 1, **facts}))
        return
    screen = terminal()
    for name, value in facts.items():
        label = f"{name.replace('_', ' '):20}"
        text = term_safe(value if isinstance(value, str) else "yes" if value else "no")
        style = RED if name.endswith("error") else ""
        print(f"{screen.paint(label, BOLD)}{screen.paint(text, style)}")


def _versions() -> dict[str, Any]:
    from importlib.util import find_spec

    facts: dict[str, Any] = {
        "oncall": f"{__version__}{'' if installed('oncall-rota') else ' (from a source tree)'}",
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
    }
    facts |= {name: installed(name) or "missing" for name in _LIBRARIES}
    return facts | {"libyaml": find_spec("yaml._yaml") is not None}


def _zone_data() -> dict[str, Any]:
    """Where zoneinfo finds the time zone database: the system's first, else the package tzdata."""
    import zoneinfo

    for folder in zoneinfo.TZPATH:
        if os.path.exists(os.path.join(folder, "Europe", "London")):
            return {"time_zone_data": folder, "time_zone_version": _zone_version(folder)}
    package = installed("tzdata")
    if package is None:
        return {"time_zone_error": "no time zone data: install the package tzdata"}
    return {"time_zone_data": "the package tzdata", "time_zone_version": package}


def _zone_version(folder: str) -> str:
    for name, prefix in (("tzdata.zi", "# version "), ("+VERSION", ""), ("version", "")):
        try:
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                line = file.readline().strip()
        except OSError:
            continue
        if line.startswith(prefix):
            return line.removeprefix(prefix)
    return "unknown"


def _display(tz: str | None) -> dict[str, Any]:
    try:
        shown = display(tz)
    except OncallError as error:
        return {"display_zone_error": str(error)}
    return {"display_zone": shown.zone.name, "display_zone_from": shown.reason}


def _folder(dir_: str | None) -> dict[str, Any]:
    origin = "--dir" if dir_ else "$ONCALL_DIR" if os.environ.get("ONCALL_DIR") else "found from the current folder up"
    try:
        folder = rotations(dir_)
        names = os.listdir(folder)
    except OncallError as error:
        return {"folder_error": str(error), "folder_from": origin}
    except OSError as error:
        return {"folder_error": f"{error.strerror}: {error.filename}", "folder_from": origin}
    count = sum(name.endswith(".yaml") and not name.startswith(".") for name in names)
    return {"folder": str(folder), "folder_from": origin, "files": str(count)}


def _cache() -> dict[str, Any]:
    from oncall_rota.front import cache_folder

    folder = cache_folder(os.environ)
    if folder is None:
        return {"cache": "off"}
    return {"cache": folder if os.path.isdir(folder) else f"{folder} (not there yet)"}
