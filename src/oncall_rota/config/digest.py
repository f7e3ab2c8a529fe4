"""Whether a team's answer to the checks of 400 days can have changed: keeping it on disk is the caller's business."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from oncall_rota.config.catalog import Catalog


def digest(catalog: Catalog, team: str, from_at: datetime) -> str:
    """A digest of all that decides `horizon.check_team`: the day, and every file that the team's answer needs."""
    from hashlib import blake2b  # only here: it is slow to import

    wanted, waiting = set(), [team]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [*catalog.borrowed.get(name, ()), *catalog.paged.get(name, ())]
    code = blake2b(f"{from_at:%Y-%m-%d} {_database()}".encode(), digest_size=16)
    files = [f"{name}{end}" for name in sorted(wanted) for end in (".yaml", ".overrides.yaml")]
    for name in ["oncall.yaml", "people.yaml", *files]:
        if name in catalog.texts:
            code.update(f"\0{name}\0".encode())
            code.update(catalog.texts[name].encode())
    for name in sorted(name for name in catalog.names if name.lower().endswith(".ics")):
        code.update(f"\0{name}\0".encode())
        code.update((catalog.folder / name).read_bytes())
    return code.hexdigest()


@cache
def _database() -> str:
    """The version of the time zone data that comes with oncall."""
    from importlib import metadata

    return metadata.version("tzdata")
