"""Whom the commands about incidents speak of, and who is asking: with the rotations folder, or without one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.cli.selection import known
from oncall_rota.cli.setting import rotations
from oncall_rota.cli.simulated import person_name
from oncall_rota.cli.terminal import warn
from oncall_rota.config import ERROR, Catalog, load
from oncall_rota.errors import FolderNotFound, UnknownName, UsageError
from oncall_rota.paging.message import clean

if TYPE_CHECKING:
    from oncall_rota.paging.world import World

VARIABLE = "ONCALL_USER"
LONGEST = 80  # code points of an id


class People(NamedTuple):
    """The people of a folder. `catalog` None: there is no folder. `whole`: people.yaml can be read, all of it."""

    catalog: Catalog | None
    whole: bool

    def name(self, person: str) -> str:
        """A person's name as people write it, or the id."""
        return person if self.catalog is None else person_name(self.catalog, person)

    def id(self, asked: str) -> str:
        """A person's id, if there is such a person; without a folder, any. Raises `UnknownName`, `UsageError`."""
        found = clean(asked, LONGEST)
        if found != asked:
            raise UsageError(f"{asked!r} is no person's id")
        if self.catalog is None or asked in self.catalog.people:
            return asked
        if not self.whole:
            # A file that somebody broke must not keep anybody from acknowledging.
            warn(f"there may be a person {asked!r}: people.yaml cannot be read whole", "'oncall validate' tells why")
            return asked
        raise UnknownName(f"no person {asked!r} in people.yaml", known(asked, self.catalog.people))

    def asking(self, by: str | None) -> str | None:
        """Who is asking: `--by`, else $ONCALL_USER; None when nobody says. Raises `UnknownName`, `UsageError`."""
        asked = by or os.environ.get(VARIABLE)
        return self.id(asked) if asked else None


def people(dir_: str | None) -> People:
    """The people of the rotations folder, if there is one. Raises `FolderNotFound` when one was named that is not."""
    try:
        folder = rotations(dir_)
    except FolderNotFound:
        if dir_:
            raise
        return People(None, False)
    catalog, problems = load(folder, teams=())
    return People(catalog, not any(each.severity == ERROR and each.path == "people.yaml" for each in problems))


def who_are_you() -> UsageError:
    """Nobody says who is asking."""
    return UsageError("who are you?", f"give --by ID, or set {VARIABLE} to your id in people.yaml")


def world_of(found: People) -> World | None:
    """What escalation asks of the folder; None without one."""
    if found.catalog is None:
        return None
    from oncall_rota.wiring import world

    return world(load(found.catalog.folder)[0])
