"""`oncall restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oncall_rota.cli.option import Dir, DryRun, Store
from oncall_rota.cli.store_place import place, shown
from oncall_rota.cli.terminal import path_text, say, warn
from oncall_rota.errors import OncallError

if TYPE_CHECKING:
    from oncall_rota.wiring.store import Restored


def restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A copy that 'oncall backup' wrote.", show_default=False)],
    store: Store = None,
    dry_run: DryRun = False,
    dir_: Dir = None,
) -> None:
    """Make a copy the store again. The store of before is put aside, never deleted.

    Examples:
      oncall restore oncall-2026-12-07.db --dry-run    check the copy; the store stays as it is
      oncall restore oncall-2026-12-07.db

    Refused while a server or another command uses the store. Whatever happened after the copy was made is not in
    it, so an incident that was resolved since may be open again: look before the pager starts.
    A store in PostgreSQL is restored by pg_restore.
    """
    from oncall_rota.wiring.store import restore_store

    where = place(store, dir_)
    found = restore_store(Path(file), where, write=not dry_run)
    if not dry_run:
        say(f"{shown(where)} is now the copy {path_text(file)}")
        if found.aside is not None:
            say(f"the store of before is {path_text(found.aside)}")
    if found.unseen:
        raise OncallError(f"nobody could look at what is in it: {found.unseen}")
    for sentence in found.wrong:
        warn(sentence)
    say(_told(found))
    if dry_run:
        say(f"it would be the store {shown(where)}\nnothing is written (--dry-run)")
    if found.wrong:
        raise OncallError("the copy is not whole: what is wrong stands above", "restore another copy")


def _told(found: Restored) -> str:
    """What a look at the copy found."""
    checked = "" if found.wrong else "its check found nothing wrong\n"
    if not found.open_incidents:
        return f"{checked}no incident is open in it"
    count, are = found.open_incidents, "is" if found.open_incidents == 1 else "are"
    return (
        f"{checked}{count} {'incident' if count == 1 else 'incidents'} of the copy {are} open, and {are} paged again "
        "when the pager starts\n"
        "what was resolved after the copy is open in it: look at the sources, and 'oncall resolve' what is over"
    )
