"""Fake providers: they take pages, refuse them, say nothing, break, and tell later what became of them."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from timeflow import SECOND
from truth import Attempt, Taken

from oncall_rota.paging.message import Message
from oncall_rota.paging.ports.notifier import Attempt as Asked
from oncall_rota.paging.ports.notifier import Deadline, Declaration, Delivery, NotifierError, Receipt

if TYPE_CHECKING:
    from player import Server
    from world import World

SECRET = "s3cr3t-t0ken"
QUERYABLE = ("sms", "call")
CLOCKS_DIFFER = timedelta(seconds=60)  # as in the notifiers of Twilio
# What a provider answers, and how often out of 100 on a good day.
ANSWERS = {"takes": 86, "refuses": 3, "busy": 3, "wait": 2, "reply-lost": 2, "silent": 2, "breaks": 1, "locked-out": 1}
OUTAGES = ("refuses", "busy", "wait", "reply-lost", "silent", "breaks", "locked-out", "slow")


class Outage(NamedTuple):
    """A channel answers only that, from `begins` until `ends`."""

    channel: str
    answer: str
    begins: int
    ends: int


class Carrier:
    """All providers of a world."""

    def __init__(self, world: World, random: Random) -> None:
        self._world = world
        self._random = random
        self.outages: list[Outage] = []
        self._number = 0

    def notifier(self, server: Server, channel: str) -> Line | Queryable | Telephone:
        """A channel as a server has it."""
        kind = {"sms": Queryable, "call": Telephone}.get(channel, Line)
        return kind(self, server, channel)

    def _answer(self, channel: str) -> str:
        for outage in self.outages:
            if outage.channel == channel and outage.begins <= self._world.flow.at < outage.ends:
                return outage.answer
        return self._random.choices(list(ANSWERS), list(ANSWERS.values()))[0]

    def send(self, server: Server, channel: str, message: Message, address: str, deadline: Deadline) -> Receipt:
        """One request to send, in a trip."""
        world, random = self._world, self._random
        trip = world.trip
        assert trip is not None
        attempt = Attempt(message.page_id, channel, trip.checked_at, trip.looked_at, trip.blind)
        world.begins(server, attempt, message, address)
        answer = self._answer(channel)
        slow = answer == "slow" or random.random() < 0.03
        span = random.uniform(4, 14) if slow else random.uniform(0.02, 0.6)
        there = int(span * random.random() * SECOND)
        limit = int(deadline.left() * SECOND)
        if answer == "silent" or there >= limit:
            world.faults.wait(server, max(limit, 1), "in-send")
            raise NotifierError(f"{channel}: no answer in time", unsure=True)
        world.faults.wait(server, max(there, 1), "in-send")
        if answer in ("takes", "slow", "reply-lost"):
            rest = int(span * SECOND) - there
            return self._takes(server, attempt, message, address, answer == "reply-lost", rest, limit - there)
        world.faults.wait(server, 20_000, "after-answer")
        if answer == "refuses":
            trip.refused = True
            raise NotifierError(f"{channel} refused it: no such number", permanent=True, alarm=f"{channel}: 404")
        if answer == "locked-out":
            trip.refused = True
            raise NotifierError(f"{channel}: credentials", permanent=True, alarm=f"{channel}: credentials are refused")
        if answer == "breaks":
            trip.refused = True
            raise RuntimeError(f"cannot send to {address} with {SECRET}")
        world.truth.turned_away[message.page_id] += 1
        after = timedelta(seconds=random.choice((1, 5, 30, 60))) if answer == "wait" else None
        raise NotifierError(f"{channel}: busy", retry_after=after)

    def _takes(
        self, server: Server, attempt: Attempt, message: Message, address: str, lost: bool, span: int, limit: int
    ) -> Receipt:
        world, random, channel = self._world, self._random, attempt.channel
        lag = world.trip.lag if world.trip is not None else 0
        self._number += 1
        name = f"{channel}-{self._number}"
        taken = Taken(name, channel, message.page_id, address, message.code, world.flow.at + lag)
        wrong = world.truth.takes(attempt, taken, channel in QUERYABLE and not world.astray(message.page_id))
        if wrong:
            world.fail("I2", wrong)
        world.log(f"taken {name} {message.page_id}")
        world.people.gets(taken, message, lag)
        world.people.reports(taken, lag)
        back = min(random.randrange(1, 400_000) + max(span, 0), limit)
        if lost:
            world.truth.hits[message.page_id] += 1
            world.count("reply lost")
            world.faults.wait(server, limit if random.random() < 0.5 else back, "after-answer")
            raise NotifierError(f"{channel}: the connection was lost", unsure=True)
        world.faults.wait(server, back, "after-answer")
        if back >= limit:
            world.truth.hits[message.page_id] += 1
            raise NotifierError(f"{channel}: no answer in time", unsure=True)
        return Receipt(name if channel in QUERYABLE else None)

    def look_up(self, server: Server, channel: str, asked: Asked, deadline: Deadline) -> Receipt | None:
        """Ask a provider's list, which is up to date, as Twilio's notifiers do."""
        world, random = self._world, self._random
        trip = world.trip
        assert trip is not None
        fails = random.random() < 0.05 or self._answer(channel) in ("silent", "busy", "locked-out")
        trip.looked_at, trip.blind = world.flow.at, True
        limit = int(deadline.left() * SECOND)
        if fails:
            world.count("look-up failed")
            world.log(f"look-up fails {asked.message.page_id}")
            world.faults.wait(server, random.choice((limit, 50_000)), "in-look-up")
            raise NotifierError(f"{channel}: the list cannot be had")
        world.faults.wait(server, random.randrange(1, limit if random.random() < 0.1 else 300_000), "in-look-up")
        # What is off by more than that is another fault: it makes the list useless.
        trip.looked_at, trip.blind = world.flow.at, world.astray(asked.message.page_id)
        earliest = asked.since - CLOCKS_DIFFER
        for each in reversed(world.truth.lists[channel, asked.address]):  # the newest first
            made_at = world.machine.true() - timedelta(microseconds=world.flow.at - each.made_at)
            if made_at >= earliest and each.made_at <= world.flow.at and each.provider_id not in asked.known:
                if channel == "sms" and each.code != asked.message.code:
                    continue
                world.found(each, asked.message)
                return Receipt(each.provider_id)
        world.log(f"found nothing for {asked.message.page_id}")
        return None

    def status(self, server: Server, provider_id: str) -> Delivery:
        """How far a page has come."""
        self._world.faults.wait(server, 100_000, "in-poll")
        if self._answer("call") in ("silent", "busy"):
            raise NotifierError("no status")
        state = self._world.truth.states.get(provider_id, "accepted")
        rank = {"accepted": 0, "sent": 1, "failed": 2, "delivered": 3}[state]
        return Delivery(provider_id, None, state, rank, "busy" if state == "failed" else "")  # type: ignore[arg-type]

    def cancel(self, server: Server, provider_id: str) -> None:
        """Stop a call."""
        self._world.faults.wait(server, 100_000, "in-cancel")
        self._world.log(f"cancel {provider_id}")


class Line:
    """A channel whose provider only takes pages."""

    declaration = Declaration("line", "", (), "push", "fake")

    def __init__(self, carrier: Carrier, server: Server, channel: str) -> None:
        self._carrier = carrier
        self._server = server
        self._channel = channel

    def send(self, message: Message, address: str, deadline: Deadline) -> Receipt:
        return self._carrier.send(self._server, self._channel, message, address, deadline)


class Queryable(Line):
    """One that can be asked what it took."""

    declaration = Declaration("queryable", "", (), "phone", "fake", metered=True)

    def look_up(self, attempt: Asked, deadline: Deadline) -> Receipt | None:
        return self._carrier.look_up(self._server, self._channel, attempt, deadline)

    def status(self, provider_id: str, deadline: Deadline) -> Delivery:
        return self._carrier.status(self._server, provider_id)


class Telephone(Queryable):
    """Calls: the list does not say which page one was for, and one that rings can be stopped."""

    declaration = Declaration("telephone", "", (), "phone", "fake", metered=True, one_at_a_time=True)

    def cancel(self, provider_id: str, deadline: Deadline) -> None:
        self._carrier.cancel(self._server, provider_id)
