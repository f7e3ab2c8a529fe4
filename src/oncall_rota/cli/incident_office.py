"""The way to the incidents: whose store it is, and who drives what is open in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from oncall_rota.cli.setting import rotations
from oncall_rota.cli.store_place import is_url, place, shown
from oncall_rota.cli.terminal import warn
from oncall_rota.errors import FolderNotFound, UnknownName
from oncall_rota.paging.ports.store import StoreFailed

if TYPE_CHECKING:
    from oncall_rota.control.owner import Drive, Opened
    from oncall_rota.control.wire import Greeting

PAGE, PAGER, SERVER = "oncall page", "oncall pager run", "oncall serve"  # names of instances
REMEDY = "'oncall pager run' does"


@contextmanager
def office(
    store: str | None,
    dir_: str | None,
    name: str,
    *,
    drive: Drive = "nothing",
    make: bool = False,
    alarm: Callable[[str], None] = warn,
    patience: float = 2.0,
    allow_empty: bool = False,
) -> Iterator[Opened]:
    """Open the store of `--store` and `--dir`, or the office of the process that has it.

    `make`: also when there is none yet; else that is an `UnknownName`. `patience`: seconds for an owner to let go.
    `allow_empty`: also follow a folder that leaves a team without anybody. Raises what `place` and `open_office` raise.
    """
    from oncall_rota.wiring.office import open_office

    where = place(store, dir_)
    if not (make or is_there(where)):
        raise UnknownName(f"there are no incidents: there is no store {shown(where)}", "--store names another")
    with ExitStack() as stack:

        def folder() -> Path:
            try:
                return rotations(dir_)
            except FolderNotFound as error:
                if dir_ or make:
                    raise
                # The store keeps the last good configuration, which an empty folder does not contradict.
                alarm(f"{error}: the configuration that the store keeps is used")
                return Path(stack.enter_context(TemporaryDirectory(prefix="oncall-")))

        serves = name == SERVER and drive == "all"
        yield stack.enter_context(
            open_office(
                where,
                folder,
                alarm,
                drive=drive,
                name=name,
                patience=patience,
                serves=serves,
                allow_empty=allow_empty,
            )
        )


def is_there(where: str) -> bool:
    """Whether there is a store at that place, as far as that can be told without opening it."""
    return is_url(where) or os.path.exists(where)


class Driving(NamedTuple):
    """Who drives what is open in a store. `by`: who drives all of it, in words; None: nobody does.

    `others`: other commands have it open too, or nobody can tell, and drive their own incidents. `through`: one of them
    has the store, and drives what is raised through it for as long as it runs.
    """

    by: str | None = None
    others: bool = False
    through: bool = False

    @property
    def nobody(self) -> bool:
        """Whether surely nobody drives anything, but for this command its own."""
        return self.by is None and not self.others


def driving(found: Opened) -> Driving:
    """Who drives what is open in an opened store, or on a server."""
    from oncall_rota.remote.office import HttpOffice

    if isinstance(found.office, HttpOffice):
        return Driving(f"the server {found.office.server.at.host}")
    there = greeting(found)
    if there is not None:
        if there.drives == "all":
            return Driving(f"{there.name or 'a pager'} (process {there.process})")
        return Driving(others=True, through=True)
    if found.store is None:
        return Driving()
    try:
        others = [each for each in found.store.instances()[1:] if each.ended_at is None]
    except StoreFailed:
        return Driving(others=True)
    by = next((each.name for each in others if each.name.startswith((PAGER, SERVER))), None)
    return Driving(by, bool(others))


def greeting(found: Opened) -> Greeting | None:
    """What the process that has the store said of itself when it was reached last; None: this one has it."""
    from oncall_rota.control.client import RemoteOffice

    return found.office.greeting if isinstance(found.office, RemoteOffice) else None
