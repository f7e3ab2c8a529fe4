"""`oncall migrate`."""

from __future__ import annotations

import os

from oncall_rota.cli.option import Dir, DryRun, Store
from oncall_rota.cli.store_place import is_url, place, shown
from oncall_rota.cli.terminal import say


def migrate(store: Store = None, dry_run: DryRun = False, dir_: Dir = None) -> None:
    """Bring the store to this program's tables. Servers of the version before go on running meanwhile.

    Examples:
      oncall migrate --dry-run            which steps it would take
      oncall migrate
      oncall migrate --store /var/lib/oncall/oncall.db

    PostgreSQL needs it once after every update, before the new servers start. A store in a file needs no call: it is
    made, or migrated, by whatever opens it next.
    """
    from oncall_rota.wiring.store import migrate_store

    where = place(store, dir_)
    before = is_url(where) or os.path.exists(where)
    steps = migrate_store(where, write=not dry_run)
    if not before:
        say(f"{shown(where)} {'would be' if dry_run else 'is'} made")
    elif not is_url(where):
        say(f"{shown(where)} {'would be opened, which migrates it if it must be' if dry_run else 'is up to date'}")
    elif steps:
        say(f"{shown(where)} {'would take' if dry_run else 'took'} the {_counted(steps)} {', '.join(steps)}")
    else:
        say(f"{shown(where)} is up to date")
    if dry_run:
        say("nothing is written (--dry-run)")


def _counted(steps: list[str]) -> str:
    return "step" if len(steps) == 1 else f"{len(steps)} steps"
