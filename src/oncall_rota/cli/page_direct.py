"""`oncall page --direct`: send now, by the first rules of whoever is on call, and keep nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from oncall_rota.cli.page_asked import Asked, best_effort
from oncall_rota.cli.setting import present
from oncall_rota.cli.simulated import person_name
from oncall_rota.cli.terminal import say, warn
from oncall_rota.errors import NotDelivered
from oncall_rota.paging.incident import Incident
from oncall_rota.rendering.incident import nobodys
from oncall_rota.rendering.text import tsv_row


class Tried(NamedTuple):
    """One page that was sent, or would be. `person` None: it is to an address that is nobody's own, `to`."""

    channel: str
    person: str | None
    to: str
    outcome: str

    @property
    def row(self) -> str:
        """Tab-separated: channel, to whom, what became of it."""
        return tsv_row((self.channel, self.to, self.outcome))


def send(asked: Asked, tell: Callable[[Tried], None], *, dry_run: bool = False) -> None:
    """Page, and `tell` of each try. Raises `NotDelivered` when nobody was reached, `UnknownName`."""
    from oncall_rota.wiring.direct import direct_paging

    team, person = asked.target
    incident = Incident(
        asked.id, team, asked.severity, asked.text, present(), service=asked.service, person=person or None
    )
    run = direct_paging(asked.catalog, incident, asked.via, incident.opened_at, send=not dry_run)
    for note in run.notes:
        if note.kind in ("nobody", "mute", "last-resort"):
            say(note.text)
    for each in run.tries:
        person_id, address = each.page.person, each.page.address
        to = nobodys(address) if person_id is None else person_name(asked.catalog, person_id)
        outcome = "would be sent" if dry_run else "sent" if each.error is None else f"refused: {each.error}"
        tell(Tried(each.page.channel, person_id, to, outcome))
    if not run.reached:
        hint = "why stands above" if run.tries else "'oncall validate' tells whom no channel reaches"
        raise NotDelivered("no channel took the page", hint)
    soft = best_effort(asked)
    if all(each.page.channel in soft for each in run.tries if each.error is None and not each.page.copy):
        warn(f"only by best effort ({', '.join(sorted(soft))}): nobody knows whether such a page arrives")
