"""Pages that waited for a budget, sent as one: whoever is named in a bundle is paged, and its code takes all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from oncall_rota.paging.case import Case, Scene
from oncall_rota.paging.incident import Incident
from oncall_rota.paging.job import Job, PageData, address_of, code_of, message_of, page_data
from oncall_rota.paging.message import Message, bundled
from oncall_rota.paging.model import Limit
from oncall_rota.paging.ports.row import NewPage, Outcome, PageRow, Take
from oncall_rota.paging.ports.store import Store
from oncall_rota.paging.saved import incident_of

ALWAYS = 1_000_000  # a burst that no budget refuses: what must not wait any longer is spent all the same


class Held(NamedTuple):
    """A page that waited, and its incident."""

    row: PageRow
    incident: Incident
    data: PageData


def is_held(row: PageRow, data: PageData) -> bool:
    """Whether a page waits, or has waited until now, for its budget and for nothing else."""
    return data.what == "page" and (data.held or row.attempts == (0 if row.state == "waiting" else 1))


def bundled_job(store: Store, scene: Scene, case: Case, held: Sequence[Held]) -> Job | None:
    """One page for all of them, written in `case`; None: they wait on, as everybody knows by another channel."""
    first = held[0].row
    channel = scene.configuration.channels.get(first.channel)
    limit = channel.limit if channel is not None else None
    whom = first.person or held[0].data.address or ""
    if limit is not None:
        wait = _wait(store, scene, whom, first.channel, limit)
        if wait > timedelta(0) and all(_told_otherwise(store, each) for each in held):
            for each in held:
                if each.row.state == "claimed":
                    data = each.data._replace(held=True).json()
                    case.outcomes.append(Outcome(each.row.id, each.row.fence, "waiting", wait=wait, data=data))
            return None
    return _job(scene, case, held, None if limit is None else Take(whom, first.channel, ALWAYS, limit.refill))


def _wait(store: Store, scene: Scene, whom: str, channel: str, limit: Limit) -> timedelta:
    """How long until the budget has a page left."""
    spent_until = store.spent_until(whom, channel)
    if spent_until is None:
        return timedelta(0)
    return max(spent_until - (limit.burst - 1) * limit.refill - scene.now, timedelta(0))


def _told_otherwise(store: Store, held: Held) -> bool:
    """Whether the person has got a page about that incident by another channel."""
    return any(
        page.person == held.row.person and page.channel != held.row.channel and page.state in ("sent", "delivered")
        for page in store.pages(held.incident.id)
    )


def _job(scene: Scene, case: Case, held: Sequence[Held], take: Take | None) -> Job:
    row, data = held[0].row, held[0].data
    page_id = f"{row.incident_id}-b{scene.token(4)}"
    code = code_of(scene.secret, page_id, row.person or "") if len(held) > 1 else row.code
    kept = PageData("bundle", data.why, data.step, data.copy, data.address, pages=tuple(each.row.id for each in held))
    others = tuple(dict.fromkeys(each.incident.id for each in held if each.incident.id != row.incident_id))
    case.pages[page_id] = NewPage(
        page_id, row.incident_id, row.person, row.channel, row.address_ref, code, kept.json(), others, take
    )
    for each in held:
        told = each.data._replace(bundle=page_id).json()
        case.outcomes.append(Outcome(each.row.id, each.row.fence, "sent", data=told))
    for incident in dict.fromkeys(each.incident for each in held):
        case.note("bundled", f"{len(held)} pages in one", about=incident, page=page_id)
    message = _message(page_id, code, row.person, held, scene)
    address = address_of(row.person, row.channel, data, scene.configuration)
    named, since = tuple((each.row.id, each.incident.id) for each in held), scene.now - scene.ahead
    return Job(
        page_id, 0, row.incident_id, row.person, row.channel, row.address_ref, address, message, since, 0.0,
        "bundle", data.copy, named=named,
    )  # fmt: skip


def _message(page_id: str, code: str, person: str | None, held: Sequence[Held], scene: Scene) -> Message:
    link = scene.link(page_id, person)
    parts = [message_of(page_id, each.row.code, each.incident, each.data, scene.configuration, link) for each in held]
    return parts[0] if len(parts) == 1 else bundled(page_id, code, parts, link)


def again(store: Store, scene: Scene, row: PageRow, data: PageData) -> Message | None:
    """The text of a bundle that was written before; None when nothing is kept of what it named."""
    held: list[Held] = []
    for page_id in data.pages:
        page = store.page(page_id)
        incident = store.incident(page.incident_id) if page is not None else None
        if page is not None and incident is not None:
            held.append(Held(page, incident_of(incident), page_data(page.data)))
    return _message(row.id, row.code, row.person, held, scene) if held else None
