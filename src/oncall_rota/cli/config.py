"""`oncall config show`: the settings that hold, and where each comes from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.option import Dir, Json, RowsOutput, Store
from oncall_rota.cli.selection import configuration_error
from oncall_rota.cli.setting import asked_format, rotations
from oncall_rota.cli.store_place import told
from oncall_rota.cli.terminal import BOLD, RED, Cell, path_text, rows_in_columns, terminal, warn
from oncall_rota.config import ERROR, load
from oncall_rota.config.written import Written, written
from oncall_rota.paging.ports.notifier import Declaration
from oncall_rota.rendering.text import json_text, term_safe, tsv_row

FORMATS = ("table", "plain", "json")
FILE, STORE = "oncall.yaml", "server.store"
HIDDEN, DEFAULT = "***", "default"

app = new_app(
    cls=Group,
    help="""Settings.

Examples:
  oncall config show
  oncall config show --json""",
)


class Setting(NamedTuple):
    """One setting. `values` empty: it is named, and not there. `origin`: a line of oncall.yaml, a name, a default."""

    key: str
    values: tuple[str, ...]
    origin: str


@app.callback()
def _config() -> None:
    """A group, although it has one command so far."""


@app.command("show", cls=Command)
def show(
    output: RowsOutput = "table",
    json: Json = False,
    store: Store = None,
    dir_: Dir = None,
) -> None:
    """The settings of oncall.yaml as they hold on this machine, and where each comes from.

    Examples:
      oncall config show
      oncall config show | grep sms
      oncall config show --json

    What {env: NAME} or {file: NAME} names is shown as ***, or as missing. Options of channels that are left out are
    shown with their defaults. Exit code 4 when oncall.yaml has a mistake.
    -o plain columns: key, value, from.
    """
    from oncall_rota.wiring import notifiers

    form = asked_format(output, json, FORMATS)
    declared = notifiers()
    catalog, problems = load(rotations(dir_), teams=(), notifiers=declared)
    wrong = [each for each in problems if each.path == FILE and each.severity == ERROR]
    if wrong:
        raise configuration_error(wrong, catalog.folder)
    lines = written(catalog.texts.get(FILE, ""))
    settings = [_store(store, dir_), *_settings(lines, declared)]
    _print(form, settings)
    if FILE not in catalog.texts:
        warn(f"there is no {FILE} in {path_text(catalog.folder)}: nobody can be paged", "add one with notifiers:")


def _store(store: str | None, dir_: str | None) -> Setting:
    """Where the store is, which an option or a variable may say as well."""
    where, says = told(store, dir_)
    return Setting(STORE, () if where is None else (where,), says or DEFAULT)


def _settings(lines: Iterable[Written], declared: Mapping[str, Declaration]) -> Iterator[Setting]:
    for channel, group in groupby(lines, key=_channel):
        of = [line for line in group if line.key != STORE]
        yield from map(_setting, of)
        if channel:
            yield from _left_out(channel, of, declared)


def _channel(line: Written) -> str:
    """`notifiers.sms` of all that belongs to it; empty for all else."""
    parts = line.key.split(".")
    return ".".join(parts[:2]) if parts[0] == "notifiers" else ""


def _setting(line: Written) -> Setting:
    from oncall_rota.notifiers.secret import NoSecret, resolved

    if line.named is None:
        return Setting(line.key, line.values, f"{FILE}:{line.line}")
    way, name = line.named
    says = f"${name}" if way == "env" else f"the file {name}"
    try:
        resolved({way: name})
    except NoSecret:
        return Setting(line.key, (), says)
    return Setting(line.key, (HIDDEN,), says)


def _left_out(channel: str, lines: Sequence[Written], declared: Mapping[str, Declaration]) -> Iterator[Setting]:
    """Options of a channel that are not written, where they have a default."""
    known = {line.key: line.values for line in lines}
    about = declared.get("".join(known.get(f"{channel}.type", ())))
    if about is None:
        return
    for name, value in {"to": about.to, **{option.name: option.default for option in about.options}}.items():
        if f"{channel}.{name}" not in known and value not in (None, ""):
            yield Setting(f"{channel}.{name}", (_text(value),), DEFAULT)


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _print(form: str, settings: Iterable[Setting]) -> None:
    if form == "json":
        rows = [{"key": each.key, "value": _of_json(each.values), "from": each.origin} for each in settings]
        print(json_text({"version": 1, "settings": rows}))
        return
    if form == "table" and sys.stdout.isatty():
        cells = [
            (
                Cell(term_safe(each.key)),
                Cell(term_safe(", ".join(each.values))) if each.values else Cell("missing", f"{BOLD};{RED}"),
                Cell(term_safe(each.origin)),
            )
            for each in settings
        ]
        print("\n".join(rows_in_columns(("SETTING", "VALUE", "FROM"), cells, terminal())))
        return
    for each in settings:
        print(tsv_row((each.key, ", ".join(each.values) or "missing", each.origin)))


def _of_json(values: tuple[str, ...]) -> str | list[str] | None:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)
