"""Paging without a store: the first pages of an incident, sent now, and nothing kept.

The engine decides as always; each refused page is told back to it, so the next rule, step or the last resort follows
at once, until somebody is reached. Nobody waits for an acknowledgement and nobody escalates afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall_rota.paging.escalation import decide
from oncall_rota.paging.incident import HELD, Event, Failed, Incident, Note, Opened, Page, Ticked
from oncall_rota.paging.message import Message
from oncall_rota.paging.model import Reach, Rule
from oncall_rota.paging.ports.notifier import ATTEMPT, Deadline, Notifier, NotifierError
from oncall_rota.paging.world import World

MOST_ROUNDS = 50  # of pages refused and others tried; the last resort would go on for ever
_TOGETHER = 16


class Try(NamedTuple):
    """One page and what became of it. `error` None: the provider took it."""

    page: Page
    error: str | None


class Run(NamedTuple):
    """What was tried, in order, and what the engine noted on the way: a step with nobody on call, the last resort."""

    tries: tuple[Try, ...]
    notes: tuple[Note, ...]

    @property
    def reached(self) -> bool:
        """Whether any provider took a page to somebody; copies do not count."""
        return any(each.error is None and not each.page.copy for each in self.tries)


def sent_directly(
    incident: Incident,
    now: datetime,
    world: World,
    message: Callable[[Page], Message],
    notifier: Callable[[str], Notifier],
) -> Run:
    """Page for `incident` now. `notifier`: a channel by name, made at its first use; it may raise `NotifierError`.

    Never raises what a notifier raises.
    """
    tries: list[Try] = []
    notes: list[Note] = []
    events: list[Event] = [Opened()]
    for _ in range(MOST_ROUNDS):
        pages: list[Page] = []
        while events:
            incident, actions = decide(incident, events.pop(0), now, world)
            notes += [each for each in actions if isinstance(each, Note)]
            pages += [each for each in actions if isinstance(each, Page)]
            if incident.status == HELD:  # its hours do not matter: somebody pages by hand
                incident, events = incident._replace(ends_at=now), [Ticked()]
        if not pages:
            break
        found = _all_sent(pages, message, notifier)
        tries += found
        if any(each.error is None and not each.page.copy for each in found):
            break
        events = [Failed(each.page.id, each.error) for each in found if each.error is not None]
    return Run(tuple(tries), tuple(notes))


def _all_sent(
    pages: Sequence[Page],
    message: Callable[[Page], Message],
    notifier: Callable[[str], Notifier],
) -> list[Try]:
    """Send pages at the same time: a channel that hangs delays no other."""

    def send(page: Page) -> Try:
        return Try(page, _refusal(page, message, notifier))

    with ThreadPoolExecutor(min(len(pages), _TOGETHER)) as together:
        return list(together.map(send, pages))


def _refusal(page: Page, message: Callable[[Page], Message], notifier: Callable[[str], Notifier]) -> str | None:
    try:
        notifier(page.channel).send(message(page), page.address, Deadline(ATTEMPT.total_seconds()))
    except NotifierError as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - a notifier of somebody else's must not end the run
        return f"the notifier failed: {type(error).__name__}"
    return None


class ByOneChannel:
    """A world in which people are reached by one channel only, at once; whoever has no address there, not at all."""

    def __init__(self, world: World, channel: str) -> None:
        self._channel = channel
        self.team = world.team
        self.policy = world.policy
        self.on_call = world.on_call
        self.last_resort = world.last_resort
        self._reach = world.reach

    def reach(self, person: str) -> Reach | None:
        """How a person is reached; None when unknown."""
        found = self._reach(person)
        return None if found is None else found._replace(rules=(Rule(timedelta(0), (self._channel,)),))
