"""People: they read pages, or sleep, and answer by any server, twice, too late and at once; providers report."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from setting import PEOPLE
from timeflow import HOUR, MINUTE, SECOND
from truth import Taken

from oncall_rota.paging.incident import Acknowledged, Declined, Event, Reassigned, Resolved, Snoozed
from oncall_rota.paging.message import Message
from oncall_rota.paging.request import Act, Acted, Reply, Told

if TYPE_CHECKING:
    from world import World

ACTS = {"ack": 62, "ack twice": 8, "decline": 9, "snooze": 6, "give": 6, "resolve": 9}


class People:
    """Everybody who has a phone."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self._awake = random.choice((0.25, 0.45, 0.7))  # the share of pages that somebody answers

    def gets(self, taken: Taken, message: Message, lag: int) -> None:
        """A page is on somebody's phone, so many microseconds from now."""
        if message.kind != "page" or self._random.random() > self._awake:
            return
        after = int(self._random.choice((2, 10, 60, 400)) * self._random.random() * SECOND) + 200_000 + lag
        what = self._random.choices(list(ACTS), list(ACTS.values()))[0]
        self._world.flow.call(after, lambda: self._answers(taken, what))

    def _answers(self, taken: Taken, what: str) -> None:
        world = self._world
        rows = world.place.rows("SELECT incident_id, person, data FROM pages WHERE id = ?", taken.page_id)
        incident_id, person, data = rows[0]
        named = json.loads(data).get("pages", ())
        more = [world.place.rows("SELECT incident_id FROM pages WHERE id = ?", page)[0][0] for page in named]
        for each in dict.fromkeys((incident_id, *more)):
            by = person or "somebody"
            self.does(each, self._event(what, by), by)
            if what == "ack twice":
                other = self._random.choice(PEOPLE)
                self.does(each, Acknowledged(other, "web"), other)

    def _event(self, what: str, by: str) -> Event:
        if what == "decline":
            return Declined(by)
        if what == "snooze":
            until_at = self._world.place.now() + timedelta(minutes=self._random.choice((1, 20, 60)))
            return Snoozed(by, until_at)
        if what == "give":
            return Reassigned(by, self._random.choice(PEOPLE))
        return Resolved(by) if what == "resolve" else Acknowledged(by, "sms")

    def does(self, incident_id: str, event: Event, by: str, tries: int = 3, patience: int = 5 * SECOND) -> None:
        """Somebody does something, and again when nothing answers."""
        server = self._world.some_server()

        def replied(reply: Reply | Exception) -> None:
            if isinstance(reply, Acted):
                self._world.ledger.acted(incident_id, event, reply)
            elif tries:
                self._again(incident_id, event, by, tries - 1, patience)

        if server is None:
            self._again(incident_id, event, by, tries - 1, patience)
        else:
            self._world.log(f"act {incident_id} {type(event).__name__} {by}")
            server.submit(Act(incident_id, event, by), replied)

    def _again(self, incident_id: str, event: Event, by: str, tries: int, patience: int) -> None:
        if tries > 0:
            span, longer = self._random.randrange(patience, patience * 4), min(patience * 2, 10 * MINUTE)
            self._world.flow.call(span, lambda: self.does(incident_id, event, by, tries, longer))

    def ends(self, incident_id: str, by: str) -> None:
        """Somebody closes an incident, however long it takes to get that through."""
        self.does(incident_id, Resolved(by), by, 1000)

    # -- what providers report

    def reports(self, taken: Taken, lag: int) -> None:
        """Callbacks come late, twice, in any order, or never."""
        random, world = self._random, self._world
        if taken.channel not in ("sms", "call"):
            return
        fails = random.random() < (0.25 if taken.channel == "call" else 0.06)
        end = "failed" if fails else "delivered"
        at = random.randrange(SECOND, 45 * SECOND) + lag
        world.flow.call(at, lambda: world.truth.states.__setitem__(taken.provider_id, end))
        if random.random() < 0.2:
            return  # lost: it is asked for
        for state, share in (("sent", 0.5), (end, 1.0), (end, 0.2)):
            if random.random() < share:
                late = random.choice((0, 0, 0, 100 * SECOND, 2 * HOUR)) + random.randrange(3 * SECOND)
                late += at if state == end else SECOND + lag
                world.flow.call(late, lambda state=state: self._told(taken, state))  # type: ignore[misc]

    def _told(self, taken: Taken, state: str) -> None:
        server = self._world.some_server()
        if server is not None:
            if state != "failed":
                self._world.truth.told.add(taken.page_id)
            server.submit(Told(taken.page_id, state, taken.provider_id, "busy" if state == "failed" else ""))  # type: ignore[arg-type]
