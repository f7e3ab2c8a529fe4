"""One decision on its way: the incident as it changes, the actions so far, and the pages among them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oncall_rota.paging.incident import Action, CancelPages, Due, Incident, Note, Notify, Page, Sent
from oncall_rota.paging.world import World

RINGS = timedelta(minutes=2)  # a call of a step before may ring so long, and be cancelled


class Draft:
    """What an event makes of an incident, until it is decided."""

    def __init__(self, incident: Incident, now: datetime, world: World) -> None:
        self.incident = incident
        self.now = now
        self.world = world
        self.actions: list[Action] = []

    def change(self, **fields: Any) -> None:
        """Change fields of the incident."""
        self.incident = self.incident._replace(**fields)

    def note(self, kind: str, text: str) -> None:
        """Record what was decided."""
        self.actions.append(Note(kind, text))

    # -- pages

    @property
    def present(self) -> tuple[Sent, ...]:
        """The pages that the present step has sent."""
        return tuple([each for each in self.incident.sent if not each.old])

    @property
    def people(self) -> set[str | None]:
        """Those whom the present step pages, or will; copies left out."""
        due = {each.person for each in self.incident.due if not each.copy}
        return due | {each.person for each in self.present if not each.copy}

    def enter(self, due: tuple[Due, ...], ends_at: datetime, **fields: Any) -> None:
        """Begin a step with these pages; those of the step before that are not sent yet never will be.

        `fields`: what else of the incident changes by it.
        """
        ringing = [each._replace(old=True) for each in self.incident.sent if self.now - each.at < RINGS]
        self.change(began_at=self.now, ends_at=ends_at, due=due, sent=tuple(ringing), **fields)

    def send_due(self, why: str) -> None:
        """Send what is due; of several that are due for one person and channel, one."""
        # Of one instant, so that two rules that name the same page are seen to.
        now_due = [
            each if each.at == self.now else each._replace(at=self.now)
            for each in self.incident.due
            if each.at <= self.now
        ]
        later = tuple([each for each in self.incident.due if each.at > self.now])
        sent, paged, number = list(self.incident.sent), list(self.incident.paged), self.incident.pages
        heard = self.incident.heard
        step = None if self.incident.ended or self.incident.step < 0 else self.incident.step
        for each in dict.fromkeys(now_due):
            number += 1
            heard += each.person is not None and not each.copy
            page = Page(f"{self.incident.id}-{number}", each.person, each.channel, each.address, why, each.copy, step)
            sent.append(Sent(page.id, each.person, each.channel, self.now, each.copy))
            if each.person is not None and not each.copy and each.person not in paged:
                paged.append(each.person)
            self.actions.append(page)
        self.change(due=later, sent=tuple(sent), paged=tuple(paged), pages=number, heard=heard)

    def bring_forward(self, person: str | None) -> None:
        """A person's next rule at once; the ones after it keep their distance to it."""
        first = min([each.at for each in self.incident.due if each.person == person], default=self.now)
        by = max(first - self.now, timedelta(0))
        due = [each._replace(at=each.at - by) if each.person == person else each for each in self.incident.due]
        self.change(due=tuple(due))

    def cancel(self, person: str | None = None) -> None:
        """Stop what may still ring: a person's, or everybody's."""
        ringing = [each.page for each in self.incident.sent if not each.failed and person in (None, each.person)]
        if ringing:
            self.actions.append(CancelPages(tuple(ringing)))

    def stop(self) -> None:
        """Nothing more is sent, and what rings is stopped."""
        self.cancel()
        self.change(due=(), sent=())

    def tell(self, text: str, *but: str) -> None:
        """A quiet notice to everybody who was paged."""
        self.actions += [Notify(person, text) for person in self.incident.paged if person not in but]
