"""The story of an incident in order of time: every page with its receipt, and every decision."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from oncall_rota.paging.message import clean
from oncall_rota.paging.office import Story
from oncall_rota.paging.ports.row import AuditRow
from oncall_rota.rendering.incident import NameOf
from oncall_rota.rendering.story import PageTold, pages_told, sentence
from oncall_rota.web.incident_page_clock import Clock, Told
from oncall_rota.web.incident_page_state import NAME, WHY, named

LINES = 100  # of one page of a story
REMARK = 1000  # code points
# What became of a page, as a sentence that goes on from to whom and how; and the class that colours it.
RECEIPTS = {
    "waiting": ("it waits for its turn", "soft"),
    "claimed": ("it is being sent", "soft"),
    "unsure": ("it may have been sent, and is looked for", "soft"),
    "sent": ("the provider took it, no word yet that it arrived", ""),
    "delivered": ("it arrived", "yes"),
    "failed": ("it did not arrive", "no"),
    "cancelled": ("it was stopped, as nobody needed it any more", "soft"),
    "missed": ("it was not sent, as its time was over", "no"),
}
_WITH_PAGES = ("paged", "failed", "delayed", "dropped")  # kinds of the audit that the lines of pages tell
_PEOPLE = ("acknowledged", "declined", "snoozed", "reassigned", "resolved", "remark")
_AS_SENT = ("remark", "opened", "ignored")  # with words of people or monitors, in which nothing is put for an id
_SIGNAL = re.compile(r"signal (\d+)")


class Line(NamedTuple):
    """One line. `kind`: `page`, `person` or `pager`, who or what did it.

    `receipt`: of a page. `why`: its reason, unless the line before it said so.
    """

    at: Told
    kind: str
    text: str
    receipt: str = ""
    tone: str = ""
    why: str = ""
    code: str = ""


class Part(NamedTuple):
    """Lines of a story. `first`, `last`: their numbers, from 1; `of`: how many there are."""

    lines: tuple[Line, ...]
    first: int
    last: int
    of: int


class _Entry(NamedTuple):
    """What a line is made of: a page, or one or several rows of the audit."""

    at: datetime
    page: PageTold | None
    rows: tuple[AuditRow, ...] = ()


def part(story: Story, until: int | None, me: str | None, name_of: NameOf, clock: Clock) -> Part:
    """The lines that end with number `until`, or with the last one. `me`: whose codes may be shown."""
    entries = _entries(story, me, name_of)
    last = len(entries) if until is None else max(min(until, len(entries)), 0)
    first = max(last - LINES, 0)
    states = {row.id: row.state for row in story.pages}
    lines: list[Line] = []
    said = ""
    for each in entries[first:last]:
        line = _line(each, states, name_of, clock)
        if each.page is None:
            said = line.text
        lines.append(line._replace(why="") if line.why == said else line)
    return Part(tuple(lines), first + 1 if lines else 0, last, len(entries))


def _entries(story: Story, me: str | None, name_of: NameOf) -> list[_Entry]:
    """In order of time; at one instant what was decided, then the pages that follow from it."""
    found = [_Entry(rows[-1].at, None, rows) for rows in _decisions(story.audit)]
    found += [_Entry(page.row.created_at, page) for page in pages_told(story, name_of, me)]
    return sorted(found, key=lambda each: (each.at, each.page is not None))


def _decisions(audit: Sequence[AuditRow]) -> Iterator[tuple[AuditRow, ...]]:
    """The rows of the audit that are told; repeats of a signal, one after the other, together."""
    merged: list[AuditRow] = []
    for each in audit:
        if each.kind == "merged":
            merged.append(each)
        elif each.kind not in _WITH_PAGES:
            if merged:
                yield tuple(merged)
                merged = []
            yield (each,)
    if merged:
        yield tuple(merged)


def _line(entry: _Entry, states: Mapping[str, str], name_of: NameOf, clock: Clock) -> Line:
    at = clock(entry.at)
    if entry.page is not None:
        return _page(entry.page, states, at, name_of, clock)
    row = entry.rows[-1]
    if row.kind == "merged":
        return Line(at, "pager", _merged(entry.rows))
    if row.kind == "remark":
        return Line(at, "person", f"{clean(name_of(row.actor), NAME)} wrote: {clean(row.cause, REMARK)}")
    told = sentence(row.kind, row.cause)
    if row.kind not in _AS_SENT:
        told = named(told, name_of, clock)
    return Line(at, "person" if row.kind in _PEOPLE else "pager", clean(told, WHY))


def _page(page: PageTold, states: Mapping[str, str], at: Told, name_of: NameOf, clock: Clock) -> Line:
    data, row = page.data, page.row
    receipt, tone = RECEIPTS.get(states.get(data.bundle or "", row.state), (row.state, ""))
    if page.why_not:
        receipt += f": {clean(page.why_not, WHY)}"
    if row.attempts > 1:
        receipt += f", after {row.attempts} attempts"
    if data.bundle is not None:
        receipt += ", in one message with others"
    kind = {"notice": "a notice to ", "bundle": "one message for several to "}.get(data.what, "")
    text = f"{kind}{clean(page.to, NAME) or 'somebody'} by {clean(row.channel, NAME)}{', a copy' if data.copy else ''}"
    why = clean(named(data.why or data.text, name_of, clock), WHY)
    return Line(at, "page", text, receipt, tone, why, "" if data.what == "notice" else page.code)


def _merged(rows: Sequence[AuditRow]) -> str:
    numbers = [found[1] for each in rows if (found := _SIGNAL.fullmatch(each.cause))]
    source = clean(rows[-1].actor, NAME)
    if len(rows) == 1 or len(numbers) < len(rows):
        return f"{source} said it again"
    return f"{source} said it again {len(rows)} times, so far {numbers[-1]} signals"
