"""What came of a button: said on the page that a browser is led to, and by nobody else's address."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from oncall_rota.paging.incident import ACKNOWLEDGED, RESOLVED
from oncall_rota.paging.link import said, signed, valid
from oncall_rota.paging.message import clean
from oncall_rota.paging.office import Story
from oncall_rota.rendering.incident import NameOf
from oncall_rota.web.door import Visit
from oncall_rota.web.incident_page_clock import Clock
from oncall_rota.web.incident_page_state import NAME
from oncall_rota.web.incident_page_story import address

PURPOSE = "told"
LASTS = timedelta(minutes=2)  # a page that is loaded again later says how it stands, and not that it was just done
IN_MEMORY = "The store has failed: it holds in memory, and is written down when the store works again."
TWICE = "That was sent already, and is not done twice. This is how it stands now."
DONE = {
    "ack": "You have it now. Thank you. Those who were paged are told.",
    "resolve": "It is over. Thank you.",
    "decline": "Passed on: the next is paged now.",
    "snooze": "You have it, and are paged again if it is still open then.",
    "reassign": "Given to {to}, who is paged now.",
    "take": "You have it now.",
    "note": "Written down.",
}


class Banner(NamedTuple):
    """A text, and the class that colours it."""

    text: str
    tone: str = ""


async def after(visit: Visit, incident: str, deed: str, to: str, *, held: bool) -> str:
    """The address of the page that says that it is done. Raises `StoreFailed`."""
    gate, person = visit.premises.gate, visit.visitor.person or ""
    deed = "take" if deed == "reassign" and to == person else deed
    key, now = valid(await gate.link_keys.get(), gate.now())[0], gate.now()
    text = signed(key, PURPOSE, (incident, person, deed, to, "held" if held else ""), now + LASTS)
    return address(visit, incident, told=text)


async def done(visit: Visit, incident: str, name_of: NameOf) -> Banner | None:
    """What the address says that this person has just done. Raises `StoreFailed`."""
    gate, text = visit.premises.gate, visit.request.query_params.get("told", "")
    found = said(await gate.link_keys.get(), PURPOSE, text, gate.now()) if text else None
    if found is None or len(found) != 5 or found[:2] != (incident, visit.visitor.person or ""):
        return None
    words = DONE.get(found[2], "").format(to=clean(name_of(found[3]), NAME))
    return Banner(f"{words} {IN_MEMORY}" if found[4] else words, "yes") if words else None


def nothing(refused: str, story: Story, visit: Visit, name_of: NameOf, clock: Clock) -> Banner:
    """Why a button had no effect: who was first, and when."""
    incident, me = story.incident, visit.visitor.person
    if incident.status == ACKNOWLEDGED and incident.acknowledged_by is not None:
        mine = incident.acknowledged_by == me
        who = "you have" if mine else f"{clean(name_of(incident.acknowledged_by), NAME)} has"
        at = incident.acknowledged_at
        return Banner(f"Nothing has changed: {who} it already{f', since {clock.text(at)}' if at else ''}.", "no")
    if incident.status == RESOLVED:
        return Banner(f"Nothing has changed: {_ended(story, me, name_of, clock)}.", "no")
    return Banner(f"Nothing has changed: {refused}.", "no")


def _ended(story: Story, me: str | None, name_of: NameOf, clock: Clock) -> str:
    """Who ended it, by the audit."""
    last = next((each for each in reversed(story.audit) if each.kind == "resolved"), None)
    if last is None:
        return "it is over already"
    who = "you have" if last.actor == me else f"{clean(name_of(last.actor), NAME)} has"
    return f"{who} ended it already, at {clock.text(last.at)}"
