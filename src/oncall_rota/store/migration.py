"""From an older schema to this program's, one numbered file after the other, each in a transaction of its own.

A file of `migrations/` serves both databases; what one of them alone needs stands in a second file, named after it.
A migration only adds: the program of before runs on what it makes, because every statement names its columns. What is
no longer used is dropped one release later, by a migration whose number `OLDEST_READER` then tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from oncall_rota.paging.ports.store import StoreTooOld

# The number of the oldest program's last migration that still runs on what a migration makes; for each that ends that
# of programs before it.
OLDEST_READER: dict[int, int] = {}

WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "integer": "integer",
        "bytes": "blob",
        "identity": "integer PRIMARY KEY AUTOINCREMENT",
        "strict": " STRICT",
    },
    "postgresql": {
        "integer": "bigint",
        "bytes": "bytea",
        "identity": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "strict": "",
    },
}


class Migration(NamedTuple):
    """One step. `statements`: in the database's own words."""

    number: int
    name: str
    statements: tuple[str, ...]


def migrations(database: str) -> list[Migration]:
    """All steps for `sqlite` or `postgresql`, in order."""
    texts: dict[str, str] = {}
    for entry in sorted(Path(__file__).with_name("migrations").iterdir()):
        name, _, kind = entry.name.removesuffix(".sql").partition(".")
        if entry.name.endswith(".sql") and kind in ("", database):
            text = entry.read_text(encoding="utf-8")
            # The common part comes first, whatever order the folder is listed in.
            texts[name] = texts.get(name, "") + "\n\n" + text if kind else text + "\n\n" + texts.get(name, "")
    found = [Migration(int(name[:4]), name, tuple(_statements(text, database))) for name, text in texts.items()]
    return sorted(found)


def _statements(text: str, database: str) -> Iterator[str]:
    for statement in text.split("\n\n"):
        if any(line and not line.startswith("--") for line in statement.splitlines()):
            for word, meaning in WORDS[database].items():
                statement = statement.replace(f"{{{word}}}", meaning)
            yield statement.strip().removesuffix(";")


def pending(database: str, present: int, oldest_reader: int) -> list[Migration]:
    """What a store at schema `present` still needs. `oldest_reader`: what the store says of programs before it.

    Raises `StoreTooOld` when the store is of a later program that this one cannot read.
    """
    steps = migrations(database)
    last = steps[-1].number
    if present > last and oldest_reader > last:
        message = f"the store has schema {present}, which this program, made for schema {last}, cannot read"
        raise StoreTooOld(message, "use the program that migrated it, or a newer one")
    return [step for step in steps if step.number > present]
