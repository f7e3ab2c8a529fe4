"""`oncall incident`: what is open, and what to do about it."""

from __future__ import annotations

from oncall_rota.cli.group import Command, Group, new_app
from oncall_rota.cli.incident_do import ack, decline, note, reassign, resolve, snooze
from oncall_rota.cli.incident_read import list_, show

app = new_app(
    cls=Group,
    help="""What is open, and what to do about it.

Examples:
  oncall incident list
  oncall incident show 3f2a            all about one: who was paged, and who is next
  oncall ack                           take the only one that paged me
  oncall incident ack 4f2a             by the code of a page
  oncall incident snooze 4f2a --for 2h
  oncall incident reassign 4f2a carol

REF is an incident's id, its unique beginning (4 characters or more), or the code of a page; the code of a bundle means
all that it names.
With $ONCALL_SERVER (and $ONCALL_TOKEN) the incidents are that server's, and who I am is whose token it is; --store
names a store instead.""",
)

app.command("list", cls=Command)(list_)
for _command in (show, ack, resolve, snooze, decline, reassign, note):
    app.command(_command.__name__, cls=Command)(_command)
