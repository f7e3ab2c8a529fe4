"""`oncall key rotate`: the keys that links and sign-ins are signed with."""

from __future__ import annotations

from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.incident_office import office
from oncall_rota.cli.option import Dir, DryRun, Json, Store
from oncall_rota.cli.terminal import say
from oncall_rota.rendering.text import json_text

app = new_app(
    cls=Group,
    help="""The keys that a server signs links and sign-ins with.

Examples:
  oncall key rotate""",
)


@app.callback()
def _key() -> None:
    """A group, although it has one command so far."""


@app.command("rotate", cls=Command)
def rotate(json: Json = False, dry_run: DryRun = False, store: Store = None, dir_: Dir = None) -> None:
    """Sign with a new key from now on.

    Examples:
      oncall key rotate
      oncall key rotate && oncall key rotate     at once: whatever was signed before opens nothing

    Two keys are good at a time: links that were sent and people who have signed in stay so until the next rotation.
    """
    if dry_run:
        say("a new key would sign; what the one before has signed would stay good\nnothing is written (--dry-run)")
        return
    with office(store, dir_, "oncall key rotate", make=True) as found:
        ids = found.office.rotate_key()
    if json:
        print(json_text({"version": 1, "signs": ids[0], "good": list(ids)}))
    say(f"key {ids[0]} signs from now on; good are {' and '.join(ids)}")
