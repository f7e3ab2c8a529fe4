"""The page behind a link. Looking at it does nothing; pressing a button does, for the person whose link it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from oncall_rota.paging.hearing import named
from oncall_rota.paging.incident import Acknowledged, Declined, Event, Resolved
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import PageRow
from oncall_rota.paging.ports.store import StoreFailed
from oncall_rota.paging.request import Act, Acted, Remark
from oncall_rota.paging.saved import incident_of
from oncall_rota.web.access_form import FIELD, form_of, is_foreign, is_speculative
from oncall_rota.web.acknowledge_shown import shown
from oncall_rota.web.acknowledge_story import Reader, Said
from oncall_rota.web.body import BadBody
from oncall_rota.web.door import Door, Visit
from oncall_rota.web.pages.rendering import page
from oncall_rota.web.premises import Premises
from oncall_rota.web.spec import UNREAD, Spec, form_body, plain
from oncall_rota.web.spec import page as told

VIA = "link"
PATIENCE = 10.0  # seconds for the decision; a person looks at a phone
IN_MEMORY = "The store has failed: it holds in memory, and is written down when the store works again."
OLD = "Nothing is done: that page was too old. This is how it stands now."
TWICE = "That was sent already. This is how it stands now."


class Deed(NamedTuple):
    """What a button asks for. `event`: by this actor, about that page of theirs. `done`: what to tell them then."""

    event: Callable[[str, str], Event]
    word: str
    done: str


DEEDS: Mapping[str, Deed] = {
    "acknowledge": Deed(lambda by, _: Acknowledged(by, VIA), "acknowledged", "You have it now. Thank you."),
    "decline": Deed(Declined, "declined", "Passed on."),
    "resolve": Deed(lambda by, _: Resolved(by), "resolved", "It is over. Thank you."),
}


class Found(NamedTuple):
    """What a link is about. `own`: the page of each incident; for a bundle, those that it names."""

    row: PageRow
    stories: tuple[Story, ...]
    own: Mapping[str, str]


async def look(visit: Visit) -> Response:
    """How it stands, and the buttons."""
    return await _page(visit)


async def act(visit: Visit) -> Response:
    """Do what a button asks for, once; then how it stands."""
    if is_speculative(visit.request) or is_foreign(visit.request):
        return PlainTextResponse("a person has to press the button on the page itself\n", 403)
    try:
        form = await form_of(visit.request)
    except BadBody as error:
        return PlainTextResponse(f"{error}\n", error.status)
    deed = DEEDS.get(form.get("do", ""))
    if deed is None:
        return PlainTextResponse("there is no such button\n", 400)
    try:
        forms, value = visit.premises.gate.forms, form.get(FIELD, "")
        if not await forms.take(value, _subject(visit)):
            twice = await forms.is_good(value, _subject(visit))
            return await _page(visit, Said(TWICE) if twice else Said(OLD, "no"), 409)
        found = await run_in_threadpool(_found, visit)
        if found is None:
            return page("gone", 404)
        acted = await _done(visit, found, deed)
    except (StoreFailed, TimeoutError) as error:
        why = str(error) or "Nothing was decided in time, and it may be done yet."
        return await _page(visit, Said(f"Not done: {why}", "no"), 503)
    return await _page(visit, *_outcome(visit, acted, deed))


async def _done(visit: Visit, found: Found, deed: Deed) -> Sequence[Acted]:
    """Ask the desk for it, for every incident that the page is about."""
    premises, person = visit.premises, visit.visitor.person
    by = person or found.row.channel
    requests = [Act(incident_id, deed.event(by, own), by) for incident_id, own in found.own.items()]
    futures = [asyncio.wrap_future(premises.submit(request)) for request in requests]
    replies = await asyncio.wait_for(asyncio.gather(*futures), PATIENCE)
    acted = [reply for reply in replies if isinstance(reply, Acted)]
    if person is not None and premises.configuration().world.reach(person) is None:
        # What somebody was sent stays theirs to answer; but it has to be seen that they did.
        text = f"{person}, who is not in people.yaml any more, {deed.word} it by a link"
        for each in acted:
            if each.incident is not None and not each.refused:
                premises.submit(Remark(each.incident.id, person, text))
    return acted


def _outcome(visit: Visit, acted: Sequence[Acted], deed: Deed) -> tuple[Said, int]:
    """What to tell, and the status: 409 when nothing has changed."""
    refused = [each for each in acted if each.refused]
    if not refused:
        return Said(f"{deed.done} {IN_MEMORY}" if any(each.held for each in acted) else deed.done, "yes"), 200
    first = refused[0].incident
    taken = first.acknowledged_by if first is not None else None
    if taken is not None and taken == visit.visitor.person:
        why = "you have it already"
    elif taken is not None:
        reach = visit.premises.configuration().world.reach(taken)
        why = f"{reach.name if reach is not None and reach.name else taken} has it already"
    else:
        why = refused[0].refused
    if len(refused) < len(acted):
        return Said(f"{deed.done} But not for all: {why}.", "yes"), 200
    return Said(f"Nothing has changed: {why}.", "no"), 409


async def _page(visit: Visit, banner: Said | None = None, status: int = 200) -> Response:
    premises = visit.premises
    try:
        found = await run_in_threadpool(_found, visit)
        if found is None:
            return page("gone", 404)
        configuration, now = premises.configuration(), await run_in_threadpool(premises.now)
        once = await premises.gate.forms.new(_subject(visit))
    except StoreFailed as error:
        return page("failed", 503, why=banner.text if banner is not None else str(error))
    reader = Reader(found.row, visit.visitor.person, configuration, now)
    told = await run_in_threadpool(shown, found.stories, reader)
    return page("acknowledge", status, shown=told, banner=banner, once=once)


def _subject(visit: Visit) -> str:
    return f"{visit.visitor.name} {visit.visitor.person or ''}"


def _found(visit: Visit) -> Found | None:
    """What is kept of the page and its incidents; None when it is forgotten. Waits for the disk."""
    premises: Premises = visit.premises
    row = premises.store.page(visit.visitor.name)
    if row is None:
        return None
    own = named(premises.store, row)
    if len(own) == 1:
        story = premises.office.story(row.incident_id)
        return None if story is None else Found(row, (story,), own)
    rows = [premises.store.incident(incident_id) for incident_id in own]
    stories = tuple([Story(each, incident_of(each), (), ()) for each in rows if each is not None])
    return Found(row, stories, own) if stories else None


_LOOK = Spec({200: told("How it stands."), 404: told("It is forgotten."), 503: told("It cannot be read.")})
_ACT = Spec(
    {
        200: told("It is done, and how it stands."),
        400: plain("There is no such button, or no form."),
        403: plain("No person has pressed a button."),
        404: told("It is forgotten."),
        409: told("Nothing has changed, and why."),
        503: told("It is not done."),
        **UNREAD,
    },
    body=form_body(("do", FIELD)),
)
ACKNOWLEDGE = (
    Door(("GET",), "/a/{token}", "link", look, "How a page's incident stands; never acknowledges anything.", _LOOK),
    Door(("POST",), "/a/{token}", "link", act, "Acknowledge, pass on or resolve, by the form of that page.", _ACT),
)
