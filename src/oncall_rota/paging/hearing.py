"""What providers call back with: how far a page has come, and what people answer.

An answer counts only from the address that the page went to, and with its code or id: a caller's number is no proof.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import TRIGGERED, Acknowledged, Declined, Event
from oncall_rota.paging.job import address_of, page_data
from oncall_rota.paging.office import ANSWERED, CODE_LASTS
from oncall_rota.paging.ports.notifier import Delivery, Reply
from oncall_rota.paging.ports.row import PageRow
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.request import Act, Acted, Request, Told
from oncall_rota.paging.request import Reply as Answer

WRONG = 5  # answers that fit nothing, after which an address is not listened to
LOCKED = timedelta(hours=1)  # for so long
MOST_LOCKED = 10_000  # addresses; beyond that the oldest is forgotten
MOST_HEARD = 10_000  # replies; the same
_SPELT = str.maketrans("", "", " -.()")  # how people write numbers


class Hearing:
    """Hears for one process. `submit`: the crew's. Every method may raise `StoreFailed`."""

    def __init__(
        self,
        store: Store,
        submit: Callable[[Request], Future[Answer]],
        configuration: Callable[[], Configuration],
    ) -> None:
        self._store = store
        self._submit = submit
        self._configuration = configuration
        self._counting = threading.Lock()
        self._wrong: dict[tuple[str, str], tuple[int, datetime]] = {}
        self._heard: dict[tuple[str, str], Future[str]] = {}

    def delivery(self, channel: str, delivery: Delivery) -> None:
        """How far a page has come: heard twice, late or in any order it is the same."""
        if delivery.state not in ("sent", "delivered", "failed"):
            return
        page = self._store.page(delivery.page_id) if delivery.page_id is not None else None
        page = page or self._store.page_by_provider_id(channel, delivery.provider_id)
        if page is None or page.channel != channel or page.provider_id not in (None, delivery.provider_id):
            return  # nobody's, or of another attempt at the same page
        told = Told(page.id, delivery.state, delivery.provider_id, delivery.detail)
        self._submit(told).result(ANSWERED)

    def reply(self, channel: str, reply: Reply) -> str:
        """What a person answered; what to tell them. A reply that comes again is told the same, and does nothing."""
        if not reply.id:
            return self._replied(channel, reply)
        with self._counting:
            known = self._heard.get((channel, reply.id))
            mine = self._heard.setdefault((channel, reply.id), Future())
            while len(self._heard) > MOST_HEARD:
                del self._heard[next(iter(self._heard))]
        if known is not None:
            return known.result(ANSWERED)
        try:
            mine.set_result(self._replied(channel, reply))
        except BaseException as error:
            with self._counting:
                self._heard.pop((channel, reply.id), None)  # it may be tried again
            mine.set_exception(error)
            raise
        return mine.result()

    def _replied(self, channel: str, reply: Reply) -> str:
        now = self._store.now()
        who = (channel, reply.address)
        with self._counting:
            count, since = self._wrong.get(who, (0, now))
        if count >= WRONG and now - since < LOCKED:
            return "Too many wrong codes. Use another way to acknowledge"
        pages = [page for page in self._meant(channel, reply, now) if self._went_to(page, reply.address)]
        if not pages:
            self._count(who, now)
            return "No page of yours has this code"
        with self._counting:
            self._wrong.pop(who, None)
        # A code is short, and one person's two incidents may have the same: what nobody may have meant is not taken.
        if len({page.incident_id for page in pages}) > 1:
            pages = [page for page in pages if self._is_triggered(page)] or pages[:1]
            if len({page.incident_id for page in pages}) > 1:
                return "More than one page has this code. Use another way to acknowledge"
        return self._act(pages[0], reply, channel)

    def _meant(self, channel: str, reply: Reply, now: datetime) -> Sequence[PageRow]:
        if reply.page_id is not None:
            page = self._store.page(reply.page_id)
            found: Sequence[PageRow] = (page,) if page is not None else ()
        else:
            found = self._store.pages_by_code(reply.code or "", now - CODE_LASTS)
        return [page for page in found if page.channel == channel and now - page.created_at < CODE_LASTS]

    def _went_to(self, page: PageRow, address: str) -> bool:
        sent_to = address_of(page.person, page.channel, page_data(page.data), self._configuration())
        return sent_to is not None and _plain(sent_to) == _plain(address)

    def _count(self, who: tuple[str, str], now: datetime) -> None:
        with self._counting:
            count, since = self._wrong.pop(who, (0, now))
            if now - since >= LOCKED:
                count, since = 0, now
            self._wrong[who] = (count + 1, since)
            while len(self._wrong) > MOST_LOCKED:
                del self._wrong[next(iter(self._wrong))]

    def _is_triggered(self, page: PageRow) -> bool:
        rows = [self._store.incident(incident_id) for incident_id in named(self._store, page)]
        return any(row is not None and row.status == TRIGGERED for row in rows)

    def _act(self, page: PageRow, reply: Reply, channel: str) -> str:
        """The answer to a page, and to all that it names."""
        by = page.person or channel
        waiting: list[Future[Answer]] = []
        for incident_id, own in named(self._store, page).items():
            event: Event = Acknowledged(by, channel)
            if reply.choice == "decline":
                # A code is the same on every page about the incident: then it is the incident that is declined.
                event = Declined(by, own if reply.page_id is not None else None)
            waiting.append(self._submit(Act(incident_id, event, by)))
        refused: list[str] = []
        for future in waiting:
            acted = future.result(ANSWERED)
            if isinstance(acted, Acted) and acted.refused:
                refused.append(acted.refused)
        done = "Passed on" if reply.choice == "decline" else "Acknowledged"
        if not refused:
            return done
        return f"Not done: {refused[0]}" if len(refused) == len(waiting) else f"{done}, but not all: {refused[0]}"


def named(store: Store, page: PageRow) -> dict[str, str]:
    """The incidents of a page, which may be a bundle, each with its own page."""
    pages = [store.page(each) for each in page_data(page.data).pages]
    return {page.incident_id: page.id} | {each.incident_id: each.id for each in pages if each is not None}


def _plain(address: str) -> str:
    """A number as a provider writes it; any other address as it is."""
    return address.translate(_SPELT) if address.startswith("+") else address
