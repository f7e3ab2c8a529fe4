"""What providers call back with: how far a page has come, and what people answer.

An answer counts only from the address that the page went to, and with its code or id: a caller's number is no proof.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from oncall_rota.paging.configuration import Configuration
from oncall_rota.paging.incident import Acknowledged, Declined, Event
from oncall_rota.paging.job import address_of, page_data
from oncall_rota.paging.office import ANSWERED, CODE_LASTS
from oncall_rota.paging.ports.notifier import Delivery, Reply
from oncall_rota.paging.ports.store import PageRow, Store
from oncall_rota.paging.request import Act, Acted, Request, Told
from oncall_rota.paging.request import Reply as Answer

WRONG = 5  # answers that fit nothing, after which an address is not listened to
LOCKED = timedelta(hours=1)  # for so long
MOST_LOCKED = 10_000  # addresses; beyond that the oldest is forgotten
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
        """What a person answered; what to tell them."""
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
        return self._act(pages, reply, channel)

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

    def _act(self, pages: Sequence[PageRow], reply: Reply, channel: str) -> str:
        """The answer to the first page, which may be a bundle, and to all that it names."""
        by = pages[0].person or channel
        event: Event = Declined(by) if reply.choice == "decline" else Acknowledged(by, channel)
        names = [self._store.page(page) for page in page_data(pages[0].data).pages]
        ids = dict.fromkeys([pages[0].incident_id, *[page.incident_id for page in names if page is not None]])
        refused: list[str] = []
        for future in [self._submit(Act(incident_id, event, by)) for incident_id in ids]:
            acted = future.result(ANSWERED)
            if isinstance(acted, Acted) and acted.refused:
                refused.append(acted.refused)
        if refused:
            return f"Not done: {refused[0]}"
        return "Passed on" if reply.choice == "decline" else "Acknowledged"


def _plain(address: str) -> str:
    """A number as a provider writes it; any other address as it is."""
    return address.translate(_SPELT) if address.startswith("+") else address
