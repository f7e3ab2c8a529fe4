"""How an incident stands, and what comes next, in words: the same in the list and on its own page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from oncall_rota.humantime import span_text
from oncall_rota.paging.incident import ACKNOWLEDGED, HELD, RESOLVED, TRIGGERED, Incident
from oncall_rota.paging.message import clean
from oncall_rota.rendering.course import Row
from oncall_rota.rendering.incident import NameOf
from oncall_rota.web.incident_page_clock import Clock, Told

NAME, WHY = 60, 200  # the most that is shown of a name, and of a reason, in code points
NAMES = 4  # people of a list
# By shape and by word: a colour is only told beside them.
MARKS = {"critical": "▲", "error": "◆", "warning": "●", "info": "○"}
OTHER = "■"
_WHO = re.compile(r"\b(by|to) ([^\s,:]+)|(\S+)(?= acknowledged it, and )")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UNTOLD = ("cancel", "last-resort")  # said by the rows of pages


class Standing(NamedTuple):
    """`tone`: the class that colours it. `since`: since when it stands so."""

    text: str
    tone: str
    since: Told | None = None
    apart: str = ""


class Next(NamedTuple):
    """What comes at a time, as long as nobody does anything."""

    at: Told
    apart: str
    text: str
    place: str = ""


def mark(severity: str) -> str:
    """The shape of a severity."""
    return MARKS.get(severity, OTHER)


def tone(severity: str) -> str:
    """The class of one that has a colour."""
    return severity if severity in ("critical", "error", "warning") else ""


def standing(incident: Incident, me: str | None, name_of: NameOf, clock: Clock) -> Standing:
    """How it stands, and since when."""
    if incident.calm_at is not None and incident.is_open:
        return _since("Its source says that it is over; it flaps, and stays open until it was calm", "soft",
                      incident.calm_at, clock)  # fmt: skip
    if incident.status == ACKNOWLEDGED:
        taker = incident.acknowledged_by or "somebody"
        words = "You have it" if me is not None and taker == me else f"{clean(name_of(taker), NAME)} has it"
        return _since(words, "yes", incident.acknowledged_at, clock)
    if incident.status == HELD:
        until = incident.ends_at
        return Standing(f"It waits{f' until {clock.text(until)}' if until else ''}; nobody was paged yet", "soft")
    if incident.status == TRIGGERED:
        return _since(f"Nobody has acknowledged it{_asked(incident, name_of)}", "no", incident.opened_at, clock)
    if incident.status == RESOLVED:
        return Standing("It is over", "soft")
    return Standing("It is only recorded: its severity is never paged", "soft")


def _since(words: str, tone_: str, at: datetime | None, clock: Clock) -> Standing:
    return Standing(words, tone_) if at is None else Standing(words, tone_, clock(at), clock.apart(at))


def _asked(incident: Incident, name_of: NameOf) -> str:
    """Who has been asked in the present step, as far as it did not fail."""
    asked = [each.person for each in incident.sent if not (each.old or each.failed or each.copy)]
    names = list(dict.fromkeys(clean(name_of(each), NAME) for each in asked if each is not None))
    if not names:
        return ", and nobody is reached" if not incident.due else ""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"; asked: {', '.join(names[:NAMES])}{more}"


def following(rows: Iterable[Row], name_of: NameOf, clock: Clock) -> Iterator[Next]:
    """What comes, in order of time: what goes to one person at once is one line."""
    told = [row for row in rows if row.event not in _UNTOLD]
    for _, group in groupby(told, lambda row: (row.at, row.event, row.step, row.name)):
        many = list(group)
        first = many[0]
        yield Next(clock(first.at), clock.apart(first.at), _text(many, name_of, clock) + _again(first), _place(first))


def _again(row: Row) -> str:
    """How often it comes again, in rounds of the last resort."""
    return f", again every {span_text((row.last_at - row.at) / (row.times - 1))}" if row.times > 1 else ""


def _text(rows: list[Row], name_of: NameOf, clock: Clock) -> str:
    first = rows[0]
    channels = ", ".join(dict.fromkeys(each.channel for each in rows))
    name = clean(first.name, NAME)
    if first.event in ("page", "copy"):
        return f"{name} is paged by {channels}" if first.event == "page" else f"{name} gets a copy by {channels}"
    if first.event == "timeout":
        return f"asked again: {clean(named(first.text, name_of, clock), WHY)}"
    return f"{first.event}{f' to {name}' if name else ''}: {clean(named(first.text, name_of, clock), WHY)}"


def _place(row: Row) -> str:
    return f"step {row.step}" if row.step.isdigit() else row.step


def named(told: str, name_of: NameOf, clock: Clock) -> str:
    """What was decided, with people's names in place of their ids, and instants by the clock of the page."""

    def name(found: re.Match[str]) -> str:
        return f"{found[1]} {name_of(found[2])}" if found[1] else name_of(found[3])

    def instant(found: re.Match[str]) -> str:
        try:
            return clock.text(datetime.fromisoformat(found[0]))
        except (ValueError, OverflowError):
            return found[0]

    return _INSTANT.sub(instant, _WHO.sub(name, told))
