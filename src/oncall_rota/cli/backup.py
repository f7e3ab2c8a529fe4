"""`oncall backup`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oncall_rota.cli.option import Dir, DryRun, Store
from oncall_rota.cli.store_place import is_url, place, shown
from oncall_rota.cli.terminal import path_text, say
from oncall_rota.errors import OncallError, UsageError


def backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A new file to write the copy to.", show_default=False)],
    store: Store = None,
    dry_run: DryRun = False,
    dir_: Dir = None,
) -> None:
    """Copy the store to one new file, also while a server uses it.

    Examples:
      oncall backup oncall-2026-12-07.db
      oncall backup /backup/oncall.db --store /var/lib/oncall/oncall.db
      oncall restore oncall-2026-12-07.db --dry-run    does the copy hold?

    The copy is what was committed at one moment, and readable by its owner alone: it names people and incidents. It
    has no secret and no rotation file. A store in PostgreSQL is copied by pg_dump.
    """
    from oncall_rota.wiring.store import backup_store

    if file in ("", "-"):
        raise UsageError("a copy is written to a file, not to standard output", "name a new file")
    target = Path(file)
    where = place(store, dir_)
    if dry_run and not is_url(where):
        _would_work(where, target)
        say(f"{shown(where)} would be copied to {path_text(target)}\nnothing is written (--dry-run)")
        return
    backup_store(where, target)
    size = target.stat().st_size
    say(f"{shown(where)} is copied to {path_text(target)} ({size / 1e6:.1f} MB)")


def _would_work(where: str, target: Path) -> None:
    """Raises `OncallError` for what can be seen beforehand."""
    if not Path(where).exists():
        raise OncallError(f"there is no store {shown(where)}", "--store names another")
    if target.exists():
        raise OncallError(f"{path_text(target)} exists already", "name another file")
    if not target.absolute().parent.is_dir():
        raise OncallError(f"there is no folder {path_text(target.absolute().parent)}", "make it first")
